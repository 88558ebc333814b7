"""What a count is about, and what should be counted next."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from apps.goods.catalog.models import Category, Variant
from apps.goods.inventory.models import StockBalance
from apps.goods.warehouse.models import CountLine, StockCount

MOST_LINES = 5000
_Scope = StockCount.Scope


def in_scope(count: StockCount, variant: Variant) -> bool:
    """Whether goods that have no line yet belong to the count."""
    if count.scope == _Scope.ALL:
        return True
    return count.scope == _Scope.CATEGORY and variant.product.category_id in _branch(count)


def list_uncounted(count: StockCount) -> QuerySet[StockBalance]:
    """What lies at the location by the ledger, belongs to the count, and nobody has counted yet."""
    counted = CountLine.objects.filter(count=count, counted_quantity__isnull=False).values("variant_id")
    rows = (
        StockBalance.objects.filter(location_id=count.location_id, variant__track_stock=True)
        .exclude(on_hand=0)
        .exclude(variant_id__in=counted)
    )
    if count.scope == _Scope.CATEGORY:
        rows = rows.filter(variant__product__category_id__in=_branch(count))
    elif count.scope != _Scope.ALL:
        rows = rows.filter(variant_id__in=CountLine.objects.filter(count=count).values("variant_id"))
    return rows.select_related("variant__product").order_by("variant__sku", "pk")


def list_to_count(location_id: UUID, before: dt.datetime) -> QuerySet[Any]:
    """What lies at a location and was not counted since `before`, longest ago first: the cycle count's list."""
    return (
        StockBalance.objects.filter(location_id=location_id, variant__track_stock=True, variant__active=True)
        .exclude(on_hand=0)
        .filter(Q(last_counted_at=None) | Q(last_counted_at__lt=before))
        .order_by(F("last_counted_at").asc(nulls_first=True), "pk")
    )


def stale_variant_ids(location_id: UUID, before: dt.datetime) -> list[UUID]:
    """The goods of `list_to_count`, as many as one session takes."""
    return list(list_to_count(location_id, before).values_list("variant_id", flat=True)[:MOST_LINES])


def _branch(count: StockCount) -> set[UUID]:
    """The category and those below it."""
    if count.category_id is None:
        return set()
    category = Category.objects.filter(pk=count.category_id).first()
    if category is None:
        return set()
    below = Category.objects.filter(path__startswith=f"{category.path}/")
    return {category.pk, *below.values_list("pk", flat=True)}
