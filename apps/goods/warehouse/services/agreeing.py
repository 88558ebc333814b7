"""Somebody agrees before goods leave for another location, where the business wants it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.goods.warehouse.models import Transfer, TransferRules
from apps.goods.warehouse.policies import get_transfer_rules
from apps.kernel import audit, clock, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, PermissionRefused, WrongState
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case

_A = Transfer.Approval


@use_case(permission="stock.approve_transfer", audits="stock.transfer_rules_set")
def set_transfer_rules(actor: Actor, *, approval: str) -> TransferRules:
    """Say whether transfers need approval, and by whom. Holds for those that are asked for from now on."""
    if approval not in TransferRules.Approval.values:
        raise InvalidInput(fields={"approval": [_("Choose one of the answers.")]})
    TransferRules.objects.bulk_create([TransferRules()], ignore_conflicts=True)
    rules = locks.lock_one(Rank.ROOT, TransferRules.objects.all())
    before = {"approval": rules.approval}
    rules.approval = approval
    rules.save(update_fields=["approval", "updated_at"])
    audit.record(actor, "stock.transfer_rules_set", rules, before=before, after={"approval": approval})
    return rules


def approval_wanted() -> dict[str, Any]:
    """The columns of a new transfer that say whether somebody must agree."""
    wanted = get_transfer_rules().approval
    if wanted == TransferRules.Approval.NONE:
        return {}
    return {
        "approval": _A.WAITING,
        "needs_other_person": wanted == TransferRules.Approval.SOMEBODY_ELSE,
    }


def check_approved(transfer: Transfer) -> None:
    """Refuse to send what waits for somebody's consent."""
    if transfer.approval == _A.WAITING:
        raise Conflict(
            _("%(number)s waits for approval.") % {"number": transfer.number},
            code="approval_needed",
            remedy=_("Let somebody approve it who may approve transfers."),
        )


def agree(actor: Actor, transfer: Transfer) -> None:
    """Note the consent on a locked transfer."""
    if transfer.state != Transfer.State.REQUESTED or transfer.approval != _A.WAITING:
        raise WrongState(_("%(number)s does not wait for approval.") % {"number": transfer.number})
    if transfer.needs_other_person and transfer.requested_by_id == actor.id:
        raise PermissionRefused(
            _("You asked for this yourself, so somebody else decides."),
            remedy=_("Ask a colleague who may approve transfers."),
            code="own_request",
        )
    transfer.approval, transfer.approved_at = _A.GIVEN, clock.now()
    transfer.approved_by_label = actor.label[:200]
    transfer.save(update_fields=["approval", "approved_at", "approved_by_label", "updated_at"])
