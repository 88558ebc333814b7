"""What a pack costs."""

from __future__ import annotations

from decimal import Decimal

from apps.goods.catalog.models import Pack, Variant


def price_of_pack(pack: Pack, variant: Variant) -> Decimal:
    """Its own price, else as many times the variant's as it holds; as the store shows prices."""
    price: Decimal = pack.price if pack.price is not None else variant.price * pack.quantity
    return price
