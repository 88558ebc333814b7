"""Who may see payouts and settle what does not fit: whoever may do the same with payments."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from apps.kernel.actors import Actor
from apps.kernel.limits import Limit, limit_rows, narrow
from apps.selling.payments.models import Payment
from apps.selling.payments.policies import READ, RECONCILE

from .models import PayoutLine

__all__ = ["READ", "RECONCILE", "can_settle", "lines_within_limit"]


@limit_rows("payouts.payoutline", "payouts.disputeentry")
def lines_within_limit(limit: Limit) -> Q:
    """Lines of payments within the limit; what fits none belongs to the whole business."""
    return Q(Exists(narrow(Payment.objects.filter(pk=OuterRef("payment_id")), limit)))


def can_settle(actor: Actor, line: PayoutLine) -> bool:
    """What fits, or is settled, needs nobody."""
    return actor.may(RECONCILE) and line.state == PayoutLine.State.WAITING
