"""Settling what did not fit."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.selling.payments import policies
from apps.selling.payments.models import Discrepancy


@use_case(permission=policies.RECONCILE, idempotent=True, audits="payments.discrepancy_resolved")
def resolve_discrepancy(
    actor: Actor, *, discrepancy_id: UUID, note: str, key: str | None = None
) -> Discrepancy:
    """Mark a discrepancy as settled and say how (a note is required). No money moves by this."""
    note = note.strip()
    if not note or len(note) > 500:
        message = _("Say in up to 500 characters how it was settled.")
        raise InvalidInput(message, fields={"note": [message]})
    found = lock_one(Rank.PAYMENT, Discrepancy.objects.filter(pk=discrepancy_id))
    if found.resolved_at is not None:
        raise WrongState(_("This has already been settled."), code="already_settled")
    found.resolved_at, found.resolved_by, found.note = clock.now(), actor.label[:200], note
    found.save(update_fields=["resolved_at", "resolved_by", "note", "updated_at"])
    audit.record(actor, "payments.discrepancy_resolved", found, reason=note)
    return found
