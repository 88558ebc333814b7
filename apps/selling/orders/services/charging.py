"""What goes on a company's account when goods leave, and what the order makes of the company's payments."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.kernel.events import publish
from apps.kernel.money import format_money
from apps.selling.orders.events import PaymentRecorded
from apps.selling.orders.models import Fulfilment, Order, OrderPayment, Tender
from apps.selling.orders.services.moves import move
from apps.selling.orders.services.telling import enter
from apps.selling.orders.states import WAITING, Axis, OrderState, PaymentState


def charge_account(actor: Actor, order: Order, fulfilment: Fulfilment) -> None:
    """Put a parcel on the account of the order's company, in memory: receivables stand for its money.

    The parcel is the capture, so it is charged once. Publishes `orders.payment_recorded` with the tender `on_account`.
    """
    if not fulfilment.gross or order.company_id is None:
        return
    move(order, Axis.PAYMENT, "charge")
    OrderPayment.objects.create(
        business_id=order.business_id,
        order=order,
        payment_id=order.company_id,
        capture_id=fulfilment.pk,
        amount=fulfilment.gross,
        tender=Tender.ON_ACCOUNT,
        received_at=fulfilment.shipped_at,
    )
    order.paid_total += fulfilment.gross
    enter(actor, order, "charged", is_public=False, amount=fulfilment.gross)
    publish(
        PaymentRecorded(
            business_id=order.seller_id,
            order_id=order.pk,
            number=order.number,
            payment_id=order.company_id,
            capture_id=fulfilment.pk,
            amount=fulfilment.gross,
            currency=order.currency,
            provider="",
            tender=Tender.ON_ACCOUNT,
            payment_state=order.payment_state,
        )
    )


def settle_account(actor: Actor, order: Order) -> None:
    """In memory: an order of which nothing waits, and whose invoices are paid or credited, counts as paid."""
    if order.payment_state != PaymentState.ON_TERMS or order.fulfilment_state in WAITING:
        return
    if order.state != OrderState.CONFIRMED or not order.paid_total:
        return
    if order.refunded_total == order.paid_total:
        move(order, Axis.PAYMENT, "refund_all")
    else:
        move(order, Axis.PAYMENT, "settle_account")
        enter(actor, order, "account_settled")


def is_owed(order: Order) -> bool:
    """Whether the company owes something of what has left, by what came back and what it paid of this order."""
    return bool(order.paid_total > order.refunded_total + order.settled_total)


def check_taken_on_otherwise(order: Order) -> None:
    """Nobody takes an order on by another door that waits for approval."""
    if order.needs_approval:
        amount = format_money(order.over_limit_by, order.currency)
        raise WrongState(
            _("Needs approval: over limit by %(amount)s.") % {"amount": amount}, code="orders.needs_approval"
        )


def check_not_on_account(order: Order) -> None:
    """Money of an order on account is recorded at its invoices: here it would be counted twice."""
    if order.is_on_account:
        raise WrongState(
            _("This order is on account."),
            code="orders.on_account",
            remedy=_("Record the company's payment at its invoices."),
        )
