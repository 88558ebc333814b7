"""What a log line, a metric and a span may say about the work that is going on: ids, never people.

A request, a task and a delivery each open a trace; whatever is logged within carries its ids (`monidesk.log`). The
request's id goes along: into the events it published, into the tasks it asked for, into what those publish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from . import tenancy
from .work import current_work

if TYPE_CHECKING:
    from .actors import Actor


@dataclass(slots=True)
class Trace:
    """The request, task or delivery that is going on."""

    request_id: str = ""
    route: str = ""
    task: str = ""
    task_id: str = ""
    subscriber: str = ""
    delivery: int = 0
    business_id: UUID | None = None
    actor_id: UUID | None = None
    # How it ended: a status, a task's state, "error".
    outcome: str = ""
    # W3C's name of the span above; of this one, once an observer has made it.
    traceparent: str = ""
    # What was looked up once and holds until the end.
    known: dict[Any, Any] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """The ids that are known, as a log line names them."""
        work = current_work()
        known = {
            "request_id": self.request_id,
            "route": self.route,
            "task": self.task,
            "task_id": self.task_id,
            "subscriber": self.subscriber,
            "delivery": self.delivery,
            "business_id": tenancy.current_business_id() or self.business_id,
            "actor_id": self.actor_id or (work.actor.id if work is not None else None),
        }
        return {name: str(value) for name, value in known.items() if value}


# Who wants to see traces begin and end; empty unless tracing is switched on.
observers: list[Callable[[Trace], AbstractContextManager[None]]] = []
_current: ContextVar[Trace | None] = ContextVar("current_trace", default=None)


def current() -> Trace | None:
    """The trace of what is going on, or None."""
    return _current.get()


def request_id() -> str:
    """The id of the request that all this goes back to; "" when there is none."""
    trace = _current.get()
    return trace.request_id if trace is not None else ""


@contextmanager
def opened(trace: Trace) -> Iterator[Trace]:
    """Make `trace` the current one within the block."""
    token = _current.set(trace)
    try:
        with ExitStack() as watched:
            for observe in observers:
                watched.enter_context(observe(trace))
            yield trace
    finally:
        _current.reset(token)


def note_actor(actor: Actor | None) -> None:
    """Say who acts and for which business, as soon as a door knows it. Ids only."""
    trace = _current.get()
    if trace is not None and actor is not None:
        trace.actor_id, trace.business_id = actor.id, actor.business_id
