"""What apps above know of goods that belongs on a label: the labels ask here, because they know none of these apps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """Of a variant: `composition` line by line, `care` as pairs of a drawing (an SVG's text) and its words."""

    style: str = ""
    size: str = ""
    colour: str = ""
    composition: list[str] = field(default_factory=list)
    care: list[tuple[str, Any]] = field(default_factory=list)


_offers: list[Callable[[Iterable[Any]], dict[UUID, LabelFacts]]] = []


def offer_label_facts(read: Callable[[Iterable[Any]], dict[UUID, LabelFacts]]) -> None:
    """Let an app above say what belongs on the labels of variants (with their products). Called at set-up."""
    if read not in _offers:
        _offers.append(read)


def label_facts(variants: Iterable[Any]) -> dict[UUID, LabelFacts]:
    """What is known, by variant; those of which nothing is known are absent."""
    rows = list(variants)
    found: dict[UUID, LabelFacts] = {}
    for read in _offers:
        found |= read(rows)
    return found
