"""Products with stock, made through the services."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.goods.catalog.drafts import VariantDraft
from apps.goods.catalog.models import Product, Variant
from apps.goods.catalog.services import create_product
from apps.goods.inventory.lines import StockLine
from apps.goods.inventory.services import receive_stock
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business, Location


def make_product(
    business: Business,
    *,
    title: str = "Blue mug",
    price: Decimal | str = "12.00",
    stock: int = 0,
    cost: Decimal | str | None = "5.00",
    option: str = "",
    values: Sequence[str] = (),
    published: bool = True,
    location_id: UUID | None = None,
    variant: dict[str, Any] | None = None,
    **fields: Any,
) -> Product:
    """A product of `business`, published, with `stock` units of each variant at the default location.

    One variant, or one for each of `values` of `option` ("Size", ["S", "M"]).
    """
    actor = Actor.system("factory", business.pk)
    own = {"cost": None if cost is None else Decimal(cost), **(variant or {})}
    drafts = [
        VariantDraft(price=Decimal(price), option_values=[value] if option else [], **own)
        for value in (values or [""])
    ]
    fields = {"status": "active" if published else "draft", "published": published, **fields}
    product = create_product(
        actor, title=title, options=[option] if option else [], variants=drafts, **fields
    )
    if stock:
        stock_up(business, [v.pk for v in variants_of(product)], stock, location_id=location_id)
    return product


def variants_of(product: Product) -> list[Variant]:
    """The variants of a product in their order."""
    with tenancy.bind(product.business_id):
        return list(Variant.objects.filter(product=product).order_by("position"))


def make_variant(business: Business, **fields: Any) -> Variant:
    """The only variant of a new product; arguments as `make_product`."""
    return variants_of(make_product(business, **fields))[0]


def stock_up(
    business: Business,
    variant_ids: Sequence[UUID],
    quantity: int,
    *,
    unit_cost: Decimal | None = None,
    location_id: UUID | None = None,
) -> None:
    """Receive `quantity` units of each variant, at the default location unless another is named."""
    with tenancy.bind(business.pk):
        place = location_id or Location.objects.get(is_default=True).pk
    receive_stock(
        Actor.system("factory", business.pk),
        location_id=place,
        lines=[StockLine(variant_id, quantity, unit_cost) for variant_id in variant_ids],
    )


def make_location(business: Business, *, name: str = "Warehouse", code: str = "") -> Location:
    """Another location of the business."""
    with tenancy.bind(business.pk):
        return Location.objects.create(name=name, code=code or str(new_id())[-8:], kind="warehouse")
