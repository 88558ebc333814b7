"""Which business's rows may be seen. Nothing is visible until a tenant is bound: it fails closed, twice.

`bind` is the one place where the tenant is set and cleared, for requests, tasks, commands and streams. The
managers read it (the first wall), and the database connection tells it to PostgreSQL before the next statement,
whose policies hold against every statement however it was written (the second wall). See docs/isolation.md.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar
from uuid import UUID

from django.db import models

from . import crossings
from .errors import UnboundTenant
from .limits import Limit, bind_limit, current_limit, narrow

if TYPE_CHECKING:
    from .actors import Actor

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=models.Model)


class Sight(NamedTuple):
    """What may be seen now: the rows of one business, or, in a named crossing, those of all."""

    business_id: UUID | None
    crossing: str


NOTHING = Sight(None, "")
# Outside of every block nothing is seen. Tests put a crossing of their own here; see tests/conftest.py.
_outside: Sight = NOTHING
_sight: ContextVar[Sight | None] = ContextVar("sight", default=None)


@contextmanager
def bind(business_id: UUID | None, limit: Limit | None = None) -> Iterator[None]:
    """See and write the rows of `business_id` within the block, those that `limit` leaves; None sees nothing.

    Ends a crossing around it.
    """
    token = bind_until_reset(business_id)
    try:
        with bind_limit(limit):
            yield
    finally:
        reset(token)


def bind_until_reset(business_id: UUID | None) -> Token[Sight | None]:
    """Bind for middleware and signals, which cannot be a block; give the token back to `reset`."""
    return _sight.set(Sight(business_id, "") if business_id is not None else NOTHING)


def reset(token: Token[Sight | None]) -> None:
    """End a binding made by `bind_until_reset`."""
    _sight.reset(token)


@contextmanager
def crossing(name: str, *, actor: Actor | None = None, reason: str = "") -> Iterator[None]:
    """Let the database show the rows of every business within the block, for work that belongs to no tenant.

    Only names declared in `crossings.DECLARED` are let through (`UndeclaredCrossing`). One that a person makes
    needs the `actor` and leaves an entry in the platform's audit chain, written before the first row is seen;
    machines are counted. `objects` still asks for a bound business: a crossing reads by `unscoped`.
    """
    crossings.enter(name, actor, reason)
    token = _sight.set(Sight(sight().business_id, name))
    try:
        yield
    finally:
        _sight.reset(token)


def across(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Run the whole function in a crossing. It must read its rows before it returns: a queryset is too late."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            with crossing(name):
                return function(*args, **kwargs)

        return call

    return decorate


def sight() -> Sight:
    """What may be seen now; the database connection compares it with what it last told the server."""
    return _sight.get() or _outside


def current_business_id() -> UUID | None:
    """The bound business, or None."""
    return sight().business_id


def require_business_id() -> UUID:
    """The bound business; raises `UnboundTenant` when there is none."""
    business_id = sight().business_id
    if business_id is None:
        raise UnboundTenant("No business is bound: wrap the call in tenancy.bind(business_id).")
    return business_id


class TenantManager(models.Manager[M]):
    """Rows of the bound business only; raises when none is bound, so that a forgotten filter cannot leak.

    For a door of a limited actor only those that the limit leaves.
    """

    def get_queryset(self) -> models.QuerySet[M]:
        rows = super().get_queryset().filter(business_id=require_business_id())
        return narrow(rows, current_limit())


class UnscopedManager(models.Manager[M]):
    """Rows of every business in a named crossing, else of the bound one; raises when there is neither."""

    def get_queryset(self) -> models.QuerySet[M]:
        if not sight().crossing:
            require_business_id()
        return super().get_queryset()


def outside(crossing_name: str) -> Any:
    """Change what is seen outside of every block, for a test run; returns what was there before."""
    global _outside
    before = _outside
    _outside = Sight(None, crossing_name) if crossing_name else NOTHING
    return before.crossing
