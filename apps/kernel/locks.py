"""Row locks in one global order, so that no two writers can wait for each other in a circle.

Ranks rise within a use case; inside a rank rows are locked by primary key. A step backwards raises at once, in
the first test that takes it, instead of deadlocking one day under load. See docs/locking.md.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, TypeVar

from django.db import models

from .errors import LockOrderError, NotFound
from .prepared import Prepared
from .work import current_work

M = TypeVar("M", bound=models.Model)


class Rank(IntEnum):
    """The global lock order."""

    KEY = 0
    ROOT = 10
    PAYMENT = 20
    CREDIT = 30
    STOCK = 50
    SERIES = 60
    COUPON = 65
    AUDIT = 70


def lock(rank: Rank, queryset: models.QuerySet[M]) -> list[M]:
    """Lock the rows of `queryset` in primary-key order and return them as they stand after locking.

    Joined rows stay unlocked. Must run inside a use case. Raises `LockOrderError` when `rank` goes backwards.
    """
    note(rank)
    return list(to_lock(queryset))


def to_lock(queryset: models.QuerySet[M]) -> models.QuerySet[M]:
    """`queryset` as `lock` runs it: for a `Prepared` query that `lock_prepared` is to run."""
    return queryset.select_for_update(of=("self",), no_key=True).order_by("pk")


def lock_prepared(rank: Rank, query: Prepared[M], *arguments: Any) -> list[M]:
    """`lock` for a query built with `to_lock` and prepared."""
    note(rank)
    return query.fetch(*arguments)


def lock_one(rank: Rank, queryset: models.QuerySet[M]) -> M:
    """Lock the single row of `queryset`; raises `NotFound` when there is none."""
    rows = lock(rank, queryset)
    if not rows:
        raise NotFound()
    return rows[0]


def note(rank: Rank) -> None:
    """Tell the order keeper that a lock of `rank` is taken by other means (an upsert, a series)."""
    work = current_work()
    if work is None:
        raise LockOrderError("Locks are taken inside a use case only.")
    if rank < work.rank:
        raise LockOrderError(f"Lock of rank {rank.name} asked for after rank {Rank(work.rank).name}.")
    work.rank = rank
