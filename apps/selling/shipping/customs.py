"""What customs want to know of a parcel that crosses a border: its goods, what they are, where they come from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from apps.selling.orders.models import FulfilmentLine

from .carriers import CustomsLine
from .models import said

# Six digits are the same in every country; a shorter code of a tax rule is no customs code.
SHORTEST_CODE = 6


def goods_of_parcel(fulfilment_id: UUID) -> list[CustomsLine]:
    """The goods of a parcel as customs hear of them; what nobody entered is empty. One query."""
    lines = FulfilmentLine.objects.filter(fulfilment_id=fulfilment_id).select_related("order_line__variant")
    whose = {"variant": "order_line__variant_id", "product": "order_line__variant__product_id"}
    told = lines.annotate(
        own_code=said("hs_code", **whose), origin=said("origin", **whose), words=said("customs_text", **whose)
    )
    return [_line(one) for one in told.order_by("order_line__position")]


def _line(one: Any) -> CustomsLine:
    sold = one.order_line
    code = one.own_code or (sold.hsn if len(sold.hsn) >= SHORTEST_CODE else "")
    return CustomsLine(
        description=one.words or sold.product_title[:70],
        sku=sold.sku,
        quantity=one.quantity,
        value=one.net,
        grams=sold.variant.weight_grams * sold.pack_quantity * one.quantity,
        hs_code=code,
        origin=one.origin or "",
    )
