"""Describing, pricing, publishing: what is kept, told and refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.goods.catalog import services
from apps.goods.catalog.drafts import VariantDraft
from apps.goods.catalog.models import Category, Product, Variant
from apps.goods.catalog.text import fold, sanitise_html
from apps.goods.inventory.models import StockBalance
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused, WrongState
from apps.kernel.models import AuditEntry, OutboxEvent
from apps.platform.businesses.models import Business
from tests.factories.goods import make_product, make_variant, variants_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bound")]


def told(name: str) -> list[Any]:
    return [fact.payload for fact in OutboxEvent.objects.filter(name=name)]


def test_a_product_with_options(actor: Actor) -> None:
    product = services.create_product(
        actor,
        title="Kaftan",
        options=["Size", "Colour"],
        variants=[
            VariantDraft(price=Decimal(p), option_values=[s, c], sku=f"K{s}{c}", compare_at_price=Decimal(30))
            for s, c, p in (("S", "Red", "20"), ("S", "Blue", "22"), ("M", "Red", "25"))
        ],
        tags=["silk", "silk", " "],
    )
    assert (product.slug, product.status, product.visible) == ("kaftan", "draft", False)
    assert (product.min_price, product.max_price, product.compare_at_price) == (20, 25, 30)
    assert product.tags == ["silk"]
    assert [(o.name, o.values) for o in product.options.all()] == [
        ("Size", ["S", "M"]),
        ("Colour", ["Red", "Blue"]),
    ]
    assert [str(v) for v in variants_of(product)] == ["S / Red", "S / Blue", "M / Red"]
    assert told("catalog.product_published") == []


def test_addresses_are_made_and_kept_apart(business: Business) -> None:
    first, second, other = (make_product(business, title=t) for t in ("Crème brûlée", "Crème Brûlée", "茶"))
    assert (first.slug, second.slug, other.slug) == ("creme-brulee", "creme-brulee-2", "product")


def test_what_cannot_be_a_product(actor: Actor, business: Business, other_business: Business) -> None:
    price = VariantDraft(price=Decimal(5))
    make_variant(business, variant={"sku": "ABC"})
    bad: list[tuple[dict[str, Any], str, type[Exception]]] = [
        ({"title": " "}, "title", InvalidInput),
        ({"title": "a\x00"}, "title", InvalidInput),
        ({"title": "a\ud800"}, "title", InvalidInput),
        ({"title": "x" * 256}, "title", InvalidInput),
        ({"variants": []}, "variants", InvalidInput),
        ({"variants": [VariantDraft(price=Decimal(-1))]}, "price", InvalidInput),
        ({"variants": [VariantDraft(price=Decimal("NaN"))]}, "price", InvalidInput),
        ({"variants": [VariantDraft(price=Decimal(10**12))]}, "price", InvalidInput),
        ({"variants": [price, price]}, "option_values", InvalidInput),
        ({"options": ["A", "a"]}, "options", InvalidInput),
        ({"options": ["A", "B", "C", "D"]}, "options", InvalidInput),
        ({"slug": "Not A Slug"}, "slug", InvalidInput),
        ({"slug": "blue-mug"}, "slug", Conflict),
        ({"variants": [VariantDraft(price=Decimal(1), sku="abc")]}, "sku", Conflict),
        ({"status": "archived"}, "status", InvalidInput),
    ]
    before = Product.objects.count()
    for change, name, kind in bad:
        from django.db import transaction

        with pytest.raises(kind) as refusal, transaction.atomic():
            services.create_product(actor, **{"title": "T", "variants": [price], **change})
        assert name in refusal.value.fields, change  # type: ignore[attr-defined]
    assert Product.objects.count() == before
    with pytest.raises(NotFound):
        services.create_product(actor, title="T", variants=[price], category_id=other_business.pk)


def test_the_same_command_twice_makes_one_product(actor: Actor) -> None:
    command = {"title": "Mug", "variants": [VariantDraft(price=Decimal(5))], "key": "k1"}
    assert services.create_product(actor, **command).pk == services.create_product(actor, **command).pk
    assert Product.objects.count() == 1


def test_updating_writes_only_what_differs(actor: Actor, business: Business) -> None:
    product = make_product(business, vendor_name="Loom")
    before = AuditEntry.objects.count()
    services.update_product(actor, product_id=product.pk, title=product.title, vendor_name="Loom")
    assert AuditEntry.objects.count() == before
    changed = services.update_product(
        actor, product_id=product.pk, title="Green cup", subtitle="Thrown by hand"
    )
    assert (changed.subtitle, "thrown" in changed.search_text) == ("Thrown by hand", True)
    assert "green cup" in changed.search_text
    assert AuditEntry.objects.count() == before + 1


def test_prices_are_told_and_guarded(actor: Actor, business: Business, make_actor: Any) -> None:
    mug = make_variant(business)
    services.set_price(actor, variant_id=mug.pk, price=Decimal("10"))
    services.set_price(actor, variant_id=mug.pk, price=Decimal("10"))
    (fact,) = told("catalog.price_changed")
    assert (Decimal(fact["old_price"]), Decimal(fact["new_price"]), fact["currency"]) == (12, 10, "GBP")
    assert Product.objects.get().min_price == 10
    marketer = make_actor(business, permissions=frozenset({"products.change"}))
    services.update_variant(marketer, variant_id=mug.pk, barcode="123")
    with pytest.raises(PermissionRefused):
        services.update_variant(marketer, variant_id=mug.pk, price=Decimal(1))


def test_variants_come_and_go(actor: Actor, business: Business) -> None:
    product = make_product(business, option="Size", values=["S"], variant={"sku": "X"})
    medium = services.add_variant(
        actor, product_id=product.pk, draft=VariantDraft(price=Decimal(20), option_values=["M"])
    )
    assert product.options.get().values == ["S", "M"]
    with pytest.raises(InvalidInput):
        services.add_variant(actor, product_id=product.pk, draft=VariantDraft(price=Decimal(20)))
    services.retire_variant(actor, variant_id=medium.pk)
    assert Product.objects.get().max_price == 12
    again = services.add_variant(
        actor, product_id=product.pk, draft=VariantDraft(price=Decimal(9), option_values=["M"])
    )
    assert again.pk == medium.pk
    services.retire_variant(actor, variant_id=medium.pk)
    with pytest.raises(InvalidInput):
        services.retire_variant(actor, variant_id=variants_of(product)[0].pk)


def test_the_backorder_limit_reaches_the_balance(actor: Actor, business: Business, drain_outbox: Any) -> None:
    mug = make_variant(business, stock=1)
    services.update_variant(actor, variant_id=mug.pk, backorder_limit=4)
    drain_outbox()
    assert StockBalance.objects.get().backorder_limit == 4


def test_publishing(actor: Actor, business: Business) -> None:
    product = make_product(business, published=False)
    services.publish_product(actor, product_id=product.pk)
    services.publish_product(actor, product_id=product.pk)
    assert len(told("catalog.product_published")) == 1
    services.unpublish_product(actor, product_id=product.pk)
    assert len(told("catalog.product_unpublished")) == 1
    services.archive_product(actor, product_id=product.pk)
    with pytest.raises(WrongState):
        services.publish_product(actor, product_id=product.pk)
    services.restore_product(actor, product_id=product.pk)
    drafts = [make_product(business, title=f"P{n}", published=False) for n in range(3)]
    services.publish_products(actor, product_ids=[product.pk, *(draft.pk for draft in drafts)])
    assert Product.objects.visible().count() == 4


def test_foreign_products_are_not_found(actor: Actor, other_business: Business) -> None:
    theirs = make_product(other_business)
    theirs_variant = variants_of(theirs)[0]
    for act in (services.publish_product, services.archive_product, services.unpublish_product):
        with pytest.raises(NotFound):
            act(actor, product_id=theirs.pk)
    with pytest.raises(NotFound):
        services.update_product(actor, product_id=theirs.pk, title="Mine")
    with pytest.raises(NotFound):
        services.update_variant(actor, variant_id=theirs_variant.pk, sku="MINE")
    with pytest.raises(NotFound):
        services.publish_products(actor, product_ids=[theirs.pk])


def test_the_category_tree(actor: Actor, business: Business) -> None:
    clothes = services.create_category(actor, name="Clothes")
    tops = services.create_category(actor, name="Tops", parent_id=clothes.pk)
    shirts = services.create_category(actor, name="Shirts", parent_id=tops.pk)
    home = services.create_category(actor, name="Home")
    services.change_category(actor, category_id=tops.pk, parent_id=home.pk)
    assert Category.objects.get(pk=shirts.pk).path == "home/tops/shirts"
    with pytest.raises(InvalidInput):
        services.change_category(actor, category_id=home.pk, parent_id=shirts.pk)
    with pytest.raises(Conflict):
        services.delete_category(actor, category_id=tops.pk)
    make_product(business, category_id=shirts.pk)
    with pytest.raises(Conflict):
        services.delete_category(actor, category_id=shirts.pk)
    services.delete_category(actor, category_id=clothes.pk)
    deep = services.create_category(actor, name="A", parent_id=shirts.pk)
    deep = services.create_category(actor, name="B", parent_id=deep.pk)
    with pytest.raises(InvalidInput):
        services.create_category(actor, name="C", parent_id=deep.pk)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("", ""),
        ("Soft & warm", "<p>Soft &amp; warm</p>"),
        ("One\n\nTwo", "<p>One</p><p>Two</p>"),
        ("<p onclick='x()'>Hi<script>x()</script></p>", "<p>Hi</p>"),
        ('<a href="javascript:x()">a</a>', '<a rel="nofollow noopener noreferrer">a</a>'),
        ("<img src=x onerror=alert(1)>", ""),
        ("<style>p{}</style><b>x</b>", "<b>x</b>"),
        ("<iframe src=//x></iframe>ok", "<p>ok</p>"),
    ],
)
def test_descriptions_are_harmless(raw: str, clean: str) -> None:
    assert sanitise_html(raw) == clean
    assert sanitise_html(clean) == clean


def test_folding() -> None:
    assert fold("Café – NOIR, 50%") == "cafe noir 50"


@pytest.mark.parametrize("count", [1, 60])
def test_creating_takes_the_same_queries_for_any_number_of_variants(actor: Actor, count: int) -> None:
    drafts = [VariantDraft(price=Decimal(5), option_values=[str(n)]) for n in range(count)]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        services.create_product(actor, title="T", options=["Size"], variants=drafts)
    assert len([q for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]]) <= 6
    assert Variant.objects.count() == count
