"""What stock was, what it is worth, how it moved and how long it has been lying: sums over the ledger.

The ledger is only ever added to. A report of a past day counts what was **recorded** until its end, also where
something is said to have happened earlier. So what it says is the same whenever it is asked, and equals what the books
said then: both are made of the same rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, Window

from apps.goods.catalog.models import Variant
from apps.goods.inventory.models import StockBalance, StockDay, StockMovement, StockSnapshot
from apps.goods.inventory.services.tracking import REBOOKED
from apps.kernel.limits import current_limit
from apps.kernel.money import ZERO
from apps.platform.businesses.selectors import get_current_business

_R = StockMovement.Reason
SALES = (_R.CONSUME, _R.HAND_OVER)
# Upper ends in days; what is older is the last one.
AGES = (30, 90, 180, 365)


@dataclass(frozen=True, slots=True)
class Worth:
    """Units of a variant that lay there at the end of a day, and what they were worth."""

    variant: Variant
    units: int
    value: Decimal

    @property
    def unit_cost(self) -> Decimal | None:
        """The average of one, on four places; None when nothing is there."""
        return (self.value / self.units).quantize(Decimal("0.0001")) if self.units else None


@dataclass(frozen=True, slots=True)
class Moved:
    """What one reason did in a time."""

    reason: str
    times: int
    came: int
    went: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Aged:
    """Units of a variant by how long they have been lying, first in first out; `ages` as AGES and one more."""

    variant: Variant
    ages: tuple[int, ...]
    oldest_days: int


@dataclass(frozen=True, slots=True)
class Idle:
    """Units that nobody bought since a day. `last_sold_on` is None for what was never sold."""

    variant: Variant
    units: int
    value: Decimal
    last_sold_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Place:
    """One location now."""

    name: str
    kinds: int
    on_hand: int
    reserved: int
    value: Decimal


def list_worth(day: dt.date) -> list[Worth]:
    """What lay there at the end of `day`, worth most first; goods on their way included. Four queries at most.

    The last closed day before it, and what was recorded since: a ledger of years is not added up again.
    """
    sums = _sums_at(_begin_of(day + dt.timedelta(days=1)))
    variants = _variants(sums)
    found = [Worth(variants[variant_id], *sums[variant_id]) for variant_id in sums]
    return sorted(found, key=lambda worth: (-worth.value, str(worth.variant.pk)))


def _sums_at(end: dt.datetime) -> dict[UUID, tuple[int, Decimal]]:
    """Units and value of each variant by what was recorded before `end`; what is nothing of both is left out."""
    closed = StockDay.objects.filter(until__lte=end).order_by("-day").first()
    since = StockMovement.objects.filter(created_at__lt=end)
    sums: dict[UUID, tuple[int, Decimal]] = {}
    if closed is not None:
        kept = StockSnapshot.objects.filter(day=closed.day).order_by().values_list("variant_id")
        sums = {key: (units, value) for key, units, value in kept.annotate(Sum("quantity"), Sum("value"))}
        since = since.filter(created_at__gte=closed.until)
    rows = since.order_by().values_list("variant_id").annotate(Sum("on_hand_delta"), Sum("value_delta"))
    for key, units, value in rows:
        before = sums.get(key, (0, ZERO))
        sums[key] = (before[0] + units, before[1] + value)
    return {key: both for key, both in sums.items() if both[0] or both[1]}


def list_moved(start: dt.date, end: dt.date) -> list[Moved]:
    """What came and went by reason, both days included; promises, which move nothing, left out. One query."""
    rows = (
        _until(end)
        .filter(created_at__gte=_begin_of(start))
        .exclude(on_hand_delta=0, value_delta=0)
        .exclude(reason_code=REBOOKED)
        .order_by("reason")
        .values("reason")
        .annotate(
            times=Count("pk"),
            came=Sum("on_hand_delta", filter=Q(on_hand_delta__gt=0), default=0),
            went=Sum("on_hand_delta", filter=Q(on_hand_delta__lt=0), default=0),
            value=Sum("value_delta"),
        )
    )
    return [Moved(row["reason"], row["times"], row["came"], -row["went"], row["value"]) for row in rows]


def list_aged(day: dt.date) -> list[Aged]:
    """How long the units that lay there at the end of `day` had been lying. Two queries.

    Whatever left is taken to be the oldest, so what is left came last: for each variant the newest arrivals that
    together make the number on hand. A move between places makes nothing older or younger, unless the member sees
    only some of the places.
    """
    came = _until(day).filter(on_hand_delta__gt=0).exclude(reason_code=REBOOKED)
    if current_limit() is None:
        came = came.exclude(reason=_R.TRANSFER_IN)
    lying = _until(day).filter(variant=OuterRef("variant")).order_by().values("variant")
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
    variants = _variants(ages)
    found = [Aged(variants[key], tuple(counts), oldest[key]) for key, counts in ages.items()]
    return sorted(found, key=lambda aged: (-aged.oldest_days, str(aged.variant.pk)))


def list_idle(start: dt.date, end: dt.date) -> list[Idle]:
    """What lay there at the end of `end` and was not sold from `start` on, worth most first. Four queries."""
    sold = _until(end).filter(reason__in=SALES).order_by().values_list("variant_id")
    last = dict(sold.annotate(last=Max("occurred_at")))
    begin, zone = _begin_of(start), ZoneInfo(get_current_business().time_zone)
    found = []
    for worth in list_worth(end):
        at = last.get(worth.variant.pk)
        if worth.units > 0 and (at is None or at < begin):
            day = at.astimezone(zone).date() if at is not None else None
            found.append(Idle(worth.variant, worth.units, worth.value, day))
    return found


def list_places() -> list[Place]:
    """Each location with what lies there now, and what is on its way. One query."""
    rows = (
        StockBalance.objects.filter(Q(on_hand__gt=0) | ~Q(value=0))
        .order_by("location__name", "location_id")
        .values("location__name", "location_id")
        .annotate(kinds=Count("pk"), units=Sum("on_hand"), kept=Sum("reserved"), worth=Sum("value"))
    )
    return [
        Place(row["location__name"], row["kinds"], row["units"], row["kept"], row["worth"] or ZERO)
        for row in rows
    ]


def _until(day: dt.date) -> QuerySet[StockMovement]:
    return StockMovement.objects.filter(created_at__lt=_begin_of(day + dt.timedelta(days=1)))


def _begin_of(day: dt.date) -> dt.datetime:
    """The first moment of the day where the business is."""
    return dt.datetime.combine(day, dt.time(), tzinfo=ZoneInfo(get_current_business().time_zone))


def _variants(ids: Iterable[UUID]) -> dict[UUID, Any]:
    return Variant.objects.select_related("product").in_bulk(list(ids))
