"""Brands, and what became of former addresses."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from apps.goods.catalog import selectors, services
from apps.goods.catalog.models import Brand, FormerAddress, Product
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, NotFound, PermissionRefused
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business
from tests.factories.goods import make_product

pytestmark = pytest.mark.django_db
Kind = FormerAddress.Kind


def test_a_name_makes_a_brand_once_in_any_capitals(
    business: Business, other_business: Business, bound: Business, actor: Actor
) -> None:
    shirt = make_product(business, title="Shirt", vendor_name="Loom & Co")
    scarf = make_product(business, title="Scarf", vendor_name="LOOM & CO")
    plain = make_product(business, title="Plain")
    theirs = make_product(other_business, title="Theirs", vendor_name="Loom & Co")
    brand = Brand.objects.get()
    assert (brand.name, brand.slug) == ("Loom & Co", "loom-co")
    assert shirt.brand_id == scarf.brand_id == brand.pk
    assert scarf.vendor_name == "Loom & Co"
    assert plain.brand_id is None
    assert theirs.brand_id not in {None, brand.pk}
    before = AuditEntry.objects.count()
    services.update_product(actor, product_id=shirt.pk, vendor_name="loom & co")
    assert AuditEntry.objects.count() == before
    services.update_product(actor, product_id=plain.pk, vendor_name="Mill")
    services.update_product(actor, product_id=scarf.pk, vendor_name="")
    assert Product.objects.get(pk=plain.pk).brand.slug == "mill"
    assert Product.objects.get(pk=scarf.pk).brand_id is None
    with pytest.raises(Conflict):
        services.create_brand(actor, name="mill")
    with pytest.raises(IntegrityError), transaction.atomic():
        Brand.objects.create(name="MILL", slug="mill-9")
    with pytest.raises(Conflict):
        services.delete_brand(actor, brand_id=brand.pk)
    assert [(row.name, row.shown) for row in selectors.list_brands()] == [("Loom & Co", 1), ("Mill", 1)]


def test_a_renamed_brand_is_on_all_its_products_and_found_there(
    business: Business, bound: Business, actor: Actor
) -> None:
    make_product(business, title="Shirt", vendor_name="Loom", variant={"sku": "SH-1"})
    make_product(business, title="Mug", vendor_name="Mill")
    brand = Brand.objects.get(name="Loom")
    services.change_brand(actor, brand_id=brand.pk, name="Spindle", slug="spindle")
    assert [p.title for p in selectors.list_published(term="spindle")] == ["Shirt"]
    assert [p.title for p in selectors.list_published(term="sh-1")] == ["Shirt"]
    assert not selectors.list_published(term="loom")
    assert Product.objects.get(title="Shirt").vendor_name == "Spindle"
    with pytest.raises(Conflict):
        services.change_brand(actor, brand_id=brand.pk, name="MILL")
    with pytest.raises(PermissionRefused):
        services.change_brand(Actor.guest(business.pk), brand_id=brand.pk, name="Mine")


def test_former_addresses_lead_on_and_the_living_go_first(
    business: Business, other_business: Business, bound: Business, actor: Actor
) -> None:
    mug = make_product(business, title="Mug", slug="mug")
    services.update_product(actor, product_id=mug.pk, slug="blue-mug")
    services.update_product(actor, product_id=mug.pk, slug="harbour-mug")
    find = selectors.find_present_address
    assert find(Kind.PRODUCT, "mug") == find(Kind.PRODUCT, "blue-mug") == "harbour-mug"
    assert find(Kind.PRODUCT, "harbour-mug") is None
    assert find(Kind.BRAND, "mug") is None
    services.update_product(actor, product_id=mug.pk, slug="mug")
    assert find(Kind.PRODUCT, "mug") is None
    assert find(Kind.PRODUCT, "harbour-mug") == "mug"
    # Another product takes a former address: it is not led away from, published or not.
    make_product(business, title="New", slug="blue-mug", published=False)
    assert find(Kind.PRODUCT, "blue-mug") is None
    services.unpublish_product(actor, product_id=mug.pk)
    assert find(Kind.PRODUCT, "harbour-mug") is None

    tops = services.create_category(actor, name="Tops")
    shirts = services.create_category(actor, name="Shirts", parent_id=tops.pk)
    make_product(business, title="Linen shirt", category_id=shirts.pk)
    changed = services.change_category(actor, category_id=tops.pk, name="Upper wear", slug="upper")
    assert changed.path == "upper"
    assert [row.path for row in selectors.list_categories()] == ["upper", "upper/shirts"]
    assert find(Kind.CATEGORY, "tops") == "upper"
    assert [p.title for p in selectors.list_published(term="upper")] == ["Linen shirt"]
    with pytest.raises(Conflict):
        services.change_category(actor, category_id=tops.pk, slug="shirts")
    empty = services.create_category(actor, name="Hats")
    services.change_category(actor, category_id=empty.pk, slug="caps")
    services.delete_category(actor, category_id=empty.pk)
    assert not FormerAddress.objects.filter(slug="hats").exists()
    with pytest.raises(NotFound):
        selectors.get_brand("mug")


@pytest.mark.django_db(transaction=True)
def test_vendors_become_brands_forward_and_keep_their_names_backward(business: Business) -> None:
    product = make_product(business, title="Shirt", vendor_name="Loom", description_html="Soft")
    other = make_product(business, title="Scarf")
    try:
        call_command("migrate", "catalog", "0003", verbosity=0)
        Product.unscoped.filter(pk=other.pk).update(vendor_name="LOOM")
        assert Product.unscoped.filter(pk=product.pk).values_list("vendor_name", flat=True).get() == "Loom"
    finally:
        call_command("migrate", verbosity=0)
    brand = Brand.unscoped.get()
    rows = Product.unscoped.filter(brand=brand).values_list("vendor_name", "search")
    assert {name for name, _words in rows} == {brand.name}
    assert sum("loom" in words for _name, words in rows) == 1
    assert sum("soft" in words for _name, words in rows) == 1
