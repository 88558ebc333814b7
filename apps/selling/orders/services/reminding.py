"""A buyer who has not paid is reminded once, before her order expires."""

from __future__ import annotations

from uuid import UUID

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.events import publish
from apps.kernel.money import ZERO
from apps.kernel.use_cases import use_case
from apps.selling.orders.events import PaymentReminded
from apps.selling.orders.policies import UNSETTLED, check_system
from apps.selling.orders.services.ending import OWNER_TYPE, arrived_of
from apps.selling.orders.services.moves import lock_order
from apps.selling.orders.services.telling import enter
from apps.selling.orders.states import OrderState
from apps.selling.payments.selectors import list_payments_of


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
