"""What to order, how many, and why: figures from what was sold, nothing where nothing was.

Reorder point = weekly sales × weeks of delivery + safety stock; safety stock = factor × deviation × √weeks of delivery.
An item is proposed when what is available, incoming and planned falls to the reorder point, for as many weeks as an
order shall last.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Sum
from django.db.models.functions import TruncDate

from apps.goods.catalog.models import Product
from apps.goods.inventory.models import StockBalance, StockMovement
from apps.goods.purchasing.models import OrderState, PurchaseLine, PurchaseRules, Supplier, SupplierItem
from apps.goods.purchasing.selectors import get_rules, incoming
from apps.kernel import clock
from apps.kernel.money import ZERO
from apps.platform.businesses.selectors import get_current_business

_SOLD = (StockMovement.Reason.CONSUME, StockMovement.Reason.HAND_OVER)
PLANNED = (OrderState.DRAFT, OrderState.SUBMITTED, OrderState.APPROVED)
_SEVEN = Decimal(7)


@dataclass(frozen=True, slots=True)
class Demand:
    """Pieces sold in each of the last weeks, the present one last."""

    weeks: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.weeks)

    @property
    def mean(self) -> Decimal:
        return Decimal(self.total) / len(self.weeks)

    @property
    def deviation(self) -> Decimal:
        """How much a week differs from the mean: the sample's standard deviation, nought for one week."""
        if len(self.weeks) < 2:
            return ZERO
        squares = sum(((count - self.mean) ** 2 for count in self.weeks), ZERO)
        return (squares / (len(self.weeks) - 1)).sqrt()


@dataclass(frozen=True, slots=True)
class Proposal:
    """An item with the figures that its proposal rests on."""

    item: SupplierItem
    demand: Demand
    available: int
    incoming: int
    planned: int
    safety_stock: int
    reorder_point: int
    quantity: int

    @property
    def position(self) -> int:
        """What is there or will be, without ordering more."""
        return self.available + self.incoming + self.planned

    @property
    def cost(self) -> Decimal:
        """What the proposal costs, in the supplier's currency."""
        return self.quantity * self.item.cost


def propose(
    item: SupplierItem, demand: Demand, rules: PurchaseRules, *, available: int, incoming: int, planned: int
) -> Proposal:
    """The figures of one item; `quantity` is nought while there is enough, or when nothing was sold."""
    lead_weeks = item.days / _SEVEN
    safety = _up(rules.service_factor * demand.deviation * lead_weeks.sqrt())
    point = _up(demand.mean * lead_weeks) + safety
    position = available + incoming + planned
    quantity = 0
    if demand.total and position <= point:
        wanted = _up(demand.mean * (lead_weeks + rules.cover_weeks)) + safety - position
        quantity = packed(wanted, item) if wanted > 0 else 0
    return Proposal(item, demand, available, incoming, planned, safety, point, quantity)


def packed(wanted: int, item: SupplierItem) -> int:
    """At least what the supplier sells, in whole packs."""
    least = max(wanted, item.minimum_quantity)
    return -(-least // item.pack_size) * item.pack_size


def list_figures(supplier: Supplier | None = None) -> list[Proposal]:
    """The figures of every item that is bought, of one supplier or all, within the locations that may be seen.

    An item of several suppliers is reckoned with the preferred one. Six queries for any number of items.
    """
    items = list(
        SupplierItem.objects.filter(
            supplier__status=Supplier.Status.ACTIVE, variant__active=True, variant__track_stock=True
        )
        .exclude(variant__product__status=Product.Status.ARCHIVED)
        .select_related("supplier", "variant__product")
        .order_by("variant_id", "-is_preferred", "id")
        .distinct("variant_id")
    )
    if supplier is not None:
        items = [item for item in items if item.supplier_id == supplier.pk]
    ids = [item.variant_id for item in items]
    rules = get_rules()
    sold = _weekly_sales(items, rules.demand_weeks)
    there, coming, planned = _available(ids), incoming(ids), _planned(ids)
    return [
        propose(
            item,
            sold[item.variant_id],
            rules,
            available=there.get(item.variant_id, 0),
            incoming=coming.get(item.variant_id, 0),
            planned=planned.get(item.variant_id, 0),
        )
        for item in items
    ]


def list_proposals(supplier: Supplier | None = None) -> list[Proposal]:
    """What should be ordered now, by supplier and item."""
    found = [figures for figures in list_figures(supplier) if figures.quantity]
    return sorted(
        found, key=lambda p: (p.item.supplier.name, p.item.supplier_id, str(p.item.variant.product))
    )


def _weekly_sales(items: Sequence[SupplierItem], most_weeks: int) -> dict[UUID, Demand]:
    """Weeks are counted back from now; one in which the item did not exist yet is none."""
    now = clock.now()
    start = now - dt.timedelta(weeks=most_weeks)
    zone = ZoneInfo(get_current_business().time_zone)
    today = now.astimezone(zone).date()
    rows = (
        StockMovement.objects.filter(
            variant_id__in=[item.variant_id for item in items], reason__in=_SOLD, occurred_at__gt=start
        )
        .order_by()
        .values_list("variant_id", TruncDate("occurred_at", tzinfo=zone))
        .annotate(sold=Sum(-F("on_hand_delta")))
    )
    by_week: dict[UUID, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for variant_id, day, sold in rows:
        by_week[variant_id][(today - day).days // 7] += sold
    demands = {}
    for item in items:
        age = max(1, -(-(now - item.variant.created_at).days // 7))
        weeks = min(most_weeks, max(age, max(by_week[item.variant_id], default=0) + 1))
        counted = by_week[item.variant_id]
        demands[item.variant_id] = Demand(tuple(counted.get(back, 0) for back in reversed(range(weeks))))
    return demands


def _available(ids: Iterable[UUID]) -> dict[UUID, int]:
    rows = StockBalance.objects.filter(variant_id__in=list(ids), location__active=True).order_by()
    return dict(rows.values_list("variant_id").annotate(free=Sum(F("on_hand") - F("reserved"))))


def _planned(ids: Iterable[UUID]) -> dict[UUID, int]:
    """On orders that were not sent yet: without these the same proposal would be ordered twice."""
    rows = PurchaseLine.objects.filter(variant_id__in=list(ids), order__state__in=PLANNED).order_by()
    return dict(rows.values_list("variant_id").annotate(planned=Sum("quantity")))


def _up(amount: Decimal) -> int:
    return int(amount.to_integral_value(rounding=ROUND_CEILING))
