"""What delivery of an order costs when it changes. Orders do not know the rates; whoever keeps them says it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from .amendments import AmendmentPlan

# (name, price in the business's tax mode) of each way of delivery for the goods of a plan.
Ways = Callable[[AmendmentPlan], list[tuple[str, Decimal]]]
_sources: list[Ways] = []


def offer_ways(source: Ways) -> None:
    """Have `source` name the ways of delivery for a change of an order."""
    if source not in _sources:
        _sources.append(source)


def ways_of(plan: AmendmentPlan) -> list[tuple[str, Decimal]]:
    """The ways of delivery for the order as it would be, to where it goes; one query."""
    return [row for source in _sources for row in source(plan)]
