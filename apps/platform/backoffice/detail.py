"""The parts of a detail page: facts on top, sections of rows, a timeline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.utils import formats

from apps.kernel.actors import Actor, say_who


@dataclass(frozen=True)
class Fact:
    """A label and its value; `url` makes the value a link."""

    label: Any
    value: Any
    url: str = ""
    help: Any = ""

    @property
    def shown(self) -> Any:
        """The value as it is read: whole numbers in groups of three, nothing as a dash."""
        if self.value is None or self.value == "":
            return "–"
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return formats.number_format(self.value, use_l10n=True, force_grouping=True)
        return self.value


@dataclass(frozen=True)
class Cell:
    """A value in its column."""

    value: Any
    label: Any
    align: str

    @property
    def is_one_word(self) -> bool:
        """A code, a number, a name of one word: broken at its hyphens it could not be read aloud or searched."""
        return isinstance(self.value, str) and len(self.value) <= 24 and " " not in self.value


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

    @property
    def who(self) -> str:
        """Who did it, as a reader knows them."""
        return say_who(self.actor)


Teller = Callable[[Actor, Any], list[Section]]
_tellers: dict[type[Model], list[Teller]] = {}


def tells_of(model: type[Model]) -> Callable[[Teller], Teller]:
    """Let an app add sections to a page of an app below it, which does not know it: `@tells_of(Variant)`.

    The function gets the actor and the row, and asks for the permission itself.
    """

    def register(teller: Teller) -> Teller:
        _tellers.setdefault(model, []).append(teller)
        return teller

    return register


def sections_of_others(actor: Actor, obj: Model) -> list[Section]:
    """What apps above tell of the row."""
    return [section for teller in _tellers.get(type(obj), ()) for section in teller(actor, obj)]
