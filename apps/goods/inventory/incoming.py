"""What is coming to a place: apps above say how many units they have on their way, inventory adds them up.

A source is a function that returns a query of one number for a balance (`OuterRef("variant_id")`,
`OuterRef("location_id")`); it is a part of the list's own query, so a page costs no more queries with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from apps.goods.inventory.models import StockBalance

Source = Callable[[], Any]
_sources: dict[str, Source] = {}


def register(name: str) -> Callable[[Source], Source]:
    """Make the function a source of what is coming, under a name of its own."""

    def add(source: Source) -> Source:
        _sources[name] = source
        return source

    return add


def with_incoming(balances: QuerySet[StockBalance]) -> QuerySet[Any]:
    """The balances with `incoming`: units on their way to the place."""
    total: Any = Value(0)
    for source in _sources.values():
        total = total + Coalesce(Subquery(source(), output_field=IntegerField()), 0)
    return balances.annotate(incoming=total)
