"""What the store asked for a variant, and the lowest of it before a reduction: pure, over points in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

LOOKED_BACK = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Point:
    """From `since` on the price was this; `was` is the price that stood struck through beside it, if any."""

    since: dt.datetime
    price: Decimal
    was: Decimal | None = None

    @property
    def is_reduced(self) -> bool:
        return self.was is not None and self.was > self.price


def lowest_before_reduction(points: Sequence[Point]) -> Decimal | None:
    """The lowest price of the thirty days before the present reduction began (EU, directive 98/6, article 6a).

    `points` are in order of time. A reduction that grows step by step is one reduction: the days before its first
    step count. None when nothing is reduced, or nothing is known of the days before.
    """
    if not points or not points[-1].is_reduced:
        return None
    first = len(points) - 1
    while first > 0 and points[first - 1].is_reduced and points[first - 1].price >= points[first].price:
        first -= 1
    began = points[first].since
    opened = began - LOOKED_BACK
    found = []
    for number, point in enumerate(points[:first]):
        ended = points[number + 1].since
        if ended > opened:
            found.append(point.price)
    return min(found, default=None)
