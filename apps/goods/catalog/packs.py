"""What a pack costs, and what is shown as the price of goods that are measured."""

from __future__ import annotations

from decimal import Decimal

from apps.goods.catalog.models import Pack, Variant
from apps.goods.catalog.units import convert, is_measured

FOUR_PLACES = Decimal("0.0001")


def price_of_pack(pack: Pack, variant: Variant) -> Decimal:
    """Its own price, else as many times the variant's as it holds; as the store shows prices."""
    price: Decimal = pack.price if pack.price is not None else variant.price * pack.quantity
    return price


def shown_price(variant: Variant, amount: Decimal) -> Decimal:
    """An amount for one stock unit as it is shown: of what is measured the price of one shown unit."""
    if not is_measured(variant.unit):
        return amount
    return (amount * convert(1, variant.shown_unit or variant.unit, variant.unit)).quantize(FOUR_PLACES)
