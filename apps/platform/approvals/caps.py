"""Which acts can be capped. Each is declared by the app that does it, beside its permission."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Cap:
    """`act` is also the permission the act needs; `sentence` says what the amount bounds.

    `shipped` are the roles that start with a cap, in major units of a currency with two decimal places; in one without
    decimal places it is a hundred times as much.
    """

    act: str
    label: Any
    sentence: Any
    shipped: dict[str, Decimal]


_caps: dict[str, Cap] = {}


def declare_cap(act: str, label: Any, sentence: Any, *, shipped: dict[str, Decimal] | None = None) -> Cap:
    """Make an act boundable by amount, in the business's currency."""
    if act in _caps:
        raise ValueError(f"The cap of {act} is declared twice.")
    return _caps.setdefault(act, Cap(act, label, sentence, shipped or {}))


def list_caps() -> list[Cap]:
    """All of them, by act."""
    return [_caps[act] for act in sorted(_caps)]


def find_cap(act: str) -> Cap | None:
    """The cap of an act, if it can have one."""
    return _caps.get(act)
