"""Quotes that wait, and an order that was changed: what somebody who looks around finds under Quotes and Orders."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from apps.goods.catalog.models import Variant
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.selling.orders.amendments import AmendmentDraft
from apps.selling.orders.drafts import Address, Contact, LineDraft
from apps.selling.orders.models import Order, OrderLine
from apps.selling.orders.models.order import TO_SHIP
from apps.selling.orders.services import amend_order, tag_order
from apps.selling.quotes.drafts import QuoteDraft
from apps.selling.quotes.services import ask_again, duplicate_quote, send_quote, write_quote
from monidesk.demo.furnish import Furnished

BUYERS = (
    ("Guesthouse on the Hill", "kitchen@guesthouse.example", "GH-2044"),
    ("Studio North Architects", "office@studionorth.example", "SN/118"),
    ("Maren Holt", "maren.holt@example.com", ""),
)


def fill(actor: Actor, furnished: Furnished) -> None:
    """One quote in each state that waits for somebody, and the next version of an order that is to be sent."""
    goods = [item for items in furnished.variants.values() for item in items]
    sold = list(
        Variant.objects.filter(pk__in=goods, is_kit=False, active=True).order_by(
            "product__title", "position"
        )[:6]
    )
    if len(sold) < len(BUYERS):
        return
    business = furnished.business
    quotes = []
    for index, (name, email, number) in enumerate(BUYERS):
        draft = QuoteDraft(
            lines=[LineDraft(sold[index].pk, 12), LineDraft(sold[index + 1].pk, 6)],
            contact=Contact(email=email, name=name),
            address=Address(
                name=name, line1=business.line1, city=business.city, postcode=business.postcode,
                country=business.country,
            ),
            shipping_name="Pallet" if number else "",
            shipping_price=Decimal(25) if number else None,
            order_discount=Decimal(10) if number else Decimal(0),
            note="Thank you for asking. We can deliver within a week.",
            po_number=number,
            may_change=not number,
        )  # fmt: skip
        quotes.append(write_quote(actor, draft=draft))
    send_quote(actor, quote_id=quotes[0].pk)
    with clock.travel(clock.now() - dt.timedelta(days=20)):
        send_quote(actor, quote_id=quotes[1].pk)
    ask_again(actor, quote_id=quotes[1].pk)
    duplicate_quote(actor, quote_id=quotes[2].pk)
    _change_an_order(actor)


def _change_an_order(actor: Actor) -> None:
    """The newest order to send gets one piece more of its first line, where there is one more."""
    for order in Order.objects.filter(TO_SHIP, refunded_total=0).order_by("-placed_at", "number")[:5]:
        line = OrderLine.objects.filter(order=order).order_by("position").first()
        if line is None:
            continue
        more = AmendmentDraft(quantities={line.pk: line.quantity + 1})
        try:
            amend_order(actor, order_id=order.pk, draft=more, reason="One more, asked for on the phone")
        except DomainError:
            continue  # sold out, or sold by the dozen: the next one
        tag_order(actor, order_id=order.pk, add=["phone"])
        return
