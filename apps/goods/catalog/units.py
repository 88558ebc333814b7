"""Units in which goods are kept, shown and compared. The list is shipped; factors are exact.

Stock is a whole number of a variant's stock unit, see `docs/units.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

COUNT, MASS, VOLUME, LENGTH, AREA = "count", "mass", "volume", "length", "area"
PIECE = "piece"
# Units as machines name them (UN/CEFACT recommendation 20): what is counted has none here.
TRADE_CODES = {
    "mg": "MGM", "g": "GRM", "kg": "KGM", "oz": "ONZ", "lb": "LBR", "ml": "MLT", "cl": "CLT", "l": "LTR",
    "floz": "OZI", "pint": "PTI", "mm": "MMT", "cm": "CMT", "m": "MTR", "in": "INH", "ft": "FOT", "yd": "YRD",
    "m2": "MTK",
}  # fmt: skip
# Contents up to so much (in grams or millilitres) are compared by 100, larger ones by 1,000.
SMALL = Decimal(250)


@dataclass(frozen=True, slots=True)
class Unit:
    """`factor` is what one of it is in the dimension's base: piece, gram, millilitre, millimetre, square metre."""

    code: str
    name: Any
    sign: str
    dimension: str
    factor: Decimal


def _unit(code: str, name: Any, dimension: str, factor: str, sign: str = "") -> Unit:
    return Unit(code, name, sign or code, dimension, Decimal(factor))


UNITS: dict[str, Unit] = {
    unit.code: unit
    for unit in (
        _unit(PIECE, _("piece"), COUNT, "1", "pcs"),
        _unit("pair", _("pair"), COUNT, "2"),
        _unit("mg", _("milligram"), MASS, "0.001"),
        _unit("g", _("gram"), MASS, "1"),
        _unit("kg", _("kilogram"), MASS, "1000"),
        _unit("oz", _("ounce"), MASS, "28.349523125"),
        _unit("lb", _("pound"), MASS, "453.59237"),
        _unit("ml", _("millilitre"), VOLUME, "1"),
        _unit("cl", _("centilitre"), VOLUME, "10"),
        _unit("l", _("litre"), VOLUME, "1000"),
        _unit("floz", _("fluid ounce (UK)"), VOLUME, "28.4130625", "fl oz"),
        _unit("pint", _("pint (UK)"), VOLUME, "568.26125"),
        _unit("mm", _("millimetre"), LENGTH, "1"),
        _unit("cm", _("centimetre"), LENGTH, "10"),
        _unit("m", _("metre"), LENGTH, "1000"),
        _unit("in", _("inch"), LENGTH, "25.4"),
        _unit("ft", _("foot"), LENGTH, "304.8"),
        _unit("yd", _("yard"), LENGTH, "914.4"),
        _unit("m2", _("square metre"), AREA, "1", "m²"),
    )
}
MEASURES = tuple(unit for unit in UNITS.values() if unit.dimension != COUNT)


def choices(*, empty: Any = None) -> list[tuple[str, Any]]:
    """Every unit for a form; with `empty` a first choice that means none."""
    rows: list[tuple[str, Any]] = [(unit.code, unit.name) for unit in UNITS.values()]
    return rows if empty is None else [("", empty), *rows]


def is_measured(code: str) -> bool:
    """Whether goods kept in this unit are weighed or measured instead of counted."""
    return UNITS[code].dimension != COUNT


def can_show(stock: str, shown: str) -> bool:
    """Whether a quantity in one unit can be said in the other."""
    return UNITS[stock].dimension == UNITS[shown].dimension


def convert(amount: Decimal | int, source: str, target: str) -> Decimal:
    """An amount of one unit in another of the same dimension; raises ValueError for another dimension."""
    if not can_show(source, target):
        raise ValueError(f"{source} is no {UNITS[target].dimension}")
    return Decimal(amount) * UNITS[source].factor / UNITS[target].factor


def amount_words(amount: Decimal | int, code: str) -> str:
    """`1.5 kg`; numbers of the language, without idle zeros, at most three places."""
    number = Decimal(amount).quantize(Decimal("0.001")).normalize()
    return f"{number_format(number, decimal_pos=None)} {UNITS[code].sign}"


def quantity_words(quantity: int, stock: str, shown: str = "") -> str:
    """A quantity in stock units as the business shows it: `1,500` grams as `1.5 kg`, pieces as their number."""
    if stock == PIECE and shown in ("", PIECE):
        return str(quantity)
    return amount_words(convert(quantity, stock, shown or stock), shown or stock)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a price is compared by: so much of a unit, `100 g`, `1 l`."""

    amount: int
    unit: str

    @property
    def words(self) -> str:
        """`100 g`, `kg`."""
        sign = UNITS[self.unit].sign
        return sign if self.amount == 1 else f"{self.amount} {sign}"


def measure_for(amount: Decimal, code: str) -> Measure:
    """By which measure contents are compared: 100 g or ml of small ones, else kg and l; pounds stay pounds."""
    unit = UNITS[code]
    if unit.dimension == COUNT:
        return Measure(1, PIECE)
    if unit.dimension == LENGTH:
        return Measure(1, code if code in {"ft", "yd"} else "m")
    if unit.dimension == AREA:
        return Measure(1, code)
    if code in {"oz", "lb"}:
        return Measure(1, "oz" if convert(amount, code, "lb") < 1 else "lb")
    small, large = ("g", "kg") if unit.dimension == MASS else ("ml", "l")
    return Measure(100, small) if amount * unit.factor <= SMALL else Measure(1, large)


def price_per_measure(price: Decimal, amount: Decimal, code: str) -> tuple[Decimal, Measure]:
    """What one measure costs when contents of `amount` cost `price`, unrounded."""
    measure = measure_for(amount, code)
    base = UNITS[code].factor * amount
    return price * measure.amount * UNITS[measure.unit].factor / base, measure


def per_measure_words(price: str, measure: Measure) -> str:
    """`£1.20 per 100 g`; of pieces `£0.05 each`."""
    if measure.unit == PIECE:
        return _now("%(price)s each") % {"price": price}
    return _now("%(price)s per %(measure)s") % {"price": price, "measure": measure.words}


# Written once, so that the API's document knows these choices by one name.
UNIT_CHOICES = choices()
