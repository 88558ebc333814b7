"""The register of personal data: which columns tell of people, how a person's rows are found, what erasure does.

Each app declares its tables in its own `privacy.py`, column by column; a column that tells of nobody says why. A test
walks all models and refuses one whose texts are not declared, so a new table cannot be forgotten. Exporting and erasing
read this register alone: they know no table by name. See docs/privacy.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, Literal
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.module_loading import module_has_submodule

from .actors import Actor

Kind = Literal["customer", "user"]


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data: a customer of one business, or somebody who signs in. `records` are things that are the person's."""

    kind: Kind
    id: UUID
    label: str
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    user_id: UUID | None = None
    business_id: UUID | None = None
    records: tuple[tuple[str, UUID], ...] = ()
    # What files of other systems call the person by: her name, and her numbers there.
    name: str = ""
    numbers: tuple[str, ...] = ()

    def ids_of(self, record_type: str) -> list[UUID]:
        """The person's records of one kind (`orders.order`)."""
        return [record_id for kind, record_id in self.records if kind == record_type]


Find = Callable[[Person], Q]


@dataclass(frozen=True, slots=True)
class Deleted:
    """The rows go."""


@dataclass(frozen=True, slots=True)
class Anonymised:
    """The rows stay, these columns are emptied or set."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows stay as they are: a law asks for it, or they prove who did what. `years` count from the row's making."""

    because: Any
    years: int | None = None


@dataclass(frozen=True, slots=True)
class Through:
    """The context's own service does it: `function(actor, person, rows)` returns how many rows it was done to."""

    function: Callable[[Actor, Person, models.QuerySet[Any]], int]
    means: Literal["deleted", "anonymised"]


Erasure = Deleted | Anonymised | Kept | Through


@dataclass(frozen=True, slots=True)
class Personal:
    """Columns of a table that tell of people, and how a person's rows among them are found, by kind of person."""

    model: str
    columns: tuple[str, ...]
    title: Any
    erasure: Erasure
    of: Mapping[Kind, Find] = field(default_factory=dict)
    # Never exported although they stand in the person's rows: digests, tokens, keys.
    hidden: tuple[str, ...] = ()
    # Bytes that belong to a row: names, and functions that open them.
    files: Callable[[Any], Iterable[tuple[str, Callable[[], Any]]]] | None = None

    def rows(self, person: Person) -> models.QuerySet[Any]:
        """The person's rows among those in sight."""
        kind: Any = apps.get_model(self.model)
        found: models.QuerySet[Any] = kind._default_manager.filter(self.of[person.kind](person))
        return found


_personal: list[Personal] = []
_impersonal: dict[str, dict[str, Any]] = {}
_people: dict[Kind, Callable[[Any], Person]] = {}
_records: dict[Kind, list[Callable[[Person], Iterable[tuple[str, UUID]]]]] = {"customer": [], "user": []}
_phones: dict[Kind, list[Callable[[Person], Iterable[str]]]] = {"customer": [], "user": []}
_numbers: dict[Kind, list[Callable[[Person], Iterable[str]]]] = {"customer": [], "user": []}
_hindrances: dict[Kind, list[Callable[[Person], Iterable[str]]]] = {"customer": [], "user": []}


def personal(
    model: str,
    *columns: str,
    title: Any,
    erasure: Erasure,
    of: Mapping[Kind, Find] | None = None,
    hidden: tuple[str, ...] = (),
    files: Callable[[Any], Iterable[tuple[str, Callable[[], Any]]]] | None = None,
) -> None:
    """Declare columns that tell of people. Without `of` nobody's rows can be told apart, and they must be kept."""
    if not of and not isinstance(erasure, Kept):
        raise ValueError(f"{model}: rows that cannot be found can only be kept.")
    _personal.append(Personal(model, columns, title, erasure, of or {}, hidden, files))


