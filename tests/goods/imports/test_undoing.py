"""Taking back an import: exactly what it did; what others did since stays and is named."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from apps.goods.catalog.models import Brand, Category, Product, ProductImage, ProductVersion, Variant
from apps.goods.catalog.services import (
    begin_draft,
    create_category,
    publish_products,
    set_price,
    update_product,
)
from apps.goods.imports.models import Batch, BatchChange
from apps.goods.imports.restoring import foresee
from apps.goods.imports.services import undo_batch
from apps.goods.inventory.lines import Owner, ReserveLine
from apps.goods.inventory.models import StockBalance, StockMovement
from apps.goods.inventory.selectors import list_across_broken_balances
from apps.goods.inventory.services import consume_stock, reserve_stock
from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused, WrongState
from apps.kernel.ids import new_id
from apps.kernel.models import AuditEntry, OutboxEvent
from apps.platform.businesses.models import Business
from tests.goods.imports.files import MUG, SHIRT, as_csv, classic
from tests.goods.imports.test_importing import bring_in, counts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bound")]
CAP = classic(handle="cap", title="Cap", price="5", vendor="Kiln", category="Hats", sku="CAP")


def described() -> list[object]:
    """All that a catalogue says, without ids and moments."""
    products = Product.objects.order_by("slug").values_list(
        "slug", "title", "vendor_name", "tags", "status", "published", "category__name", "min_price", "max_price",
        "variant_count", "description_html", "search_text",
    )  # fmt: skip
    variants = Variant.objects.filter(active=True).order_by("product__slug", "sku").values_list(
        "product__slug", "sku", "price", "compare_at_price", "cost", "weight_grams", "track_stock", "option_values"
    )  # fmt: skip
    stock = StockBalance.objects.order_by("variant__sku").values_list("variant__sku", "on_hand", "value")
    pictures = ProductImage.objects.order_by("source_url").values_list("source_url", flat=True)
    return [
        list(products),
        list(variants),
        list(stock),
        list(pictures),
        list(Brand.objects.values_list("name")),
    ]


def test_an_import_that_changed_and_added_leaves_nothing_when_undone(actor: Actor) -> None:
    bring_in(actor, as_csv([*SHIRT, *MUG]))
    before = described()
    first = {
        **SHIRT[0], "Variant Price": "21.00", "Variant Inventory Qty": "10", "Title": "Linen shirt", "Vendor": "Oak",
        "Status": "draft", "Tags": "x", "Product Category": "Other", "Image Src": "https://pictures.example/new.jpg",
    }  # fmt: skip
    large = classic(handle="shirt", value="L", sku="SH-L", tracker="shopify", policy="deny", price="24")
    job = bring_in(actor, as_csv([first, SHIRT[1], large, *MUG, CAP]))
    assert counts(job) == (1, 1, 1, 0)
    assert described() != before
    assert job.batch is not None
    assert foresee(job.batch) == []
    done = undo_batch(actor, batch_id=job.batch.pk)
    assert (done.state, done.kept_count) == ("undone", 0)
    assert done.undone_count == done.change_count == BatchChange.objects.filter(outcome="undone").count()
    assert described() == before
    assert set(Category.objects.values_list("name", flat=True)) == {"Apparel", "Shirts"}
    assert list_across_broken_balances() == []
    entry = AuditEntry.objects.filter(action="imports.undone").get()
    assert entry.after == {"undone": done.undone_count, "kept": 0}
    assert OutboxEvent.objects.filter(name="imports.batch_undone").count() == 1
    with pytest.raises(WrongState):
        undo_batch(actor, batch_id=done.pk)
    # And it can be imported once more.
    assert counts(bring_in(actor, as_csv([first, SHIRT[1], large, *MUG, CAP]))) == (1, 1, 1, 0)


def test_what_happened_since_stays_and_is_named(actor: Actor) -> None:
    job = bring_in(actor, as_csv([*SHIRT, *MUG, CAP]))
    assert job.batch is not None
    small = Variant.objects.get(sku="SH-S")
    owner, line = Owner("order", new_id()), new_id()
    reserve_stock(actor, owner=owner, lines=[ReserveLine(line, small.pk, 2)])
    consume_stock(actor, owner=owner, lines=[(line, 2)])
    update_product(actor, product_id=Product.objects.get(slug="cap").pk, vendor_name="Loom")
    change = bring_in(actor, as_csv([{**SHIRT[0], "Variant Price": "30", "Title": "Best shirt"}, *SHIRT[1:]]))
    set_price(actor, variant_id=small.pk, price=Decimal("31"))
    assert change.batch is not None
    assert [one.label for one in foresee(change.batch)] == ["Best shirt – S"]
    second = undo_batch(actor, batch_id=change.batch.pk)
    assert (second.undone_count, second.kept_count) == (1, 1)
    small.refresh_from_db()
    assert (small.price, small.product.title) == (31, "Shirt")
    left = BatchChange.objects.get(batch=second, outcome="kept")
    assert left.reason == "Changed since, so it stays: price: 31.0000"

    foreseen = {one.label for one in foresee(job.batch)}
    assert foreseen == {"Shirt", "Mug", "Shirt – S"}
    done = undo_batch(actor, batch_id=job.batch.pk)
    outcomes = {
        row.label: row.outcome for row in BatchChange.objects.filter(batch=done).exclude(outcome="undone")
    }
    assert outcomes == {"Shirt – S": "kept", "Shirt": "archived", "Mug": "archived", "Loom": "kept", "Shirts": "kept",
                        "Apparel": "kept"}  # fmt: skip
    assert not Product.objects.filter(slug="cap").exists()
    assert set(Product.objects.values_list("status", "published")) == {("archived", False)}
    assert dict(StockBalance.objects.values_list("variant__sku", "on_hand")) == {"SH-S": 1, "SH-M": 0, "": 0}
    assert list_across_broken_balances() == []
    # What was put away comes back with the same file, with its stock.
    bring_in(actor, as_csv([*SHIRT, *MUG]))
    assert dict(StockBalance.objects.values_list("variant__sku", "on_hand"))["SH-M"] == 5


def test_brands_and_categories_of_goods_that_nobody_touched_go_with_them(actor: Actor) -> None:
    job = bring_in(actor, as_csv([*SHIRT, *MUG, CAP]))
    assert job.batch is not None
    assert StockBalance.objects.filter(on_hand__gt=0).exists()
    assert Brand.objects.exists()
    assert Category.objects.exists()
    done = undo_batch(actor, batch_id=job.batch.pk)
    left = BatchChange.objects.filter(batch=done).exclude(outcome="undone")
    assert set(left.values_list("kind", "outcome")) == {("product_added", "archived")}, (
        "the ledger names them"
    )
    assert not Brand.objects.exists()
    assert not Category.objects.exists()
    assert set(StockBalance.objects.values_list("on_hand", flat=True)) == {0}
    bring_in(actor, as_csv([*SHIRT, *MUG, CAP]))
    assert Brand.objects.exists()
    assert Category.objects.exists()


def test_an_undo_that_was_killed_goes_on_with_the_worker(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.goods.imports.services import undoing
    from apps.goods.imports.tasks import advance_imports

    monkeypatch.setattr(undoing, "AT_ONCE", 0)
    monkeypatch.setattr(undoing, "PORTION", 2)
    create_category(actor, name="Kept")
    job = bring_in(actor, as_csv([classic(handle=f"p{n}", title=f"P{n}", price="1") for n in range(5)]))
    assert job.batch is not None
    undo_batch(actor, batch_id=job.batch.pk)
    assert Product.objects.count() == 5
    undoing.claim_undo(actor, batch_id=job.batch.pk)
    step = 4
    kinds, _take_back = undoing._STEPS[step]
    ids = undoing.waiting_ids(job.batch.pk, kinds)
    undoing.undo_portion(actor, batch_id=job.batch.pk, change_ids=ids, step=step)
    assert Product.objects.count() == 3
    assert advance_imports() == 0, "its worker may still be alive"
    Batch.objects.update(updated_at="2020-01-01T00:00Z")
    assert advance_imports() == 1
    done = Batch.objects.get()
    assert (done.state, done.undone_count, Product.objects.count()) == ("undone", 5, 0)
    assert StockMovement.objects.count() == 0


def test_who_may_undo(business: Business, actor: Actor, make_actor: object) -> None:
    job = bring_in(actor, as_csv(MUG))
    clerk = make_actor(business, permissions=frozenset({"imports.read", "imports.run"}))  # type: ignore[operator]
    assert job.batch is not None
    with pytest.raises(PermissionRefused):
        undo_batch(clerk, batch_id=job.batch.pk)


def test_what_the_store_showed_goes_with_its_versions_but_not_a_draft(actor: Actor) -> None:
    job = bring_in(actor, as_csv([CAP, classic(handle="bag", title="Bag", price="7", sku="BAG")]))
    cap, bag = Product.objects.get(slug="cap"), Product.objects.get(slug="bag")
    publish_products(actor, product_ids=[cap.pk, bag.pk])
    update_product(actor, product_id=cap.pk, title="Wool cap")
    assert ProductVersion.objects.filter(product=cap).count() == 2
    begin_draft(actor, product_id=bag.pk)
    assert job.batch is not None
    done = undo_batch(actor, batch_id=job.batch.pk)
    assert (done.state, done.kept_count) == ("undone", 1)
    assert list(Product.objects.values_list("slug", "status")) == [("bag", "archived")]
    assert set(ProductVersion.objects.values_list("product", flat=True)) == {bag.pk}
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        ProductVersion.objects.all().delete()
