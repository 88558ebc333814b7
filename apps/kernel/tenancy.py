"""Which business's rows may be seen. Nothing is visible until a tenant is bound: it fails closed.

`bind` is the one place where the tenant is set and cleared, for requests, tasks, commands and streams.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from .errors import UnboundTenant
from .limits import Limit, bind_limit, current_limit, narrow

_bound: ContextVar[UUID | None] = ContextVar("bound_business", default=None)
M = TypeVar("M", bound=models.Model)


@contextmanager
def bind(business_id: UUID | None, limit: Limit | None = None) -> Iterator[None]:
    """See and write the rows of `business_id` within the block, those that `limit` leaves; None sees nothing."""
    token = _bound.set(business_id)
    try:
        with bind_limit(limit):
            yield
    finally:
        _bound.reset(token)


def bind_until_reset(business_id: UUID | None) -> Any:
    """Bind for middleware, which cannot be a block; give the token back to `reset`."""
    return _bound.set(business_id)


def reset(token: Any) -> None:
    """End a binding made by `bind_until_reset`."""
    _bound.reset(token)


def current_business_id() -> UUID | None:
    """The bound business, or None."""
    return _bound.get()


def require_business_id() -> UUID:
    """The bound business; raises `UnboundTenant` when there is none."""
    business_id = _bound.get()
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
