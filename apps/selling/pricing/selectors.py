"""Reads of price lists that more than one door needs."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from apps.goods.catalog.models import Variant
from apps.kernel.prepared import select
from apps.kernel.tenancy import across, require_business_id

from .history import Point
from .models import KeptPrices, PriceListEntry


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


_HISTORY = """
    SELECT variant_id, since, price, was FROM pricing_pricepoint
    WHERE business_id = %s AND variant_id = ANY(%s) ORDER BY since, id
"""


def history_of(variant_ids: Collection[UUID]) -> dict[UUID, list[Point]]:
    """What the store asked for these variants of the bound business, in order of time; one statement."""
    found: dict[UUID, list[Point]] = {}
    for variant_id, *point in select(_HISTORY, [require_business_id(), list(variant_ids)]):
        found.setdefault(variant_id, []).append(Point(*point))
    return found
