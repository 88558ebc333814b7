"""Lines of orders as their buyers read them."""

from __future__ import annotations

from django.utils import translation

from apps.goods.catalog.sold import Counting, Sold, as_sold, counting_of
from apps.goods.catalog.units import is_measured
from apps.kernel.money import format_money

from .models import Order, OrderLine


def sold_line(line: OrderLine, currency: str, quantity: int | None = None) -> Sold:
    """A line, or so much of it, in the unit in which its goods are shown. Reads the line's variant."""
    pieces = line.quantity if quantity is None else quantity
    return as_sold(line.variant, pieces, line.unit_price, currency, packed=bool(line.pack_name))


def counting_of_line(line: OrderLine) -> Counting:
    """How staff count the line's goods. Reads the line's variant."""
    return counting_of(line.variant, packed=bool(line.pack_name))


def things_in(line: OrderLine, quantity: int) -> int:
    """How many things so much of a line is in an order's story: packs are what is in them, a cut of cloth is one.

    Reads the line's variant.
    """
    if is_measured(line.variant.unit):
        return quantity if line.pack_name else min(quantity, 1)
    return quantity * line.pack_quantity


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
