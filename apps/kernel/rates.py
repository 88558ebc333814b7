"""How often somebody may come, counted for all processes together: in Redis when there is one, else in PostgreSQL.

While Redis is away PostgreSQL counts, from nought: for a moment somebody may come twice as often, and never unlimited.

A sliding window of two fixed ones: each call is one atomic step (INCR, or one UPSERT into an unlogged table), so that
parallel callers cannot slip through. Who is counted is kept as a digest only.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.utils.translation import gettext as _

from . import clock, metrics
from .caches import absence
from .errors import RateLimited

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_COUNT = """
    INSERT INTO kernel_ratecount AS known (key, turn, count, before, ends_at) VALUES (%s, %s, 1, 0, %s)
    ON CONFLICT (key) DO UPDATE SET
        -- A process whose clock is a moment behind counts in the newer turn.
        before = CASE WHEN known.turn IN (EXCLUDED.turn, EXCLUDED.turn + 1) THEN known.before
            WHEN known.turn = EXCLUDED.turn - 1 THEN known.count ELSE 0 END,
        count = CASE WHEN known.turn IN (EXCLUDED.turn, EXCLUDED.turn + 1) THEN known.count + 1 ELSE 1 END,
        turn = CASE WHEN known.turn = EXCLUDED.turn + 1 THEN known.turn ELSE EXCLUDED.turn END,
        ends_at = EXCLUDED.ends_at
    RETURNING count, before
"""


@dataclass(frozen=True, slots=True)
class Used:
    """How much of a rate is used: so many may come in so many seconds, and this many did lately."""

    limit: int
    period: int
    used: float
    seconds_left: float

    @property
    def is_over(self) -> bool:
        """Whether this call was one too many."""
        return self.used > self.limit

    @property
    def left(self) -> int:
        """How many more may come now."""
        return max(0, math.floor(self.limit - self.used))


def parse_rate(rate: str) -> tuple[int, int]:
    """`20/min` as (20, 60)."""
    number, _slash, period = rate.partition("/")
    return int(number), SECONDS[period.strip()[0]]


def count(scope: str, who: str, rate: str) -> Used:
    """Count one call of `who` and say how much of the rate is used; at most one query."""
    limit, period = parse_rate(rate)
    moment = clock.now().timestamp()
    turn, elapsed = int(moment // period), moment % period
    key = f"{scope[:60]}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
    found, before = _counted(key, turn, period)
    used = Used(limit, period, found + before * (1 - elapsed / period), period - elapsed)
    if used.is_over:
        metrics.REFUSALS.labels(scope).inc()
    return used


def spend(scope: str, who: str, rate: str) -> None:
    """Count one call; raises `RateLimited` with `context["retry_after"]` (seconds) when it is one too many."""
    used = count(scope, who, rate)
    if used.is_over:
        raise RateLimited(
            kept=_("What you have done so far is kept."), retry_after=max(1, math.ceil(used.seconds_left))
        )


def _counted(key: str, turn: int, period: int) -> tuple[int, int]:
    if not settings.REDIS_URL:
        return _in_database(key, turn, period)
    found: tuple[int, int] = absence.ask(
        lambda: _in_redis(key, turn, period), lambda: _in_database(key, turn, period)
    )
    return found


def _in_database(key: str, turn: int, period: int) -> tuple[int, int]:
    ends_at = dt.datetime.fromtimestamp((turn + 2) * period, dt.UTC)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, turn, ends_at])
        row: tuple[int, int] = cursor.fetchone()
    return row


def _in_redis(key: str, turn: int, period: int) -> tuple[int, int]:
    cache, name = caches["redis"], f"rate:{key}"
    now = f"{name}:{turn}"
    cache.add(now, 0, 2 * period)
    try:
        count = cache.incr(now)
    except ValueError:  # thrown out between the two calls by a full Redis
        cache.set(now, count := 1, 2 * period)
    return count, cache.get(f"{name}:{turn - 1}", 0)
