"""Lines of orders as their buyers read them."""

from __future__ import annotations

from django.utils import translation

from apps.goods.catalog.sold import Sold, as_sold
from apps.kernel.money import format_money

from .models import Order, OrderLine


def sold_line(line: OrderLine, currency: str, quantity: int | None = None) -> Sold:
    """A line, or so much of it, in the unit in which its goods are shown. Reads the line's variant."""
    pieces = line.quantity if quantity is None else quantity
    return as_sold(line.variant, pieces, line.unit_price, currency, packed=bool(line.pack_name))


def said_of(line: OrderLine, order: Order, quantity: int | None = None) -> dict[str, str]:
    """For a mail's line in the buyer's language: how much of what is sold by measure, and the price of one measure.

    Nothing of what is counted.
    """
    sold = sold_line(line, order.currency, quantity)
    if not sold.unit:
        return {}
    with translation.override(order.language):
        price = format_money(sold.price, order.currency, order.language or "en")
        return {"sold": sold.words, "sold_price": sold.price_words(price)}
