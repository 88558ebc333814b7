"""Gift cards and store credit that pay for an order."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.lines import Owner
from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.kernel.use_cases import use_case
from apps.selling.credit.services import hold, redeem
from apps.selling.credit.services.moving import Held
from apps.selling.orders.models import Order, OrderPayment
from apps.selling.orders.services.moves import lock_order, save_standing
from apps.selling.orders.services.paying import take_money
from apps.selling.orders.states import OrderState, PaymentState
from apps.selling.payments.models import Payment
from apps.selling.payments.services import cancel_payments_of, request_payment

OWNER_TYPE = "order"


def spend_credit(actor: Actor, order: Order, held: Sequence[Held]) -> None:
    """Pay an order that was just placed or is locked with credit that is locked; the order is saved."""
    for one in held:
        owner = Owner(OWNER_TYPE, order.pk)
        spent = redeem(actor, one, owner=owner, reference=order.number)
        take_money(
            actor,
            order,
            payment_id=one.account.pk,
            capture_id=spent.pk,
            amount=one.amount,
            provider=one.account.last4,
            tender=one.account.kind,
        )
    save_standing(order)


@use_case(audits=("orders.confirmed", "orders.payment_recorded", "orders.refunded", "payments.cancelled"))
def pay_by_credit(actor: Actor, *, order_id: UUID, account_id: UUID) -> Order:
    """Pay what an order still owes with a gift card or store credit, as far as it goes.

    Who holds the code of the card, or has signed in as the customer, may; the door has found the account by it. What
    remains is asked by a payment request of its own, and the one for the whole is closed. Raises `WrongState` when
    nothing is owed any more or the card cannot be spent, `NotFound`.
    """
    order = lock_order(order_id)
    if order.state != OrderState.PLACED or order.payment_state not in (
        PaymentState.UNPAID,
        PaymentState.PART_PAID,
    ):
        raise WrongState(_("Nothing is left to pay for this order."), code="orders.nothing_owed")
    system = Actor.system("orders", order.business_id)
    asked = cancel_payments_of(system, owner=Owner(OWNER_TYPE, order.pk))
    if any(payment.captured_amount for payment in asked if not _has_arrived(payment)):
        raise WrongState(
            _("A payment for this order is just arriving."),
            code="orders.payment_arriving",
            remedy=_("Look again in a moment."),
        )
    held = hold(actor, account_ids=[account_id], total=order.outstanding, currency=order.currency)
    if not held:
        raise WrongState(_("There is nothing on this card that could be spent."), code="card_not_good")
    spend_credit(actor, order, held)
    if order.outstanding and asked:
        _ask_for_rest(actor, order, max(asked, key=lambda payment: payment.pk))
    return order


def _has_arrived(payment: Payment) -> bool:
    return OrderPayment.objects.filter(payment_id=payment.pk).exists()


def _ask_for_rest(actor: Actor, order: Order, former: Payment) -> None:
    request_payment(
        actor,
        owner=Owner(OWNER_TYPE, order.pk),
        reference=order.number,
        amount=order.outstanding,
        currency=order.currency,
        provider=former.provider,
        return_url=former.return_url,
        expires_at=order.expires_at,
    )
