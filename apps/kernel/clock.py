"""The only source of time, so that tests and demo data can move it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo

_offset: ContextVar[dt.timedelta] = ContextVar("clock_offset", default=dt.timedelta())
_frozen: ContextVar[dt.datetime | None] = ContextVar("clock_frozen", default=None)


def now() -> dt.datetime:
    """The present moment, aware, in UTC."""
    return _frozen.get() or dt.datetime.now(dt.UTC) + _offset.get()


def today(time_zone: str = "UTC") -> dt.date:
    """The present day as people in `time_zone` (an IANA name) count it."""
    return now().astimezone(ZoneInfo(time_zone)).date()


@contextmanager
def travel(to: dt.datetime | dt.timedelta) -> Iterator[None]:
    """Stand still at a moment, or shift the running clock by a duration, within the block."""
    if isinstance(to, dt.timedelta):
        frozen = _frozen.get()
        tokens = (_offset.set(_offset.get() + to), _frozen.set(frozen + to if frozen else None))
    else:
        if to.tzinfo is None:
            raise ValueError("travel() needs an aware datetime")
        tokens = (_offset.set(_offset.get()), _frozen.set(to.astimezone(dt.UTC)))
    try:
        yield
    finally:
        _offset.reset(tokens[0])
        _frozen.reset(tokens[1])
