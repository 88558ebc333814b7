"""Which records may carry files and comments. Each app joins with its own permissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model

from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound


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
    record = found.model._default_manager.filter(pk=target_id).first()
    if record is None:
        raise NotFound()
    return record


def may_change(actor: Actor, target_type: str) -> bool:
    """Whether the actor may add files to records of this type."""
    found = _joined.get(target_type)
    return found is not None and actor.may(found.change) and actor.may(found.read)
