"""A buyer who has not paid is reminded once, before her order expires, and by hand when somebody asks for it."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.kernel.events import publish
from apps.kernel.money import ZERO
from apps.kernel.use_cases import use_case
from apps.selling.orders.events import PaymentReminded
from apps.selling.orders.models import Order
from apps.selling.orders.policies import UNSETTLED, can_ask_for_money, check_system
from apps.selling.orders.services.amending import ask_for_the_rest
from apps.selling.orders.services.ending import OWNER_TYPE, arrived_of
from apps.selling.orders.services.moves import lock_order
from apps.selling.orders.services.telling import enter
from apps.selling.orders.states import OrderState
from apps.selling.payments.selectors import list_payments_of
from apps.selling.payments.states import PaymentState as PaymentAtCompany

BETWEEN = dt.timedelta(days=1)


@use_case(unaudited="a line of the order's timeline, and a mail")
def remind_of_payment(actor: Actor, *, order_id: UUID) -> bool:
    """Remind the buyer of an order that waits for her money; by the product itself only. False: nothing to do.

    Once for each order, and not when her money is on its way here. Publishes `orders.payment_reminded`. Raises
    `NotFound`.
    """
    check_system(actor)
    order = lock_order(order_id)
    is_waiting = order.state == OrderState.PLACED and order.payment_state in UNSETTLED
    if not is_waiting or order.reminded_at is not None or order.expires_at is None:
        return False
    if order.expires_at <= clock.now():
        return False
    payments = list(list_payments_of(OWNER_TYPE, order.pk))
    if sum((payment.captured_amount for payment in payments), ZERO) > arrived_of(order, payments):
        return False
    order.reminded_at = clock.now()
    order.save(update_fields=["reminded_at", "updated_at"])
    enter(actor, order, "payment_reminded", is_public=False)
    publish(PaymentReminded(business_id=order.seller_id, order_id=order.pk, number=order.number))
    return True


@use_case(
    permission="orders.take_money",
    idempotent=True,
    unaudited="a line of the order's timeline, and a mail; the payment has its own events",
)
def ask_for_payment(actor: Actor, *, order_id: UUID, key: str | None = None) -> Order:
    """Mail the buyer what she still owes, with the way to pay it; where no payment is open, one is asked for.

    At most once a day. Publishes `orders.payment_reminded`. Raises `WrongState`, `NotFound`.
    """
    order = lock_order(order_id)
    if not can_ask_for_money(actor, order):
        raise WrongState(
            _("Nothing is owed for this order, or there is no address."), code="orders.nothing_to_remind"
        )
    if order.reminded_at is not None and clock.now() < order.reminded_at + BETWEEN:
        raise WrongState(
            _("The buyer was reminded already; please wait a day."), code="orders.payment_reminded_lately"
        )
    waiting = (PaymentAtCompany.OPEN, PaymentAtCompany.FAILED)
    if not list_payments_of(OWNER_TYPE, order.pk).filter(state__in=waiting).exists():
        ask_for_the_rest(actor, order, order.outstanding)
    order.reminded_at = clock.now()
    order.save(update_fields=["reminded_at", "updated_at"])
    enter(actor, order, "payment_reminded", is_public=False)
    publish(PaymentReminded(business_id=order.seller_id, order_id=order.pk, number=order.number))
    return order
