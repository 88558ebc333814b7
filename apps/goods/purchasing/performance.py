"""How well suppliers deliver, and what was spent: read from orders and receipts, in the business's currency."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Sum, Window
from django.db.models.functions import Lag, TruncMonth

from apps.goods.purchasing.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    OrderState,
    PurchaseLine,
    PurchaseOrder,
    Supplier,
)
from apps.kernel.money import ZERO
from apps.platform.businesses.selectors import get_current_business

# What a supplier has finished: by these it is judged. One that is on its way may still come in time.
_DONE = (OrderState.RECEIVED, OrderState.CLOSED)
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Performance:
    """A supplier's finished orders. Shares are fractions; None where nothing is there to reckon with."""

    orders: int
    ordered: int
    accepted: int
    rejected: int
    on_time: int
    dated: int
    lead_days: Decimal | None
    promised_days: Decimal | None

    @property
    def fill_rate(self) -> Decimal | None:
        """What came of what was ordered; more than ordered counts as all."""
        return min(Decimal(1), Decimal(self.accepted) / self.ordered) if self.ordered else None

    @property
    def on_time_share(self) -> Decimal | None:
        return Decimal(self.on_time) / self.dated if self.dated else None

    @property
    def rejected_share(self) -> Decimal | None:
        came = self.accepted + self.rejected
        return Decimal(self.rejected) / came if came else None

    @property
    def rating(self) -> Decimal | None:
        """0 to 5: two points for delivering in time, two for all that was ordered, one for nothing rejected.

        A part that cannot be reckoned is left out and the others count for more.
        """
        sound = None if self.rejected_share is None else 1 - self.rejected_share
        parts = [(self.on_time_share, 2), (self.fill_rate, 2), (sound, 1)]
        known = [(share, points) for share, points in parts if share is not None]
        if not known:
            return None
        reached = sum((share * points for share, points in known), ZERO)
        return (reached * 5 / sum(points for _share, points in known)).quantize(_TENTH, ROUND_HALF_UP)


def performance_of(
    suppliers: Sequence[Supplier], *, since: dt.date | None = None, until: dt.date | None = None
) -> dict[UUID, Performance]:
    """How the suppliers did with orders sent from a day to a day. Three queries for any number of them."""
    zone = ZoneInfo(get_current_business().time_zone)
    orders = PurchaseOrder.objects.filter(
        supplier__in=[supplier.pk for supplier in suppliers], state__in=_DONE, sent_at__isnull=False
    )
    if since is not None:
        orders = orders.filter(sent_at__gte=dt.datetime.combine(since, dt.time(), tzinfo=zone))
    if until is not None:
        orders = orders.filter(
            sent_at__lt=dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), tzinfo=zone)
        )
    found = list(orders.order_by("pk"))
    ids = [order.pk for order in found]
    sums: dict[UUID, Any] = {
        row["order_id"]: row
        for row in PurchaseLine.objects.filter(order_id__in=ids)
        .order_by()
        .values("order_id")
        .annotate(
            ordered=Sum("quantity"), accepted=Sum("received_quantity"), rejected=Sum("rejected_quantity")
        )
    }
    arrivals: dict[UUID, list[dt.datetime]] = defaultdict(list)
    for order_id, at in GoodsReceipt.objects.filter(order_id__in=ids).values_list("order_id", "received_at"):
        arrivals[order_id].append(at)
    days = {supplier.pk: supplier.lead_days for supplier in suppliers}
    by_supplier: dict[UUID, list[PurchaseOrder]] = defaultdict(list)
    for order in found:
        by_supplier[order.supplier_id].append(order)
    return {
        supplier.pk: _judge(by_supplier[supplier.pk], sums, arrivals, days[supplier.pk], zone)
        for supplier in suppliers
    }


