"""The ways of delivery that a way of paying may be tied to. Whoever keeps them says which there are."""

from __future__ import annotations

from collections.abc import Callable

Deliveries = Callable[[], list[tuple[str, str]]]
_sources: list[Deliveries] = []


def offer_deliveries(source: Deliveries) -> None:
    """Have `source` name the deliveries of the bound business, as (id, name)."""
    if source not in _sources:
        _sources.append(source)


def list_deliveries() -> list[tuple[str, str]]:
    """All deliveries of the bound business, as (id, name)."""
    return [row for source in _sources for row in source()]
