"""Money that a payment company has reserved for an order: taken when goods leave, by hand, or set free."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.kernel.events import publish
from apps.kernel.tenancy import bind
from apps.kernel.use_cases import use_case
from apps.selling.orders.events import PaymentReserved, ReservationReleased
from apps.selling.orders.models import Fulfilment, Order, OrderPayment
from apps.selling.orders.policies import check_system
from apps.selling.orders.services.fulfilling import fulfil_order
from apps.selling.orders.services.moves import lock_order, move, save_standing
from apps.selling.orders.services.paying import record_payment, take_on
from apps.selling.orders.services.telling import enter
from apps.selling.orders.states import TO_SEND, Axis, OrderState, PaymentState
from apps.selling.payments.models import Capture, Payment
from apps.selling.payments.services import Owner, cancel_payments_of, take_payment

OWNER_TYPE = "order"


@use_case(audits=("orders.confirmed", "orders.payment_authorised"))
def note_reserved(actor: Actor, *, order_id: UUID, payment_id: UUID, amount: Decimal, provider: str) -> None:
    """Note that money is reserved for an order, which confirms it; by the product itself only.

    For an order that has ended, or is paid otherwise, the money is set free. Publishes
    `orders.payment_authorised`.
    """
    check_system(actor)
    order = lock_order(order_id)
    has_ended = order.state in (OrderState.CANCELLED, OrderState.EXPIRED)
    if has_ended or order.payment_state not in (PaymentState.UNPAID, PaymentState.PART_PAID):
        if order.payment_state != PaymentState.AUTHORISED:
            _give_up(order)
        return
    if not Payment.objects.filter(pk=payment_id, state=PaymentState.AUTHORISED).exists():
        return  # taken or set free before this was heard: its own event says so
    move(order, Axis.PAYMENT, "reserve")
    enter(actor, order, "payment_reserved", amount=amount)
    after = {"amount": amount, "payment_state": order.payment_state}
    audit.record(actor, "orders.payment_authorised", order, after=after)
    publish(
        PaymentReserved(
            business_id=order.seller_id,
            order_id=order.pk,
            number=order.number,
            payment_id=payment_id,
            amount=amount,
            currency=order.currency,
            provider=provider,
            payment_state=order.payment_state,
        )
    )
    if order.state == OrderState.PLACED:
        take_on(actor, order)
    save_standing(order)


@use_case(audits="orders.payment_released")
def note_released(actor: Actor, *, order_id: UUID, payment_id: UUID, amount: Decimal) -> None:
    """Note that reserved money is free again; by the product itself only. Publishes `orders.payment_released`."""
    check_system(actor)
    order = lock_order(order_id)
    if order.payment_state != PaymentState.AUTHORISED:
        return
    move(order, Axis.PAYMENT, "set_free_rest" if order.paid_total else "set_free")
    enter(actor, order, "payment_released", amount=amount)
    audit.record(actor, "orders.payment_released", order, after={"payment_state": order.payment_state})
    publish(
        ReservationReleased(
            business_id=order.seller_id,
            order_id=order.pk,
            number=order.number,
            payment_id=payment_id,
            amount=amount,
            currency=order.currency,
            payment_state=order.payment_state,
        )
    )
    save_standing(order)


def _give_up(order: Order) -> None:
    cancel_payments_of(Actor.system("orders", order.business_id), owner=Owner(OWNER_TYPE, order.pk))


def take_reserved(actor: Actor, *, order_id: UUID, amount: Decimal | None = None) -> Order:
    """Take the money that is reserved for an order, all or `amount`; what is not taken then is free again.

    Not inside a use case: it calls the company. Asked twice it takes once. Raises what `take_payment` raises,
    `WrongState` when nothing is reserved, `PermissionRefused`, `NotFound`.
    """
    payment_id = _may_take(actor, order_id=order_id)
    return _take(actor, order_id, payment_id, amount)


@use_case(permission="orders.take_money", unaudited="asks who may; taking is entered by payments")
def _may_take(actor: Actor, *, order_id: UUID) -> UUID:
    return _reserved_payment(lock_order(order_id))


@use_case(permission="orders.fulfil", unaudited="asks who may; taking is entered by payments")
def _may_take_to_send(actor: Actor, *, order_id: UUID) -> UUID | None:
    order = lock_order(order_id)
    # Nothing is taken for an order that may not leave: sending says why.
    may_leave = order.state == OrderState.CONFIRMED and order.fulfilment_state in TO_SEND
    is_reserved = order.payment_state == PaymentState.AUTHORISED
    return _reserved_payment(order) if is_reserved and may_leave else None


def _reserved_payment(order: Order) -> UUID:
    payments = Payment.objects.filter(owner_type=OWNER_TYPE, owner_id=order.pk, reserves=True)
    found = payments.order_by("-created_at").values_list("pk", flat=True).first()
    if found is None:
        raise WrongState(_("No money is reserved for this order."), code="nothing_reserved")
    return found


def _take(actor: Actor, order_id: UUID, payment_id: UUID, amount: Decimal | None) -> Order:
    payment = take_payment(actor, payment_id=payment_id, amount=amount)
    system = Actor.system("payments", actor.business_id, actor.request_id)
    with bind(actor.business_id):
        known = OrderPayment.objects.filter(payment_id=payment_id).values("capture_id")
        captures = list(Capture.objects.filter(payment_id=payment_id).exclude(pk__in=known))
    for capture in captures:
        # The event says the same a moment later; whoever waits on the page sees it now.
        record_payment(
            system,
            order_id=order_id,
            payment_id=payment_id,
            capture_id=capture.pk,
            amount=capture.amount,
            provider=payment.provider,
            currency=payment.currency,
        )
    with bind(actor.business_id):
        return Order.objects.select_related("business").get(pk=order_id)


def take_to_send(actor: Actor, *, order_id: UUID) -> None:
    """Take what is reserved for an order whose goods leave next, if anything is. Not inside a use case."""
    payment_id = _may_take_to_send(actor, order_id=order_id)
    if payment_id is not None:
        _take(actor, order_id, payment_id, None)


def send_order(
    actor: Actor,
    *,
    order_id: UUID,
    lines: Sequence[tuple[UUID, int]] | None = None,
    key: str | None = None,
    **parcel: Any,
) -> Fulfilment:
    """What `fulfil_order` does, after taking the money that is reserved for the order. Not inside a use case.

    When the company refuses or does not answer, nothing is sent.
    """
    take_to_send(actor, order_id=order_id)
    return fulfil_order(actor, order_id=order_id, lines=lines, key=key, **parcel)
