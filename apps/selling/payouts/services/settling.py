"""A person says what became of a line that fits nothing."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.selling.payouts.models import PayoutLine
from apps.selling.payouts.policies import RECONCILE, can_settle


@use_case(permission=RECONCILE, idempotent=True, audits="payouts.settled")
def settle_line(actor: Actor, *, line_id: UUID, note: str, key: str | None = None) -> PayoutLine:
    """Take a line off the list, with a note. No money moves. Raises `WrongState` for what fits or is settled."""
    line = lock_one(Rank.PAYMENT, PayoutLine.objects.filter(pk=line_id))
    if not can_settle(actor, line):
        raise WrongState(_("This line needs nobody: it fits, or it was settled before."))
    if not note.strip():
        raise InvalidInput(fields={"note": [_("Say how it was settled.")]})
    line.state = PayoutLine.State.SETTLED
    line.resolved_at, line.resolved_by, line.note = clock.now(), actor.label[:200], note.strip()[:500]
    line.save(update_fields=["state", "resolved_at", "resolved_by", "note"])
    audit.record(actor, "payouts.settled", line, after={"line": line.line_ref}, reason=line.note)
    return line
