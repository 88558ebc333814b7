"""What files bring besides products and quantities: an app above registers a kind, the machinery stays here.

A kind has fields of its own for the mapping page, reads the file in passes (each a `Tally`), and says how what it
added is taken back. Upload, saved mappings, dry run, progress, cancelling, resuming and undo are the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apps.kernel.actors import Actor

if TYPE_CHECKING:
    from apps.goods.imports.columns import Field
    from apps.goods.imports.models import Batch, BatchChange, ImportJob
    from apps.goods.imports.reading import Record
    from apps.goods.imports.services.batches import Tally

RUN = "imports.run"
Passes = Callable[[Actor, "ImportJob", "Iterator[Record]"], "Iterator[Tally]"]
TakeBack = Callable[[Actor, "Batch", "list[BatchChange]"], None]


@dataclass(frozen=True, slots=True)
class UndoStep:
    """How changes of these kinds are taken back, so many in one transaction; before those of products."""

    kinds: tuple[str, ...]
    take_back: TakeBack
    portion: int


@dataclass(frozen=True, slots=True)
class ImportKind:
    """One kind of file. `permission` is asked beside `imports.run`, also of whoever takes the batch back.

    `alone`: who has `permission` brings this kind in without `imports.run`, which is about goods.
    """

    code: str
    fields: tuple[Field, ...]
    passes: Passes
    permission: str
    # Which of the rules on the mapping page make sense, and what stands in them at first.
    rules: tuple[str, ...] = ()
    default_rules: dict[str, Any] = field(default_factory=dict)
    # What the run will do, in sentences; the label of its button; a reason for rows, in words.
    explain: Callable[[ImportJob], list[Any]] = lambda job: []
    submit: Callable[[ImportJob], Any] = lambda job: ""
    reason_label: Callable[[str], Any] = str
    undo: Sequence[UndoStep] = ()
    # Whether its files tell of customers: then all of them go when one customer is erased. And the field, if any, that
    # holds a customer's number in the other system.
    tells_of_people: bool = False
    number_of_person: str = ""
    alone: bool = False


_kinds: dict[str, ImportKind] = {}


def register_kind(kind: ImportKind) -> None:
    """Make a kind of file known; called when the app that handles it is ready."""
    _kinds[kind.code] = kind


def find_kind(code: str) -> ImportKind | None:
    """The registered kind; None for products and quantities."""
    return _kinds.get(code)


def registered_steps() -> list[UndoStep]:
    """How registered kinds take back what they added."""
    return [step for kind in _kinds.values() for step in kind.undo]


def kinds_with_people() -> list[ImportKind]:
    """Kinds whose files tell of customers."""
    return [kind for kind in _kinds.values() if kind.tells_of_people]


def kinds_of_changes() -> dict[str, str]:
    """Kinds of changes that registered kinds make, with the permission that taking them back needs."""
    return {name: kind.permission for kind in _kinds.values() for step in kind.undo for name in step.kinds}


def kinds_for(actor: Actor) -> list[str]:
    """Kinds of files the actor brings in by their own permission, without `imports.run`."""
    return [kind.code for kind in _kinds.values() if kind.alone and actor.may(kind.permission)]


def may_bring(actor: Actor, code: str) -> bool:
    """Whether the actor may bring in, check and stop files of this kind."""
    return actor.may(RUN) or code in kinds_for(actor)


def check_may_bring(actor: Actor, code: str) -> None:
    """Raise `PermissionRefused` for a kind that the actor may not bring in."""
    if not may_bring(actor, code):
        actor.require(RUN)
