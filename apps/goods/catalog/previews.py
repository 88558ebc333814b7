"""What a product's page will look like when its draft is published: read for the secret link."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.goods.catalog.contents import LICENSED, PRICES, SAID
from apps.goods.catalog.models import Brand, Category, Product, ProductDraft
from apps.goods.catalog.selectors import (
    ProductPage,
    list_shown_variants,
    page_of_product,
    with_page_parts,
)
from apps.goods.catalog.services.product_drafts import OPEN
from apps.kernel.errors import NotFound


def get_preview(token: str) -> ProductPage:
    """The page as the open draft with this key would make it; raises `NotFound` for any other.

    The rows are changed in memory and belong to this page alone: nothing of them is saved.
    """
    draft = ProductDraft.objects.filter(token=token, state__in=OPEN).first()
    if draft is None:
        raise NotFound()
    found: Any = with_page_parts(Product.objects.filter(pk=draft.product_id)).get()
    for name in (*SAID, *LICENSED):
        setattr(found, name, _value(name, draft.content.get(name)))
    found.category = Category.objects.filter(pk=found.category_id).first() if found.category_id else None
    if found.brand is None or found.brand.name != found.vendor_name:
        found.brand = (
            Brand.objects.filter(name__iexact=found.vendor_name).first() if found.vendor_name else None
        )
    variants = list(list_shown_variants(draft.product_id))
    for variant in variants:
        prices = draft.content[PRICES].get(str(variant.pk))
        if prices:
            variant.price = Decimal(prices["price"])
            was = prices["compare_at_price"]
            variant.compare_at_price = None if was is None else Decimal(was)
    return page_of_product(found, variants)


def _value(name: str, value: Any) -> Any:
    if name.endswith("_unit"):
        # A draft that was begun before units were known speaks of per cent.
        return value or "percent"
    return Decimal(value) if value is not None and name[:4] in ("thc_", "cbd_") else value
