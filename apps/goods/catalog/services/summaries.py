"""Keeping with the product what a list page shows: price range, number of variants, search words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from uuid import UUID

from apps.goods.catalog.models import Product, Variant
from apps.goods.catalog.packs import shown_price
from apps.goods.catalog.text import search_text_of
from apps.kernel.money import ZERO

SUMMARY_FIELDS = ["min_price", "max_price", "compare_at_price", "variant_count", "search_text"]


def summarise(product: Product, variants: Iterable[Variant]) -> None:
    """Set the kept fields from the variants, without saving. `compare_at_price` is the cheapest variant's."""
    active = [variant for variant in variants if variant.active]
    shown = [variant for variant in active if variant.published] or active
    # What is measured is compared and filtered by the price that is shown: of a metre, not of a centimetre.
    cheapest = min(
        shown, key=lambda variant: (shown_price(variant, variant.price), variant.position), default=None
    )
    product.min_price = shown_price(cheapest, cheapest.price) if cheapest else ZERO
    product.max_price = max((shown_price(variant, variant.price) for variant in shown), default=ZERO)
    was = cheapest.compare_at_price if cheapest else None
    is_less = cheapest is not None and was is not None and was > cheapest.price
    product.compare_at_price = shown_price(cheapest, was) if cheapest and was and is_less else None
    product.variant_count = len(active)
    product.search_text = search_text_of(
        f"{product.title} {product.subtitle}",
        product.vendor_name,
        product.product_type,
        [*product.tags, product.strain, product.classification],
        [variant.sku for variant in active],
        [variant.barcode for variant in active],
    )


def keep_summary(product: Product) -> None:
    """Read the variants and save what the product keeps of them."""
    summarise(product, Variant.objects.filter(product=product))
    product.save(update_fields=[*SUMMARY_FIELDS, "updated_at"])


def keep_shown_prices(figures: Mapping[UUID, tuple[Decimal, Decimal, Decimal | None]]) -> int:
    """Set lowest, highest and former price of products to what price lists make of them; returns how many differed."""
    names = ["min_price", "max_price", "compare_at_price"]
    changed = []
    for product in Product.objects.filter(pk__in=figures).only("pk", *names).order_by("pk"):
        if (product.min_price, product.max_price, product.compare_at_price) != figures[product.pk]:
            product.min_price, product.max_price, product.compare_at_price = figures[product.pk]
            changed.append(product)
    Product.objects.bulk_update(changed, names)
    return len(changed)
