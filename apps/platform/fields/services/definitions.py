"""What is asked: adding, changing, retiring and deleting fields."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.kernel import audit, clock, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, WrongState
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case
from apps.platform.fields.drafts import FieldDraft
from apps.platform.fields.kinds import RecordKind, get_kind
from apps.platform.fields.models import CustomField, FieldType, RecordValues, TakenValue
from apps.platform.fields.policies import MANAGE
from apps.platform.fields.reading import (
    CAN_BE_UNIQUE,
    HAS_CHOICES,
    HAS_LIMITS,
    LONGEST,
    Unfit,
    as_key,
    read_value,
)

MOST_FIELDS = 60
MOST_CHOICES = 200
FACTS = (
    "label", "type", "help_text", "choices", "minimum", "maximum", "default", "required", "unique", "position",
    "in_list", "filterable", "on_documents", "in_store",
)  # fmt: skip


@use_case(permission=MANAGE, idempotent=True, audits="fields.added")
def add_field(
    actor: Actor, *, record_type: str, draft: FieldDraft, code: str = "", key: str | None = None
) -> CustomField:
    """Ask one more thing of a kind of record. Without a `code` one is made of the label.

    Raises `NotFound` for an unknown kind, `InvalidInput` for what cannot be meant, `Conflict` for a code that is taken.
    """
    kind = get_kind(record_type)
    known = locks.lock(Rank.ROOT, CustomField.objects.filter(record_type=record_type))
    if len(known) >= MOST_FIELDS:
        raise Conflict(
            _("There are at most %(most)s fields.") % {"most": MOST_FIELDS}, code="too_many_fields"
        )
    taken = {field.code for field in known}
    field = CustomField(
        record_type=record_type, code=_checked_code(code, taken) or _free_code(draft.label, taken)
    )
    _write(field, kind, draft, last=max((one.position for one in known), default=0))
    try:
        field.save()
    except IntegrityError as error:
        raise _code_taken(field.code) from error
    audit.record(actor, "fields.added", field, after={"of": record_type, "code": field.code, **_facts(field)})
    return field


@use_case(permission=MANAGE, audits="fields.changed")
def change_field(actor: Actor, *, field_id: UUID, draft: FieldDraft) -> CustomField:
    """Describe a field anew. Values that were given must fit: else nothing is changed, and the refusal says which.

    Raises `InvalidInput`, `Conflict` (`values_do_not_fit`, `values_not_unique`), `WrongState` for a retired one.
    """
    field = _lock(field_id)
    if field.is_retired:
        raise WrongState(_("This field is retired. Bring it back before you change it."))
    before = _facts(field)
    kept_type = field.type
    _write(field, get_kind(field.record_type), draft, last=field.position - 1)
    if _facts(field) == before:
        return field
    _fit_values(field, is_another_type=field.type != kept_type)
    field.save()
    now = _facts(field)
    changed = [name for name in FACTS if before[name] != now[name]]
    audit.record(
        actor,
        "fields.changed",
        field,
        before={name: before[name] for name in changed},
        after={name: now[name] for name in changed},
    )
    return field


@use_case(permission=MANAGE, audits="fields.retired")
def retire_field(actor: Actor, *, field_id: UUID) -> CustomField:
    """Ask it no more and show it nowhere. The values are kept; `restore_field` brings it back with them."""
    field = _lock(field_id)
    if not field.is_retired:
        field.retired_at = clock.now()
        field.save(update_fields=["retired_at", "updated_at"])
        audit.record(actor, "fields.retired", field, after={"values": count_values(field)})
    return field


@use_case(permission=MANAGE, audits="fields.restored")
def restore_field(actor: Actor, *, field_id: UUID) -> CustomField:
    """Ask a retired field again, with the values it had."""
    field = _lock(field_id)
    if field.is_retired:
        field.retired_at = None
        field.save(update_fields=["retired_at", "updated_at"])
        audit.record(actor, "fields.restored", field)
    return field


@use_case(permission=MANAGE, audits="fields.deleted")
def delete_field(actor: Actor, *, field_id: UUID, confirmed: bool = False) -> int:
    """Delete a retired field with all its values; returns how many there were.

    Raises `WrongState` for one that is still asked, `Conflict` (`values_would_be_lost`) when there are values and
    nobody confirmed that they go.
    """
    field = _lock(field_id)
    if not field.is_retired:
        raise WrongState(_("Retire the field first."), remedy=_("Its values are kept until you delete it."))
    count = count_values(field)
    if count and not confirmed:
        raise Conflict(
            ngettext("%(count)s value would be lost.", "%(count)s values would be lost.", count)
            % {"count": count},
            code="values_would_be_lost",
            remedy=_("Confirm that they may go."),
        )
    audit.record(
        actor,
        "fields.deleted",
        field,
        before={"of": field.record_type, "code": field.code, **_facts(field)},
        after={"values_lost": count},
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE fields_recordvalues SET values = values - %s"
            " WHERE business_id = %s AND record_type = %s AND values ? %s",
            [field.code, field.business_id, field.record_type, field.code],
        )
    field.delete()
    return count


def count_values(field: CustomField) -> int:
    """How many records have a value."""
    return RecordValues.objects.filter(record_type=field.record_type, values__has_key=field.code).count()


def _lock(field_id: UUID) -> CustomField:
    return locks.lock_one(Rank.ROOT, CustomField.objects.filter(pk=field_id))


def _facts(field: CustomField) -> dict[str, Any]:
    return {name: getattr(field, name) for name in FACTS}


def _write(field: CustomField, kind: RecordKind, draft: FieldDraft, *, last: int) -> None:
    """Put a checked draft into the field."""
    problems: dict[str, list[Any]] = {}
    if draft.type not in FieldType.values:
        raise InvalidInput(fields={"type": [_("Choose one of the types.")]})
    for name, value in dataclasses.asdict(draft).items():
        setattr(field, name, value)
    field.label = _one_line(draft.label, 80, "label", problems)
    if not field.label:
        problems["label"] = [_("A field needs a label.")]
    field.help_text = _one_line(draft.help_text, 200, "help_text", problems)
    field.choices = _checked_choices(draft, problems)
    field.minimum, field.maximum = _checked_limits(draft, problems)
    field.position = last + 1 if draft.position is None else draft.position
    if not 0 <= field.position <= 10_000:
        problems["position"] = [_("Enter a number from 0 to 10,000.")]
    if draft.unique and draft.type not in CAN_BE_UNIQUE:
        problems["unique"] = [_("Values of this type may always be alike.")]
    if draft.unique and draft.default not in (None, ""):
        problems["default"] = [_("What must differ from record to record can have no default.")]
    if draft.in_store and not kind.in_store:
        problems["in_store"] = [_("The store shows nothing of these records.")]
    if draft.on_documents and not kind.on_documents:
        problems["on_documents"] = [_("There is no paper about these records.")]
    if not problems:
        try:
            field.default = read_value(field, draft.default)
        except Unfit as unfit:
            problems["default"] = [str(unfit)]
    if problems:
        raise InvalidInput(fields=problems)


def _one_line(text: str, longest: int, name: str, problems: dict[str, list[Any]]) -> str:
    line = " ".join(text.split())
    if len(line) > longest or any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in line):
        problems[name] = [_("Enter at most %(count)s letters.") % {"count": longest}]
    return line


def _checked_choices(draft: FieldDraft, problems: dict[str, list[Any]]) -> list[str]:
    if draft.type not in HAS_CHOICES:
        return []
    choices = [_one_line(str(choice), 80, "choices", problems) for choice in draft.choices]
    choices = [choice for choice in choices if choice]
    if len({choice.casefold() for choice in choices}) < len(choices):
        problems["choices"] = [_("Each choice stands once in the list.")]
    elif not choices:
        problems["choices"] = [_("Enter what can be chosen, one on each line.")]
    elif len(choices) > MOST_CHOICES:
        problems["choices"] = [_("Enter at most %(most)s choices.") % {"most": MOST_CHOICES}]
    return choices


def _checked_limits(draft: FieldDraft, problems: dict[str, list[Any]]) -> tuple[str, str]:
    """The limits as the type reads them. A length is a whole number that the type can hold."""
    if draft.type not in HAS_LIMITS:
        return "", ""
    is_length = draft.type in LONGEST
    judge = CustomField(type=FieldType.WHOLE if is_length else draft.type)
    if is_length:
        judge.minimum, judge.maximum = "1", str(LONGEST[FieldType(draft.type)])
    found: dict[str, Any] = {"minimum": None, "maximum": None}
    for name in found:
        try:
            found[name] = read_value(judge, str(getattr(draft, name)).strip())
        except Unfit as unfit:
            problems[name] = [str(unfit)]
    low, high = found["minimum"], found["maximum"]
    if low is not None and high is not None and not _in_order(draft.type, low, high):
        problems["maximum"] = [_("“At most” is less than “at least”.")]
    return ("" if low is None else str(low)), ("" if high is None else str(high))


def _in_order(kind: str, low: Any, high: Any) -> bool:
    if kind == FieldType.DATE:
        return str(low) <= str(high)
    return float(low) <= float(high)


def _fit_values(field: CustomField, *, is_another_type: bool) -> None:
    """Hold every kept value against the changed field, and rewrite what another type writes differently."""
    rows = locks.lock(
        Rank.ROOT,
        RecordValues.objects.filter(record_type=field.record_type, values__has_key=field.code),
    )
    unfit, example = 0, ""
    changed = []
    for row in rows:
        kept = row.values[field.code]
        try:
            now = read_value(field, _readable(kept, field.type) if is_another_type else kept)
        except Unfit as problem:
            unfit += 1
            example = example or f"“{str(kept)[:60]}”: {problem}"
            continue
        if now != kept:
            row.values[field.code] = now
            changed.append(row)
    if unfit:
        message = ngettext(
            "%(count)s value that was given does not fit: %(example)s",
            "%(count)s values that were given do not fit, such as %(example)s",
            unfit,
        )
        raise Conflict(
            message % {"count": unfit, "example": example},
            code="values_do_not_fit",
            kept=_("Field and values are as they were."),
            remedy=_("Change those values first, or retire this field and add another."),
        )
    RecordValues.objects.bulk_update(changed, ["values"], batch_size=500)
    _take_anew(field, rows)


def _readable(kept: Any, kind: str) -> Any:
    """A kept value as it would be typed for another type."""
    if isinstance(kept, bool):
        return kept if kind == FieldType.YES_NO else ("yes" if kept else "no")
    if isinstance(kept, list):
        return kept if kind == FieldType.CHOICES else ", ".join(kept)
    return kept if kind in {FieldType.WHOLE, FieldType.DECIMAL, FieldType.MONEY} else str(kept)


def _take_anew(field: CustomField, rows: list[RecordValues]) -> None:
    """Note which values are taken when they must differ; raises `Conflict` when two are alike already."""
    TakenValue.objects.filter(field=field).delete()
    if not field.unique:
        return
    keys: dict[str, RecordValues] = {}
    for row in rows:
        text = as_key(row.values[field.code])
        if text in keys:
            raise Conflict(
                _("“%(value)s” was given more than once, so no two alike cannot be asked yet.")
                % {"value": str(row.values[field.code])[:60]},
                code="values_not_unique",
                kept=_("Field and values are as they were."),
            )
        keys[text] = row
    TakenValue.objects.bulk_create(
        [TakenValue(field=field, record=row, value=text) for text, row in keys.items()], batch_size=500
    )


def _checked_code(code: str, taken: set[str]) -> str:
    if not code:
        return ""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", code):
        raise InvalidInput(
            fields={"code": [_("Use small letters, digits and underlines, a letter first, at most 40.")]}
        )
    if code in taken:
        raise _code_taken(code)
    return code


def _free_code(label: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:36]
    base = base if base and base[0].isalpha() else f"field_{base}".rstrip("_")[:36]
    number = 2
    code = base
    while code in taken:
        code, number = f"{base}_{number}", number + 1
    return code


def _code_taken(code: str) -> Conflict:
    message = _("There is a field with the code “%(code)s” already.") % {"code": code}
    return Conflict(message, code="field_exists", fields={"code": [message]})
