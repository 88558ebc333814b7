"""A shop with everything that prices: two promotions with conditions, a code, a price list, two tax classes."""

from __future__ import annotations

from decimal import Decimal

from apps.goods.catalog.models import Category, Product, Variant
from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.selling.pricing.services import save_list, save_tax_item, save_zone, set_entries
from apps.selling.pricing.services.entries import EntryDraft
from apps.selling.pricing.services.taxes import RateDraft
from apps.selling.promotions.drafts import PromotionDraft
from apps.selling.promotions.services import add_promotion

SLUG = "bench-offers"
CODE = "BENCH"


def add_offers(business: Business) -> None:
    """What prices a cart of this shop beyond its list of items."""
    actor = Actor.system("bench", business.pk)
    with tenancy.bind(business.pk):
        branches = list(Category.objects.order_by("name").values_list("pk", flat=True))
        half = PromotionDraft(
            name="Half the shelves", kind="percent", value=Decimal(10), categories=branches[::2],
            minimum_amount=Decimal(1), priority=10,
        )  # fmt: skip
        three = PromotionDraft(
            name="Three or more",
            kind="amount",
            value=Decimal(2),
            minimum_quantity=3,
            countries=["GB"],
            priority=20,
        )
        coded = PromotionDraft(
            name="Welcome",
            kind="percent",
            value=Decimal(5),
            use_limit=1_000_000,
            per_customer_limit=1_000,
            priority=30,
        )
        add_promotion(actor, draft=half)
        add_promotion(actor, draft=three)
        add_promotion(actor, draft=coded, code=CODE)
        sale = save_list(actor, name="Sale", level="sale")
        variants = Variant.objects.order_by("pk").values_list("pk", "price")[:50]
        entries = [EntryDraft(variant_id=pk, price=price - Decimal("0.50")) for pk, price in variants]
        shelf = EntryDraft(kind="percent", percent=Decimal(5), category_id=branches[1])
        volume = EntryDraft(kind="volume", percent=Decimal(3), min_quantity=2)
        set_entries(actor, list_id=sale.pk, entries=[*entries, shelf, volume])
        rates = [RateDraft("VAT", Decimal("0.2")), RateDraft("VAT", Decimal("0.05"), "reduced")]
        save_zone(actor, name="Home", country="GB", rates=rates)
        for pk in Product.objects.order_by("pk").values_list("pk", flat=True)[::2]:
            save_tax_item(actor, product_id=pk, tax_class="reduced")
    outbox.drain()
