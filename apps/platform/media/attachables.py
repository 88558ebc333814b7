"""Which records may carry files and comments. Each app joins with its own permissions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Model

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound
from apps.kernel.limits import is_visible
from apps.platform.media.models import Attachment


@dataclass(frozen=True)
class Attachable:
    """A type of record: who may read it may see its files, who has `change` may add and detach."""

    model: type[Model]
    read: str
    change: str


_joined: dict[str, Attachable] = {}


def join(model: type[Model], *, read: str, change: str) -> None:
    """Let records of a tenant's model carry files; called once, when the back office is set up."""
    _joined[model._meta.label_lower] = Attachable(model, read, change)


def require_record(actor: Actor, target_type: str, target_id: UUID, *, to_change: bool = False) -> Any:
    """The record, for somebody who may read (or change) it. Raises `NotFound`, `PermissionRefused`.

    The tenant must be bound: the model's own manager hides records of other businesses.
    """
    found = _joined.get(target_type)
    if found is None:
        raise NotFound()
    actor.require(found.read)
    if to_change:
        actor.require(found.change)
    record = _find(found.model, target_id)
    # Within a service the manager shows all of the business: a limited member's part is asked for here.
    if record is None or not is_visible(record, actor.limit):
        raise NotFound()
    return record


def _find(model: type[Model], target_id: UUID) -> Any:
    # The directory of businesses may be read by everybody; only the bound one is a record of one's own.
    if model._meta.label == settings.TENANT_MODEL and target_id != tenancy.current_business_id():
        return None
    return model._default_manager.filter(pk=target_id).first()


def read_permission(target_type: str) -> str:
    """What one needs to read records of this type; raises `NotFound` for one that has not joined."""
    if target_type not in _joined:
        raise NotFound()
    return _joined[target_type].read


def may_change(actor: Actor, target_type: str) -> bool:
    """Whether the actor may add files to records of this type."""
    found = _joined.get(target_type)
    return found is not None and actor.may(found.change) and actor.may(found.read)


@dataclass(frozen=True)
class Use:
    """Where a file is used. `name` is told only to who may read the record."""

    target_type: str
    target_id: UUID
    role: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()


def describe_uses(actor: Actor, uses: Iterable[Attachment]) -> list[Use]:
    """The records behind attachments in words: `Product Harbour mug`."""
    found = []
    for use in uses:
        joined = _joined.get(use.target_type)
        name = ""
        if joined is not None and actor.may(joined.read):
            record = _find(joined.model, use.target_id)
            name = str(record) if record is not None else ""
        kind = str(joined.model._meta.verbose_name).capitalize() if joined else use.target_type
        found.append(Use(use.target_type, use.target_id, use.role, kind, name))
    return found
