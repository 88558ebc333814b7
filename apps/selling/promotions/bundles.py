"""Which pieces are bundled or given: buy X get Y, any N for a price, one of each for a price."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .values import Line, Rule

Left = Mapping[Hashable, Decimal]


@dataclass(slots=True)
class Taken:
    """What the pieces taken of each line are worth, and what is to be paid for all of them."""

    worth: dict[Hashable, Fraction]
    price: Fraction = Fraction()


def _piece(line: Line, left: Left) -> Fraction:
    return Fraction(left[line.line_id]) / line.quantity


def _dearest(lines: Sequence[Line], left: Left) -> list[Line]:
    """By what a piece is worth now, dearest first; equal ones in the order of the basket."""
    return sorted(lines, key=lambda line: -_piece(line, left))


def _take(lines: Sequence[Line], count: int) -> dict[Hashable, int]:
    """`count` pieces from the beginning."""
    taken: dict[Hashable, int] = {}
    for line in lines:
        pieces = min(count, line.quantity)
        if pieces:
            taken[line.line_id] = pieces
            count -= pieces
    return taken


def _worth(lines: Sequence[Line], taken: Mapping[Hashable, int], left: Left) -> dict[Hashable, Fraction]:
    """What the pieces are worth, by line."""
    return {
        line.line_id: _piece(line, left) * taken[line.line_id] for line in lines if taken.get(line.line_id)
    }


def take_get(rule: Rule, bought: Sequence[Line], gifts: Sequence[Line], left: Left) -> Taken | None:
    """The cheapest pieces that are given for those bought; None when the pieces do not suffice once."""
    buy, get = rule.buy_quantity or 1, rule.get_quantity or 1
    cheapest = _dearest(gifts, left)[::-1]
    most = sum(line.quantity for line in gifts) // get
    most = min(most, sum(line.quantity for line in bought) // buy, rule.times or most)
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        given = _take(cheapest, middle * get)
        rest = sum(line.quantity - given.get(line.line_id, 0) for line in bought)
        low, high = (middle, high) if rest >= middle * buy else (low, middle - 1)
    return Taken(_worth(gifts, _take(cheapest, low * get), left)) if low else None


def take_bundle(rule: Rule, lines: Sequence[Line], left: Left) -> Taken | None:
    """The dearest pieces in bundles of N, as long as another bundle saves something."""
    size, price = rule.buy_quantity or 1, Fraction(rule.value or 0)
    most = sum(line.quantity for line in lines) // size
    if not most:
        return None
    most = min(most, rule.times or most)
    ordered = _dearest(lines, left)

    def worth_of(bundles: int) -> Fraction:
        return sum(_worth(ordered, _take(ordered, bundles * size), left).values(), Fraction())

    low, high = 0, most
    while low < high:  # a further bundle is never worth more than the one before it
        middle = (low + high + 1) // 2
        saves = worth_of(middle) - worth_of(middle - 1) > price
        low, high = (middle, high) if saves else (low, middle - 1)
    return Taken(_worth(ordered, _take(ordered, low * size), left), price * low)


def take_each(rule: Rule, lines: Sequence[Line], left: Left) -> Taken | None:
    """One of each chosen thing, as often as all of them are there; a line stands for the first thing it fits."""
    price = Fraction(rule.value or 0)
    parts: list[list[Line]] = [[] for _component in rule.components]
    for line in lines:
        at = next((n for n, members in enumerate(rule.components) if line.variant_id in members), None)
        if at is not None:
            parts[at].append(line)
    most = min((sum(line.quantity for line in part) for part in parts), default=0)
    if not most:
        return None
    most = min(most, rule.times or most)
    ordered = [_dearest(part, left) for part in parts]

    def worth_of(bundles: int) -> dict[Hashable, Fraction]:
        return {
            line_id: worth
            for part in ordered
            for line_id, worth in _worth(part, _take(part, bundles), left).items()
        }

    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        saves = (
            sum(worth_of(middle).values(), Fraction()) - sum(worth_of(middle - 1).values(), Fraction())
            > price
        )
        low, high = (middle, high) if saves else (low, middle - 1)
    return Taken(worth_of(low), price * low)