def impersonal(model: str, *columns: str, because: str) -> None:
    """Declare columns that tell of nobody, and why."""
    _impersonal.setdefault(model, {}).update(dict.fromkeys(columns, because))


def person_of(kind: Kind) -> Callable[[Callable[[Any], Person]], Callable[[Any], Person]]:
    """Register the one function that finds and locks a person of a kind by id; it raises `NotFound`."""

    def register(find: Callable[[Any], Person]) -> Callable[[Any], Person]:
        _people[kind] = find
        return find

    return register


def records_of(kind: Kind) -> Callable[[Any], Any]:
    """Register a function that names a person's records, for tables that point at them by type and id."""

    def register(function: Any) -> Any:
        _records[kind].append(function)
        return function

    return register


def phones_of(kind: Kind) -> Callable[[Any], Any]:
    """Register a function that names numbers a person gave besides her own record, as they were typed."""

    def register(function: Any) -> Any:
        _phones[kind].append(function)
        return function

    return register


def numbers_of(kind: Kind) -> Callable[[Any], Any]:
    """Register a function that names the numbers a person has in other systems."""

    def register(function: Any) -> Any:
        _numbers[kind].append(function)
        return function

    return register


def hindrance(kind: Kind) -> Callable[[Any], Any]:
    """Register a function that says, in sentences, what forbids to erase a person now."""

    def register(function: Any) -> Any:
        _hindrances[kind].append(function)
        return function

    return register


def plain_number(typed: str) -> str:
    """A telephone number as messages go to it: digits after a plus when the country was given."""
    number = re.sub(r"[\s().\-/]", "", typed)
    return f"+{number[2:]}" if number.startswith("00") else number


def find_person(kind: Kind, person_id: UUID) -> Person:
    """The person with all records that belong to her, among the rows in sight. Raises `NotFound`.

    A record may have records of its own (an order a file, a file an entry), so all are asked until none is new.
    """
    person = _people[kind](person_id)
    typed = (*person.phones, *(number for name in _phones[kind] for number in name(person)))
    person = replace(
        person,
        phones=tuple(dict.fromkeys(plain_number(number) for number in typed if number)),
        # Read before anything is erased: the rows that hold them go before those that are found by them.
        numbers=tuple(number for name in _numbers[kind] for number in name(person)),
    )
    while True:
        named = (record for name in _records[kind] for record in name(person))
        records = tuple(dict.fromkeys((*person.records, *named)))
        if records == person.records:
            return person
        person = replace(person, records=records)


def hindrances(person: Person) -> list[str]:
    """What forbids to erase the person now; empty when nothing does."""
    return [sentence for ask in _hindrances[person.kind] for sentence in ask(person)]


def tables(kind: Kind | None = None) -> list[Personal]:
    """The declared tables, upper apps first, since their rows point down; for a kind of person those it is found in."""
    order = {config.label: place for place, config in enumerate(apps.get_app_configs())}
    found = [table for table in _personal if kind is None or kind in table.of]
    return sorted(found, key=lambda table: -order[table.model.split(".")[0]])


def deleted_kinds(kind: Kind) -> set[str]:
    """Tables whose rows go when a person is erased: what else speaks of such a row speaks of the person."""
    return {
        table.model
        for table in tables(kind)
        if isinstance(table.erasure, Deleted)
        or (isinstance(table.erasure, Through) and table.erasure.means == "deleted")
    }


def declared(model: str) -> tuple[set[str], dict[str, Any]]:
    """What is declared of a table: its personal columns, and the others with their reasons."""
    personal_columns = {column for table in _personal if table.model == model for column in table.columns}
    return personal_columns, _impersonal.get(model, {})


def declared_models() -> set[str]:
    """Every table that anything is declared of."""
    return {table.model for table in _personal} | set(_impersonal)


def load() -> None:
    """Read every app's declarations."""
    for config in apps.get_app_configs():
        if config.name.startswith("apps.") and module_has_submodule(config.module, "privacy"):
            import_module(f"{config.name}.privacy")
