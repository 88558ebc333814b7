"""How long the units that lie there have been lying: whatever left is taken to be the oldest.

What is left came last, so the units of at most thirty days are what came in thirty days, or all there are. Closed days
keep what came until then, and their differences say what came in any span: a ledger of years is not added up. What was
recorded later than it came, and days that nobody closed, are read from the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import DateField, F, Max, OuterRef, Q, Subquery, Sum, Window
from django.db.models.functions import TruncDate

from apps.goods.catalog.models import Variant
from apps.goods.inventory.models import StockDay, StockMovement, StockSnapshot
from apps.goods.inventory.reporting import begin_of, recorded_until, variants_of
from apps.goods.inventory.services.closing import LATE
from apps.goods.inventory.services.tracking import REBOOKED
from apps.kernel.limits import current_limit
from apps.kernel.tenancy import require_business_id
from apps.platform.businesses.selectors import get_current_business

# Upper ends in days; what is older is the last one.
AGES = (30, 90, 180, 365)
_DAY = dt.timedelta(days=1)
_FOUND = tuple[tuple[int, ...], int]

# The first closed day until which more had come than has left: the day of the oldest unit. Days are halved.
_OLDEST = """
WITH RECURSIVE halves AS (
    SELECT * FROM unnest(%(variants)s::uuid[], %(lows)s::date[], %(highs)s::date[], %(gone)s::bigint[])
        AS asked(variant, low, high, gone)
     UNION ALL
    SELECT variant, CASE WHEN came <= gone THEN middle ELSE low END,
           CASE WHEN came <= gone THEN high ELSE middle END, gone
      FROM halves
     CROSS JOIN LATERAL (SELECT low + (high - low) / 2 AS middle) AS at
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(kept.came + CASE WHEN %(some)s THEN kept.moved_in ELSE 0 END), 0) AS came
             FROM inventory_stocksnapshot AS kept
            WHERE kept.business_id = %(business)s AND kept.day = middle AND kept.variant_id = variant
              AND (NOT %(some)s OR kept.location_id = ANY(%(places)s::uuid[]))) AS until
     WHERE high - low > 1
)
SELECT variant, high FROM halves WHERE high - low = 1
"""


@dataclass(frozen=True, slots=True)
class Aged:
    """Units of a variant by how long they have been lying, first in first out; `ages` as AGES and one more."""

    variant: Variant
    ages: tuple[int, ...]
    oldest_days: int


def list_aged(day: dt.date) -> list[Aged]:
    """How long the units that lay there at the end of `day` had been lying, oldest first. Eight queries at most.

    A move between places makes nothing older or younger, unless the member sees only some of the places.
    """
    closed = _closed_days(day)
    if closed is None:
        ages = _from_ledger(day)
    else:
        ages, doubtful = _from_closed_days(day, closed)
        if doubtful:
            ages |= _from_ledger(day, doubtful)
    variants = variants_of(ages)
    found = [Aged(variants[key], counts, oldest) for key, (counts, oldest) in ages.items()]
    return sorted(found, key=lambda aged: (-aged.oldest_days, str(aged.variant.pk)))


@dataclass(frozen=True, slots=True)
class _Closed:
    last: StockDay
    first: dt.date
    # The ends of AGES: what came after the day is that young.
    edges: tuple[dt.date, ...]


@dataclass(slots=True)
class _Sums:
    """Of one variant: on hand, all that ever came, what had come at each edge, and what came since the last day."""

    have: int = 0
    came: int = 0
    at: dict[dt.date, int] = field(default_factory=dict)
    since: dict[dt.date, int] = field(default_factory=dict)
    late: dt.datetime | None = None


def _closed_days(day: dt.date) -> _Closed | None:
    """The closed days that answer for `day`; None when one that is needed is missing."""
    days = StockDay.objects.filter(since__isnull=False, until__lte=begin_of(day + _DAY))
    last = days.order_by("-day").first()
    edges = tuple(day - (most + 1) * _DAY for most in AGES)
    if last is None or last.day < edges[0]:
        return None
    known = list(days.filter(day__lte=last.day).order_by("day").values_list("day", flat=True))
    first, kept = known[0], set(known)
    if len(known) != (last.day - first).days + 1 or any(edge >= first and edge not in kept for edge in edges):
        return None
    if StockMovement.objects.filter(created_at__lt=begin_of(first)).exists():
        return None
    return _Closed(last, first, edges)


def _from_closed_days(day: dt.date, closed: _Closed) -> tuple[dict[UUID, _FOUND], list[UUID]]:
    """Ages by variant, and the variants of which closed days do not say enough."""
    sums = _read_sums(day, closed)
    found: dict[UUID, _FOUND] = {}
    doubtful: list[UUID] = []
    asked: list[tuple[UUID, dt.date, dt.date, int]] = []
    counts: dict[UUID, tuple[int, ...]] = {}
    zone = ZoneInfo(get_current_business().time_zone)
    for key, one in sums.items():
        if one.have <= 0:
            continue
        if one.late and not _came_after(one, one.late.astimezone(zone).date(), closed):
            doubtful.append(key)
            continue
        gone = one.came - one.have
        younger = [min(one.have, one.came - one.at.get(edge, 0)) for edge in closed.edges]
        ages = tuple(now - before for before, now in zip([0, *younger], [*younger, one.have], strict=False))
        if one.came - sum(one.since.values()) <= gone:
            found[key] = (ages, (day - _first_of(one, gone)).days)
            continue
        counts[key] = ages
        low = next((edge for edge in closed.edges if one.at.get(edge, 0) <= gone), closed.first - _DAY)
        highs = [edge for edge in closed.edges if one.at.get(edge, 0) > gone]
        asked.append((key, max(low, closed.first - _DAY), highs[-1] if highs else closed.last.day, gone))
    for key, first in _ask_oldest(asked):
        found[key] = (counts[key], (day - first).days)
    return found, doubtful


def _came_after(one: _Sums, late: dt.date, closed: _Closed) -> bool:
    """Whether all that lies there came after an edge which is after the late record: then it says nothing of it."""
    edge = next((edge for edge in reversed(closed.edges) if edge >= late), None)
    return edge is not None and one.came - one.at.get(edge, 0) >= one.have


def _first_of(one: _Sums, gone: int) -> dt.date:
    """The day of the oldest unit when all came since the last closed day."""
    so_far = one.came - sum(one.since.values())
    for at in sorted(one.since):
        so_far += one.since[at]
        if so_far > gone:
            return at
    raise AssertionError("more lies there than ever came")


def _read_sums(day: dt.date, closed: _Closed) -> dict[UUID, _Sums]:
    """What the last closed day, the edges and the movements since say. Two queries."""
    whole = current_limit() is None
    came = Sum("came") if whole else Sum(F("came") + F("moved_in"))
    sums: dict[UUID, _Sums] = {}
    rows = (
        StockSnapshot.objects.filter(day__in={closed.last.day, *closed.edges})
        .order_by()
        .values_list("variant_id", "day")
        .annotate(have=Sum("quantity"), so_far=came, late=Max("late_at"))
    )
    for key, at, have, so_far, late in rows:
        one = sums.setdefault(key, _Sums())
        one.at[at] = so_far
        if at == closed.last.day:
            one.have, one.came, one.late = have, so_far, late
    arrived = Q(on_hand_delta__gt=0) & ~Q(reason_code=REBOOKED)
    if whole:
        arrived &= ~Q(reason=StockMovement.Reason.TRANSFER_IN)
    zone = ZoneInfo(get_current_business().time_zone)
    fresh = (
        recorded_until(day)
        .filter(created_at__gte=closed.last.until)
        .exclude(on_hand_delta=0)
        .order_by()
        .values_list("variant_id", TruncDate("created_at", tzinfo=zone, output_field=DateField()))
        .annotate(
            delta=Sum("on_hand_delta"),
            units=Sum("on_hand_delta", filter=arrived, default=0),
            late=Max("created_at", filter=arrived & Q(created_at__gt=F("occurred_at") + LATE)),
        )
    )
    for key, at, delta, units, late in fresh:
        one = sums.setdefault(key, _Sums())
        one.have += delta
        one.came += units
        one.since[at] = one.since.get(at, 0) + units
        one.late = max(filter(None, (one.late, late)), default=None)
    return sums


def _ask_oldest(asked: Collection[tuple[UUID, dt.date, dt.date, int]]) -> Iterable[tuple[UUID, dt.date]]:
    if not asked:
        return []
    limit = current_limit()
    places = None if limit is None else limit.location_ids
    variants, lows, highs, gone = (list(column) for column in zip(*asked, strict=True))
    facts: dict[str, Any] = {"variants": variants, "lows": lows, "highs": highs, "gone": gone}
    facts |= {"business": require_business_id(), "some": places is not None, "places": list(places or ())}
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST, facts)
        return cursor.fetchall()


def _from_ledger(day: dt.date, variant_ids: Collection[UUID] | None = None) -> dict[UUID, _FOUND]:
    """The newest arrivals of each variant that together make the number on hand. One query, over the whole ledger."""
    ledger = recorded_until(day)
    came = ledger.filter(on_hand_delta__gt=0).exclude(reason_code=REBOOKED)
    if variant_ids is not None:
        came = came.filter(variant__in=variant_ids)
    if current_limit() is None:
        came = came.exclude(reason=StockMovement.Reason.TRANSFER_IN)
    lying = ledger.filter(variant=OuterRef("variant")).order_by().values("variant")
    layers = (
        came.annotate(
            newer=Window(
                Sum("on_hand_delta"),
                partition_by=["variant_id"],
                order_by=[F("occurred_at").desc(), F("id").desc()],
            ),
            have=Subquery(lying.annotate(units=Sum("on_hand_delta")).values("units")),
        )
        .filter(newer__lt=F("have") + F("on_hand_delta"))
        .order_by()
        .values_list("variant_id", "on_hand_delta", "newer", "have", "occurred_at")
    )
    zone = ZoneInfo(get_current_business().time_zone)
    ages: dict[UUID, list[int]] = {}
    oldest: dict[UUID, int] = {}
    for variant_id, units, newer, have, at in layers:
        left = min(units, have - (newer - units))
        days = (day - at.astimezone(zone).date()).days
        place = next((number for number, most in enumerate(AGES) if days <= most), len(AGES))
        ages.setdefault(variant_id, [0] * (len(AGES) + 1))[place] += left
        oldest[variant_id] = max(days, oldest.get(variant_id, 0))
    return {key: (tuple(counts), oldest[key]) for key, counts in ages.items()}
