"""What a pack costs, what is shown as the price of goods that are measured, and packs read along with variants."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, TextField
from django.db.models.functions import Cast, JSONObject

from apps.goods.catalog.models import Pack, Variant
from apps.goods.catalog.units import convert, is_measured

FOUR_PLACES = Decimal("0.0001")


def price_of_pack(pack: Pack, variant: Variant) -> Decimal:
    """Its own price, else as many times the variant's as it holds; as the store shows prices."""
    price: Decimal = pack.price if pack.price is not None else variant.price * pack.quantity
    return price


def shown_price(variant: Variant, amount: Decimal) -> Decimal:
    """An amount for one stock unit as it is shown: of what is measured the price of one shown unit."""
    return as_shown(amount, variant.unit, variant.shown_unit)


def as_shown(amount: Decimal, unit: str, shown: str) -> Decimal:
    """An amount for one `unit`, in which stock is kept, for one of the unit that is `shown`; empty: the same."""
    if not is_measured(unit):
        return amount
    return (amount * convert(1, shown or unit, unit)).quantize(FOUR_PLACES)


_ALONG = ("name", "quantity", "barcode", "sku", "sold", "for_purchasing")


def with_packs(variants: QuerySet[Variant]) -> QuerySet[Any]:
    """The variants with the packs in use read along, in no statement of their own; for `packs_along`."""
    # As text: a number of JSON would come back as a float.
    facts = JSONObject(id="id", price=Cast("price", TextField()), **{name: name for name in _ALONG})
    packs = Pack.objects.filter(variant=OuterRef("pk"), active=True).order_by("position", "pk")
    return variants.annotate(along_packs=ArraySubquery(packs.values(facts=facts)))


def packs_along(variant: Any) -> list[Pack]:
    """The packs that `with_packs` read, as they were arranged; of a variant read otherwise, one statement."""
    if not hasattr(variant, "along_packs"):
        return list(variant.packs.filter(active=True).order_by("position", "pk"))
    return [
        Pack(
            **{name: row[name] for name in _ALONG},
            id=UUID(row["id"]),
            variant_id=variant.pk,
            price=None if row["price"] is None else Decimal(row["price"]),
        )
        for row in variant.along_packs
    ]
