"""Lists: page by page without gaps or repeats, and at the same cost for one row and for a hundred."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.goods.catalog.models import Product
from apps.goods.catalog.services import create_collection, show_collection
from apps.goods.inventory.lines import AdjustLine
from apps.goods.inventory.services import propose_adjustment, set_stock_limits
from apps.goods.warehouse.lines import WantedLine
from apps.goods.warehouse.services import open_count, record_scan, request_transfer
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.people.customers.services import record_customer
from apps.platform.businesses.models import Business, Location
from apps.platform.businesses.services import add_location
from tests.factories.goods import make_product, make_variant, variants_of
from tests.factories.orders import make_order, ship

from .world import Caller

pytestmark = pytest.mark.django_db


def pages(caller: Caller, address: str) -> Iterator[list[Any]]:
    """Each page as `next` leads to it."""
    while address:
        body = caller.get(address).json()
        yield body["results"]
        address = body["next"] or ""


def queries(caller: Caller, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = caller.get(address)
    assert response.status_code == 200, response.content
    return len(captured)


def fill_customers(shop: Business, count: int) -> None:
    actor = Actor.system("test", shop.pk)
    for number in range(count):
        record_customer(actor, email=f"c{number:03}@example.com", name=f"Name {number % 3}")


@pytest.mark.parametrize("ordering", ["-id", "id", "name", "-name"])
def test_pages_join_without_gap_or_repeat(staff: Caller, shop: Business, ordering: str) -> None:
    fill_customers(shop, 11)
    found = [row for page in pages(staff, f"customers/?limit=4&ordering={ordering}") for row in page]
    with tenancy.bind(shop.pk):
        from apps.people.customers.models import Customer

        last = "-id" if ordering.startswith("-") else "id"
        expected = [str(pk) for pk in Customer.objects.order_by(ordering, last).values_list("pk", flat=True)]
    assert [row["id"] for row in found] == expected


def test_a_row_added_meanwhile_moves_nothing(staff: Caller, shop: Business) -> None:
    fill_customers(shop, 6)
    first = staff.get("customers/?limit=3").json()
    record_customer(Actor.system("test", shop.pk), email="late@example.com")
    second = staff.get(first["next"]).json()
    emails = [row["email"] for row in first["results"] + second["results"]]
    assert emails == [f"c{number:03}@example.com" for number in (5, 4, 3, 2, 1, 0)]


def test_the_way_back(staff: Caller, shop: Business) -> None:
    fill_customers(shop, 7)
    first = staff.get("customers/?limit=3").json()
    second = staff.get(first["next"]).json()
    third = staff.get(second["next"]).json()
    assert (first["previous"], third["next"]) == (None, None)
    again = staff.get(third["previous"]).json()
    assert again["results"] == second["results"]
    assert staff.get(again["previous"]).json()["results"] == first["results"]
    assert staff.get(again["previous"]).json()["previous"] is None


def test_a_cursor_belongs_to_its_order(staff: Caller, shop: Business) -> None:
    fill_customers(shop, 3)
    cursor = staff.get("customers/?limit=1&ordering=name").json()["next"]
    assert staff.get(cursor.replace("ordering=name", "ordering=-name")).status_code == 400


def test_filters_and_search(staff: Caller, shop: Business) -> None:
    make_product(shop, title="Harbour mug", price="12.50", tags=["kitchen"])
    make_product(shop, title="Storm lamp", price="40.00", published=False)

    def titles(query: str) -> list[str]:
        return [row["title"] for row in staff.get(f"products/?ordering=title&{query}").json()["results"]]

    assert titles("search=mug") == ["Harbour mug"]
    assert titles("status=draft") == ["Storm lamp"]
    assert titles("min_price=20") == ["Storm lamp"]
    assert titles("max_price=12.50&published=true") == ["Harbour mug"]
    assert titles("search=100%25_") == []


def test_amounts_are_text_in_the_currency(staff: Caller, shop: Business) -> None:
    make_product(shop, title="Harbour mug", price="12.50")
    row = staff.get("products/").json()["results"][0]
    assert (row["min_price"], row["currency"]) == ("12.50", "GBP")
    assert row["created_at"].endswith("Z")


GOODS_LISTS = [
    "products/", "variants/", "stock/", "stock/movements/", "stock/locations/", "categories/", "brands/",
    "stock/transfers/", "stock/counts/", "stock/adjustments/",
]  # fmt: skip


def fill_papers_of_stock(product: Product) -> None:
    """A transfer, a count and an adjustment that waits, each with a line."""
    system = Actor.system("t", product.business_id)
    variant, code = variants_of(product)[0], product.slug[-12:]
    depot = add_location(system, name=f"Depot {code}", kind="warehouse", code=code)
    place = {"source_id": get_shop(product).pk, "destination_id": depot.pk}
    request_transfer(system, **place, lines=[WantedLine(variant.pk, 1)])
    record_scan(system, count_id=open_count(system).pk, variant_id=variant.pk)
    set_stock_limits(system, adjust_approval_above=Decimal(0), count_approval_above=Decimal(0))
    keeper = Actor("user", None, "keeper", product.business_id, permissions=frozenset({"stock.adjust"}))
    propose_adjustment(keeper, location_id=get_shop(product).pk, lines=[AdjustLine(variant.pk, delta=1)])


def get_shop(product: Product) -> Location:
    return Location.unscoped.get(business_id=product.business_id, is_default=True)


@pytest.mark.parametrize("address", GOODS_LISTS)
def test_a_list_costs_the_same_for_any_number_of_rows(staff: Caller, shop: Business, address: str) -> None:
    counts = []
    made = 0
    for rows in (1, 10, 40):
        while made < rows:
            product = make_product(shop, title=f"Product {made}", stock=3, vendor_name=f"Maker {made}")
            fill_papers_of_stock(product)
            made += 1
        counts.append(queries(staff, f"{address}?limit=100"))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= 5


def test_products_of_a_brand_and_of_a_collection(staff: Caller, anybody: Caller, shop: Business) -> None:
    actor = Actor.system("tests", shop.pk)
    make_product(shop, title="Mug", vendor_name="Loom", tags=["blue"])
    make_product(shop, title="Bowl", vendor_name="Mill", tags=["blue"])
    make_product(shop, title="Draft", vendor_name="Loom", tags=["blue"], published=False)
    rules = [{"field": "tag", "value": "blue"}]
    blue = create_collection(actor, name="Blue", kind="rules", rules=rules)
    loom = next(row for row in staff.get("brands/").json()["results"] if row["name"] == "Loom")

    def titles(caller: Caller, address: str) -> set[str]:
        return {row["title"] for row in caller.get(address).json()["results"]}

    assert titles(staff, f"products/?brand={loom['id']}") == {"Mug", "Draft"}
    assert titles(staff, f"products/?collection={blue.pk}") == {"Mug", "Bowl", "Draft"}
    assert titles(staff, f"products/?collection={new_id()}") == set()
    assert staff.get("collections/").json()["results"][0]["rules"] == rules
    assert titles(anybody, "stores/harbour/products/?brand=mill") == {"Bowl"}
    assert titles(anybody, "stores/harbour/products/?collection=blue") == set()
    show_collection(actor, collection_id=blue.pk, published=True)
    assert titles(anybody, "stores/harbour/products/?collection=blue") == {"Mug", "Bowl"}


def test_the_list_of_customers_costs_the_same(staff: Caller, shop: Business) -> None:
    counts = []
    for rows in (1, 10, 100):
        fill_customers(shop, rows)
        counts.append(queries(staff, "customers/?limit=100"))
    assert len(set(counts)) == 1, counts


TRADE_LISTS = ["orders/", "payments/", "journal-entries/", "documents/", "stock/movements/"]


def test_lists_of_trade_cost_the_same(staff: Caller, shop: Business, drain_outbox: Any) -> None:
    variant = make_variant(shop, stock=100)
    counts: dict[str, list[int]] = {address: [] for address in TRADE_LISTS}
    made = 0
    for rows in (1, 4, 12):
        while made < rows:
            ship(make_order(shop, lines=[(variant, 1)], paid=True))
            made += 1
        drain_outbox()
        for address in TRADE_LISTS:
            counts[address].append(queries(staff, f"{address}?limit=100"))
    assert all(len(set(seen)) == 1 for seen in counts.values()), counts


def test_the_public_list_and_the_cart_cost_the_same(anybody: Caller, shop: Business) -> None:
    token, counts = "", []
    for number in range(10):
        product = make_product(shop, title=f"Product {number}", stock=3)
        body = {"variant_id": str(variants_of(product)[0].pk)}
        token = anybody.post(
            "stores/harbour/cart/items/", body, **({"X_Cart": token} if token else {})
        ).json()["token"]
        if number in {0, 4, 9}:
            with CaptureQueriesContext(connection) as captured:
                anybody.get("stores/harbour/cart/", X_Cart=token)
            counts.append((queries(anybody, "stores/harbour/products/?limit=100"), len(captured)))
    assert len(set(counts)) == 1, counts
    assert counts[0][0] <= 5
