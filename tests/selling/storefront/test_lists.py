"""Brands, collections and facets as shoppers meet them, and links of former times."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.goods.catalog import services
from apps.goods.catalog.models import Brand
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.selling.pricing.services import refresh_kept_prices, save_display_rate, save_list, set_entries
from apps.selling.pricing.services.entries import EntryDraft
from apps.selling.storefront import facet_words
from tests.factories.goods import make_product, stock_up, variants_of

pytestmark = pytest.mark.django_db
STORE = "/store/harbour/"


def read(client: Client, path: str, status: int = 200, **headers: str) -> str:
    caches["pages"].clear()
    response = client.get(STORE + path, **headers)
    assert response.status_code == status, response.content[:300]
    return response.content.decode()


def titles(page: str) -> list[str]:
    return re.findall(r"<h3><a [^>]+>([^<]+)</a></h3>", page)


@pytest.fixture
def shop(store: Business) -> Actor:
    """Three mugs of Loom in and out of stock, a bowl of Mill, one product that nobody sees."""
    actor = Actor.system("tests", store.pk)
    kitchen = services.create_category(actor, name="Kitchen")
    for number in range(3):
        make_product(
            store, title=f"Mug {number}", slug=f"mug-{number}", price=10 + number * 20, stock=number,
            vendor_name="Loom", category_id=kitchen.pk, tags=["blue"],
        )  # fmt: skip
    make_product(store, title="Bowl", slug="bowl", price=15, vendor_name="Mill", stock=1)
    make_product(store, title="Secret mug", vendor_name="Loom", published=False)
    return actor


def test_a_card_of_measured_goods_names_the_price_of_what_is_shown(client: Client, store: Business) -> None:
    actor = Actor.system("tests", store.pk)
    linen = make_product(store, title="Linen", slug="linen", price="0.20")
    make_product(store, title="Linen mug", slug="mug", price="12.00", stock=5)
    services.update_variant(actor, variant_id=variants_of(linen)[0].pk, unit="cm", shown_unit="m")
    stock_up(store, [variants_of(linen)[0].pk], 500)

    def prices(path: str) -> list[str]:
        return re.findall(r'<p class="price">([^<]+?) ?<', read(client, path))

    assert prices("products/?sort=price") == ["£12.00", "£20.00 per m"]
    suggested = read(client, "suggest/?q=linen")
    assert "£20.00 per m" in suggested
    assert "£12.00" in suggested
    # A sale's percentage is worked out of the price of a centimetre; lists still say what a metre costs.
    off = EntryDraft(kind="percent", percent=Decimal(20), product_id=linen.pk)
    sale = save_list(actor, name="Remnants", level="sale")
    set_entries(actor, list_id=sale.pk, entries=[off])
    assert refresh_kept_prices(actor) == 1
    linen.refresh_from_db()
    assert (linen.min_price, linen.max_price, linen.compare_at_price) == (16, 16, 20)
    assert prices("products/?sort=price") == ["£12.00", "£16.00 per m"]
    assert "£20.00 per m</s>" in read(client, "products/?sort=price")


def test_other_currencies_are_said_of_the_price_that_is_shown(client: Client, store: Business) -> None:
    actor = Actor.system("tests", store.pk)
    linen = make_product(store, title="Linen", slug="linen", price="0.20")
    services.update_variant(actor, variant_id=variants_of(linen)[0].pk, unit="cm", shown_unit="m")
    save_display_rate(actor, currency="USD", rate=Decimal("1.25"), source="A paper", day=clock.now().date())
    page = read(client, "products/linen/")
    assert "£20.00 per m" in page
    assert "$25.00" in page


def test_a_brand_has_a_page_a_filter_and_a_place_among_brands(
    client: Client, store: Business, shop: Actor
) -> None:
    index = read(client, "brands/")
    assert f'href="{STORE}brands/loom/"' in index
    assert "3 products" in index
    assert titles(read(client, "brands/loom/?sort=price")) == ["Mug 0", "Mug 1", "Mug 2"]
    assert titles(read(client, "brands/loom/?in_stock=1&sort=price")) == ["Mug 1", "Mug 2"]
    page = read(client, "products/?brand=mill")
    assert titles(page) == ["Bowl"]
    # Counts of the other brand stand beside the chosen one: it can be taken instead.
    assert re.search(r'value="loom">\s*<span>Loom</span><span class="count">3<', page)
    assert f'href="{STORE}brands/loom/"' in read(client, "products/mug-1/")
    part = read(client, "brands/loom/?q=mug", HTTP_HX_REQUEST="true")
    assert "<h1" not in part
    assert 'id="facets" hx-swap-oob="true"' in part
    read(client, "brands/nobody/", 404)
    assert f"{STORE}brands/loom/" in read(client, "sitemap.xml")


def test_collections_by_hand_and_by_rules(client: Client, store: Business, shop: Actor) -> None:
    with tenancy.bind(store.pk):
        from apps.goods.catalog.models import Product

        ids = dict(Product.objects.values_list("title", "pk"))
        loom = Brand.objects.get(name="Loom").pk
    assert "No collection is shown here yet" in read(client, "collections/")
    hand = services.create_collection(shop, name="Our best", description="Chosen with care.")
    order = ["Mug 2", "Secret mug", "Bowl", "Mug 0"]
    services.set_collection_products(shop, collection_id=hand.pk, product_ids=[ids[title] for title in order])
    read(client, "collections/our-best/", 404)
    services.show_collection(shop, collection_id=hand.pk, published=True)
    page = read(client, "collections/our-best/")
    assert titles(page) == ["Mug 2", "Bowl", "Mug 0"]
    assert "Chosen with care." in page
    assert titles(read(client, "collections/our-best/?sort=price")) == ["Mug 0", "Bowl", "Mug 2"]
    assert titles(read(client, "collections/our-best/?brand=loom&max=20")) == ["Mug 0"]
    rules = [{"field": "brand", "value": str(loom)}, {"field": "in_stock", "value": "yes"}]
    found = services.create_collection(shop, name="Loom now", kind="rules", rules=rules)
    services.show_collection(shop, collection_id=found.pk, published=True)
    assert titles(read(client, "collections/loom-now/?sort=price")) == ["Mug 1", "Mug 2"]
    # What is added a moment later is in it at once.
    make_product(store, title="Mug 9", price=90, stock=1, vendor_name="loom")
    assert titles(read(client, "collections/loom-now/?sort=price")) == ["Mug 1", "Mug 2", "Mug 9"]
    assert "Loom now" in read(client, "collections/")


def test_former_addresses_lead_on_for_ever(client: Client, store: Business, shop: Actor) -> None:
    with tenancy.bind(store.pk):
        from apps.goods.catalog.models import Category, Product

        mug, category = Product.objects.get(slug="mug-1"), Category.objects.get()
        brand = Brand.objects.get(name="Mill")
    services.update_product(shop, product_id=mug.pk, slug="harbour-mug")
    services.change_category(shop, category_id=category.pk, slug="table")
    services.change_brand(shop, brand_id=brand.pk, slug="the-mill")
    shelf = services.create_collection(shop, name="Best")
    services.show_collection(shop, collection_id=shelf.pk, published=True)
    services.change_collection(shop, collection_id=shelf.pk, slug="finest")
    caches["pages"].clear()
    moved = {
        "products/mug-1/?option1=S": "products/harbour-mug/?option1=S",
        "products/?category=kitchen&sort=price": "products/?category=table&sort=price",
        "brands/mill/?in_stock=1": "brands/the-mill/?in_stock=1",
        "collections/best/": "collections/finest/",
    }
    for old, new in moved.items():
        answer = client.get(STORE + old)
        assert (answer.status_code, answer["Location"]) == (301, STORE + new)
        assert client.get(STORE + new).status_code == 200
    make_product(store, title="Another", slug="mug-1")
    assert "Another" in read(client, "products/mug-1/")


@pytest.mark.parametrize(
    ("path", "budget"),
    [
        ("brands/", 4),
        ("brands/loom/", 8),
        ("collections/", 4),
        ("collections/all-mugs/", 8),
        ("products/?q=mgu", 9),
    ],
)
def test_lists_cost_the_same_for_any_number(
    client: Client, store: Business, shop: Actor, path: str, budget: int
) -> None:
    rules = [{"field": "title", "value": "mug"}, {"field": "in_stock", "value": "yes"}]
    shelf = services.create_collection(shop, name="All mugs", kind="rules", rules=rules)
    services.show_collection(shop, collection_id=shelf.pk, published=True)
    counts = []
    for round_ in range(2):
        caches["pages"].clear()
        with CaptureQueriesContext(connection) as seen:
            assert client.get(STORE + path).status_code == 200
        counts.append(len(seen))
        for number in range(12 * (1 - round_)):
            make_product(
                store, title=f"Tea mug {number}", stock=2, vendor_name=f"Maker {number}", tags=[str(number)]
            )
    assert counts[0] == counts[1] <= budget, counts


def test_the_sheet_is_written_once_until_something_in_it_changes(
    client: Client, store: Business, shop: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    write = facet_words.render_to_string
    monkeypatch.setattr(
        facet_words, "render_to_string", lambda *asked: written.append(asked[0]) or write(*asked)
    )
    facet_words._sheet.cache_clear()

    def brands(path: str, **headers: str) -> list[tuple[str, str]]:
        sheet = read(client, path, **headers).partition('id="facets"')[2]
        return re.findall(r'name="brand" value="([^"]+)".*?class="count">(\d+)<', sheet)

    for _each in range(3):
        assert brands("products/") == [("loom", "3"), ("mill", "1")]
    assert len(written) == 1
    # What is chosen, what htmx asks for, what the page itself stands for, and a new product each change it.
    chosen = read(client, "products/?brand=mill")
    assert re.search(r'value="mill" checked', chosen)
    assert 'id="facets" hx-swap-oob' in read(client, "products/", HTTP_HX_REQUEST="true")
    assert brands("brands/loom/") == []
    make_product(store, title="Plate", slug="plate", price=15, vendor_name="Mill", stock=1)
    assert brands("products/") == [("loom", "3"), ("mill", "2")]
    assert len(written) == 5
