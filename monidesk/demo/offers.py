"""Offers of the demo that are more than a product on a shelf: by the half dozen, a kit, a draft, a licensed tea."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

from weasyprint import HTML

from apps.goods.catalog.drafts import VariantDraft
from apps.goods.catalog.models import Product, Variant
from apps.goods.catalog.services import (
    begin_certificate,
    begin_draft,
    change_draft,
    create_product,
    describe_licensed,
    publish_product,
    schedule_draft,
    set_licensed_trade,
    update_product,
)
from apps.goods.inventory.lines import StockLine
from apps.goods.inventory.services import make_kit, receive_stock
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.platform.media.services import finish_upload, put_bytes
from monidesk.demo.furnish import Furnished
from monidesk.demo.shops import Shop

LAB_LINES = (
    "Laboratory: North Quay Analytics", "Certificate of analysis", "Batch #: NQ-4471", "Report date: 2026-09-14",
    "CBDA: 3.10 %", "CBD: 1.42 %", "THCA: 0.08 %", "Δ9-THC: 0.03 %", "Moisture: 9.6 %", "Pesticides: PASS",
    "Heavy metals: PASS", "Microbials: PASS",
)  # fmt: skip


def fill(actor: Actor, shop: Shop, furnished: Furnished) -> None:
    """After the year of trade, so that what was sold then was sold under the rules of then."""
    rows = Variant.objects.filter(product__published=True, active=True, track_stock=True)
    stocked = list(rows.select_related("product").order_by("product__min_price", "pk"))
    titles: dict[object, Variant] = {}
    for variant in stocked:
        titles.setdefault(variant.product_id, variant)
    cheapest = list(titles.values())
    first, second, third = cheapest[:3]
    update_product(actor, product_id=first.product_id, order_min=6, order_step=6, order_max=60)
    _present(actor, shop, second, third)
    _draft(actor, cheapest[-1])
    if shop.slug == "harbour-pine":
        _tea(actor, furnished)


def _present(actor: Actor, shop: Shop, one: Variant, two: Variant) -> None:
    """A kit of two pieces of one thing and one of another, a tenth cheaper than by themselves."""
    price = ((2 * one.price + two.price) * Decimal("0.9")).quantize(Decimal("1"))
    product = create_product(
        actor,
        title="Small present, wrapped",
        description_html="<p>Chosen by us, wrapped in paper, with a card that you can write on.</p>",
        vendor_name=shop.vendor,
        tags=["present"],
        variants=[VariantDraft(price=price, sku="PRESENT-1")],
    )
    kit = Variant.objects.get(product=product)
    make_kit(actor, variant_id=kit.pk, parts={one.pk: 2, two.pk: 1})
    publish_product(actor, product_id=product.pk)


def _draft(actor: Actor, variant: Variant) -> None:
    """The dearest thing gets a new price next week."""
    draft = begin_draft(actor, product_id=variant.product_id)
    less = (variant.price * Decimal("0.85")).quantize(Decimal("1"))
    change_draft(
        actor,
        draft_id=draft.pk,
        tags=[*Product.objects.get(pk=variant.product_id).tags, "autumn"],
        prices={str(variant.pk): {"price": less, "compare_at_price": variant.price}},
    )
    schedule_draft(actor, draft_id=draft.pk, publish_at=clock.now() + dt.timedelta(days=7))


def _tea(actor: Actor, furnished: Furnished) -> None:
    """Hemp tea with its laboratory's paper, which waits to be read and looked at."""
    set_licensed_trade(actor, is_on=True, classifications=["Hemp leaf", "Hemp flower"])
    product = create_product(
        actor,
        title="Hemp leaf tea, 50 g",
        description_html="<p>Dried leaves, mild and grassy. Tested by an independent laboratory.</p>",
        product_type="Tea",
        tags=["tea"],
        variants=[VariantDraft(price=Decimal("9.50"), cost=Decimal("3.80"), sku="HEMP-50")],
    )
    tea = Variant.objects.get(product=product)
    receive_stock(actor, location_id=furnished.location_id, lines=[StockLine(tea.pk, 40)])
    describe_licensed(
        actor, product_id=product.pk, strain="Futura 75", classification="Hemp leaf", thc_max=Decimal("0.10"),
        cbd_min=Decimal(3), cbd_max=Decimal(5),
    )  # fmt: skip
    publish_product(actor, product_id=product.pk)
    lines = "".join(f"<p>{line}</p>" for line in LAB_LINES)
    paper = bytes(HTML(string=f"<style>body {{ font: 13pt sans-serif }}</style>{lines}").write_pdf())
    made = begin_certificate(
        actor,
        product_id=product.pk,
        name="north-quay-NQ-4471.pdf",
        content_type="application/pdf",
        size=len(paper),
    )
    if made.media is not None:
        put_bytes(made.media, io.BytesIO(paper))
        finish_upload(actor, media_id=made.media.pk)
