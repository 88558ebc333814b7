"""What a price list says, written down as slowly and plainly as docs/pricing.md: every entry is looked at for every
line. Shares nothing with the code it judges."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

ORDER = ["contract", "customer", "segment", "channel", "sale"]


@dataclass
class Thing:
    """An item: the branches of its category from the root, and the collections it lies in."""

    variant: Any
    product: Any
    base: Decimal
    was: Decimal | None = None
    branches: Sequence[Any] = ()
    collections: Sequence[Any] = ()


@dataclass
class Sheet:
    level: str
    name: str
    entries: list[Line]
    customer: Any = None
    segment: str = ""
    channels: Sequence[str] = ()
    priority: int = 0
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    active: bool = True


@dataclass
class Line:
    target: tuple[str, Any]  # ("variant", id), …, ("all", None)
    kind: str
    figure: Decimal
    least: int = 1
    name: str = field(default="")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def is_for(sheet: Sheet, customer: Any, tags: Sequence[str], channel: str, at: dt.datetime) -> bool:
    if not sheet.active or (sheet.channels and channel not in sheet.channels):
        return False
    if sheet.start and at < sheet.start:
        return False
    if sheet.end and at >= sheet.end:
        return False
    if sheet.level in ("contract", "customer"):
        return customer is not None and sheet.customer == customer
    if sheet.level == "segment":
        return sheet.segment.lower() in [tag.lower() for tag in tags]
    return True


def nearness(line: Line, thing: Thing) -> int | None:
    what, pk = line.target
    if what == "variant":
        return 10_000 if pk == thing.variant else None
    if what == "product":
        return 9_000 if pk == thing.product else None
    if what == "collection":
        return 8_000 if pk in thing.collections else None
    if what == "category":
        return 1 + list(thing.branches).index(pk) if pk in thing.branches else None
    return 0


def each(line: Line, thing: Thing) -> Decimal:
    return line.figure if line.kind == "fixed" else cents(thing.base * (100 - line.figure) / 100)


def price(
    sheets: Sequence[Sheet], thing: Thing, quantity: int, customer: Any, tags: Sequence[str], channel: str,
    at: dt.datetime,
) -> tuple[Decimal, Decimal | None, Decimal, str]:  # fmt: skip
    """Unit price, price before, discount off the line, level that won."""

    def best(level: str, volume: bool) -> Line | None:
        found = [
            (-near, -sheet.priority, -line.least, -line.figure if volume else each(line, thing), number, line)
            for sheet in sheets
            if sheet.level == level and is_for(sheet, customer, tags, channel, at)
            for number, line in enumerate(sheet.entries)
            if (line.kind == "volume") == volume and quantity >= line.least
            if (near := nearness(line, thing)) is not None
        ]
        return min(found)[-1] if found else None

    unit, before, level = thing.base, thing.was if thing.was and thing.was > thing.base else None, "base"
    for name in ORDER:
        line = best(name, False)
        if line is not None:
            unit, level = each(line, thing), name
            before = thing.base if name == "sale" and thing.base > unit else None
            break
    less = Decimal(0)
    for name in ORDER:
        line = best(name, True)
        if line is not None:
            less = cents(cents(unit * quantity) * line.figure / 100)
            break
    return unit, before, less, level
