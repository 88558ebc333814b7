"""Offers of the demo that are more than a product on a shelf: by the half dozen, in packs, by the metre, a kit, a
draft, a licensed tea."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

from weasyprint import HTML

from apps.goods.catalog.drafts import PackDraft, VariantDraft
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
    set_packs,
    update_product,
    update_variant,
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
    stocked = list(
        rows.select_related("product").order_by("product__min_price", "product__title", "position")
    )
    titles: dict[object, Variant] = {}
    for variant in stocked:
        titles.setdefault(variant.product_id, variant)
    cheapest = list(titles.values())
    first, second, third = cheapest[:3]
    update_product(actor, product_id=first.product_id, order_min=6, order_step=6, order_max=60)
    _present(actor, shop, second, third)
    _packs(actor, cheapest[3])
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


def _packs(actor: Actor, variant: Variant) -> None:
    """By the piece, by the box, and by the case that the supplier sends."""
    case = (variant.price * 12 * Decimal("0.9")).quantize(Decimal("0.01"))
    packs = [
        PackDraft(name="Box of 6", quantity=6, sold=True),
        PackDraft(
            name="Case of 12",
            quantity=12,
            barcode="5012345678900",
            price=case,
            sold=True,
            for_purchasing=True,
        ),
    ]
    set_packs(actor, variant_id=variant.pk, packs=packs)


def _gummies(actor: Actor, furnished: Furnished) -> None:
    """Contents in milligrams, so in no range of per cent."""
    product = create_product(
        actor,
        title="CBD fruit gummies, 20 pieces",
        description_html="<p>Raspberry and apple. Each piece has 10 mg.</p>",
        product_type="Sweets",
        tags=["sweets"],
        variants=[VariantDraft(price=Decimal(18), cost=Decimal(7), sku="GUMMY-20")],
    )
    gummies = Variant.objects.get(product=product)
    update_variant(actor, variant_id=gummies.pk, content_amount=Decimal(80), content_unit="g", order_max=5)
    receive_stock(actor, location_id=furnished.location_id, lines=[StockLine(gummies.pk, 30)])
    describe_licensed(actor, product_id=product.pk, cbd_min=Decimal(10), cbd_unit="mg")
    publish_product(actor, product_id=product.pk)


def _cloth(actor: Actor, furnished: Furnished) -> None:
    """Kept in centimetres, shown and priced by the metre, sold from half a metre on."""
    product = create_product(
        actor,
        title="Linen by the metre, undyed",
        description_html="<p>150 cm wide, 210 g to the square metre. Cut for you in one piece.</p>",
        product_type="Fabric",
        tags=["linen"],
        variants=[
            VariantDraft(
                price=Decimal("0.24"),
                cost=Decimal("0.11"),
                sku="LINEN-CM",
                unit="cm",
                shown_unit="m",
                order_min=50,
                order_step=10,
            )
        ],
    )
    linen = Variant.objects.get(product=product)
    bolt = PackDraft(
        name="Whole bolt, 20 m", quantity=2000, price=Decimal(420), barcode="5012345678917", sold=True
    )
    set_packs(actor, variant_id=linen.pk, packs=[bolt])
    receive_stock(actor, location_id=furnished.location_id, lines=[StockLine(linen.pk, 6400)])
    publish_product(actor, product_id=product.pk)


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
    # The bag is compared by 100 g, as the law asks; three bags are a little cheaper.
    update_variant(actor, variant_id=tea.pk, content_amount=Decimal(50), content_unit="g")
    three = PackDraft(name="Three bags", quantity=3, price=Decimal("25.50"), sku="HEMP-50-3", sold=True)
    set_packs(actor, variant_id=tea.pk, packs=[three])
    receive_stock(actor, location_id=furnished.location_id, lines=[StockLine(tea.pk, 40)])
    describe_licensed(
        actor, product_id=product.pk, strain="Futura 75", classification="Hemp leaf", thc_max=Decimal("0.10"),
        cbd_min=Decimal(3), cbd_max=Decimal(5),
    )  # fmt: skip
    publish_product(actor, product_id=product.pk)
    _gummies(actor, furnished)
    _cloth(actor, furnished)
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
