"""Orders and credit: cards that pay, cards that are paid for, and money that goes back as credit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.lines import Owner
from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.kernel.money import ZERO, allocate
from apps.kernel.use_cases import use_case
from apps.people.customers.models import Customer
from apps.selling.credit.models import CreditAccount
from apps.selling.credit.selectors import gift_months
from apps.selling.credit.services import give_back, hold, make_card, pay_out, redeem, take_back_cards
from apps.selling.credit.services.moving import Held
from apps.selling.orders.models import Fulfilment, FulfilmentLine, Order, OrderPayment
from apps.selling.orders.policies import check_system
from apps.selling.orders.refunds import RefundPlan
from apps.selling.orders.services.moves import lines_of, lock_order, save_standing
from apps.selling.orders.services.telling import enter
from apps.selling.orders.states import OrderState, PaymentState
from apps.selling.orders.tenders import CREDIT, paid_by
from apps.selling.payments.models import Payment
from apps.selling.payments.services import cancel_payments_of, request_payment

OWNER_TYPE = "order"


def spend_credit(actor: Actor, order: Order, held: Sequence[Held]) -> None:
    """Pay an order that was just placed or is locked with credit that is locked; the order is saved."""
    from .paying import take_money

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


@use_case(audits=("orders.confirmed", "orders.payment_recorded", "payments.cancelled"))
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


def return_as_credit(
    actor: Actor, order: Order, payment: OrderPayment, amount: Decimal, reason: str
) -> dict[str, Any]:
    """One part of a refund that no company pays out: back on its card, or as the customer's store credit."""
    customer: Customer | None = order.customer
    facts: dict[str, Any] = {
        "amount": amount,
        "owner": Owner(OWNER_TYPE, order.pk),
        "reference": order.number,
        "reason": reason,
        "language": order.language,
    }
    if payment.tender in CREDIT:
        entry = give_back(actor, account_id=payment.payment_id, customer=customer, **facts)
    elif customer is None:
        raise WrongState(
            _("Nobody is known who could have store credit: this order names no e-mail address."),
            code="orders.credit_needs_customer",
            remedy=_("Give the money back the way it was paid."),
        )
    else:
        entry = pay_out(actor, customer=customer, currency=order.currency, **facts)
    account: CreditAccount = entry.account
    enter(actor, order, "credit_refunded", amount=amount, by=paid_by(account.kind, account.last4))
    return {
        "refund_id": str(entry.pk),
        "payment_id": str(payment.payment_id),
        "amount": str(amount),
        "provider": account.last4,
        "tender": account.kind,
        "paid_out": True,
    }


def take_cards_back(actor: Actor, order: Order, plan: RefundPlan) -> Decimal:
    """Gift cards whose money goes back are worth that much less; returns what was taken off them in all."""
    given = {one.line: one.taken_back.net for one in plan.lines if one.taken_back.net}
    cards = gift_months([line.variant_id for line in given]) if given else {}
    amounts = {line.pk: net for line, net in given.items() if line.variant_id in cards}
    if not amounts:
        return ZERO
    return take_back_cards(
        actor,
        line_ids=list(amounts),
        amounts=amounts,
        owner=Owner(OWNER_TYPE, order.pk),
        reference=order.number,
    )


@use_case(audits=("credit.sold", "orders.fulfilled"))
def make_gift_cards(actor: Actor, *, order_id: UUID) -> Fulfilment | None:
    """Make the cards that a paid order bought, and send them; by the product itself only.

    Each piece becomes a card worth what was paid for it. Returns what was sent; None when there is nothing to make,
    a second time too.
    """
    from .fulfilling import fulfil_order

    check_system(actor)
    order = Order.objects.get(pk=order_id)
    cards = gift_months(order.lines.values_list("variant_id", flat=True))
    if not cards:
        return None
    order = lock_order(order_id)
    wanted = [
        (line.pk, line.waiting_quantity)
        for line in lines_of(order)
        if line.variant_id in cards and line.waiting_quantity
    ]
    if not wanted or order.state != OrderState.CONFIRMED or order.payment_state != PaymentState.PAID:
        return None
    sent: Fulfilment = fulfil_order(actor, order_id=order_id, lines=wanted, carrier=_("By e-mail"))
    made = 0
    for part in FulfilmentLine.objects.filter(fulfilment=sent).select_related("order_line"):
        line = part.order_line
        worths = allocate(part.net, [Decimal(1)] * part.quantity, order.currency)
        for piece, worth in enumerate(worths, start=line.fulfilled_quantity - part.quantity + 1):
            card = make_card(
                actor,
                amount=worth,
                currency=order.currency,
                line_id=line.pk,
                piece=piece,
                owner_type=OWNER_TYPE,
                owner_id=order.pk,
                reference=order.number,
                customer_id=order.customer_id,
                recipient_name=order.ship_name,
                recipient_email=order.email,
                months=cards[line.variant_id],
                language=order.language,
            )
            made += card is not None
    enter(actor, order, "gift_cards_sent", pieces=made)
    return sent
