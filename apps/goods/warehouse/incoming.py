"""What is on its way by transfer, for the stock pages."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, Sum

from apps.goods.inventory.incoming import register
from apps.goods.warehouse.models import Transfer, TransferLine

COMING = (Transfer.State.IN_TRANSIT, Transfer.State.PART_RECEIVED)


@register("transfers")
def by_transfer() -> Any:
    """Units sent to the balance's location that did not land yet."""
    return (
        TransferLine.objects.filter(
            variant=OuterRef("variant_id"),
            transfer__destination=OuterRef("location_id"),
            transfer__state__in=COMING,
        )
        .order_by()
        .values("variant")
        .annotate(
            units=Sum(
                F("sent_quantity") - F("arrived_quantity") - F("damaged_quantity") - F("missing_quantity")
            )
        )
        .values("units")
    )
