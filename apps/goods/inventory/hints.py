"""What to do about low stock: an app above that knows suppliers says from whom goods are bought, and offers a button.

A source is a function that returns a query of one text for a row that has `variant_id` (`OuterRef`); it is a part
of the list's own query, so a page costs no more queries with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import CharField, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

Source = Callable[[], Any]
_sources: list[Source] = []


def register(source: Source) -> Source:
    """Make the function the source of the hint."""
    _sources[:] = [source]
    return source


def with_hint(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows with `bought_from`: the name of the supplier to ask; empty when nobody knows."""
    if not _sources:
        return rows.annotate(bought_from=Value("", output_field=CharField()))
    return rows.annotate(bought_from=Coalesce(Subquery(_sources[0](), output_field=CharField()), Value("")))
