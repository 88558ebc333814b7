"""Which package a parcel's goods go into, by their sides: a proposal for who packs, no promise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import NamedTuple

from apps.selling.shipping.models import Package

Sides = tuple[int, int, int]


class Goods(NamedTuple):
    """So many of one size, in millimetres; a side of 0 is not known."""

    pieces: int
    sides: Sides


def smallest_that_holds(goods: Iterable[Goods], packages: Sequence[Package]) -> Package | None:
    """The package of the least room that takes each piece, turned as it may be, and all of them by volume.

    None when a size is not known, or no package is large enough.
    """
    goods = list(goods)
    if not goods or not all(all(one.sides) for one in goods):
        return None
    room = sum(one.pieces * prod(one.sides) for one in goods)
    longest = [max(sides) for sides in zip(*(sorted(one.sides) for one in goods), strict=True)]
    fitting = [
        package
        for package in packages
        if prod(_sides(package)) >= room
        and all(need <= has for need, has in zip(longest, sorted(_sides(package)), strict=True))
    ]
    return min(fitting, key=lambda package: prod(_sides(package)), default=None)


def _sides(package: Package) -> Sides:
    return package.length_mm, package.width_mm, package.height_mm
