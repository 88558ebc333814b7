"""What is answered: the values of records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from apps.kernel import audit, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound
from apps.kernel.limits import is_visible
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case
from apps.platform.fields.kinds import RecordKind, get_kind
from apps.platform.fields.models import CustomField, RecordValues, TakenValue
from apps.platform.fields.reading import Unfit, as_key, read_value

MOST_AT_ONCE = 1000
Values = dict[str, Any]


@use_case(audits="fields.filled_in")
def set_values(actor: Actor, *, record_type: str, record_id: UUID, values: Mapping[str, Any]) -> Values:
    """Write values of one record by the fields' codes; None or nothing empties one, what is left out stays.

    The first values of a record bring the defaults along. Returns all values. Raises `NotFound` for a record that is
    not there or not within reach, `PermissionRefused`, `InvalidInput` with the code of each value that does not fit or
    is missing, `Conflict` for one that must differ and is taken.
    """
    return _set(actor, record_type, {record_id: values})[record_id]


@use_case(audits="fields.filled_in")
def set_values_in_bulk(
    actor: Actor, *, record_type: str, values: Mapping[UUID, Mapping[str, Any]]
) -> dict[UUID, Values]:
    """The same for many records (at most a thousand) at once, all or none; a few queries for any number.

    A problem is named by the record's id: `context["record_id"]`.
    """
    if len(values) > MOST_AT_ONCE:
        raise InvalidInput(_("At most %(most)s at once.") % {"most": MOST_AT_ONCE})
    return _set(actor, record_type, values)


def _set(actor: Actor, record_type: str, values: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, Values]:
    kind = get_kind(record_type)
    actor.require(kind.read)
    actor.require(kind.change)
    records = _records(actor, kind, list(values))
    # The fields first: nobody changes a type between the check of a value and its writing.
    fields = locks.lock(
        Rank.ROOT, CustomField.objects.filter(record_type=record_type, retired_at__isnull=True)
    )
    RecordValues.objects.bulk_create(
        [RecordValues(record_type=record_type, record_id=pk) for pk in sorted(records)], ignore_conflicts=True
    )
    rows = locks.lock(
        Rank.ROOT, RecordValues.objects.filter(record_type=record_type, record_id__in=list(records))
    )
    changed, befores = [], {}
    for row in rows:
        before = dict(row.values)
        row.values = _merged(fields, before, values[row.record_id], row.record_id)
        if row.values != before:
            changed.append(row)
            befores[row.record_id] = before
    _take([field for field in fields if field.unique], changed)
    RecordValues.objects.bulk_update(changed, ["values"], batch_size=500)
    for row in changed:
        before = befores[row.record_id]
        codes = [code for code in {**before, **row.values} if before.get(code) != row.values.get(code)]
        # About the values and not about their record: an order's trail is kept when its buyer is erased, this goes.
        audit.record(
            actor,
            "fields.filled_in",
            row,
            before={code: before.get(code) for code in codes},
            after={"record": str(records[row.record_id]), **{code: row.values.get(code) for code in codes}},
        )
    return {row.record_id: row.values for row in rows}


def _records(actor: Actor, kind: RecordKind, ids: list[UUID]) -> dict[UUID, Any]:
    found = {row.pk: row for row in kind.model._default_manager.filter(pk__in=ids)}
    # Within a service the manager shows all of the business: a limited member's part is asked for here.
    if len(found) < len(ids) or not all(is_visible(row, actor.limit) for row in found.values()):
        raise NotFound()
    return found


def _merged(fields: list[CustomField], held: Values, given: Mapping[str, Any], record_id: UUID) -> Values:
    problems: dict[str, list[Any]] = {}
    known = {field.code for field in fields}
    for code in sorted(set(given) - known)[:10]:
        problems[str(code)[:60]] = [_("There is no such field.")]
    merged = dict(held)
    for field in fields:
        if field.code not in given:
            if not held and field.default is not None:
                merged[field.code] = field.default
            continue
        try:
            value = read_value(field, given[field.code])
        except Unfit as unfit:
            problems[field.code] = [str(unfit)]
            continue
        if value is None:
            merged.pop(field.code, None)
        else:
            merged[field.code] = value
    for field in fields:
        if field.required and field.code not in merged and field.code not in problems:
            problems[field.code] = [_("“%(label)s” must be filled in.") % {"label": field.label}]
    if problems:
        raise InvalidInput(fields=problems, record_id=record_id)
    return merged


def _take(fields: list[CustomField], rows: list[RecordValues]) -> None:
    """Note the values that must differ; the database refuses the second who wants one."""
    if not fields or not rows:
        return
    TakenValue.objects.filter(field__in=fields, record__in=rows).delete()
    for field in fields:
        wanted = [
            TakenValue(field=field, record=row, value=as_key(row.values[field.code]))
            for row in rows
            if field.code in row.values
        ]
        try:
            TakenValue.objects.bulk_create(wanted)
        except IntegrityError as error:
            message = _("Another record has this “%(label)s” already.") % {"label": field.label}
            raise Conflict(message, code="value_taken", fields={field.code: [message]}) from error
