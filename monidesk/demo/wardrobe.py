"""What the clothing business of the demo knows of its clothes, and what both ask of their records."""

from __future__ import annotations

from apps.goods.catalog.models import Product, ProductOption
from apps.goods.garments.reading import parse_chart, parse_composition, parse_points
from apps.goods.garments.services import (
    add_variants,
    check_sample,
    describe_garment,
    make_season_collection,
    save_chart,
    save_colour,
    save_scale,
    save_season,
    save_style,
    set_points,
)
from apps.kernel import clock, outbox
from apps.kernel.actors import Actor
from apps.kernel.tenancy import require_business_id
from apps.platform.fields.drafts import FieldDraft
from apps.platform.fields.services import add_field, set_values_in_bulk

COLOURS = {
    "Clay": "#b0603f", "Pine": "#2f4a3c", "Sand": "#d8c4a0", "Sky": "#8fb4cc", "White": "#f7f6f2", "Black": "#1d1d1f",
    "Rust": "#9c4a2b", "Oat": "#e0d5bf", "Charcoal": "#3d3f43", "Moss": "#6c7a4c",
}  # fmt: skip
CHART = """Size; US; EU; UK; JP; Chest in; Waist in; Sleeve in
XS; 32; 42; 32; XS; 31–33; 26–28; 32
S; 34–36; 44–46; 34–36; S; 34–36; 29–31; 33
M; 38–40; 48–50; 38–40; M; 38–40; 32–34; 34
L; 42–44; 52–54; 42–44; L; 42–44; 35–37; 35
XL; 46–48; 56–58; 46–48; XL; 46–48; 38–41; 36"""
POINTS = """Point; ±; XS; S; M; L; XL
Chest width; 0.5; 18.5; 19.5; 21; 22.5; 24
Length from shoulder; 0.5; 26.5; 27; 28; 29; 30
Sleeve length; 0.5; 32; 33; 34; 35; 36"""
# Title: style number, half of the year, composition, care.
CLOTHES = {
    "Ridge overshirt": ("J-210", "FW", "Shell: 100 % Cotton\nPocket lining: 65 % Polyester, 35 % Cotton",
                        ["wash30", "bleachno", "tumblelow", "iron2"]),
    "Creek linen shirt": ("J-118", "SS", "Shell: 100 % Linen", ["wash40", "bleachno", "tumbleno", "dryline", "iron3"]),
    "Heavy tee": ("J-101", "SS", "Shell: 100 % Combed cotton\nCollar rib: 95 % Cotton, 5 % Elastane",
                  ["wash40", "bleachno", "tumblelow", "iron2", "cleanno"]),
}  # fmt: skip


def fill(actor: Actor) -> None:
    """Describe the clothes that are there; a business that sells none gets its custom fields alone. Tenant is bound."""
    _ask(actor)
    clothes = {row.title: row for row in Product.objects.filter(title__in=CLOTHES)}
    if not clothes:
        return
    letters = save_scale(actor, name="Letters XS–XL", kind="letters", sizes=["XS", "S", "M", "L", "XL"])
    save_scale(
        actor, name="Children, by age", kind="kids", sizes=["2–3", "4–5", "6–7", "8–9", "10–11", "12–13"]
    )
    save_scale(actor, name="EU 44–58", kind="eu", sizes=[str(size) for size in range(44, 60, 2)])
    for name, code in COLOURS.items():
        save_colour(actor, name=name, hex=code)
    chart = save_chart(actor, name="Tops", **parse_chart(CHART))
    year = clock.now().year
    seasons = {half: save_season(actor, half=half, year=year) for half in ("SS", "FW")}
    for title, (number, half, composition, care) in CLOTHES.items():
        if title not in clothes:
            continue
        garment = describe_garment(
            actor,
            product_id=clothes[title].pk,
            style_id=save_style(actor, number=number, name=title).pk,
            season_id=seasons[half].pk,
            scale_id=letters.pk,
            chart_id=chart.pk,
            composition=parse_composition(composition),
            care=care,
        )
        set_points(actor, garment_id=garment.pk, points=parse_points(POINTS), unit="in")
        check_sample(
            actor, garment_id=garment.pk, size="M", note="Pre-production sample",
            measured={"Chest width": "21.25", "Length from shoulder": "28", "Sleeve length": "34.75"},
        )  # fmt: skip
    for season in seasons.values():
        make_season_collection(actor, season_id=season.pk)
    if "Creek linen shirt" in clothes:
        # A new colour of a matrix product, not received yet.
        shirt = clothes["Creek linen shirt"]
        if ProductOption.objects.filter(product=shirt, name="Color").exists():
            add_variants(actor, product_id=shirt.pk, wanted=[(size, "Moss") for size in ("S", "M", "L")])
    outbox.deliver_together(require_business_id())


def _ask(actor: Actor) -> None:
    """A few fields on products, customers and orders, with answers on products."""
    drafts = (
        ("catalog.product", "origin", FieldDraft(
            label="Made in", type="choice", choices=["Portugal", "England", "Turkey", "USA"], in_list=True,
            filterable=True, in_store=True)),
        ("catalog.product", "hand_made", FieldDraft(label="Made by hand", type="yes_no", filterable=True, in_store=True)),
        ("customers.customer", "birthday", FieldDraft(
            label="Birthday", type="date", help_text="For a card and ten per cent off.")),
        ("orders.order", "cost_centre", FieldDraft(
            label="Cost centre", type="text", maximum="20", filterable=True, on_documents=True)),
    )  # fmt: skip
    for record_type, code, draft in drafts:
        add_field(actor, record_type=record_type, code=code, draft=draft)
    places = ("Portugal", "England", "Turkey", "USA")
    products = Product.objects.order_by("title", "pk").values_list("pk", flat=True)[:40]
    answers = {pk: {"origin": places[n % 4], "hand_made": n % 3 == 0} for n, pk in enumerate(products)}
    set_values_in_bulk(actor, record_type="catalog.product", values=answers)
