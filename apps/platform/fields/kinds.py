"""Which records may have custom fields. Each app joins with its own permissions, in its `policies.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Model

from apps.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of record: who may read it may read its values, who has `change` may write them."""

    name: str
    label: Any
    read: str
    change: str
    in_store: bool = False
    on_documents: bool = False

    @property
    def model(self) -> type[Model]:
        return apps.get_model(self.name)


_kinds: dict[str, RecordKind] = {}


def takes_fields(
    model: str, label: Any, *, read: str, change: str, in_store: bool = False, on_documents: bool = False
) -> None:
    """Let records of a tenant's model (`orders.order`) have custom fields; `label` is their plural."""
    if model == settings.TENANT_MODEL.lower():
        raise ValueError("The directory of businesses may be read by everybody; it takes no fields.")
    _kinds[model] = RecordKind(model, label, read, change, in_store, on_documents)


def get_kind(name: str) -> RecordKind:
    """The kind of record of this name; raises `NotFound` for one that has not joined."""
    found = _kinds.get(name)
    if found is None:
        raise NotFound()
    return found


def list_kinds() -> list[RecordKind]:
    """All kinds, in the order they joined."""
    return list(_kinds.values())
