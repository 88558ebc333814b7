"""How many queries a page takes: the same for one and for a hundred products."""

from __future__ import annotations

import re
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from apps.goods.catalog.services import add_image
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.people.customers.models import Customer
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import find_business_by_slug, forget_cached_businesses
from apps.selling.orders.models import Order
from apps.selling.pricing.services import save_list, set_entries
from apps.selling.pricing.services.entries import EntryDraft
from tests.factories.businesses import make_user
from tests.factories.goods import make_product, make_variant, variants_of
from tests.factories.orders import make_order, pay, ship, system_of
from tests.factories.promotions import make_promotion
from tests.money.receivables.furnished import make_company

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_in_service(settings: Any) -> None:
    settings.BUSINESS_CACHE_SECONDS = 60


def queries_of(client: Client, path: str, *, cold: bool) -> int:
    find_business_by_slug("harbour")
    if cold:
        caches["pages"].clear()
    else:
        client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize(
    ("path", "budget"),
    [
        ("products/", 8),
        ("products/?q=bowl&in_stock=1&sort=price&min=1", 8),
        ("products/bowl-0/", 6),
        ("suggest/?q=bowl", 2),
        ("", 8),
    ],
)
def test_pages_stay_in_their_budget_whatever_the_catalogue(
    client: Client, store: Business, path: str, budget: int, cold: bool
) -> None:
    counts = []
    made = 0
    for size in (1, 10, 40):
        while made < size:
            make_product(store, title=f"Bowl {made}", slug=f"bowl-{made}", stock=2)
            made += 1
        counts.append(queries_of(client, f"/store/harbour/{path}", cold=cold))
    assert max(counts) <= budget, counts
    # One product alone has no "goes well with it"; beyond that nothing may grow.
    assert counts[1] == counts[2], counts


@pytest.mark.parametrize("path", ["products/", "products/bowl-0/", "suggest/?q=bowl", "", "cart/"])
def test_uploaded_pictures_cost_no_query(client: Client, store: Business, path: str) -> None:
    made = [make_product(store, title=f"Bowl {n}", slug=f"bowl-{n}", stock=2) for n in range(4)]
    client.post("/store/harbour/cart/add/", {"product": "bowl-0", "quantity": "1"})
    drawn = queries_of(client, f"/store/harbour/{path}", cold=True)
    for product in made:
        for _twice in "ab":
            picture = BytesIO()
            Image.new("RGB", (700, 500), "teal").save(picture, "PNG")
            add_image(Actor.system("tests", store.pk), product_id=product.pk, file=picture)
    assert queries_of(client, f"/store/harbour/{path}", cold=True) == drawn
    page = client.get(f"/store/harbour/{path}").content.decode()
    assert "/files/lasting/" in page
    if path in {"products/", "products/bowl-0/"}:
        assert re.search(r'<source type="image/avif" srcset="[^"]+320\.avif 320w, [^"]+ 700w"', page)
        assert re.search(r'<img[^>]+srcset="[^"]+320\.webp 320w, [^"]+"[^>]+width="\d+" height="\d+"', page)


def test_a_cart_costs_one_query_more(client: Client, store: Business) -> None:
    make_product(store, title="Bowl", slug="bowl", stock=2)
    without = queries_of(client, "/store/harbour/products/bowl/", cold=False)
    client.post("/store/harbour/cart/add/", {"product": "bowl", "quantity": "1"})
    assert queries_of(client, "/store/harbour/products/bowl/", cold=False) == without + 1 <= 6


@pytest.mark.parametrize(("path", "budget"), [("cart/", 6), ("checkout/", 16)])
def test_the_cart_and_the_checkout_cost_the_same_for_any_number_of_lines(
    client: Client, store: Business, path: str, budget: int
) -> None:
    counts = []
    for number in range(12):
        make_product(store, title=f"Bowl {number}", slug=f"bowl-{number}", stock=2)
        client.post("/store/harbour/cart/add/", {"product": f"bowl-{number}", "quantity": "1"})
        if number in {0, 1, 11}:
            counts.append(queries_of(client, f"/store/harbour/{path}", cold=False))
    assert counts == counts[:1] * 3, counts
    assert counts[0] <= budget, counts


def _order_of(store: Business, lines: int) -> Order:
    bought = [(make_variant(store, title=f"Mug {lines}-{number}", stock=9), 1) for number in range(lines)]
    return ship(pay(make_order(store, lines=bought)))


@pytest.mark.parametrize(("path", "budget"), [("track/{}/", 5), ("checkout/return/{}/", 10)])
def test_an_orders_pages_cost_the_same_for_any_number_of_lines(
    client: Client, store: Business, path: str, budget: int
) -> None:
    counts = []
    for lines in (1, 2, 12):
        order = _order_of(store, lines)
        address = f"/store/harbour/{path.format(order.public_token)}"
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code in {200, 302}
        counts.append(len(seen))
    assert counts == counts[:1] * 3, counts
    assert counts[0] <= budget, counts


def test_a_product_page_with_everything_switched_on(client: Client, store: Business) -> None:
    """Price lists, a reduced price, promotions, a cart, and somebody who has signed in and buys for a company."""
    made = [
        make_product(store, title=f"Bowl {number}", slug=f"bowl-{number}", stock=2, price="10.00")
        for number in range(6)
    ]
    system = system_of(store)
    with tenancy.bind(store.pk):
        sale = save_list(system, name="Sale", level="sale", reference="1")
        entry = EntryDraft(variant_id=variants_of(made[0])[0].pk, price=Decimal(8))
        set_entries(system, list_id=sale.pk, entries=[entry])
    make_promotion(store)
    make_company(store, email="trade@example.com")
    user = make_user("tess@example.com")
    with tenancy.bind(store.pk):
        Customer.objects.filter(email="trade@example.com").update(user=user)
    forget_cached_businesses()
    client.post("/store/harbour/cart/add/", {"product": "bowl-0", "quantity": "1"})
    path = "/store/harbour/products/bowl-0/"
    assert queries_of(client, path, cold=False) <= 7
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    # Beside those: her session and herself.
    assert queries_of(client, path, cold=False) <= 9
    assert queries_of(client, path, cold=True) <= 11
