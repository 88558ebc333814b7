"""Quotes in each state, for the walks over the back office."""

from __future__ import annotations

from typing import Any

from apps.selling.orders.amendments import AmendmentDraft
from apps.selling.orders.drafts import LineDraft
from apps.selling.orders.services import amend_order
from apps.selling.quotes.drafts import QuoteDraft
from apps.selling.quotes.services import place_quote, send_quote, withdraw_quote, write_quote
from tests.factories.goods import make_variant
from tests.factories.orders import ADA, QUAY, lines_of, make_order, system_of


def furnish_quotes(business: Any) -> None:
    """A draft, one that was sent, one that was ordered and one taken back; and an order that was changed."""
    system = system_of(business)
    variant = make_variant(business, title="Oak tray", price="35.00", stock=30)
    draft = QuoteDraft(lines=[LineDraft(variant.pk, 4)], contact=ADA, address=QUAY, may_change=True)
    placed, taken, sent = (write_quote(system, draft=draft) for _each in range(3))
    send_quote(system, quote_id=sent.pk)
    place_quote(system, quote_id=placed.pk)
    withdraw_quote(system, quote_id=taken.pk)
    write_quote(system, draft=draft)
    order = make_order(business, lines=[(variant, 2)], paid=True)
    more = AmendmentDraft(quantities={lines_of(order)[0].pk: 3})
    amend_order(system, order_id=order.pk, draft=more, reason="Asked on the phone")
