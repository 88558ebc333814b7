"""Which rows of the business a limited actor may see: those of some locations, those of own customers, or both.

Each app names its rule once, in its `policies.py`, by `limit_rows`. The tenant manager asks here, so that lists,
details, choices, searches and figures of a door are narrowed alike and none can be forgotten; a service, which must
see all rows to keep the books right, asks `is_visible` for the one row it is to change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Limit:
    """What an actor is limited to. None in a field is no limit of that kind."""

    location_ids: frozenset[UUID] | None = None
    customers_of: UUID | None = None


Rule = Callable[[Limit], Q]
M = TypeVar("M", bound=models.Model)
_rules: dict[str, list[Rule]] = {}
# What a door shows to a limited actor. A service is bound without: it must see all rows to keep the books right.
_bound: ContextVar[Limit | None] = ContextVar("bound_limit", default=None)


@contextmanager
def bind_limit(limit: Limit | None) -> Iterator[None]:
    """Narrow what managers find within the block. Called by `tenancy.bind` and by rules being asked."""
    token = _bound.set(limit)
    try:
        yield
    finally:
        _bound.reset(token)


def current_limit() -> Limit | None:
    """What the bound door's actor is limited to, or None."""
    return _bound.get()


def limit_rows(*models_: str) -> Callable[[Rule], Rule]:
    """Make the function the rule of these models (`orders.order`). It returns which rows a limit leaves."""

    def add(rule: Rule) -> Rule:
        for label in models_:
            rules = _rules.setdefault(label, [])
            if rule not in rules:
                rules.append(rule)
        return rule

    return add


def limited_models() -> frozenset[str]:
    """The labels of all models that have a rule."""
    return frozenset(_rules)


def narrow(rows: models.QuerySet[M], limit: Limit | None) -> models.QuerySet[M]:
    """Those of the rows that the limit leaves."""
    rules = _rules.get(rows.model._meta.label_lower) if limit is not None else None
    if not rules or limit is None:
        return rows
    # A rule looks at all rows of the business: what it builds upon must not be narrowed by the same limit again.
    with bind_limit(None):
        for rule in rules:
            rows = rows.filter(rule(limit))
    return rows


def is_visible(row: models.Model, limit: Limit | None) -> bool:
    """Whether the limit leaves this row; no query for who is not limited."""
    if limit is None or row._meta.label_lower not in _rules:
        return True
    known: Any = type(row)._base_manager.filter(pk=row.pk)
    return bool(narrow(known, limit).exists())
