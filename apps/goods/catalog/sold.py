"""What is sold by measure as its buyer reads it: `0.5 m` at £19.00 per m, though it is kept in centimetres."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from apps.goods.catalog.models import Variant
from apps.goods.catalog.units import Measure, amount_words, convert, is_measured, per_measure_words
from apps.kernel.money import minor_unit

_THREE_PLACES = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Sold:
    """So much of a unit at a price for one of it; without a `unit` it is counted."""

    amount: Decimal
    price: Decimal
    unit: str = ""

    @property
    def words(self) -> str:
        """`0.5 m`; of what is counted its number."""
        return amount_words(self.amount, self.unit) if self.unit else str(self.amount)

    @property
    def measure(self) -> str:
        """The sign of the unit; empty for what is counted."""
        return Measure(1, self.unit).words if self.unit else ""

    @property
    def facts(self) -> dict[str, dict[str, str]]:
        """For a paper that is kept: the quantity in words of the language that is on, and the price of one `unit`.

        Nothing of what is counted.
        """
        if not self.unit:
            return {}
        return {"measured": {"words": self.words, "unit": self.measure, "price": f"{self.price:f}"}}

    def price_words(self, price: str) -> str:
        """The price, written by whoever shows it, with what it is for: `£19.00 per m`."""
        return per_measure_words(price, Measure(1, self.unit)) if self.unit else price


def as_sold(
    variant: Variant, quantity: int, unit_price: Decimal, currency: str, *, packed: bool = False
) -> Sold:
    """A quantity in stock units and the price of one, in the unit in which the variant is shown.

    In its stock unit where the shown one could not say both exactly (a centimetre in feet, a price that would be
    rounded): multiplied they come to the same sum always. What is counted, and packs (`packed`), stay as they are.
    """
    if packed or not is_measured(variant.unit):
        return Sold(Decimal(quantity), unit_price)
    shown = variant.shown_unit or variant.unit
    amount = convert(quantity, variant.unit, shown)
    price = unit_price * convert(1, shown, variant.unit)
    is_exact = (
        amount == amount.quantize(_THREE_PLACES)
        and price == price.quantize(minor_unit(currency))
        and amount * price == quantity * unit_price
    )
    if shown != variant.unit and is_exact:
        return Sold(amount, price, shown)
    return Sold(Decimal(quantity), unit_price, variant.unit)


@dataclass(frozen=True, slots=True)
class Counting:
    """In what staff count goods: pieces, or a `unit` of measure of which one holds `size` stock units."""

    unit: str = ""
    size: Decimal = Decimal(1)

    @property
    def sign(self) -> str:
        """`m`; empty for what is counted."""
        return Measure(1, self.unit).words if self.unit else ""

    def shown(self, quantity: int) -> Decimal:
        """Stock units in this unit: 50 cm are 0.5 m."""
        return Decimal(quantity) / self.size

    def typed(self, amount: Decimal) -> int | None:
        """What was typed in stock units; None where it is no whole number of them."""
        quantity = amount * self.size
        return int(quantity) if quantity == quantity.to_integral_value() else None

    def words(self, quantity: int) -> str:
        """`0.5 m`; of what is counted its number."""
        return amount_words(self.shown(quantity), self.unit) if self.unit else str(quantity)

    def plain(self, quantity: int) -> str:
        """`0.5`, as a number field holds it."""
        return f"{self.shown(quantity).normalize():f}"


PIECES = Counting()


def counting_of(variant: Variant, *, packed: bool = False) -> Counting:
    """How quantities of the variant are said to staff and typed by them; packs (`packed`) are counted.

    In the unit in which it is sold, where three places say each stock unit in it; else in the stock unit itself.
    """
    if packed or not is_measured(variant.unit):
        return PIECES
    shown = variant.shown_unit or variant.unit
    size, one = convert(1, shown, variant.unit), convert(1, variant.unit, shown)
    if one and one == one.quantize(_THREE_PLACES):
        return Counting(shown, size)
    return Counting(variant.unit)
