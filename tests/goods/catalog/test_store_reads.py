"""The store's hot path: what is found, in how many queries, by which indexes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.goods.catalog import selectors, services
from apps.goods.catalog.models import Product
from apps.goods.inventory.selectors import availability, in_stock_products, product_availability
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound, UnboundTenant
from apps.platform.businesses.models import Business
from tests.factories.goods import make_product
from tests.owner import owners_rights

pytestmark = pytest.mark.django_db


def queries(act: Callable[[], Any]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        act()
    return len(captured.captured_queries)


def whole_list_page(**search: Any) -> list[Product]:
    page = selectors.read_page(selectors.list_published(**search))
    product_availability([product.pk for product in page.items])
    selectors.list_category_facets()
    for product in page.items:
        assert product.title
        assert product.has_price_range in (True, False)
        assert product.cover is None or product.cover.renditions is not None
    return page.items


@pytest.mark.parametrize("count", [1, 10, 40])
def test_a_list_page_takes_three_queries_for_any_number_of_products(
    business: Business, bound: Business, count: int
) -> None:
    for number in range(count):
        make_product(business, title=f"Thing {number}", stock=1, option="Size", values=["S", "M"])
    assert queries(whole_list_page) == 3
    assert queries(lambda: whole_list_page(term="thing", min_price=Decimal(1), sort="price")) == 3


@pytest.mark.parametrize("count", [1, 30])
def test_a_product_page_takes_three_queries(business: Business, bound: Business, count: int) -> None:
    make_product(business, stock=1, option="Size", values=[str(n) for n in range(count)])

    def page() -> None:
        found = selectors.get_published_product("blue-mug")
        stock = availability(variant.pk for variant in found.variants)
        assert len(found.variants) == len(stock) == count
        assert found.options[0]["name"] == "Size"

    assert queries(page) == 3


def test_only_what_is_published_of_this_business(
    business: Business, other_business: Business, bound: Business
) -> None:
    shown = make_product(business, title="Shown")
    make_product(business, title="Draft", published=False)
    theirs = make_product(other_business, title="Theirs")
    assert list(selectors.list_published()) == [shown]
    for slug in ("draft", theirs.slug, "nothing"):
        with pytest.raises(NotFound):
            selectors.get_published_product(slug)


def test_nothing_is_read_without_a_tenant(business: Business) -> None:
    with tenancy.bind(None), pytest.raises(UnboundTenant):
        list(selectors.list_published())


def test_search_filters_and_orders(business: Business, bound: Business, actor: Actor) -> None:
    clothes = services.create_category(actor, name="Clothes")
    shirts = services.create_category(actor, name="Shirts", parent_id=clothes.pk)
    linen = make_product(
        business, title="Linen shirt", price="30", category_id=shirts.pk, vendor_name="Loom", stock=1
    )
    cafe = make_product(business, title="Café mug", price="8", tags=["kitchen"], variant={"sku": "MUG-1"})

    def titles(**search: Any) -> list[str]:
        return [product.title for product in selectors.list_published(**search)]

    assert titles(term="shir") == ["Linen shirt"]
    assert titles(term="CAFE mu") == ["Café mug"]
    assert titles(term="mug-1") == ["Café mug"]
    assert titles(term="loom") == ["Linen shirt"]
    assert titles(term="& | ! :* ( '") == titles()
    assert titles(term="shirt & mug") == []
    assert titles(category="clothes") == ["Linen shirt"]
    assert titles(category="nope") == []
    assert titles(max_price=Decimal(10)) == ["Café mug"]
    assert titles(tag="kitchen") == ["Café mug"]
    assert titles(sort="price") == ["Café mug", "Linen shirt"]
    assert titles(sort="-price") == ["Linen shirt", "Café mug"]
    assert titles(sort="sql; drop") == ["Café mug", "Linen shirt"]
    assert list(selectors.search_similar(Product.objects.visible(), "linnen")) == [linen]
    assert list(in_stock_products(selectors.list_published())) == [linen]
    facets = [(facet.slug, facet.depth, facet.count) for facet in selectors.list_category_facets()]
    assert facets == [("clothes", 0, 1), ("shirts", 1, 1)]
    assert cafe in selectors.list_published(term="mug")


def test_pages_know_whether_there_are_more(business: Business, bound: Business) -> None:
    for number in range(5):
        make_product(business, title=f"Thing {number}")
    first = selectors.read_page(selectors.list_published(sort="title"), 1, 3)
    second = selectors.read_page(selectors.list_published(sort="title"), 2, 3)
    assert ([p.title[-1] for p in first.items], first.has_next) == (["0", "1", "2"], True)
    assert ([p.title[-1] for p in second.items], second.has_next) == (["3", "4"], False)
    assert selectors.count_up_to(selectors.list_published(), 3) == 4


PLANS = [
    ({"sort": "newest"}, "catalog_store_newest"),
    ({"sort": "price"}, "catalog_store_price"),
    ({"sort": "title"}, "catalog_store_title"),
    ({"term": "thing77"}, "catalog_product_search"),
]


@pytest.fixture
def full_shops(business: Business, other_business: Business) -> None:
    """Two shops of 3,000 products, so that the planner has a reason to choose."""
    for shop in (business, other_business):
        Product.unscoped.bulk_create(
            Product(
                business=shop, title=f"Thing {n}", slug=f"thing-{n}", status="active", published=True,
                published_at=clock.now(), min_price=n, max_price=n, search_text=f"thing{n} shop " + "lamp " * (n == 7),
            )
            for n in range(3000)
        )  # fmt: skip
    with owners_rights(), connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_product")


def test_each_order_and_both_searches_have_their_index(full_shops: None, bound: Business) -> None:
    plans = [(selectors.list_published(**search)[:21], index) for search, index in PLANS]
    plans.append((selectors.search_similar(Product.objects.visible(), "lamb"), "catalog_product_trigram"))
    for products, index in plans:
        plan = products.explain()
        assert index in plan, plan
