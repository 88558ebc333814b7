"""What is found by words, whole, begun, stemmed and mistyped; facets against plain SQL; rules of collections."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.goods.catalog import services
from apps.goods.catalog.facets import read_facets
from apps.goods.catalog.models import Brand, Collection, Product
from apps.goods.catalog.rules import MOST_RULES, condition_of
from apps.goods.catalog.searching import Asked, find_products, find_similar
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.platform.businesses.models import Business
from tests.factories.goods import make_product

pytestmark = pytest.mark.django_db


def found(term: str = "", **asked: Any) -> list[str]:
    return [product.title for product in find_products(Asked(term, **asked))]


def test_words_begun_stemmed_and_mistyped(business: Business, bound: Business, actor: Actor) -> None:
    linens = services.create_category(actor, name="Linens")
    towel = services.create_category(actor, name="Tèa towels", parent_id=linens.pk)
    make_product(
        business, title="Linen shirt", vendor_name="Loom", variant={"sku": "SH-1", "barcode": "4006381"}
    )
    make_product(
        business, title="Striped cloth", category_id=towel.pk, description_html="<p>Dries glasses</p>"
    )
    make_product(
        business, title="Café mug", tags=["stoneware"], description_html="<p>For a linen cupboard</p>"
    )
    assert (
        found("shirts")
        == found("shi")
        == found("sh-1")
        == found("400638")
        == found("loom")
        == ["Linen shirt"]
    )
    assert found("cafe") == found("CAFÉ") == found("stonew") == ["Café mug"]
    assert found("tea") == found("glass") == found("towel") == ["Striped cloth"]
    # The title counts for more than the category, and that for more than the description.
    assert found("linen") == ["Linen shirt", "Striped cloth", "Café mug"]
    services.change_category(actor, category_id=linens.pk, name="Textiles")
    assert found("textile") == ["Striped cloth"]
    assert found("linen") == ["Linen shirt", "Café mug"]
    services.change_category(actor, category_id=towel.pk, parent_id=None)
    assert found("textile") == []
    for slip in ("linnen shrit", "stonwear", "lomm shirt"):
        assert found(slip) == []
        assert len(find_similar(Asked(slip))) == 1, slip
    assert not find_similar(Asked("zebra"))


@pytest.fixture
def shop(business: Business, other_business: Business, bound: Business, actor: Actor) -> None:
    home = services.create_category(actor, name="Home")
    branches = [home, services.create_category(actor, name="Kitchen", parent_id=home.pk)]
    for number in range(24):
        make_product(
            business, title=f"Thing {number}", price=1 + number * 3, stock=number % 3,
            vendor_name=["Loom", "Mill", ""][number % 3], tags=[["red", "blue"][number % 2], "made"],
            category_id=branches[number % 2].pk if number % 5 else None,
            variant={"compare_at_price": Decimal(500) if number % 4 == 0 else None},
        )  # fmt: skip
    make_product(business, title="Hidden thing", published=False, vendor_name="Loom")
    make_product(other_business, title="Their thing", vendor_name="Loom", tags=["red"])


PLAIN = """
SELECT count(*) FROM catalog_product p
  LEFT JOIN catalog_brand b ON b.id = p.brand_id LEFT JOIN catalog_category c ON c.id = p.category_id
 WHERE p.business_id = %s AND p.status = 'active' AND p.published AND p.title ILIKE '%%thing%%' AND
