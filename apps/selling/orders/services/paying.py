"""Money that came in, and what the order makes of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.events import publish
from apps.kernel.money import format_money
from apps.kernel.use_cases import use_case
from apps.selling.orders.events import OrderConfirmed, PaymentRecorded
from apps.selling.orders.models import Order, OrderPayment, OrderRefund, Tender, TimelineEntry
from apps.selling.orders.policies import check_system
from apps.selling.orders.services.charging import check_taken_on_otherwise
from apps.selling.orders.services.moves import lock_order, move, save_standing
from apps.selling.orders.services.returning import Parts, ask_money_back, tell_refund
from apps.selling.orders.services.telling import enter
from apps.selling.orders.states import CAME_TO_NOTHING, Axis, OrderState, PaymentState
from apps.selling.orders.tenders import CREDIT, paid_by
from apps.selling.payments.services import request_refund


@use_case(audits=("orders.confirmed", "orders.payment_recorded", "orders.refunded"))
def record_payment(
    actor: Actor,
    *,
    order_id: UUID,
    payment_id: UUID,
    capture_id: UUID,
    amount: Decimal,
    provider: str = "",
    tender: str = Tender.PROVIDER,
    currency: str = "",
) -> Order:
    """Credit a capture to an order, once for each `capture_id`; by the product itself only.

    A full payment confirms the order. Money that came after the order ended, or twice, goes back by itself;
    money in another currency is not credited and goes back too. Publishes `orders.payment_recorded`, then what
    follows from it. `amount` is in the order's currency; `tender` says by what it came. Raises `NotFound`.
    """
    check_system(actor)
    order = lock_order(order_id)
    return credit_capture(
        actor,
        order,
        payment_id=payment_id,
        capture_id=capture_id,
        amount=amount,
        provider=provider,
        tender=tender,
        currency=currency,
    )


def credit_capture(
    actor: Actor,
    order: Order,
    *,
    payment_id: UUID,
    capture_id: UUID,
    amount: Decimal,
    provider: str = "",
    tender: str = Tender.PROVIDER,
    currency: str = "",
    received_at: dt.datetime | None = None,
    reference: str = "",
) -> Order:
    """What `record_payment` does, for a service that holds the order and has asked who may."""
    if OrderPayment.objects.filter(capture_id=capture_id).exists():
        return order
    if currency and currency != order.currency:
        return _send_back_foreign(actor, order, payment_id, capture_id, amount, currency)
    take_money(
        actor,
        order,
        payment_id=payment_id,
        capture_id=capture_id,
        amount=amount,
        provider=provider,
        tender=tender,
        received_at=received_at,
        reference=reference,
    )
    save_standing(order)
    return order


def take_money(
    actor: Actor,
    order: Order,
    *,
    payment_id: UUID,
    capture_id: UUID,
    amount: Decimal,
    provider: str,
    tender: str,
    received_at: dt.datetime | None = None,
    reference: str = "",
) -> None:
    """Credit money to an order that the caller has locked or just placed, and do what follows; the caller saves it.

    Of credit `payment_id` is the account, `capture_id` its entry, and `provider` the last four of its code.
    """
    OrderPayment.objects.create(
        business_id=order.business_id,
        order=order,
        payment_id=payment_id,
        capture_id=capture_id,
        amount=amount,
        provider=provider,
        tender=tender,
        reference=reference,
        received_at=received_at or clock.now(),
    )
    _credit(actor, order, amount, paid_by(tender, provider) if tender in CREDIT else "")
    publish(
        PaymentRecorded(
            business_id=order.seller_id,
            order_id=order.pk,
            number=order.number,
            payment_id=payment_id,
            capture_id=capture_id,
            amount=amount,
            currency=order.currency,
            provider=provider,
            tender=tender,
            received_on=received_at.astimezone(ZoneInfo(order.business.time_zone)).date()
            if received_at
            else None,
            payment_state=order.payment_state,
        )
    )
    # Money that people took has its own entry, by whoever took it.
    if actor.kind == "system" or tender in CREDIT:
        after = {"amount": amount, "payment_state": order.payment_state}
        audit.record(actor, "orders.payment_recorded", order, after=after)
    _follow_up(actor, order)


def _credit(actor: Actor, order: Order, amount: Decimal, by: str) -> None:
    settled = (PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REFUNDED)
    was_settled = order.payment_state in settled
    order.paid_total += amount
    has_ended = order.state in CAME_TO_NOTHING
    if was_settled:
        move(order, Axis.PAYMENT, "receive_more")
    elif not order.outstanding:
        move(order, Axis.PAYMENT, "receive_all")
        order.paid_at = clock.now()
    else:
        move(order, Axis.PAYMENT, "receive_part")
    if by:
        enter(actor, order, "credit_spent", amount=amount, by=by)
    elif has_ended:
        enter(actor, order, "payment_late", amount=amount)
    elif was_settled:
        enter(actor, order, "payment_more", amount=amount)
    elif order.payment_state == PaymentState.PART_PAID:
        enter(actor, order, "payment_part", amount=amount, missing=order.outstanding)
    else:
        enter(actor, order, "payment_received", amount=amount)


def _follow_up(actor: Actor, order: Order) -> None:
    """Confirm what is paid; give back what is not owed."""
    if order.state in CAME_TO_NOTHING:
        _give_back(actor, order, order.deposit, "late_payment_returned")
        return
    if order.state == OrderState.PLACED and order.payment_state == PaymentState.PAID:
        take_on(actor, order)
    # What is held may be no more than what is still to be sold.
    excess = order.deposit - _waiting_worth(order)
    if order.payment_state != PaymentState.PART_PAID and excess > 0:
        _give_back(actor, order, excess, "excess_returned")


def _waiting_worth(order: Order) -> Decimal:
    shipping = order.shipping_waiting_net + order.shipping_waiting_tax
    return shipping + sum((line.waiting_net + line.waiting_tax for line in order.lines.all()), Decimal(0))


def _give_back(actor: Actor, order: Order, amount: Decimal, kind: str) -> OrderRefund | None:
    if amount <= 0:
        return None
    refund = ask_money_back(actor, order, Parts(deposit=amount), reason="", newest_first=True)
    order.excess_total += amount
    tell_refund(actor, order, refund, kind=kind)
    return refund


def _send_back_foreign(
    actor: Actor, order: Order, payment_id: UUID, capture_id: UUID, amount: Decimal, currency: str
) -> Order:
    request_refund(
        Actor.system("orders", order.business_id),
        payment_id=payment_id,
        amount=amount,
        reason="currency",
        key=f"order-foreign:{capture_id}",  # no row of ours says that it is done
    )
    enter(actor, order, "payment_foreign", foreign=format_money(amount, currency))
    return order


@use_case(permission="orders.confirm", audits="orders.confirmed")
def confirm_order(actor: Actor, *, order_id: UUID) -> Order:
    """Take an order on that does not wait for approval. A paid order of the business's own store confirms itself.

    Publishes `orders.confirmed`. Raises `WrongState`, `NotFound`.
    """
    order = lock_order(order_id)
    check_taken_on_otherwise(order)
    take_on(actor, order)
    save_standing(order)
    return order


def take_on(actor: Actor, order: Order) -> None:
    """Confirm the order in memory; writes the timeline, the audit entry and the event."""
    move(order, Axis.ORDER, "confirm")
    enter(actor, order, "confirmed")
    audit.record(actor, "orders.confirmed", order, after={"state": order.state})
    publish(OrderConfirmed(business_id=order.seller_id, order_id=order.pk, number=order.number))


@use_case(unaudited="a line of the order's timeline; payments.refunded is entered")
def note_refund_paid_out(actor: Actor, *, order_id: UUID, payment_refund_id: UUID, amount: Decimal) -> None:
    """Tick off one part of a refund when its provider has paid it out; ticks each part once."""
    check_system(actor)
    order = lock_order(order_id)
    for refund in OrderRefund.objects.filter(order=order, state=OrderRefund.State.REQUESTED):
        for part in refund.parts:
            if part["refund_id"] == str(payment_refund_id) and not part.get("paid_out"):
                part["paid_out"] = True
                refund.completed_amount += amount
                if all(other.get("paid_out") for other in refund.parts):
                    refund.state = OrderRefund.State.COMPLETED
                    enter(actor, order, "refund_completed", amount=refund.amount)
                refund.save(update_fields=["parts", "completed_amount", "state", "updated_at"])
                return


@use_case(unaudited="a line of the order's timeline; payments.failed is entered")
def note_payment_failed(actor: Actor, *, order_id: UUID, reason: str) -> None:
    """Write on the timeline that an attempt to pay failed; the order waits on. Staff only see it."""
    check_system(actor)
    order = lock_order(order_id)
    enter(actor, order, "payment_failed", is_public=False, reason=reason[:200])


@use_case(unaudited="a line of the order's timeline; payments keeps the refusal")
def note_refund_refused(actor: Actor, *, order_id: UUID, amount: Decimal, reason: str) -> None:
    """Write on the timeline that the payment company refused to pay `amount` (order's currency) back.

    The refund stays asked for; who sends it again does so at the payment. Staff only see it.
    """
    check_system(actor)
    order = lock_order(order_id)
    enter(actor, order, "refund_refused", is_public=False, amount=amount, reason=reason[:200])


@use_case(unaudited="a line of the order's timeline; payments keeps the dispute")
def note_dispute(
    actor: Actor, *, order_id: UUID, word: str, state: str, amount: Decimal, reason: str
) -> None:
    """Write on the timeline how a dispute about the order's money stands, each `word` once. Staff only see it."""
    check_system(actor)
    order = lock_order(order_id)
    if TimelineEntry.objects.filter(order=order, data__word=word).exists():
        return
    enter(actor, order, f"disputed_{state}", is_public=False, amount=amount, reason=reason[:200], word=word)
