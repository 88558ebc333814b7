# ruff: noqa: E501 - outlines and tables read better in one line
"""What guests see, and what they do not."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client

from apps.goods.catalog.services import unpublish_product
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from tests.factories.goods import make_product, variants_of

pytestmark = pytest.mark.django_db


def read(client: Client, path: str, status: int = 200, **headers: str) -> str:
    response = client.get(path, **headers)
    assert response.status_code == status, response.content[:300]
    return response.content.decode()


def test_home_shows_what_is_new_and_where_to_begin(client: Client, store: Business) -> None:
    make_product(store, title="Stoneware mug", price="18.00", stock=3)
    page = read(client, "/store/harbour/")
    assert "Stoneware mug" in page
    assert "£18.00" in page
    assert "See all products" in page


def test_an_empty_store_says_so(client: Client, store: Business) -> None:
    assert "The shelves are being filled" in read(client, "/store/harbour/")
    assert "The shelves are being filled" in read(client, "/store/harbour/products/")


def test_the_list_says_sold_out_and_old_prices(client: Client, store: Business) -> None:
    make_product(store, title="Gone bowl", stock=0)
    make_product(
        store, title="Cheap bowl", price="8.00", stock=2, variant={"compare_at_price": Decimal("10")}
    )
    page = read(client, "/store/harbour/products/")
    assert "Sold out" in page
    assert "£10.00" in page
    assert "2 products" in page


def test_search_filters_and_sorting(client: Client, store: Business) -> None:
    make_product(store, title="Red mug", price="5.00", stock=1)
    make_product(store, title="Blue mug", price="15.00", stock=0)
    make_product(store, title="Wool hat", price="25.00", stock=1)

    def titles(query):
        return re.findall(r"<h3><a [^>]+>([^<]+)</a>", read(client, f"/store/harbour/products/?{query}"))

    assert sorted(titles("q=mug")) == ["Blue mug", "Red mug"]
    assert titles("q=mug&in_stock=1") == ["Red mug"]
    assert titles("sort=price") == ["Red mug", "Blue mug", "Wool hat"]
    assert titles("min=10&max=20") == ["Blue mug"]
    assert titles("max=10&min=20") == ["Blue mug"], "limits typed the wrong way round are understood"
    assert "No products for" in read(client, "/store/harbour/products/?q=zzzzqq")


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-3", "page=99999999999999", "page=abc", "page=٣", "min=abc", "min=NaN", "max=1e999", "min=-5",
     "q=%00", "q=" + "x" * 5000, "q=%ED%A0%80", "sort=drop", "category=nope", "q=%27%3B--", "in_stock=%F0%9F", "q=%26+%7C+%21"],
)  # fmt: skip
def test_whatever_the_address_says_there_is_an_answer(client: Client, store: Business, query: str) -> None:
    make_product(store, title="Red mug")
    read(client, f"/store/harbour/products/?{query}")
    read(client, f"/store/harbour/suggest/?{query}")


def test_a_price_that_is_none_is_named(client: Client, store: Business) -> None:
    assert "“abc” is not a price" in read(client, "/store/harbour/products/?min=abc")


def test_htmx_gets_only_the_results_with_a_clean_address(client: Client, store: Business) -> None:
    make_product(store, title="Red mug")
    response = client.get("/store/harbour/products/?q=mug&category=&min=", headers={"HX-Request": "true"})
    assert b"<html" not in response.content
    assert response["HX-Push-Url"] == "/store/harbour/products/?q=mug"
    assert "HX-Request" in response["Vary"]


def test_product_page_says_stock_in_words_and_offers_options(client: Client, store: Business) -> None:
    make_product(store, title="Wool jumper", option="Size", values=["S", "M"], stock=3, slug="wool-jumper")
    page = read(client, "/store/harbour/products/wool-jumper/")
    assert "3 left" in page
    assert page.count('type="radio" name="option1"') == 2
    assert 'value="M" checked' in read(client, "/store/harbour/products/wool-jumper/?option1=M")
    assert '"@type": "Product"' in page
    assert '<link rel="canonical" href="http://testserver/store/harbour/products/wool-jumper/">' in page


def test_a_title_cannot_leave_its_place(client: Client, store: Business) -> None:
    make_product(store, title="</script><script>alert(1)</script>", slug="evil", stock=1)
    for path in ("/store/harbour/products/evil/", "/store/harbour/products/", "/store/harbour/"):
        assert "<script>alert" not in read(client, path)


def test_unpublished_and_foreign_products_are_absent(
    client: Client, store: Business, other_business: Business
) -> None:
    hidden = make_product(store, title="Hidden mug", slug="hidden-mug")
    make_product(other_business, title="Prairie mug", slug="prairie-mug")
    unpublish_product(Actor.system("tests", store.pk), product_id=hidden.pk)
    read(client, "/store/harbour/products/hidden-mug/", 404)
    read(client, "/store/harbour/products/prairie-mug/", 404)
    assert "mug" not in read(client, "/store/harbour/sitemap.xml")
    assert "prairie-mug" not in read(client, "/store/harbour/products/")


def test_unknown_store_and_page_are_friendly(client: Client, store: Business) -> None:
    assert "There is no store at this address" in read(client, "/store/nowhere/", 404)
    assert "See all products" in read(client, "/store/harbour/products/nothing/", 404)
    read(client, "/store/harbour/track/0123456789abcdef0123/", 404)


def test_unknown_host_gets_a_page_that_says_so(client: Client, db: None) -> None:
    page = read(client, "/", 400, HTTP_HOST="evil.example")
    assert "does not belong to us" in page


def test_pictures_are_kept_for_ever_and_an_old_address_leads_on(client: Client, store: Business) -> None:
    product = make_product(store, title="Stoneware mug")
    address = re.search(r'/store/harbour/picture/[^"]+', read(client, "/store/harbour/products/"))
    assert address is not None
    response = client.get(address[0])
    assert response["Content-Type"] == "image/svg+xml"
    assert "immutable" in response["Cache-Control"]
    old = client.get(f"/store/harbour/picture/{product.pk}-0000000000-1.svg")
    assert (old.status_code, old["Location"]) == (301, address[0])
    assert client.get(f"/store/harbour/picture/{product.pk}-0000000000-9.svg").status_code == 404


def test_robots_and_sitemap(client: Client, store: Business) -> None:
    make_product(store, title="Red mug", slug="red-mug")
    assert "Disallow: /store/harbour/checkout/" in read(client, "/store/harbour/robots.txt")
    assert "<loc>http://testserver/store/harbour/products/red-mug/</loc>" in read(
        client, "/store/harbour/sitemap.xml"
    )
    read(client, "/robots.txt")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/store/harbour/",
        "/store/harbour/products/",
        "/store/harbour/products/mug/",
        "/store/harbour/cart/",
        "/store/nowhere/",
    ],
)
def test_nothing_inline_and_a_strict_policy(client: Client, store: Business, path: str) -> None:
    make_product(store, title="Mug", slug="mug", stock=1)
    response = client.get(path)
    page = response.content.decode()
    assert "unsafe" not in response["Content-Security-Policy"]
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page)
    assert all("src=" in tag or "json" in tag for tag in re.findall(r"<script[^>]*>", page))


def test_the_accent_of_a_business_is_one_small_stylesheet(client: Client, store: Business) -> None:
    Business.objects.filter(pk=store.pk).update(accent_colour="#b3261e", name="Harbour Red")
    store.refresh_from_db()
    store.save()
    assert "theme-b3261e.css" in read(client, "/store/harbour/")
    assert "--accent:oklch" in read(client, "/store/harbour/theme-b3261e.css")
    read(client, "/store/harbour/theme-000000.css", 404)


def test_front_page_lists_demo_stores_only(client: Client, store: Business, other_business: Business) -> None:
    Business.objects.filter(pk=other_business.pk).update(is_demo=True)
    page = read(client, "/")
    assert "Prairie Supply" in page
    assert "Harbour Goods" not in page


def test_a_post_where_only_reading_makes_sense_is_refused(client: Client, store: Business) -> None:
    for path in ("", "products/", "cart/", "suggest/"):
        assert client.post(f"/store/harbour/{path}").status_code == 405


def test_variants_hidden_from_the_store_are_not_offered(client: Client, store: Business) -> None:
    product = make_product(store, title="Hat", slug="hat", option="Size", values=["S", "M"], stock=2)
    second = variants_of(product)[1]
    type(second).unscoped.filter(pk=second.pk).update(published=False)
    page = read(client, "/store/harbour/products/hat/")
    assert '"values": ["M"]' not in page
