"""The one write path. `use_case` is the only place that opens a transaction for domain work.

Tenant and permission are checked before anything is locked; the idempotency key is claimed in the work's own
transaction; events and audit entries are written with it; deadlocks and serialization failures are retried when
outermost; a lock that is not had in time is reported as busy. Nested use cases join.
"""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.db import OperationalError, transaction

from . import idempotency, tenancy
from .actors import Actor
from .audit import write_audit
from .errors import Busy, OutOfRoom, is_out_of_room
from .events import write_outbox
from .work import Work, _current, current_work

P = ParamSpec("P")
R = TypeVar("R")
Service = Callable[Concatenate[Actor, P], R]

_RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock
_LOCK_TIMEOUT = "55P03"
_TRIES = 5


def use_case(
    *,
    permission: str | None = None,
    idempotent: bool = False,
    audits: str | tuple[str, ...] = (),
    unaudited: str = "",
) -> Callable[[Service[P, R]], Service[P, R]]:
    """Make a service of a function `f(actor, *, ...)`.

    `permission` is required of the actor. With `idempotent` a keyword `key` claims the command: the same key
    with the same arguments returns the first result, with others raises `IdempotencyMismatch`.

    `audits` names the entries the service makes (`orders.refunded`), itself or by a service it calls; one that makes
    none says why in `unaudited`. tests/kernel/test_audit_coverage.py holds every service to one of the two.
    """

    def decorate(service: Service[P, R]) -> Service[P, R]:
        service.audits = (audits,) if isinstance(audits, str) else audits  # type: ignore[attr-defined]
        service.unaudited = unaudited  # type: ignore[attr-defined]
        name = f"{service.__module__.removeprefix('apps.')}.{service.__name__}"

        @functools.wraps(service)
        def call(actor: Actor, *args: P.args, **arguments: P.kwargs) -> R:
            if permission is not None:
                actor.require(permission)
            key = arguments.get("key") if idempotent else None
            with tenancy.bind(actor.business_id):
                if current_work() is not None:
                    return cast(R, _run(service, name, actor, key, arguments))
                return cast(R, _run_outermost(service, name, actor, key, arguments))

        call.permission = permission  # type: ignore[attr-defined]
        call.is_use_case = True  # type: ignore[attr-defined]
        return cast(Service[P, R], call)

    return decorate


@contextmanager
def unit_of_work(actor: Actor) -> Iterator[Work]:
    """Gather events and audit entries and write them when the block ends well. Runs inside a transaction."""
    work = Work(actor)
    token = _current.set(work)
    try:
        yield work
        for step in work.closing:
            step()
        write_outbox(work)
        write_audit(work)
    finally:
        _current.reset(token)


@contextmanager
def together(actor: Actor) -> Iterator[None]:
    """Make the services called within one piece of work: one transaction, all kept or nothing, told at its end.

    For a caller that composes services at one moment and is not a service itself. Nothing is tried again here.
    """
    with tenancy.bind(actor.business_id), transaction.atomic(), unit_of_work(actor):
        yield


@contextmanager
def attempt() -> Iterator[None]:
    """A part of the running use case that may come to nothing while the rest goes on.

    When it raises, what it wrote, locked and would have told is taken back, as if it had never been tried; the error
    goes on to the caller. Locks may be taken in the global order from where it began.
    """
    work = current_work()
    if work is None:
        raise RuntimeError("There is no use case to take a part back from.")
    rank, events, entries, steps = work.rank, len(work.events), len(work.audit), len(work.closing)
    try:
        with transaction.atomic():
            yield
    except BaseException:
        work.rank = rank
        del work.events[events:], work.audit[entries:], work.closing[steps:]
        raise


def _run_outermost(service: Any, name: str, actor: Actor, key: Any, arguments: dict[str, Any]) -> Any:
    idempotency.forget_replay()
    for attempt in range(1, _TRIES + 1):
        try:
            with transaction.atomic(), unit_of_work(actor):
                return _run(service, name, actor, key, arguments)
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state == _LOCK_TIMEOUT:
                raise Busy() from error
            if is_out_of_room(error):
                raise OutOfRoom() from error
            if state not in _RETRYABLE or transaction.get_connection().in_atomic_block:
                raise
            if attempt == _TRIES:
                raise Busy() from error
            time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311
    raise AssertionError("unreachable")


def _run(service: Any, name: str, actor: Actor, key: Any, arguments: dict[str, Any]) -> Any:
    if key is None:
        return service(actor, **arguments)
    command = {field: value for field, value in arguments.items() if field != "key"}
    claimed = idempotency.claim(actor.business_id, name, key, command)
    if claimed.id is None:
        return idempotency.unpack(claimed.stored)
    result = service(actor, **arguments)
    idempotency.keep_result(claimed, result)
    return result
