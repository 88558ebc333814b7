"""Reads of price lists that more than one door needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from apps.goods.catalog.models import Variant
from apps.kernel.tenancy import across

from .history import Point
from .models import KeptPrices, PriceListEntry, PricePoint


def find_variant(variant_id: UUID) -> Variant | None:
    """An item of the bound business, or None."""
    variant: Variant | None = Variant.objects.filter(pk=variant_id).first()
    return variant


def list_entries() -> QuerySet[PriceListEntry]:
    """Prices on lists with what they are for."""
    rows: QuerySet[PriceListEntry] = PriceListEntry.objects.select_related(
        "variant__product", "product", "category", "collection", "price_list"
    )
    return rows.defer(
        "product__search", "product__search_text", "product__description_html", "variant__product__search",
        "variant__product__search_text", "variant__product__description_html",
    )  # fmt: skip


@across("tasks.due")
def list_across_kept() -> list[UUID]:
    """The businesses whose kept prices have to be looked after."""
    return list(KeptPrices.unscoped.order_by("kept_until").values_list("business_id", flat=True))


def history_of(variant_ids: Collection[UUID], since: dt.datetime | None = None) -> dict[UUID, list[Point]]:
    """What the store asked for these variants, in order of time; one query."""
    points = PricePoint.objects.filter(variant_id__in=variant_ids)
    if since is not None:
        points = points.filter(since__gte=since)
    found: dict[UUID, list[Point]] = {}
    for row in points.order_by("since", "pk").values_list("variant_id", "since", "price", "was"):
        found.setdefault(row[0], []).append(Point(*row[1:]))
    return found