def _judge(
    orders: Sequence[PurchaseOrder],
    sums: dict[UUID, Any],
    arrivals: dict[UUID, list[dt.datetime]],
    usual_days: int,
    zone: ZoneInfo,
) -> Performance:
    taken, promised, on_time = [], [], 0
    for order in orders:
        came = arrivals.get(order.pk)
        if not came or order.sent_at is None:
            continue
        sent_on = order.sent_at.astimezone(zone).date()
        # Of parts the last one counts: only then the order was there.
        there_on = max(came).astimezone(zone).date()
        due_on = order.expected_on or sent_on + dt.timedelta(days=usual_days)
        taken.append((there_on - sent_on).days)
        promised.append((due_on - sent_on).days)
        on_time += there_on <= due_on
    total = {
        name: sum(sums[order.pk][name] for order in orders if order.pk in sums)
        for name in ("ordered", "accepted", "rejected")
    }
    return Performance(
        orders=len(orders),
        on_time=on_time,
        dated=len(taken),
        lead_days=_mean(taken),
        promised_days=_mean(promised),
        **total,
    )


def _mean(days: Sequence[int]) -> Decimal | None:
    return (Decimal(sum(days)) / len(days)).quantize(_TENTH, ROUND_HALF_UP) if days else None


@dataclass(frozen=True, slots=True)
class Spent:
    """What was received of a supplier or category in a month: goods and landed costs, in the business's currency."""

    label: str
    month: dt.date
    goods: Decimal
    charges: Decimal

    @property
    def value(self) -> Decimal:
        return self.goods + self.charges


def spend(by: str, start: dt.date, end: dt.date) -> list[Spent]:
    """What was received from `start` to `end`, both included, by `supplier` or `category` and month."""
    name = {"supplier": "receipt__order__supplier__name", "category": "variant__product__category__name"}[by]
    zone = ZoneInfo(get_current_business().time_zone)
    rows = (
        GoodsReceiptLine.objects.filter(
            receipt__received_at__gte=dt.datetime.combine(start, dt.time(), tzinfo=zone),
            receipt__received_at__lt=dt.datetime.combine(end + dt.timedelta(days=1), dt.time(), tzinfo=zone),
        )
        .order_by()
        .values_list(name, TruncMonth("receipt__received_at", tzinfo=zone))
        .annotate(goods=Sum("goods_value"), charges=Sum("charges_value"))
    )
    found = [Spent(label or "", month.date(), goods, charges) for label, month, goods, charges in rows]
    return sorted(found, key=lambda row: (row.month, row.label), reverse=False)


@dataclass(frozen=True, slots=True)
class PriceChange:
    """An item that cost another amount than the time before, at the same supplier, in its currency."""

    title: str
    supplier: str
    currency: str
    before: Decimal
    after: Decimal
    on: dt.date
    number: str

    @property
    def percent(self) -> Decimal | None:
        """How much more (or less) it costs; None after something that was free."""
        if not self.before:
            return None
        return ((self.after - self.before) * 100 / self.before).quantize(_TENTH, ROUND_HALF_UP)


def price_changes(start: dt.date, end: dt.date, most: int = 500) -> list[PriceChange]:
    """Unit costs of approved orders that differ from the order before, newest first."""
    zone = ZoneInfo(get_current_business().time_zone)
    earlier = Window(
        Lag("unit_cost"),
        partition_by=[F("variant_id"), F("order__supplier_id"), F("order__currency")],
        order_by=[F("order__approved_at").asc(), F("pk").asc()],
    )
    until = dt.datetime.combine(end + dt.timedelta(days=1), dt.time(), tzinfo=zone)
    lines: Any = (
        PurchaseLine.objects.filter(order__approved_at__isnull=False, order__approved_at__lt=until)
        .exclude(order__state=OrderState.CANCELLED)
        .annotate(before=earlier)
        .filter(before__isnull=False)
        .exclude(before=F("unit_cost"))
        .select_related("order__supplier")
        .order_by("-order__approved_at", "-pk")
    )
    changes = [
        PriceChange(
            title=line.title,
            supplier=line.order.supplier.name,
            currency=line.order.currency,
            before=line.before,
            after=line.unit_cost,
            on=line.order.approved_at.astimezone(zone).date(),
            number=line.order.number,
        )
        for line in lines[:most]
    ]
    return [change for change in changes if change.on >= start]
