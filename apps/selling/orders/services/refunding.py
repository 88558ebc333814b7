"""Giving money back by hand: for pieces, for delivery, or out of goodwill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.goods.inventory.lines import Owner, ReturnLine
from apps.goods.inventory.services import release_stock, return_stock
from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.kernel.events import publish
from apps.kernel.money import ZERO, round_money
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_text
from apps.selling.orders.drafts import RefundLine
from apps.selling.orders.events import ReturnReceived
from apps.selling.orders.models import Order, OrderLine, OrderRefund, OrderRefundLine
from apps.selling.orders.refunds import LinePlan, RefundPlan, plan_refund
from apps.selling.orders.services.crediting import take_cards_back
from apps.selling.orders.services.ending import close_when_settled, end_rest
from apps.selling.orders.services.moves import lines_of, lock_order, move, save_progress, save_standing
from apps.selling.orders.services.promoting import give_uses_back
from apps.selling.orders.services.returning import Parts, ask_money_back, check_by_hand, tell_refund
from apps.selling.orders.services.telling import enter
from apps.selling.orders.sold import things_in
from apps.selling.orders.states import MAY_LEAVE, UNDERWAY, WAITING, Axis, FulfilmentState, PaymentState

OWNER_TYPE = "order"


@use_case(
    permission="orders.refund",
    idempotent=True,
    audits=("approvals.given", "orders.cancelled", "orders.closed", "orders.refunded"),
)
def refund_order(
    actor: Actor,
    *,
    order_id: UUID,
    lines: Sequence[tuple[UUID, int] | RefundLine] = (),
    amount: Decimal | None = None,
    shipping: Decimal | None = None,
    restock: bool = False,
    to_credit: bool = False,
    sellable: Mapping[UUID, int] | None = None,
    reason: str = "",
    key: str | None = None,
) -> OrderRefund:
    """Give money of a paid order back, up to what was paid and not refunded; see `plan_refund` for the sums. Of an
    order that is part paid, because it was changed, only for what had left.

    Pieces that had not left are cancelled and their stock is free; `restock` puts pieces that had left back in
    stock at what they cost, of each line at most `sellable` pieces where it is given. `to_credit` gives the customer
    store credit instead of money. Gift cards that are refunded are taken back. When all money has gone back, what had
    not left is cancelled too. Publishes `orders.refunded`, `returns.received` when restocked, `orders.cancelled` when
    nothing more will leave.
    Raises `WrongState`, `InvalidInput`, `NotFound`.
    """
    reason = clean_text(reason, 200, "reason")
    order = lock_order(order_id)
    _check_refundable(order)
    all_lines = lines_of(order)
    plan = plan_refund(order, all_lines, pieces=lines, amount=amount, shipping=shipping)
    if order.is_on_account:
        _check_is_credit(plan, to_credit=to_credit)
    if order.payment_state == PaymentState.PART_PAID:
        _check_had_left(plan)
    _apply(order, plan)
    parts = Parts(
        deposit=plan.deposit,
        returns_net=plan.returns_net,
        tax=plan.tax,
        shipping_net=plan.shipping_taken_back.net,
    )
    check_by_hand(actor, order, parts.amount)
    refund = ask_money_back(actor, order, parts, reason=reason, to_credit=to_credit)
    refund.voucher_part = take_cards_back(actor, order, plan)
    back = _coming_back(plan, sellable) if restock else []
    refund.restocked = bool(back)
    freed = {one.line.pk: one.cancelled for one in plan.lines if one.cancelled}
    is_all_back = order.refunded_total == order.paid_total and not order.is_on_account
    ends = is_all_back or not any(line.waiting_quantity for line in all_lines)
    has_open_rest = order.fulfilment_state in WAITING
    if ends and has_open_rest:
        freed |= {
            line.pk: freed.get(line.pk, 0) + line.waiting_quantity
            for line in all_lines
            if line.waiting_quantity
        }
        end_rest(actor, order, all_lines, reason=reason)
        give_uses_back(actor, order)
    if refund.restocked:
        _restock(actor, order, refund, plan, back)
    if freed:
        release_stock(actor, owner=Owner(OWNER_TYPE, order.pk), line_quantities=freed)
    tell_refund(actor, order, refund)
    OrderRefundLine.objects.bulk_create(_refund_lines(refund, plan, back))
    close_when_settled(actor, order)
    save_progress(all_lines)
    save_standing(order)
    return refund


def _check_refundable(order: Order) -> None:
    if order.payment_state not in (*MAY_LEAVE, PaymentState.PART_PAID):
        move(order, Axis.PAYMENT, "refund_part")  # raises with the constant answer


def _check_had_left(plan: RefundPlan) -> None:
    """While something is owed, money goes back for what had left alone: what is held does not pay for all the rest."""
    if plan.deposit:
        raise WrongState(
            _("This order is part paid: only what was sent can be refunded."),
            code="orders.payment_refund_part_refused",
            remedy=_(
                "Take what was not sent out by changing the order: what is too much then goes back by itself. "
                "Or cancel the order."
            ),
        )


def _check_is_credit(plan: RefundPlan, *, to_credit: bool) -> None:
    """On account nothing was paid for what has not left, and what comes back lessens what is owed."""
    if plan.deposit:
        raise WrongState(
            _("Pieces that were not sent are not on an invoice: change the order instead."),
            code="orders.nothing_invoiced",
        )
    if to_credit:
        raise WrongState(
            _("An order on account is credited to the account, not as store credit."),
            code="orders.credit_on_account",
        )


def _apply(order: Order, plan: RefundPlan) -> None:
    """Write the plan onto lines and order, in memory."""
    for one in plan.lines:
        line = one.line
        line.cancelled_quantity += one.cancelled
        line.refunded_quantity += one.returned
        line.released_net += one.released.net
        line.released_tax += one.released.tax
        line.returned_net += one.taken_back.net
        line.returned_tax += one.taken_back.tax
    order.shipping_released_net += plan.shipping_released.net
    order.shipping_released_tax += plan.shipping_released.tax
    order.shipping_returned_net += plan.shipping_taken_back.net
    order.shipping_returned_tax += plan.shipping_taken_back.tax


def _coming_back(plan: RefundPlan, sellable: Mapping[UUID, int] | None) -> list[tuple[LinePlan, int]]:
    """The pieces of each line that go back on the shelf; what is damaged is paid back and stays out of stock."""
    back = []
    for one in plan.lines:
        pieces = one.returned if sellable is None else min(one.returned, sellable.get(one.line.pk, 0))
        if pieces:
            back.append((one, pieces))
    return back


def _restock(
    actor: Actor, order: Order, refund: OrderRefund, plan: RefundPlan, back: list[tuple[LinePlan, int]]
) -> None:
    """Put the pieces back at what they cost when they left, and tell what that was worth."""
    before = _restocked_before([one.line for one, _pieces in back])
    returned = return_stock(
        actor,
        owner=Owner(OWNER_TYPE, order.pk),
        lines=[
            _returned(
                one.line, pieces, one.line.fulfilled_quantity - before.get(one.line.pk, 0), order.currency
            )
            for one, pieces in back
        ],
    )
    value_of = {part.line_id: part.value for part in returned}
    for one, _pieces in back:
        one.line.returned_cost += value_of.get(one.line.pk, ZERO)
    refund.restocked_cost = sum(value_of.values(), ZERO)
    gone = (*UNDERWAY, FulfilmentState.DELIVERED, FulfilmentState.RETURNING)
    all_back = order.fulfilment_state in gone and not any(one.line.returnable_quantity for one in plan.lines)
    move(order, Axis.FULFILMENT, "take_back_all" if all_back else "take_back")
    enter(actor, order, "goods_returned", pieces=sum(things_in(one.line, n) for one, n in back))
    publish(
        ReturnReceived(
            business_id=order.seller_id,
            order_id=order.pk,
            number=order.number,
            refund_id=refund.pk,
            lines={str(one.line.pk): pieces for one, pieces in back},
        )
    )


def _restocked_before(lines: list[OrderLine]) -> dict[UUID, int]:
    """Pieces of each line that are on the shelf again: what was paid back and thrown away still bears its cost."""
    rows = OrderRefundLine.objects.filter(order_line__in=lines, restocked_quantity__gt=0)
    sums = rows.order_by().values("order_line_id").annotate(pieces=Sum("restocked_quantity"))
    return {row["order_line_id"]: row["pieces"] for row in sums}


def _returned(line: OrderLine, pieces: int, out: int, currency: str) -> ReturnLine:
    """What comes back, at the average cost of the `out` pieces not on the shelf; packs come back as their pieces."""
    size = line.pack_quantity
    cost: Decimal = line.cost_total - line.returned_cost
    each = (cost / out / size).quantize(Decimal("0.0001"))
    # A case of 12 that cost 10.00 must not come back as 12 × 0.8333.
    value = round_money(cost * pieces / out, currency) if size > 1 else None
    return ReturnLine(line.pk, line.variant_id, pieces * size, each, value=value)


def _refund_lines(
    refund: OrderRefund, plan: RefundPlan, back: list[tuple[LinePlan, int]]
) -> list[OrderRefundLine]:
    restocked = {one.line.pk: pieces for one, pieces in back}
    return [
        OrderRefundLine(
            business_id=refund.business_id,
            refund=refund,
            order_line=one.line,
            cancelled_quantity=one.cancelled,
            returned_quantity=one.returned,
            restocked_quantity=restocked.get(one.line.pk, 0),
            net=one.released.net + one.taken_back.net,
            tax=one.released.tax + one.taken_back.tax,
        )
        for one in plan.lines
        if one.cancelled or one.returned or one.released.gross or one.taken_back.gross
    ]
