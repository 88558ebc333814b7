"""What arrived is paid back: by the order's own refund, as money, as credit, or as credit for an exchange."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.events import publish
from apps.kernel.use_cases import use_case
from apps.selling.orders.drafts import RefundLine
from apps.selling.orders.models import Order
from apps.selling.orders.services import refund_order
from apps.selling.orders.services.telling import enter
from apps.selling.returns import policies
from apps.selling.returns.events import ReturnSettled
from apps.selling.returns.models import GoodsReturn, ReturnLine, ReturnSettlement, ReturnState, Wish
from apps.selling.returns.selectors import lines_of_return
from apps.selling.returns.states import check_move

from .moves import end_when_over, lock_return


@use_case(
    permission=policies.DECIDE,
    idempotent=True,
    audits=("approvals.given", "orders.cancelled", "orders.closed", "orders.refunded", "returns.settled"),
)
def settle_return(actor: Actor, *, return_id: UUID, how: str = "", key: str | None = None) -> GoodsReturn:
    """Pay back what has arrived and is not settled yet; `how` is refund, store_credit or exchange, else as wished.

    Whoever settles needs `orders.refund`, within the role's limit. Sellable pieces are in stock again at what they
    cost; damaged ones are paid back and stay out of it; missing ones are neither. A return whose pieces are all
    accounted for is over. Publishes `orders.refunded` and `returns.settled`. Raises `WrongState`, `InvalidInput`,
    `NotFound`.
    """
    row, order = lock_return(actor, return_id)
    check_move(row, "settle")
    how = how or row.wish
    if how not in Wish.values:
        raise InvalidInput(fields={"how": [_("Choose how it is paid back.")]})
    lines = lines_of_return(row)
    due = [line for line in lines if line.unsettled]
    is_over = not any(line.open_quantity for line in lines)
    if not due and not is_over:
        raise WrongState(_("Nothing has arrived that is not settled yet."), code="returns.nothing_to_settle")
    if due:
        _pay_back(actor, row, order, due, how)
        # As the refund has left it; the lock is held since before.
        order = Order.objects.select_related("business").get(pk=order.pk)
    if is_over:
        row.state, row.settled_at = ReturnState.SETTLED, clock.now()
        row.save(update_fields=["state", "settled_at", "updated_at"])
        enter(actor, order, "return_over", number=row.number)
    audit.record(actor, "returns.settled", row, after={"state": row.state, "how": how})
    end_when_over(actor, order)
    return row


def _pay_back(actor: Actor, row: GoodsReturn, order: Order, due: list[ReturnLine], how: str) -> None:
    if how == Wish.EXCHANGE and any(line.exchange_variant_id is None for line in due):
        raise InvalidInput(
            _("Nobody has said what is wanted instead."),
            code="returns.nothing_instead",
            remedy=_("Settle it as money or store credit."),
        )
    sellable = {line.order_line_id: line.sellable - line.settled_sellable for line in due}
    refund = refund_order(
        actor,
        order_id=order.pk,
        lines=[RefundLine(line.order_line_id, line.unsettled, sent=True) for line in due],
        restock=any(sellable.values()),
        sellable=sellable,
        to_credit=how != Wish.REFUND,
        reason=_("Return %(number)s") % {"number": row.number},
    )
    wanted = [[str(line.exchange_variant_id), line.unsettled] for line in due if how == Wish.EXCHANGE]
    for line in due:
        line.settled_sellable, line.settled_damaged = line.sellable, line.damaged
    ReturnLine.objects.bulk_update(due, ["settled_sellable", "settled_damaged"])
    settled: ReturnSettlement = ReturnSettlement.objects.create(
        goods_return=row, refund=refund, how=how, amount=refund.amount, wanted=wanted
    )
    publish(
        ReturnSettled(
            business_id=order.seller_id,
            return_id=row.pk,
            order_id=order.pk,
            number=row.number,
            settlement_id=settled.pk,
            refund_id=refund.pk,
            how=how,
            amount=refund.amount,
        )
    )
