"""The bulk edit through its pages: grid, rule, preview, apply, undo; and two people at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.goods.catalog.models import Product, ProductVersion, Variant
from apps.goods.catalog.services import create_category, set_price
from apps.goods.imports.editing import changed_amount
from apps.goods.imports.models import Batch, BatchChange
from apps.goods.imports.services import undo_batch
from apps.goods.inventory.lines import AdjustLine
from apps.goods.inventory.models import StockBalance
from apps.goods.inventory.services import adjust_stock
from apps.kernel.actors import Actor
from apps.kernel.models import AuditEntry, OutboxEvent
from apps.platform.backoffice.verbs import verb_url
from apps.platform.businesses.models import Business
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bound")]
GRID = "/admin/products/bulk/"


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def staff(business: Business) -> Client:
    return sign_in(Client(), owner_of(business), business)


@pytest.fixture
def shop(bound: Business, actor: Actor) -> None:
    business = bound
    create_category(actor, name="Tops")
    make_product(business, title="Shirt", slug="shirt", price="20", option="Size", values=["S", "M"], stock=4)
    make_product(business, title="Mug", slug="mug", price="9", stock=2, tags=["old"])
    make_product(business, title="Tray", slug="tray", price="33.33", published=False)


def cells_of(client: Client, query: str = "") -> dict[str, Any]:
    """The fields of the grid as a browser would send them back."""
    page = client.get(f"{GRID}{query}")
    assert page.status_code == 200
    sent: dict[str, Any] = {"chosen": []}
    for row in page.context["rows"]:
        sent["chosen"].append(row["id"])
        for part in (row["head"], *row["variants"]):
            sent[part["name"]] = part["shown"]
            sent |= {cell["name"]: cell["value"] for cell in part["cells"]}
    return sent


def preview(client: Client, sent: dict[str, Any], query: str = "", **choices: Any) -> Batch:
    answer = client.post(f"{GRID}{query}", {**sent, **choices})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return Batch.objects.get(state="preview")


def apply(client: Client, batch: Batch) -> Batch:
    assert client.post(verb_url(batch, "apply"), {"idempotency_key": "k"}).status_code == 302
    batch.refresh_from_db()
    return batch


def said() -> dict[str, Any]:
    products = Product.objects.values_list(
        "slug", "tags", "category__name", "vendor_name", "status", "published"
    )
    variants = Variant.objects.values_list("product__slug", "title", "price", "compare_at_price", "cost")
    stock = StockBalance.objects.values_list("variant__product__slug", "variant__title", "on_hand")
    return {"products": set(map(str, products)), "variants": set(variants), "stock": set(stock)}


@pytest.mark.usefixtures("shop")
def test_cells_of_all_kinds_are_previewed_applied_and_undone(staff: Client, actor: Actor) -> None:
    before = said()
    sent = cells_of(staff)
    shirt, mug = Product.objects.get(slug="shirt"), Product.objects.get(slug="mug")
    small = Variant.objects.get(product=shirt, title="S")
    cup = Variant.objects.get(product=mug)
    sent |= {
        f"p-{shirt.pk}-tags": "new, soft", f"p-{shirt.pk}-category": "tops", f"p-{shirt.pk}-brand": "Loom",
        f"p-{mug.pk}-status": "draft", f"v-{small.pk}-price": "21.5", f"v-{small.pk}-compare_at_price": "25",
        f"v-{cup.pk}-stock": "7", f"v-{cup.pk}-cost": "3",
    }  # fmt: skip
    batch = preview(staff, sent)
    assert said() == before
    page = staff.get(reverse("admin:imports_batch_change", args=[batch.pk])).content.decode()
    assert "price: 20.0000" in page
    assert "price: 21.5000" in page
    done = apply(staff, batch)
    assert (done.state, done.kept_count, done.change_count) == ("done", 0, 5)
    shirt.refresh_from_db()
    assert (shirt.tags, str(shirt.category), shirt.vendor_name) == (["new", "soft"], "Tops", "Loom")
    assert (shirt.min_price, shirt.max_price) == (Decimal("20"), Decimal("21.5"))
    versions = ProductVersion.objects.filter(product=shirt).order_by("number")
    assert list(versions.values_list("content__tags", flat=True)) == [[], ["new", "soft"]]
    assert versions[1].content["prices"][str(small.pk)] == {"price": "21.5", "compare_at_price": "25"}
    mug.refresh_from_db()
    assert (mug.status, mug.published) == ("draft", False)
    assert StockBalance.objects.get(variant=cup).on_hand == 7
    assert AuditEntry.objects.filter(action="imports.edited").count() == 1
    told = OutboxEvent.objects.filter(name="catalog.price_changed").values_list(
        "payload__new_price", flat=True
    )
    assert list(told) == ["21.5000"]
    assert staff.post(verb_url(batch, "apply"), {"idempotency_key": "k2"}).status_code == 409
    assert staff.post(verb_url(batch, "undo"), {"idempotency_key": "u"}).status_code == 302
    batch.refresh_from_db()
    assert (batch.state, batch.undone_count, batch.kept_count) == ("undone", 5, 0)
    assert said() == before


@pytest.mark.usefixtures("shop")
def test_a_rule_for_all_that_match_in_a_handful_of_statements(
    staff: Client, actor: Actor, business: Business
) -> None:
    for number in range(60):
        make_product(
            business, title=f"Thing {number}", slug=f"thing-{number}", price="10", vendor_name="Kiln"
        )
    tray = Product.objects.get(slug="tray")
    sent = {**cells_of(staff, "?words=thing"), "chosen": []}
    batch = preview(
        staff, sent, "?words=thing", rule="price_percent", value="5", rounding="0.99", everything="on"
    )
    assert (batch.change_count, batch.label) == (60, "Change prices by a percentage (5 or -5): 5")
    with CaptureQueriesContext(connection) as captured:
        apply(staff, batch)
    assert len(captured) < 60
    assert set(Variant.objects.filter(product__vendor_name="Kiln").values_list("price", flat=True)) == {
        Decimal("10.99")
    }
    tray.refresh_from_db()
    assert tray.min_price == Decimal("33.33")
    # Only ticked rows, with a tag; a rule that changes nothing is refused.
    chosen = [str(Product.objects.get(slug="mug").pk)]
    sent = cells_of(staff)
    apply(staff, preview(staff, {**sent, "chosen": chosen}, rule="tag_add", value="gift"))
    assert list(Product.objects.filter(tags__contains=["gift"]).values_list("tags", flat=True)) == [
        ["old", "gift"]
    ]
    again = staff.post(GRID, {**cells_of(staff), "chosen": chosen, "rule": "tag_add", "value": "gift"})
    assert (again.status_code, "Nothing would change" in again.content.decode()) == (400, True)


@pytest.mark.usefixtures("shop")
def test_two_people_at_once(staff: Client, actor: Actor) -> None:
    mug, cup = Product.objects.get(slug="mug"), Variant.objects.get(product__slug="mug")
    tray = Variant.objects.get(product__slug="tray")
    sent = cells_of(staff)
    set_price(actor, variant_id=tray.pk, price=Decimal("40"))
    # The tray's cell was not typed into: it is not set back to what the page showed.
    sent |= {f"v-{cup.pk}-price": "8", f"v-{cup.pk}-stock": "5", f"p-{mug.pk}-tags": "fresh"}
    batch = preview(staff, sent)
    set_price(actor, variant_id=cup.pk, price=Decimal("11"))
    place = StockBalance.objects.get(variant=cup).location_id
    adjust_stock(actor, location_id=place, lines=[AdjustLine(cup.pk, delta=1)], note="Found one")
    done = apply(staff, batch)
    left = {row.kind: row.reason for row in BatchChange.objects.filter(batch=done, outcome="kept")}
    assert left == {
        "variant": "Somebody changed this since the preview, so it stays: price",
        "stock": "Stock moved since the preview: now there are 3.",
    }
    for row in (cup, tray, mug):
        row.refresh_from_db()
    assert (cup.price, tray.price, mug.tags) == (11, 40, ["fresh"])
    assert undo_batch(actor, batch_id=done.pk).undone_count == 1


@pytest.mark.usefixtures("shop")
def test_what_cannot_be_meant_is_named_and_nothing_typed_is_lost(staff: Client) -> None:
    sent = cells_of(staff)
    cup = Variant.objects.get(product__slug="mug")
    for name, text, words in (
        (f"v-{cup.pk}-price", "cheap", "Mug: Enter an amount"),
        (f"v-{cup.pk}-price", "-1", "Mug: "),
        (f"v-{cup.pk}-stock", "2.5", "Mug: Enter a whole number"),
        (f"p-{cup.product_id}-category", "Nowhere", "There is no category"),
    ):
        answer = staff.post(GRID, {**sent, name: text})
        assert answer.status_code == 400
        assert words in answer.content.decode()
        assert f'value="{text}"' in answer.content.decode()
    assert not Batch.objects.exists()


def test_the_page_takes_the_same_queries_for_any_number_of_products(
    staff: Client, business: Business
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(GRID).status_code == 200
        return len(captured)

    make_product(business, title="One", stock=1)
    few = count()
    for number in range(8):
        make_product(business, title=f"Thing {number}", option="Size", values=["S", "M"], stock=1)
    assert count() == few <= 16


def test_who_may_not_sees_neither_grid_nor_cost(client: Client, business: Business) -> None:
    cashier = sign_in(client, make_member(business, "cashier"), business)
    assert cashier.get(GRID).status_code == 403


@pytest.mark.parametrize(
    ("amount", "percent", "rounding", "result"),
    [
        ("20", "5", "", "21.00"), ("19.99", "5", "0.99", "20.99"), ("20.99", "0", "0.99", "20.99"),
        ("9.99", "-10", "0.95", "9.95"), ("10.02", "0", "0.05", "10.00"), ("10.5", "0", "1", "11"),
        ("5", "-100", "0.99", "0"), ("0.10", "0", "0.99", "0.99"),
    ],
)  # fmt: skip
def test_rounding(amount: str, percent: str, rounding: str, result: str) -> None:
    assert changed_amount(Decimal(amount), Decimal(percent), rounding) == Decimal(result)
