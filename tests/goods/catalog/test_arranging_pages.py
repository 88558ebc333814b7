"""Brands and collections through the pages staff use, and through the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.catalog.models import Brand, Category, Collection, CollectionItem, Product
from apps.platform.businesses.models import Business
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_product

pytestmark = pytest.mark.django_db
PREVIEW = "/admin/catalog/collections/preview/"


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def staff(client: Client, business: Business) -> Client:
    return sign_in(client, owner_of(business), business)


def do(client: Client, thing: Any, verb: str, **data: Any) -> Any:
    meta = thing._meta
    where = [meta.app_label, meta.model_name]
    if isinstance(thing, type):
        return client.post(reverse("admin:list_verb", args=[*where, verb]), data)
    return client.post(reverse("admin:verb", args=[*where, thing.pk, verb]), data)


def test_brands(staff: Client, business: Business) -> None:
    product = make_product(business, title="Shirt", vendor_name="Loom")
    make_product(business, title="Bowl")
    loom = Brand.unscoped.get()
    assert "Loom" in staff.get("/admin/catalog/brand/").content.decode()
    only = staff.get(f"/admin/catalog/product/?tab=all&brand={loom.pk}").content.decode()
    assert "Shirt" in only
    assert "Bowl" not in only
    assert do(staff, loom, "change", name="Spindle", slug="spindle", description="Weaves.").status_code == 302
    assert Product.unscoped.get(pk=product.pk).vendor_name == "Spindle"
    refused = do(staff, Brand, "add", name="SPINDLE")
    assert refused.status_code == 409
    assert "There is a brand “SPINDLE” already" in refused.content.decode()
    assert do(staff, loom, "delete").status_code == 409
    do(staff, Brand, "add", name="Mill")
    do(staff, Brand.unscoped.get(name="Mill"), "delete")
    assert Brand.unscoped.count() == 1


def test_a_collection_is_previewed_saved_arranged_and_shown(staff: Client, business: Business) -> None:
    mug = make_product(business, title="Blue mug", price="12", stock=3, variant={"sku": "M-1"}, tags=["blue"])
    make_product(business, title="Blue bowl", price="30", stock=0, tags=["blue"])
    typed = {"name": "Blue now", "match": "all", "tags": "blue", "in_stock": "on", "price_below": "20"}
    seen = staff.post(PREVIEW, typed, HTTP_HX_REQUEST="true").content.decode()
    assert "1 product of the store meets the rules" in seen
    assert "Blue mug" in seen
    assert "Blue bowl" not in seen
    assert "Add at least one rule" in staff.post(PREVIEW, {"match": "all"}).content.decode()
    assert staff.get(PREVIEW)["Location"].endswith("/add-by-rules/")
    assert not Collection.unscoped.exists()

    assert do(staff, Collection, "add-by-rules", **typed).status_code == 302
    blue = Collection.unscoped.get()
    page = staff.get(f"/admin/catalog/collection/{blue.pk}/").content.decode()
    assert "Blue mug" in page
    assert "Has the tag" in page
    form = staff.get(reverse("admin:verb", args=["catalog", "collection", blue.pk, "rules"])).content.decode()
    assert 'value="20"' in form
    assert do(staff, blue, "rules", match="any", titles="bowl, mug").status_code == 302
    assert do(staff, blue, "show").status_code == 302
    blue.refresh_from_db()
    assert (blue.published, blue.match, len(blue.rules)) == (True, "any", 2)

    do(staff, Collection, "add", name="By hand")
    hand = Collection.unscoped.get(kind="manual")
    assert do(staff, hand, "products", products="nothing-such").status_code == 400
    assert do(staff, hand, "products", products=f"m-1\nblue-bowl\n{mug.slug}").status_code == 302
    chosen = CollectionItem.unscoped.filter(collection=hand).values_list("product__title", flat=True)
    assert list(chosen) == ["Blue mug", "Blue bowl"]
    assert "Blue bowl" in staff.get(f"/admin/catalog/collection/{hand.pk}/").content.decode()
    do(staff, hand, "delete")
    assert Product.unscoped.count() == 2


def test_who_may_not_arrange_sees_no_button(client: Client, business: Business) -> None:
    make_product(business, vendor_name="Loom")
    cashier = sign_in(client, make_member(business, "cashier"), business)
    page = cashier.get(f"/admin/catalog/brand/{Brand.unscoped.get().pk}/")
    assert page.status_code == 200
    assert "/do/change/" not in page.content.decode()
    assert do(cashier, Brand.unscoped.get(), "change", name="Mine", slug="mine").status_code == 403
    assert cashier.post(PREVIEW, {"match": "all", "tags": "x"}).status_code == 403


def test_what_the_store_and_search_engines_are_told_of_shelves(staff: Client, business: Business) -> None:
    do(staff, Category, "add", name="Cups", description="Thrown by hand.", seo_title="Handmade cups")
    cups = Category.unscoped.get()
    make_product(business, title="Blue mug", vendor_name="Loom", category_id=cups.pk, tags=["blue"])
    words = {
        "description": "Glazed in Delft.",
        "seo_title": "Cups & more",
        "seo_description": "All <our> cups.",
    }
    assert do(staff, cups, "change", name="Cups", slug="cups", parent_id="", **words).status_code == 302
    loom = Brand.unscoped.get()
    told = {"description": "Weaves.", "seo_title": "Loom of Leeds", "seo_description": ""}
    do(staff, loom, "change", name="Loom", slug="loom", **told)
    do(staff, Collection, "add-by-rules", name="Blue", match="all", tags="blue", seo_description="Only blue.")
    do(staff, Collection.unscoped.get(), "show")
    shop = reverse("storefront:products", args=[business.slug])

    page = staff.get(shop, {"category": "cups"}).content.decode()
    assert "<title>Cups &amp; more · " in page
    assert '<meta name="description" content="All &lt;our&gt; cups.">' in page
    assert '<p class="lead">Glazed in Delft.</p>' in page
    assert "<h1>Cups</h1>" in page
    of_brand = staff.get(reverse("storefront:brand", args=[business.slug, "loom"])).content.decode()
    assert "<title>Loom of Leeds · " in of_brand
    assert '<meta name="description" content="Weaves.">' in of_brand, "no words of its own: the description"
    cut = staff.get(reverse("storefront:brand", args=[business.slug, "loom"]), {"category": "cups"})
    assert "Glazed in Delft." not in cut.content.decode(), "the words are the category's own page's"
    of_rules = staff.get(reverse("storefront:collection", args=[business.slug, "blue"])).content.decode()
    assert '<meta name="description" content="Only blue.">' in of_rules
    assert "<title>Blue · " in of_rules
    plain = staff.get(shop).content.decode()
    assert "Glazed" not in plain
    assert do(staff, cups, "change", name="Cups", slug="cups", seo_title="x" * 256).status_code == 400
