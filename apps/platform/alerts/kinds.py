"""What members can be told about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.kernel.actors import Actor


@dataclass(frozen=True)
class Kind:
    """One sort of alert; only who holds the permission is told."""

    code: str
    label: Any
    permission: str
    icon: str = "notifications"


_kinds: dict[str, Kind] = {}


def declare_kind(code: str, label: Any, *, permission: str, icon: str = "notifications") -> Kind:
    """Add a kind; returns it."""
    return _kinds.setdefault(code, Kind(code, label, permission, icon))


def find_kind(code: str) -> Kind | None:
    """The kind, or None for one that is no longer declared."""
    return _kinds.get(code)


def list_kinds(actor: Actor) -> list[Kind]:
    """The kinds that the actor may be told of, by label."""
    return sorted(
        (kind for kind in _kinds.values() if actor.may(kind.permission)), key=lambda k: str(k.label)
    )
