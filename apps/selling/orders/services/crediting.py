"""Money of an order that goes back as credit, and cards that go back with it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.goods.inventory.lines import Owner
from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.kernel.money import ZERO
from apps.people.customers.models import Customer
from apps.selling.credit.models import CreditAccount
from apps.selling.credit.selectors import gift_months
from apps.selling.credit.services import give_back, pay_out, take_back_cards
from apps.selling.orders.models import Order, OrderPayment
from apps.selling.orders.refunds import RefundPlan
from apps.selling.orders.tenders import CREDIT

OWNER_TYPE = "order"


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
