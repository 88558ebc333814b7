"""What businesses ask may tell of people: the values at a person's records go with her."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Deleted, Person, impersonal, personal, records_of
from apps.platform.fields.models import RecordValues


def _at_her_records(person: Person) -> Q:
    found = Q(record_type="customers.customer", record_id=person.id)
    for kind in {kind for kind, _record in person.records}:
        found |= Q(record_type=kind, record_id__in=person.ids_of(kind))
    return found


def _rows_of(person: Person) -> QuerySet[RecordValues, Any]:
    return RecordValues.objects.filter(_at_her_records(person)).values("pk")


@records_of("customer")
def values_at_her_records(person: Person) -> Iterator[tuple[str, UUID]]:
    """The values are hers: what the trail says of them goes with them."""
    for values_id in RecordValues.objects.filter(_at_her_records(person)).values_list("pk", flat=True):
        yield "fields.recordvalues", values_id


personal(
    "fields.recordvalues", "values",
    title=_("Custom fields"),
    of={"customer": _at_her_records},
    erasure=Deleted(),
)  # fmt: skip
impersonal("fields.recordvalues", "record_type", because="a kind of record")
personal(
    "fields.takenvalue", "value",
    title=_("Custom fields that must differ"),
    of={"customer": lambda person: Q(record__in=_rows_of(person))},
    erasure=Deleted(),
    hidden=("value",),
)  # fmt: skip
impersonal(
    "fields.customfield", "record_type", "code", "label", "help_text", "choices", "minimum", "maximum", "default",
    because="what is asked of every record, by the business",
)  # fmt: skip