"""
STOCKED = """EXISTS (SELECT 1 FROM catalog_variant v JOIN inventory_stockbalance s ON s.variant_id = v.id
                      WHERE v.product_id = p.id AND s.on_hand - s.reserved > 0)"""


def plainly(business: Business, where: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(PLAIN + where, [business.pk])
        return int(cursor.fetchone()[0])


ASKS = [
    (Asked("thing"), {}),
    (Asked("thing", brand="loom"), {"brand": "b.slug = 'loom'"}),
    (
        Asked("thing", category="home", tag="red"),
        {"category": "c.path LIKE 'home%%'", "tag": "'red' = ANY(p.tags)"},
    ),
    (
        Asked("thing", min_price=Decimal(5), max_price=Decimal("19.99"), category="kitchen"),
        {"price": "p.max_price >= 5 AND p.min_price <= 19.99", "category": "c.slug = 'kitchen'"},
    ),
    (Asked("thing", in_stock=True, sale=True), {"both": f"p.compare_at_price > p.min_price AND {STOCKED}"}),
]


@pytest.mark.parametrize(("asked", "where"), ASKS)
def test_facets_count_as_plain_sql_does(
    business: Business, shop: None, asked: Asked, where: dict[str, str]
) -> None:
    with CaptureQueriesContext(connection) as seen:
        facets = read_facets(asked)
    assert len(seen) == 2

    def plain(condition: str, *, but: str = "") -> int:
        kept = [text for name, text in where.items() if name != but]
        return plainly(business, " AND ".join([*kept, condition]))

    assert facets.total == plain("TRUE") == len(found("thing", **_choices(asked)))
    assert facets.in_stock == plain(STOCKED)
    assert facets.on_sale == plain("p.compare_at_price > p.min_price")
    assert facets.brands
    for brand in facets.brands:
        assert brand.count == plain(f"b.slug = '{brand.value}'", but="brand")
    for tag in facets.tags:
        assert tag.count == plain(f"'{tag.value}' = ANY(p.tags)", but="tag")
    for branch in facets.categories:
        inside = {"home": "c.path LIKE 'home%%'", "kitchen": "c.slug = 'kitchen'"}[branch.value]
        assert branch.count == plain(inside, but="category")
    for band in facets.bands:
        upper = f"AND p.min_price < {band.high}" if band.high is not None else ""
        assert band.count == plain(f"p.max_price >= {band.low} {upper}", but="price")
    assert sum(band.count for band in facets.bands) == plain("TRUE", but="price")


def _choices(asked: Asked) -> dict[str, Any]:
    names = ("category", "brand", "tag", "min_price", "max_price", "in_stock", "sale")
    return {name: getattr(asked, name) for name in names}


def test_rules_ask_the_database_at_the_moment_of_looking(
    business: Business, shop: None, actor: Actor
) -> None:
    loom, home = Brand.objects.get(name="Loom"), Product.objects.exclude(category=None)[0].category

    def count(match: str, *rules: tuple[str, object]) -> int:
        kept = services.create_collection(
            actor, name="C", kind="rules", match=match, rules=[{"field": f, "value": v} for f, v in rules]
        )
        return find_products(Asked(within=kept)).count()

    assert count("all", ("title", "THING 2")) == plainly(business, "p.title LIKE 'Thing 2%%'")
    assert count("all", ("brand", loom.pk), ("in_stock", 1)) == plainly(
        business, f"b.slug = 'loom' AND {STOCKED}"
    )
    assert count("any", ("brand", loom.pk), ("tag", "red")) == plainly(
        business, "(b.slug = 'loom' OR 'red' = ANY(p.tags))"
    )
    assert home is not None
    assert count("all", ("category", home.pk)) == plainly(business, f"c.path LIKE '{home.path}%%'")
    assert count("all", ("price_above", "10"), ("price_below", 40)) == plainly(
        business, "p.max_price > 10 AND p.min_price < 40"
    )
    Product.objects.filter(title="Thing 3").update(created_at=clock.now() - dt.timedelta(days=9))
    assert count("all", ("created_within", "7")) == 23
    assert Product.objects.filter(condition_of([{"field": "gone", "value": "x"}], "all")).count() == 0
    forgotten = Collection(kind="rules", match="all", rules=[{"field": "gone", "value": "x"}])
    assert (read_facets(Asked(within=forgotten)).total, found(within=forgotten)) == (0, [])

    bad: list[list[dict[str, Any]]] = [
        [], [{"field": "colour", "value": "red"}], [{"field": "title", "value": " "}], [{}],
        [{"field": "price_below", "value": "NaN"}], [{"field": "created_within", "value": "0"}],
        [{"field": "brand", "value": str(home.pk)}], [{"field": "title", "value": "a"}] * (MOST_RULES + 1),
    ]  # fmt: skip
    for rules in bad:
        with pytest.raises(InvalidInput):
            services.create_collection(actor, name="Bad", kind="rules", rules=rules)
    hand = services.create_collection(actor, name="By hand")
    with pytest.raises(WrongState):
        services.change_collection(actor, collection_id=hand.pk, match="any")
    rules_one = Collection.objects.filter(kind="rules")[0]
    with pytest.raises(WrongState):
        services.set_collection_products(actor, collection_id=rules_one.pk, product_ids=[])
