"""Reads: one query for all fields of a record, none more for a list than the fields themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Func, JSONField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from apps.platform.fields.models import CustomField, FieldType, RecordValues
from apps.platform.fields.reading import show_value

# The name under which a list's rows carry their values.
HELD = "custom_values"


def fields_for(record_type: str, *, with_retired: bool = False) -> list[CustomField]:
    """The fields that are asked of a kind of record, in their order; one query."""
    fields = CustomField.objects.filter(record_type=record_type)
    if not with_retired:
        fields = fields.filter(retired_at__isnull=True)
    return list(fields.order_by("position", "id"))


def values_of(record_type: str, record_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """The kept values by record, in one query; a record without any is absent."""
    rows = RecordValues.objects.filter(record_type=record_type, record_id__in=list(record_ids))
    return dict(rows.values_list("record_id", "values"))


def held_of(record: Model) -> dict[str, Any]:
    """What is asked of one record with its values, None for what is empty: read with its list, else one query."""
    if HELD in record.__dict__:
        return {fact["code"]: fact["value"] for fact in record.__dict__[HELD] or ()}
    return {field.code: value for field, value in described(record)}


def with_values(records: QuerySet[Any]) -> QuerySet[Any]:
    """The records with what is asked of them and their values beside them, in their own query."""
    return records.annotate(**{HELD: _part(records.model._meta.label_lower)})


def having(records: QuerySet[Any], field: CustomField, value: Any) -> QuerySet[Any]:
    """Records whose field has this value, as `read_value` gave it; of several choices at least these."""
    found = RecordValues.objects.filter(record_type=field.record_type, values__contains={field.code: value})
    return records.filter(pk__in=found.values("record_id"))


def described(record: Model) -> list[tuple[CustomField, Any]]:
    """The fields of a record with its values, read once in one query and kept with the record."""
    known: list[tuple[CustomField, Any]] | None = record.__dict__.get("_custom_fields")
    if known is None:
        kind = record._meta.label_lower
        held = RecordValues.objects.filter(record_type=kind, record_id=record.pk).values("values")[:1]
        fields = CustomField.objects.filter(record_type=kind, retired_at__isnull=True)
        rows: Any = fields.order_by("position", "id").annotate(held=Subquery(held))
        known = record.__dict__["_custom_fields"] = [(row, (row.held or {}).get(row.code)) for row in rows]
    return known


def paper_facts(record: Model, currency: str) -> list[dict[str, str]]:
    """What a paper about the record says of it: the fields that are marked for papers and filled in."""
    return [
        {"label": field.label, "value": show_value(field.type, value, currency)}
        for field, value in described(record)
        if field.on_documents and value is not None
    ]


def store_part(record_type: str) -> ArraySubquery:
    """Fields that the store shows, with the values of the record outside: a part of the page's own query."""
    return _part(record_type, in_store=True)


def _part(record_type: str, **which: Any) -> ArraySubquery:
    held = RecordValues.objects.filter(record_type=record_type, record_id=OuterRef(OuterRef("pk")))
    fields = (
        CustomField.objects.filter(record_type=record_type, retired_at__isnull=True, **which)
        .order_by("position", "id")
        .annotate(held=Subquery(held.values("values")[:1]))
    )
    value = Func(
        F("held"), F("code"), template="(%(expressions)s)", arg_joiner=" -> ", output_field=JSONField()
    )
    facts = JSONObject(code="code", label="label", type="type", value=value)
    return ArraySubquery(fields.values(facts=facts))


def store_facts(part: list[dict[str, Any]], currency: str) -> list[tuple[str, str]]:
    """What `store_part` found, as labels and words; web addresses stay text, so that no link leads out of the shop."""
    return [
        (fact["label"], show_value(fact["type"], fact["value"], currency))
        for fact in part
        if fact["value"] is not None
    ]


FILTER_BY_CHOICE = {FieldType.CHOICE, FieldType.CHOICES, FieldType.YES_NO}
