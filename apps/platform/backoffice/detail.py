"""The parts of a detail page: facts on top, sections of rows, a timeline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fact:
    """A label and its value; `url` makes the value a link."""

    label: Any
    value: Any
    url: str = ""
    help: Any = ""


@dataclass(frozen=True)
class Cell:
    """A value in its column."""

    value: Any
    label: Any
    align: str


@dataclass(frozen=True)
class Section:
    """A titled table, or a piece of safe HTML. `align` maps column numbers to "end" for figures."""

    title: Any
    columns: Sequence[Any] = ()
    rows: Sequence[Sequence[Any]] = ()
    align: dict[int, str] = field(default_factory=dict)
    footer: Sequence[Sequence[Any]] = ()
    empty: Any = ""
    html: Any = ""
    url: str = ""

    def heads(self) -> list[Cell]:
        return self._cells(self.columns)

    def body(self) -> list[list[Cell]]:
        return [self._cells(row) for row in self.rows]

    def foot(self) -> list[list[Cell]]:
        return [self._cells(row) for row in self.footer]

    def _cells(self, values: Iterable[Any]) -> list[Cell]:
        labels = list(self.columns)
        return [
            Cell(value, labels[i] if i < len(labels) else "", self.align.get(i, "start"))
            for i, value in enumerate(values)
        ]


@dataclass(frozen=True)
class Step:
    """One thing that happened, for the timeline; newest first is the usual order."""

    at: dt.datetime
    text: Any
    actor: str = ""
    tone: str = ""
