"""Columns of product files whose facts an app above keeps beside the catalogue: it registers them, the rest is here.

Mapping page, dry run, undo and export are those of all columns. A fact is a text of one variant, "" for none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.kernel.actors import Actor

if TYPE_CHECKING:
    from apps.goods.imports.columns import Field

# The facts of a variant by the codes of their columns.
Facts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Beside:
    """What an app above says of variants. Its rows go along with a variant that is taken back."""

    app: str
    # What changing the facts by hand takes, and so taking an import of them back.
    permission: str
    # The first heading of each is its column in our own file.
    fields: tuple[Field, ...]
    # Code and cell as the fact is kept; raises `InvalidInput` with words for who typed it.
    read: Callable[[str, str], str]
    # What counts for variants, also where it is their product's; and what is said of them alone. A query each.
    shown: Callable[[Collection[UUID]], Mapping[UUID, Facts]]
    own: Callable[[Collection[UUID]], Mapping[UUID, Facts]]
    # Says these facts of variants and leaves their others. Statements: the same for any number.
    write: Callable[[Actor, Mapping[UUID, Facts]], None]

    @property
    def codes(self) -> set[str]:
        return {field.code for field in self.fields}


_registered: dict[str, Beside] = {}


def register_beside(beside: Beside) -> None:
    """Make an app's columns known; called when the app is ready."""
    _registered[beside.app] = beside


def fields_beside() -> tuple[Field, ...]:
    """The registered columns, for the mapping page and the export."""
    return tuple(field for one in _registered.values() for field in one.fields)


def codes_beside() -> set[str]:
    """Their codes."""
    return {field.code for field in fields_beside()}


def apps_beside() -> tuple[str, ...]:
    """The apps whose rows go along with a variant."""
    return tuple(_registered)


def rights_beside() -> list[tuple[str, set[str]]]:
    """What changing facts by hand takes, with the codes that it is asked for."""
    return [(one.permission, one.codes) for one in _registered.values()]


def label_beside(code: str) -> Any:
    """The column as people call it; None for what is no such column."""
    return next((field.label for field in fields_beside() if field.code == code), None)


def read_beside(code: str, text: str) -> str:
    """A cell as the fact is kept. Raises `InvalidInput`."""
    (owner,) = (one for one in _registered.values() if code in one.codes)
    return owner.read(code, text)


def shown_beside(variant_ids: Collection[UUID]) -> dict[UUID, Facts]:
    """What counts for these variants; a query for each app."""
    return _gathered(variant_ids, [one.shown for one in _registered.values()])


def own_beside(variant_ids: Collection[UUID]) -> dict[UUID, Facts]:
    """What is said of these variants alone; a query for each app."""
    return _gathered(variant_ids, [one.own for one in _registered.values()])


def write_beside(actor: Actor, said: Mapping[UUID, Facts]) -> None:
    """Have each app say its facts of these variants."""
    for one in _registered.values():
        mine = {
            pk: {code: text for code, text in facts.items() if code in one.codes}
            for pk, facts in said.items()
        }
        if mine := {pk: facts for pk, facts in mine.items() if facts}:
            one.write(actor, mine)


def news_beside(said: Facts, shown: Facts, own: Facts) -> Facts:
    """What a file says that is not so already. An empty cell takes away what is said of the variant alone."""
    return {code: text for code, text in said.items() if text != (shown if text else own).get(code, "")}


def _gathered(
    variant_ids: Collection[UUID], readers: list[Callable[[Collection[UUID]], Mapping[UUID, Facts]]]
) -> dict[UUID, Facts]:
    found: dict[UUID, Facts] = {pk: {} for pk in variant_ids}
    for read in readers if variant_ids else ():
        for pk, facts in read(variant_ids).items():
            found[pk] |= facts
    return found
