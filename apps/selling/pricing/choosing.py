"""Which price wins: pure, no database, no clock. The rule stands in docs/pricing.md.

The nearest level that has a price for this item and quantity wins; it need not be the lowest price. Inside of a level:
the most specific entry, then the list's priority, then the largest quantity reached, then the lowest price.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.kernel.money import ZERO, round_money

LEVELS = ("contract", "customer", "segment", "channel", "sale")
BASE, VOLUME = "base", "volume"
HUNDRED = Decimal(100)
# How near an entry is to the item; a category adds its depth, so that a branch beats the one above it.
EVERYTHING, CATEGORY, COLLECTION, PRODUCT, VARIANT = 0, 1, 1001, 1002, 1003


@dataclass(frozen=True, slots=True)
class Step:
    """A level that was looked at. `amount` is what it would have cost each, None where it has no price."""

    level: str
    name: str
    amount: Decimal | None
    won: bool


@dataclass(frozen=True, slots=True)
class ResolvedPrice:
    """`unit_price` in the seller's currency and tax mode; `line_discount` an amount off the whole line."""

    unit_price: Decimal
    compare_at: Decimal | None
    line_discount: Decimal
    steps: tuple[Step, ...]

    @property
    def is_reduced(self) -> bool:
        return self.compare_at is not None and self.compare_at > self.unit_price


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry of a list that is in force, for this buyer and channel, and covers the item."""

    level: str
    name: str
    priority: int
    nearness: int
    kind: str
    price: Decimal | None
    percent: Decimal | None
    min_quantity: int
    entry: str

    def amount(self, base: Decimal, currency: str) -> Decimal:
        """What one costs by this entry. A percentage is taken off the base price and rounded at the minor unit."""
        if self.price is not None:
            return self.price
        return round_money(base * (HUNDRED - (self.percent or ZERO)) / HUNDRED, currency)


def choose(
    base: Decimal,
    was: Decimal | None,
    candidates: Iterable[Candidate],
    *,
    quantity: int,
    currency: str,
    breaks_at: int | None = None,
) -> ResolvedPrice:
    """The price of a line of `quantity`; `breaks_at` pieces count for quantity breaks where lines add up."""
    reached = breaks_at if breaks_at is not None else quantity
    best: dict[str, tuple[tuple[int, int, int, Decimal, str], Candidate]] = {}
    volume: dict[str, tuple[tuple[int, int, int, Decimal, str], Candidate]] = {}
    for one in candidates:
        if one.min_quantity > reached:
            continue
        is_volume = one.kind == VOLUME
        # Off the line the largest percentage is the lowest price.
        figure = -(one.percent or ZERO) if is_volume else one.amount(base, currency)
        rank = (-one.nearness, -one.priority, -one.min_quantity, figure, one.entry)
        kept = volume if is_volume else best
        if one.level not in kept or rank < kept[one.level][0]:
            kept[one.level] = (rank, one)
    steps, unit, compare = [], base, was if was is not None and was > base else None
    winner = next((level for level in LEVELS if level in best), None)
    for level in LEVELS:
        if level not in best:
            steps.append(Step(level, "", None, won=False))
            continue
        found = best[level][1]
        amount = found.amount(base, currency)
        steps.append(Step(level, found.name, amount, won=level == winner))
        if level == winner:
            unit = amount
            # A price of one's own is not a reduction; a sale is one from what everybody paid before it.
            compare = base if level == "sale" and base > amount else None
    steps.append(Step(BASE, "", base, won=winner is None))
    discount = ZERO
    nearest = next((level for level in LEVELS if level in volume), None)
    if nearest is not None:
        found = volume[nearest][1]
        percent = found.percent or ZERO
        discount = round_money(round_money(unit * quantity, currency) * percent / HUNDRED, currency)
        steps.append(Step(VOLUME, found.name, percent, won=bool(discount)))
    return ResolvedPrice(unit, compare, discount, tuple(steps))


def plain_price(amount: Decimal) -> ResolvedPrice:
    """A price that no list touched."""
    return ResolvedPrice(amount, None, ZERO, (Step(BASE, "", amount, won=True),))


def in_packs(
    price: ResolvedPrice, *, size: int, own: Decimal | None, quantity: int, currency: str
) -> ResolvedPrice:
    """The price of `quantity` packs of `size` pieces that cost `price` each.

    A pack's `own` price is its base price; what a list gives for its pieces counts where that is lower, so that a
    case never costs more than its pieces. A discount for the quantity is taken off either.
    """
    together = price.unit_price * size
    is_listed = any(step.won and step.level in LEVELS for step in price.steps)
    unit, compare = together, None if price.compare_at is None else price.compare_at * size
    if own is not None and not (is_listed and together < own):
        unit, compare = own, None
    percent = next((step.amount or ZERO for step in price.steps if step.level == VOLUME), ZERO)
    discount = round_money(round_money(unit * quantity, currency) * percent / HUNDRED, currency)
    return ResolvedPrice(unit, compare, discount, price.steps)
