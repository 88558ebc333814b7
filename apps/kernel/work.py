"""The unit of work of the running use case: its lock rank and what will be written with it at the end."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .actors import Actor
    from .events import Event
    from .models import AuditEntry


@dataclass(slots=True)
class Work:
    """What the outermost use case has gathered so far."""

    actor: Actor
    rank: int = 0
    events: list[Event] = field(default_factory=list)
    audit: list[AuditEntry] = field(default_factory=list)
    closing: list[Callable[[], Any]] = field(default_factory=list)


_current: ContextVar[Work | None] = ContextVar("current_work", default=None)


def current_work() -> Work | None:
    """The running unit of work, or None outside of any use case."""
    return _current.get()


def at_close(step: Callable[[], Any]) -> None:
    """Do `step` when the running work has done everything else, before its events and its audit are written.

    For a row that many writers want at once, a counter above all: they wait for each other as long as it is held, which
    is from here to the commit. What `step` raises undoes the whole work. Outside of any use case it is done at once.
    """
    work = _current.get()
    if work is None:
        step()
    else:
        work.closing.append(step)
