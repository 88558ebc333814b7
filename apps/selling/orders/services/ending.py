"""How an order ends: cancelled, expired, or closed."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from apps.goods.inventory.lines import Owner
from apps.goods.inventory.services import release_stock
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.events import publish
from apps.kernel.money import ZERO
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_text
from apps.selling.orders.events import OrderCancelled, OrderClosed, OrderExpired, OrderRejected
from apps.selling.orders.models import Fulfilment, Order, OrderLine, OrderPayment
from apps.selling.orders.policies import check_system
from apps.selling.orders.services.charging import is_owed, settle_account
from apps.selling.orders.services.moves import lines_of, lock_order, move, save_progress, save_standing
from apps.selling.orders.services.promoting import give_uses_back
from apps.selling.orders.services.returning import Parts, ask_money_back, check_by_hand, tell_refund
from apps.selling.orders.services.telling import enter
from apps.selling.orders.states import Axis, FulfilmentState, OrderState, PaymentState
from apps.selling.orders.timeline import with_reason
from apps.selling.payments.models import Payment
from apps.selling.payments.services import cancel_payments_of
from apps.selling.payments.states import PaymentState as PaymentAtCompany

OWNER_TYPE = "order"


@use_case(
    permission="orders.cancel",
    idempotent=True,
    audits=("approvals.given", "orders.cancelled", "orders.closed", "orders.refunded"),
)
def cancel_order(actor: Actor, *, order_id: UUID, reason: str = "", key: str | None = None) -> Order:
    """Cancel an order, or, when a part has left, what has not: its stock is free, its money goes back.

    Publishes `orders.cancelled`, and `orders.refunded` for what was held of it. Raises `WrongState` when
    everything has left or the order has ended, `NotFound`.
    """
    reason = clean_text(reason, 200, "reason")
    order = lock_order(order_id)
    cancel_locked(actor, order, reason, by_hand=True)
    return order


def cancel_locked(actor: Actor, order: Order, reason: str, *, by_hand: bool = False) -> None:
    """Cancel a locked order, or what of it has not left; `by_hand` within what the actor's role may give back."""
    lines = lines_of(order)
    end_rest(actor, order, lines, reason=reason)
    if by_hand:
        check_by_hand(actor, order, order.deposit)
    give_deposit_back(actor, order, reason)
    give_uses_back(actor, order)
    release_stock(actor, owner=Owner(OWNER_TYPE, order.pk))
    close_when_settled(actor, order)
    save_progress(lines)
    save_standing(order)


def end_rest(actor: Actor, order: Order, lines: list[OrderLine], *, reason: str) -> None:
    """Give up all pieces that have not left, in memory; writes the timeline, the audit entry and the event.

    The caller gives back the money and the stock, and saves.
    """
    has_sent = any(line.fulfilled_quantity for line in lines)
    order.change_asked_at = None
    if has_sent:
        arrived = not Fulfilment.objects.filter(order=order, state=Fulfilment.State.SHIPPED).exists()
        move(order, Axis.FULFILMENT, "drop_last_rest" if arrived else "drop_rest")
        move(order, Axis.ORDER, "cancel_rest")
        if order.payment_state == PaymentState.PART_PAID:
            # What an amendment asked for on top will not be sent: nothing is owed any more.
            move(order, Axis.PAYMENT, "settle")
            stop_payments(order)
    else:
        move(order, Axis.ORDER, "cancel")
        stop_payments(order)
        drop_terms(order)
    dropped = {str(line.pk): line.waiting_quantity for line in lines if line.waiting_quantity}
    release_worth(order, lines)
    kind = with_reason("rest_cancelled" if has_sent else "cancelled", reason)
    enter(actor, order, kind, reason=reason)
    audit.record(
        actor, "orders.cancelled", order, after={"state": order.state, "rest_only": has_sent}, reason=reason
    )
    publish(
        OrderCancelled(
            business_id=order.seller_id,
            order_id=order.pk,
            number=order.number,
            reason=reason,
            rest_only=has_sent,
            lines=dropped,
        )
    )


