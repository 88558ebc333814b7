"""Tests of promotions, pure: whom a test gives which version, and how sure its figures are."""

from __future__ import annotations

import hashlib
import itertools
import math
from dataclasses import dataclass
from statistics import NormalDist

# Buyers are divided into so many equal parts.
PARTS = 10_000
CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


def part_of(seed: str, unit: str) -> int:
    """The part a buyer is in: always the same for the same test, and another one in every other test."""
    digest = hashlib.sha256(f"{seed}:{unit}".encode()).digest()
    return int.from_bytes(digest[:8]) % PARTS


def bounds_of(count: int) -> list[tuple[int, int]]:
    """`count` ranges of parts, as equal as they can be, that leave nobody out."""
    edges = [PARTS * number // count for number in range(count + 1)]
    return list(itertools.pairwise(edges))


@dataclass(frozen=True, slots=True)
class Share:
    """How many of those who came ordered, with the interval that holds the true share in 95 of 100 tests."""

    rate: float
    low: float
    high: float


def share_of(ordered: int, buyers: int) -> Share | None:
    """Wilson's score interval: right for few buyers too, and never below nought or above one. None without buyers."""
    if not buyers:
        return None
    rate, square = ordered / buyers, _Z * _Z
    middle = (rate + square / (2 * buyers)) / (1 + square / buyers)
    reach = (
        _Z * math.sqrt(rate * (1 - rate) / buyers + square / (4 * buyers * buyers)) / (1 + square / buyers)
    )
    # The ends are exact where nobody or everybody ordered; the sum leaves a last digit.
    low = middle - reach if ordered else 0.0
    high = middle + reach if ordered < buyers else 1.0
    return Share(rate, low, high)


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much the share of the second is larger than that of the first, and between which bounds."""

    by: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether chance alone hardly makes it: the interval leaves nought out."""
        return self.low > 0 or self.high < 0


def difference_of(first: Share, second: Share) -> Difference:
    """Newcombe's interval of a difference of two shares (1998, method 10), made of their Wilson intervals."""
    by = second.rate - first.rate
    low = by - math.hypot(second.rate - second.low, first.high - first.rate)
    high = by + math.hypot(second.high - second.rate, first.rate - first.low)
    return Difference(by, low, high)
