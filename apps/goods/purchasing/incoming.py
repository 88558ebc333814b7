"""What was sent for and has not come, for the stock pages."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, Sum

from apps.goods.inventory.incoming import register
from apps.goods.purchasing.models import PurchaseLine
from apps.goods.purchasing.states import ON_THE_WAY


@register("purchases")
def by_purchase() -> Any:
    """Units that suppliers have still to bring to the balance's location."""
    return (
        PurchaseLine.objects.filter(
            variant=OuterRef("variant_id"),
            order__location=OuterRef("location_id"),
            order__state__in=ON_THE_WAY,
            received_quantity__lt=F("quantity"),
        )
        .order_by()
        .values("variant")
        .annotate(units=Sum(F("quantity") - F("received_quantity")))
        .values("units")
    )