def reject(actor: Actor, order: Order, lines: list[OrderLine], reason: str) -> None:
    """Reject a locked order that waits: its stock is free, uses of promotions and money go back; it is saved."""
    move(order, Axis.ORDER, "reject")
    order.change_asked_at = None
    stop_payments(order)
    drop_terms(order)
    freed = {str(line.pk): line.waiting_quantity for line in lines}
    release_worth(order, lines)
    enter(actor, order, with_reason("rejected", reason), reason=reason)
    audit.record(actor, "orders.rejected", order, after={"state": order.state}, reason=reason)
    publish(
        OrderRejected(
            business_id=order.seller_id, order_id=order.pk, number=order.number, reason=reason, lines=freed
        )
    )
    check_by_hand(actor, order, order.deposit)
    give_deposit_back(actor, order, reason)
    give_uses_back(actor, order)
    release_stock(actor, owner=Owner(OWNER_TYPE, order.pk))
    save_progress(lines)
    save_standing(order)


def drop_terms(order: Order) -> None:
    """In memory: an order on account that came to nothing before anything left is owed by nobody."""
    if order.payment_state == PaymentState.ON_TERMS and not order.paid_total:
        move(order, Axis.PAYMENT, "drop_terms")


def release_worth(order: Order, lines: list[OrderLine]) -> None:
    """Nothing more will leave: what was to be sold by it is given up, pieces, money and delivery."""
    for line in lines:
        line.cancelled_quantity += line.waiting_quantity
        line.released_net, line.released_tax = (
            line.released_net + line.waiting_net,
            line.released_tax + line.waiting_tax,
        )
    order.shipping_released_net, order.shipping_released_tax = (
        order.shipping_released_net + order.shipping_waiting_net,
        order.shipping_released_tax + order.shipping_waiting_tax,
    )


def give_deposit_back(actor: Actor, order: Order, reason: str) -> None:
    """Give back all that is held for goods that will not leave."""
    if order.deposit > 0:
        refund = ask_money_back(actor, order, Parts(deposit=order.deposit), reason=reason)
        tell_refund(actor, order, refund)


def stop_payments(order: Order, *, reserved_too: bool = True) -> list[Payment]:
    """The buyer shall not pay for what has ended; if she already has, the money comes back by itself."""
    return cancel_payments_of(
        Actor.system("orders", order.business_id),
        owner=Owner(OWNER_TYPE, order.pk),
        reserved_too=reserved_too,
    )


@use_case(audits=("orders.expired", "orders.refunded"))
def expire_order(actor: Actor, *, order_id: UUID) -> bool:
    """End an order that was not paid in time; by the product itself only. False: there was nothing to do.

    Stock is free again, open payments are closed, a part payment goes back. An order whose money has arrived
    but is still on its way here is left alone. Publishes `orders.expired`. Raises `NotFound`.
    """
    check_system(actor)
    order = lock_order(order_id)
    if order.state != OrderState.PLACED or order.expires_at is None or order.expires_at > clock.now():
        return False
    payments = stop_payments(order, reserved_too=False)
    if any(payment.state == PaymentAtCompany.AUTHORISED for payment in payments):
        return False
    if sum((payment.captured_amount for payment in payments), ZERO) > arrived_of(order, payments):
        return False
    lines = lines_of(order)
    move(order, Axis.ORDER, "expire")
    release_worth(order, lines)
    enter(actor, order, "expired")
    audit.record(actor, "orders.expired", order, after={"state": order.state})
    publish(OrderExpired(business_id=order.seller_id, order_id=order.pk, number=order.number))
    give_deposit_back(actor, order, "")
    give_uses_back(actor, order)
    release_stock(actor, owner=Owner(OWNER_TYPE, order.pk))
    save_progress(lines)
    save_standing(order)
    return True


def arrived_of(order: Order, payments: list[Payment]) -> Decimal:
    """What of these payments has arrived at the order; a gift card that paid a part must not stand for them."""
    arrived = OrderPayment.objects.filter(order=order, payment_id__in=[payment.pk for payment in payments])
    return sum(arrived.values_list("amount", flat=True), ZERO)


def close_when_settled(actor: Actor, order: Order) -> bool:
    """Close the order when everything has arrived or come back and no money is open either way; in memory."""
    if order.is_on_account and not is_owed(order):
        settle_account(actor, order)
    if order.state != OrderState.CONFIRMED or order.deposit != ZERO:
        return False
    if order.fulfilment_state not in (FulfilmentState.DELIVERED, FulfilmentState.RETURNED):
        return False
    if order.payment_state in (PaymentState.UNPAID, PaymentState.PART_PAID, PaymentState.ON_TERMS):
        return False
    move(order, Axis.ORDER, "close")
    order.closed_at = clock.now()
    enter(actor, order, "closed")
    audit.record(actor, "orders.closed", order, after={"state": order.state})
    publish(OrderClosed(business_id=order.seller_id, order_id=order.pk, number=order.number))
    return True
