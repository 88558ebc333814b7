"""A company's payments of its invoices reach the orders they are of."""

from __future__ import annotations

from decimal import Decimal

from apps.kernel.actors import Actor
from apps.selling.orders.models import Order
from apps.selling.orders.services.charging import settle_account
from apps.selling.orders.services.ending import close_when_settled
from apps.selling.orders.services.moves import move, save_standing
from apps.selling.orders.services.telling import enter
from apps.selling.orders.states import Axis, OrderState, PaymentState


def note_settled(actor: Actor, order: Order, amount: Decimal, *, is_open: bool) -> None:
    """The company paid `amount` of this order's invoices (below nought: a payment was taken back); saved.

    The caller holds the order and its company; `is_open` says whether anything of its invoices is still owed.
    """
    order.settled_total += amount
    was_paid = order.payment_state in (PaymentState.PAID, PaymentState.PART_REFUNDED)
    if is_open and was_paid:
        move(order, Axis.PAYMENT, "reopen_account")
        enter(actor, order, "account_reopened", amount=-amount)
        if order.state == OrderState.CLOSED:
            move(order, Axis.ORDER, "reopen")
            order.closed_at = None
    elif not is_open:
        settle_account(actor, order)
        close_when_settled(actor, order)
    save_standing(order)
