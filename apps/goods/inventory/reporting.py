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

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from apps.goods.catalog.models import Variant
from apps.goods.inventory.hints import with_hint
from apps.goods.inventory.incoming import with_incoming
from apps.goods.inventory.models import StockBalance, StockDay, StockFlow, StockMovement, StockSnapshot
from apps.goods.inventory.selectors import list_low_stock
from apps.goods.inventory.services.closing import SALES
from apps.goods.inventory.services.tracking import REBOOKED
from apps.kernel.money import ZERO
from apps.platform.businesses.selectors import get_current_business

_NAMED = (
    "on_hand", "reserved", "low_stock_threshold", "variant__sku", "variant__title", "variant__product__title",
    "location__name", "location__code",
)  # fmt: skip


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
class Idle:
    """Units that nobody bought since a day. `last_sold_on` is None for what was never sold."""

    variant: Variant
    units: int
    value: Decimal
    last_sold_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Place:
    """One location now."""

    location_id: UUID
    name: str
    kinds: int
    on_hand: int
    reserved: int
    value: Decimal


def list_low() -> list[Any]:
    """What is at its warning level or below now, emptiest first, with `incoming` and `bought_from`. One query."""
    rows: Any = list_low_stock().only(*_NAMED)
    return list(with_hint(with_incoming(rows)))


def list_worth(day: dt.date) -> list[Worth]:
    """What lay there at the end of `day`, worth most first; goods on their way included. Four queries at most.

    The last closed day before it, and what was recorded since: a ledger of years is not added up again.
    """
    sums = _sums_at(begin_of(day + dt.timedelta(days=1)))
    variants = variants_of(sums)
    found = [Worth(variants[variant_id], *sums[variant_id]) for variant_id in sums]
    return sorted(found, key=lambda worth: (-worth.value, str(worth.variant.pk)))


def _sums_at(end: dt.datetime) -> dict[UUID, tuple[int, Decimal]]:
    """Units and value of each variant by what was recorded before `end`; what is nothing of both is left out."""
    closed = _last_closed(end)
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
    """What came and went by reason, both days included; promises, which move nothing, left out. Four queries at most.

    Days that are closed kept it; the ledger is asked for what lies before and after them.
    """
    first, until = begin_of(start), begin_of(end + dt.timedelta(days=1))
    days = StockDay.objects.filter(day__range=(start, end), since__gte=first, until__lte=until)
    known = days.aggregate(
        low=Min("day"), high=Max("day"), since=Min("since"), until=Max("until"), many=Count("pk")
    )
    sums: dict[str, list[Any]] = {}

    def add(rows: Iterable[Any]) -> None:
        for row in rows:
            together = sums.setdefault(row["reason"], [0, 0, 0, ZERO])
            for place, name in enumerate(("times", "came", "went", "value")):
                together[place] += row[name]

    spans = [(first, until)]
    if known["many"] and known["many"] == (known["high"] - known["low"]).days + 1:
        kept = StockFlow.objects.filter(day__in=days).order_by().values("reason")
        add(
            kept.annotate(**{f"{name}_": Sum(name) for name in ("times", "came", "went", "value")}).values(
                "reason", times=F("times_"), came=F("came_"), went=F("went_"), value=F("value_")
            )
        )
        spans = [(first, known["since"]), (known["until"], until)]
    for begin, finish in spans:
        if begin < finish:
            add(_moved_in_ledger(begin, finish))
    return [Moved(reason, *sums[reason]) for reason in sorted(sums)]


def _moved_in_ledger(begin: dt.datetime, finish: dt.datetime) -> Iterable[Any]:
    return (
        StockMovement.objects.filter(created_at__gte=begin, created_at__lt=finish)
        .exclude(on_hand_delta=0, value_delta=0)
        .exclude(reason_code=REBOOKED)
        .order_by()
        .values("reason")
        .annotate(
            times=Count("pk"),
            came=Sum("on_hand_delta", filter=Q(on_hand_delta__gt=0), default=0),
            went=-Sum("on_hand_delta", filter=Q(on_hand_delta__lt=0), default=0),
            value=Sum("value_delta"),
        )
    )


def list_idle(start: dt.date, end: dt.date) -> list[Idle]:
    """What lay there at the end of `end` and was not sold from `start` on, worth most first. Six queries at most."""
    last = _last_sold(end)
    begin, zone = begin_of(start), ZoneInfo(get_current_business().time_zone)
    found = []
    for worth in list_worth(end):
        at = last.get(worth.variant.pk)
        if worth.units > 0 and (at is None or at < begin):
            day = at.astimezone(zone).date() if at is not None else None
            found.append(Idle(worth.variant, worth.units, worth.value, day))
    return found


def _last_sold(end: dt.date) -> dict[UUID, dt.datetime]:
    """When each variant was sold last, of what was recorded until the end of `end`."""
    sold = recorded_until(end).filter(reason__in=SALES)
    closed = _last_closed(begin_of(end + dt.timedelta(days=1)), since__isnull=False)
    last: dict[UUID, dt.datetime] = {}
    if closed is not None:
        kept = StockSnapshot.objects.filter(day=closed.day, sold_at__isnull=False)
        last = dict(kept.order_by().values_list("variant_id").annotate(Max("sold_at")))
        sold = sold.filter(created_at__gte=closed.until)
    for key, at in sold.order_by().values_list("variant_id").annotate(Max("occurred_at")):
        last[key] = max(at, last.get(key, at))
    return last


def list_places() -> list[Place]:
    """Each location with what lies there now, and what is on its way. One query."""
    rows = (
        StockBalance.objects.filter(Q(on_hand__gt=0) | ~Q(value=0))
        .order_by("location__name", "location_id")
        .values("location__name", "location_id")
        .annotate(kinds=Count("pk"), units=Sum("on_hand"), kept=Sum("reserved"), worth=Sum("value"))
    )
    return [
        Place(
            row["location_id"],
            row["location__name"],
            row["kinds"],
            row["units"],
            row["kept"],
            row["worth"] or ZERO,
        )
        for row in rows
    ]


def recorded_until(day: dt.date) -> QuerySet[StockMovement]:
    """The ledger as it was at the end of the day."""
    return StockMovement.objects.filter(created_at__lt=begin_of(day + dt.timedelta(days=1)))


def begin_of(day: dt.date) -> dt.datetime:
    """The first moment of the day where the business is."""
    return dt.datetime.combine(day, dt.time(), tzinfo=ZoneInfo(get_current_business().time_zone))


def variants_of(ids: Iterable[UUID]) -> dict[UUID, Any]:
    """The variants with their products, as far as reports name them. One query."""
    named = Variant.objects.select_related("product").only("title", "sku", "product__title")
    return named.order_by().in_bulk(list(ids))


def _last_closed(end: dt.datetime, **kind: Any) -> StockDay | None:
    return StockDay.objects.filter(until__lte=end, **kind).order_by("-day").first()
