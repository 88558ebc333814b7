"""The flags that the code knows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Flag:
    """A switch: its name, what it does, who answers for it, until when it may exist, and how it stands at first."""

    name: str
    does: Any
    owner: str
    until: dt.date
    is_on_by_default: bool = False


class UnknownFlag(LookupError):
    """A flag that nobody declared: a programming error, never "off"."""


_flags: dict[str, Flag] = {}


def declare(flag: Flag) -> Flag:
    """Make the flag known; called once, beside what it switches."""
    known = _flags.get(flag.name)
    if known is not None and known != flag:
        raise RuntimeError(f"The flag {flag.name} is declared twice.")
    _flags[flag.name] = flag
    return flag


def get_flag(name: str) -> Flag:
    """The flag; raises `UnknownFlag`."""
    try:
        return _flags[name]
    except KeyError:
        raise UnknownFlag(f"Nobody declared the flag {name!r}.") from None


def list_flags() -> list[Flag]:
    """All flags by name."""
    return [_flags[name] for name in sorted(_flags)]


def list_overdue(today: dt.date) -> list[str]:
    """A sentence for each flag that should be gone."""
    return [
        f"The flag {flag.name} was to be gone by {flag.until}: {flag.owner} removes it with the code it no longer "
        "needs, or gives it a later day and says why in the change."
        for flag in list_flags()
        if flag.until < today
    ]
