"""The shop that is measured: a thousand published products with plenty of stock, written in bulk."""

from __future__ import annotations

import os
from decimal import Decimal
from uuid import UUID

from apps.goods.catalog.drafts import VariantDraft
from apps.goods.catalog.models import Variant
from apps.goods.catalog.services import create_category, create_product
from apps.goods.inventory.lines import StockLine
from apps.goods.inventory.services import receive_stock
from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.platform.accounts.services import register_user
from apps.platform.businesses.models import Business, Location
from apps.platform.businesses.services import create_business
from monidesk.demo.harbour import HARBOUR

SLUG = "bench"
# Fewer for a rehearsal: figures count for a thousand.
PRODUCTS = int(os.environ.get("BENCH_SHOP_PRODUCTS", "1000"))


def make_shop(products: int = PRODUCTS, *, slug: str = SLUG, stock: int = 1_000_000) -> Business:
    """A business that sells `products` products in eight categories, each with `stock` pieces."""
    system = Actor.system("bench", None)
    owner = register_user(system, email=f"owner@{slug}.example.com", password=None)
    business = create_business(
        system,
        owner=owner,
        name="Bench",
        slug=slug,
        country="GB",
        currency="GBP",
        tax_inclusive=True,
        tax_rate=Decimal("0.2"),
        unpaid_minutes=24 * 60,
    )
    outbox.drain()
    actor = Actor.system("bench", business.pk)
    with tenancy.bind(business.pk):
        names = list(dict.fromkeys(item.category for item in HARBOUR.items))
        categories = [create_category(actor, name=name).pk for name in names]
        for number in range(products):
            item = HARBOUR.items[number % len(HARBOUR.items)]
            create_product(
                actor,
                title=f"{item.title} {number:04d}",
                variants=[
                    VariantDraft(price=Decimal(item.price), cost=Decimal(item.cost), sku=f"B-{number:05d}")
                ],
                description_html=f"<p>{item.text}</p>",
                vendor_name="Bench",
                tags=item.tags,
                category_id=categories[number % len(categories)],
                status="active",
                published=True,
            )
        location = Location.objects.get(is_default=True)
        ids = variant_ids(business)
        for start in range(0, len(ids), 250):
            lines = [StockLine(variant_id, stock, Decimal(5)) for variant_id in ids[start : start + 250]]
            receive_stock(actor, location_id=location.pk, lines=lines, reference_type="opening")
    outbox.drain()
    return business


def variant_ids(business: Business) -> list[UUID]:
    """All variants of a business in their order."""
    with tenancy.bind(business.pk):
        return list(Variant.objects.order_by("pk").values_list("pk", flat=True))
