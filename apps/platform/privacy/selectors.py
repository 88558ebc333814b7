"""What would happen to a person's rows, and which exports are over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model
from django.utils.translation import gettext as _

from apps.kernel import clock, privacy, tenancy
from apps.kernel.privacy import Anonymised, Deleted, Kept, Person, Personal, Through
from apps.kernel.row_security import walls
from apps.platform.businesses.selectors import list_across_memberships
from apps.platform.privacy.models import ErasedPerson, PersonExport


@dataclass(frozen=True, slots=True)
class Line:
    """So many rows of a table; `because` says why they are kept."""

    title: Any
    count: int
    because: Any = ""


@dataclass(slots=True)
class Preview:
    """What an erasure will do, and what forbids it now."""

    deleted: list[Line] = field(default_factory=list)
    anonymised: list[Line] = field(default_factory=list)
    kept: list[Line] = field(default_factory=list)
    hindrances: list[str] = field(default_factory=list)

    def sentences(self) -> list[str]:
        """For a page: what goes, what is emptied, what stays and why."""
        said = list(self.hindrances)
        for lines, words in (
            (self.deleted, _("Deleted: %(what)s")),
            (self.anonymised, _("Emptied, the rest is kept: %(what)s")),
        ):
            if lines:
                said.append(words % {"what": ", ".join(f"{line.title} ({line.count})" for line in lines)})
        said += [
            _("Kept: %(what)s (%(count)d). %(because)s")
            % {"what": line.title, "count": line.count, "because": line.because}
            for line in self.kept
        ]
        return said


def scopes(person: Person) -> list[UUID | None]:
    """Where a person's rows lie: one business, or for an account all its places of work and the platform."""
    if person.kind == "customer":
        return [person.business_id]
    return [*dict.fromkeys(member.business_id for member in list_across_memberships(person.id)), None]


def tables_in(person: Person, business_id: UUID | None) -> Iterator[Personal]:
    """The tables of a person to look at under one binding: a business's, or the platform's own."""
    behind_wall = walls()
    for table in privacy.tables(person.kind):
        if (apps.get_model(table.model)._meta.db_table in behind_wall) == (business_id is not None):
            yield table


def preview_erasure(kind: privacy.Kind, person_id: UUID) -> Preview:
    """Count what would be deleted, anonymised and kept. Raises `NotFound`. A customer's business must be bound."""
    person = privacy.find_person(kind, person_id)
    found = Preview(hindrances=privacy.hindrances(person))
    for business_id in scopes(person):
        with tenancy.bind(business_id):
            for table in tables_in(person, business_id):
                count = table.rows(person).count()
                if count:
                    _file(found, table, count)
    return found


def _file(found: Preview, table: Personal, count: int) -> None:
    erasure = table.erasure
    if isinstance(erasure, Kept):
        years = (
            "" if erasure.years is None else _(" For %(years)s years from each.") % {"years": erasure.years}
        )
        found.kept.append(Line(table.title, count, f"{erasure.because}{years}"))
    elif isinstance(erasure, Deleted) or (isinstance(erasure, Through) and erasure.means == "deleted"):
        found.deleted.append(Line(table.title, count))
    else:
        found.anonymised.append(Line(table.title, count))


def find_erased(kind: str, person_id: UUID) -> ErasedPerson | None:
    """The proof that the person was erased here, or None."""
    business_id = tenancy.current_business_id()
    return ErasedPerson.objects.filter(business_id=business_id, person_kind=kind, person_id=person_id).first()


def is_erased(kind: str, row: Model) -> bool:
    """Whether the row's person was erased."""
    return find_erased(kind, row.pk) is not None


def is_erased_since(person: Person, moment: dt.datetime) -> bool:
    """Whether what was known of the person at `moment` has been erased, here or, of an account, at any place."""
    found = find_erased(person.kind, person.id)
    return found is not None and found.updated_at >= moment


def has_come_back(kind: privacy.Kind, row: Model) -> bool:
    """Whether the row of an erased person tells of somebody again, since it was filled anew."""
    return any(
        getattr(row, column) != value
        for table in privacy.tables(kind)
        if table.model == row._meta.label_lower and isinstance(table.erasure, Anonymised)
        for column, value in table.erasure.values.items()
        if column in table.columns
    )


def find_export(export_id: UUID, *, kind: str, person_id: UUID | None = None) -> PersonExport | None:
    """An export that can still be fetched, of the bound business or, unbound, of one's own account."""
    rows = PersonExport.objects.filter(
        pk=export_id, business_id=tenancy.current_business_id(), person_kind=kind, expires_at__gt=clock.now()
    )
    return (rows if person_id is None else rows.filter(person_id=person_id)).first()


@tenancy.across("privacy.exports")
def list_across_ended_exports(limit: int) -> list[tuple[UUID, UUID | None]]:
    """Exports of all businesses whose time is over. For the task alone."""
    rows = PersonExport.objects.filter(expires_at__lte=clock.now()).order_by("expires_at")
    return list(rows.values_list("pk", "business_id")[:limit])
