"""A garment with all that may be known of it, for tests that walk."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

from PIL import Image

from apps.goods.catalog.drafts import VariantDraft
from apps.goods.catalog.models import Product, ProductImage, Variant
from apps.goods.catalog.services import add_image, create_product, publish_product
from apps.goods.garments.models import Garment
from apps.goods.garments.reading import parse_chart, parse_composition, parse_points
from apps.goods.garments.services import (
    check_sample,
    describe_garment,
    save_chart,
    save_colour,
    save_scale,
    save_season,
    save_style,
    set_angles,
    set_points,
)
from apps.goods.purchasing.drafts import LineDraft, OrderDraft, SupplierDraft
from apps.goods.purchasing.services import add_supplier, approve_order, draft_order, send_order, submit_order
from apps.kernel.actors import Actor

CHART = "Size, EU, UK, US, Chest cm\nS, 36, 8, 4, 84–88\nM, 38, 10, 6, 88–92\nL, 40, 12, 8, 92–96"
POINTS = "Point, ±, S, M, L\nChest width, 1, 50, 52, 54\nLength, 1.5, 68, 70, 72"
COMPOSITION = "Shell: 95 % Cotton, 5 % Elastane\nLining: 100 % Viscose"


def make_shirt(actor: Actor, *, title: str = "Quay shirt", slug: str = "quay-shirt") -> Product:
    """A shirt in two sizes and two colours, M in Chalk missing."""
    cells = [("S", "Tide"), ("M", "Tide"), ("S", "Chalk")]
    product: Product = create_product(
        actor,
        title=title,
        slug=slug,
        options=["Size", "Colour"],
        variants=[
            VariantDraft(
                price=Decimal(40), cost=Decimal(15), option_values=list(cell), sku=f"{slug}-{'-'.join(cell)}"
            )
            for cell in cells
        ],
    )
    publish_product(actor, product_id=product.pk)
    return product


def furnish_garments(actor: Actor, *, marker: str = "Quay") -> Garment:
    """The library, one shirt with everything, a picture with an angle, a checked sample. With the tenant bound."""
    product = make_shirt(actor, title=f"{marker} shirt", slug=f"{marker.lower()}-shirt")
    scale = save_scale(actor, name=f"{marker} letters", kind="letters", sizes=["XS", "S", "M", "L"])
    save_colour(actor, name="Tide", hex="#2A5B6C", names={"de": "Flut"})
    save_colour(actor, name="Chalk", hex="#f4f1ea")
    save_colour(actor, name=f"{marker} moss", hex="#6c7a4c")
    season = save_season(actor, half="SS", year=2027)
    style = save_style(actor, number=f"{marker}-100", name="Workwear shirt")
    chart = save_chart(actor, name=f"{marker} tops", **parse_chart(CHART))
    garment = describe_garment(
        actor,
        product_id=product.pk,
        style_id=style.pk,
        season_id=season.pk,
        scale_id=scale.pk,
        chart_id=chart.pk,
        composition=parse_composition(COMPOSITION),
        care=["ironno", "wash30"],
    )
    set_points(actor, garment_id=garment.pk, points=parse_points(POINTS))
    check_sample(
        actor, garment_id=garment.pk, size="M", measured={"Chest width": "53.5"}, note="First sample"
    )
    for number in range(2):
        add_picture(actor, product, number)
    image = ProductImage.objects.filter(product=product).order_by("-position")[0]
    set_angles(actor, product_id=product.pk, angles={image.pk: "front"})
    return garment


def order_shirts(actor: Actor, garment: Garment) -> None:
    """A purchase order of the shirt that is on its way."""
    supplier = add_supplier(actor, draft=SupplierDraft(name="Loom and daughters"))
    wanted = Variant.objects.filter(product=garment.product_id).order_by("position")
    lines = [LineDraft(variant_id=row.pk, quantity=6, unit_cost=Decimal(15)) for row in wanted]
    order = draft_order(actor, supplier_id=supplier.pk, draft=OrderDraft(lines=lines))
    for step in (submit_order, approve_order, send_order):
        step(actor, order_id=order.pk)


def add_picture(actor: Actor, product: Any, number: int) -> None:
    file = BytesIO()
    Image.new("RGB", (300, 400), (200, 210 - number, 215)).save(file, "PNG")
    file.seek(0)
    add_image(actor, product_id=product.pk, file=file, alt=f"View {number}")
