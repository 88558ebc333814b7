"""One key, one command, one result: claimed in the transaction of the work itself.

A second caller with the same key waits for the first to commit and then gets its result; if the first rolled
back, the second does the work. A crash between commit and answer is healed by the retry. See docs/idempotency.md.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from django.utils.translation import gettext as _
from pydantic_core import to_jsonable_python

from . import clock
from .errors import IdempotencyMismatch, InvalidInput
from .ids import new_id
from .models import IdempotencyKey
from .prepared import update

_replayed: ContextVar[bool] = ContextVar("idempotency_replayed", default=False)

_CLAIM = """
    INSERT INTO kernel_idempotencykey (id, business_id, service, key, fingerprint, created_at)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (business_id, service, key) DO NOTHING RETURNING id
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """A claimed key (`id` set), or the stored result of an earlier claim."""

    id: UUID | None
    stored: Any = None


def claim(business_id: UUID | None, service: str, key: str, arguments: dict[str, Any]) -> Claim:
    """Claim `key` for this service and business, or find what it stands for.

    Raises `IdempotencyMismatch` when the key was used with other arguments, `InvalidInput` for an absurd key.
    """
    if not (1 <= len(key) <= 200 and key.isprintable()):
        raise InvalidInput(_("An idempotency key has 1 to 200 printable characters."), code="invalid_key")
    fingerprint = fingerprint_of(arguments)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [new_id(), business_id, service, key, fingerprint, clock.now()])
        if row := cursor.fetchone():
            return Claim(id=row[0])
    existing = IdempotencyKey.objects.get(business_id=business_id, service=service, key=key)
    if existing.fingerprint != fingerprint:
        raise IdempotencyMismatch(remedy=_("Use a new key for a new request."))
    _replayed.set(True)
    return Claim(id=None, stored=existing.result)


def is_claimed(business_id: UUID | None, key: str) -> bool:
    """Whether any service has done something under this key."""
    return IdempotencyKey.objects.filter(business_id=business_id, key=key).exists()


def keep_result(claimed: Claim, result: Any) -> None:
    """Store the result beside the claimed key."""
    if claimed.id is not None:
        update(IdempotencyKey(id=claimed.id, result=pack(result)), ["result"])


def was_replayed() -> bool:
    """Whether the last use case in this context answered from a stored result."""
    return _replayed.get()


def forget_replay() -> None:
    """Called at the start of each outermost use case."""
    _replayed.set(False)


def fingerprint_of(arguments: dict[str, Any]) -> str:
    """A digest of a command's arguments: equal commands have equal digests, whatever the order of names."""
    text = json.dumps(
        to_jsonable_python(arguments, fallback=_fallback), sort_keys=True, separators=(",", ":"), default=str
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _fallback(value: Any) -> Any:
    if isinstance(value, models.Model):
        return {"model": value._meta.label_lower, "pk": str(value.pk)}
    return str(value)


def pack(result: Any) -> Any:
    """A result in a form that can be stored: models by key, dataclasses by field."""
    if isinstance(result, models.Model):
        return {"$model": result._meta.label_lower, "pk": str(result.pk)}
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        fields = {f.name: pack(getattr(result, f.name)) for f in dataclasses.fields(result)}
        return {"$data": f"{type(result).__module__}:{type(result).__qualname__}", "fields": fields}
    if isinstance(result, UUID):
        return {"$uuid": str(result)}
    if isinstance(result, list | tuple):
        return [pack(item) for item in result]
    if isinstance(result, dict):
        return {str(name): pack(value) for name, value in result.items()}
    return to_jsonable_python(result, fallback=str)


def unpack(stored: Any) -> Any:
    """The stored result as it was returned; models are read again."""
    if isinstance(stored, list):
        return [unpack(item) for item in stored]
    if not isinstance(stored, dict):
        return stored
    if "$model" in stored:
        return apps.get_model(stored["$model"])._base_manager.get(pk=stored["pk"])
    if "$uuid" in stored:
        return UUID(stored["$uuid"])
    if "$data" in stored:
        module, _colon, name = stored["$data"].partition(":")
        kind = getattr(importlib.import_module(module), name)
        return kind(**{field: unpack(value) for field, value in stored["fields"].items()})
    return {name: unpack(value) for name, value in stored.items()}
