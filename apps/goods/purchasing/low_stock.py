"""What low stock is told of suppliers: from whom goods are bought, and how many would fill the shelf again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Sum

from apps.goods.inventory.hints import register
from apps.goods.inventory.models import StockAlert, StockBalance
from apps.goods.purchasing.models import PurchaseLine, Supplier, SupplierItem
from apps.goods.purchasing.reordering import PLANNED, packed
from apps.goods.purchasing.selectors import list_incoming
from apps.platform.businesses.selectors import get_current_business

# An order fills the shelf to so many times the level at which it was warned.
FILL = 2


@register
def by_supplier() -> QuerySet[Any, Any]:
    """The name of the supplier where an item is bought first."""
    return _first_of(OuterRef("variant_id")).values("supplier__name")[:1]


def _first_of(variant: Any) -> QuerySet[SupplierItem]:
    rows: QuerySet[SupplierItem] = SupplierItem.objects.filter(
        variant=variant, supplier__status=Supplier.Status.ACTIVE
    ).order_by("-is_preferred", "id")
    return rows


@dataclass(frozen=True, slots=True)
class ToOrder:
    """An alert with the supplier's item and how many to order."""

    alert: StockAlert
    item: SupplierItem
    quantity: int


@dataclass(frozen=True, slots=True)
class LowStock:
    """What can be ordered at once, and alerts left: without a supplier, in a foreign currency, or ordered already."""

    wanted: list[ToOrder]
    left: list[StockAlert]


def list_to_order(alerts: Sequence[StockAlert]) -> LowStock:
    """Sort open alerts into what to order from whom. Five statements for any number of alerts."""
    ids = {alert.variant_id for alert in alerts}
    items: dict[UUID, SupplierItem] = {}
    rows = SupplierItem.objects.filter(variant_id__in=ids, supplier__status=Supplier.Status.ACTIVE)
    for item in rows.select_related("supplier", "variant__product").order_by("-is_preferred", "id"):
        items.setdefault(item.variant_id, item)
    free = {
        (row.variant_id, row.location_id): row.available
        for row in StockBalance.objects.filter(variant_id__in=ids)
    }
    bought = _bought(ids)
    ours = get_current_business().currency
    wanted, left = [], []
    for alert in alerts:
        item_of, place = items.get(alert.variant_id), (alert.variant_id, alert.location_id)
        missing = FILL * max(1, alert.threshold) - free.get(place, 0) - bought.get(place, 0)
        if item_of is None or item_of.supplier.currency != ours or missing <= 0:
            left.append(alert)
        else:
            wanted.append(ToOrder(alert, item_of, packed(missing, item_of)))
    return LowStock(wanted, left)


def _bought(ids: set[UUID]) -> dict[tuple[UUID, UUID], int]:
    """What comes or is planned to each place: without it two people would order the same."""
    planned = PurchaseLine.objects.filter(Q(variant_id__in=ids), order__state__in=PLANNED).order_by()
    found: dict[tuple[UUID, UUID], int] = {}
    for variant_id, place, units in planned.values_list("variant_id", "order__location_id").annotate(
        units=Sum("quantity")
    ):
        found[variant_id, place] = units
    for line in list_incoming(ids).select_related("order"):
        key = (line.variant_id, line.order.location_id)
        found[key] = found.get(key, 0) + line.quantity - line.received_quantity
    return found
