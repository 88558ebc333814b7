"""Products, stock and imports through the pages staff use."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from apps.goods.catalog.models import Category, Product, ProductImage, Variant
from apps.goods.catalog.services import update_variant
from apps.goods.imports.models import ImportJob
from apps.goods.imports.tasks import advance_imports
from apps.goods.inventory import movement_pages
from apps.goods.inventory.models import StockBalance, StockMovement
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business, Location
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_product, stock_up, variants_of
from tests.goods.imports.files import MUG, SHIRT, as_csv, classic

pytestmark = pytest.mark.django_db
PRODUCTS = "/admin/catalog/product/"


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def staff(client: Client, business: Business) -> Client:
    return sign_in(client, owner_of(business), business)


def do(client: Client, thing: Any, verb: str, **data: Any) -> Any:
    """Open a verb's page and send its form."""
    if isinstance(thing, type):
        address = reverse("admin:list_verb", args=[thing._meta.app_label, thing._meta.model_name, verb])
    else:
        address = reverse("admin:verb", args=[thing._meta.app_label, thing._meta.model_name, thing.pk, verb])
    page = client.get(address)
    assert page.status_code == 200, page.content.decode()[:500]
    return client.post(address, {"idempotency_key": page.context["idempotency_key"], **data})


def page_of(client: Client, thing: Any) -> str:
    address = reverse(f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change", args=[thing.pk])
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_names_the_measure_of_prices_and_the_unit_of_stock(
    staff: Client, business: Business
) -> None:
    linen = make_product(business, title="Linen", slug="linen", price="0.20")
    make_product(business, title="Mug", slug="mug", price="12.00", stock=5)
    (cloth,) = variants_of(linen)
    actor = Actor.system("tests", business.pk)
    update_variant(actor, variant_id=cloth.pk, unit="cm", shown_unit="m")
    stock_up(business, [cloth.pk], 6400)
    rows = {
        str(title): re.sub(r"<[^>]+>", " ", row)
        for row in re.findall(r"<tr.*?</tr>", staff.get(PRODUCTS).content.decode(), re.S)
        for title in ("Linen", "Mug")
        if title in row
    }
    assert "£20.00 per m" in rows["Linen"]
    assert "6,400 cm" in rows["Linen"]
    assert "£12.00" in rows["Mug"]
    assert " per " not in rows["Mug"]


def test_a_product_from_nothing_to_the_store(staff: Client, business: Business) -> None:
    answer = do(
        staff,
        Product,
        "add",
        title="Kaftan",
        price="20",
        cost="8",
        sku="K",
        options="Size: S, M\nColour: Red",
    )
    assert answer.status_code == 302
    product = Product.unscoped.get()
    assert [v.sku for v in variants_of(product)] == ["K-S-Red", "K-M-Red"]
    small = variants_of(product)[0]
    place = Location.unscoped.get(business=business)
    do(
        staff,
        product,
        "receive",
        location_id=place.pk,
        **{f"quantity_{small.pk}": 4, f"cost_{small.pk}": "7.5"},
    )
    do(staff, product, "adjust", location_id=place.pk, reason_code="count", **{f"counted_{small.pk}": 3})
    assert StockBalance.unscoped.get().on_hand == 3
    do(staff, product, "publish")
    numbers = {"weight_grams": 0, "backorder_limit": 0}
    do(staff, small, "edit", price="21", sku=small.sku, track_stock="on", published="on", **numbers)
    do(
        staff,
        product,
        "edit",
        title="Silk kaftan",
        slug="kaftan",
        tags="silk, summer",
        description_html="Soft",
        order_min=1,
        order_step=1,
    )
    product.refresh_from_db()
    assert (product.visible, product.title, product.max_price) == (True, "Silk kaftan", Decimal(21))
    text = page_of(staff, product)
    assert all(words in text for words in ("Silk kaftan", "K-S-Red", "Main shop", "Counted", "<p>Soft</p>"))
    assert "Received" in page_of(staff, small)
    do(staff, product, "archive")
    assert Product.unscoped.get().status == "archived"


def test_a_refused_form_keeps_what_was_typed(staff: Client, business: Business) -> None:
    make_product(business, variant={"sku": "TAKEN"})
    answer = do(staff, Product, "add", title="My long title", price="5", sku="taken")
    assert answer.status_code == 409
    assert "My long title" in answer.content.decode()
    assert "SKU" in answer.content.decode()
    assert do(staff, Product, "add", title="X", price="5", options="Size S").status_code == 400
    assert do(staff, Product, "add", title="X", price="-5").status_code == 400


def test_publishing_several(staff: Client, business: Business) -> None:
    drafts = [make_product(business, title=f"D{n}", published=False) for n in range(3)]
    answer = do(staff, Product, "publish", product_ids=[str(drafts[0].pk), str(drafts[2].pk)])
    assert answer.status_code == 302
    assert Product.unscoped.filter(published=True).count() == 2


def test_pictures(staff: Client, business: Business) -> None:
    product = make_product(business)
    target = io.BytesIO()
    Image.new("RGB", (500, 400), "teal").save(target, "PNG")
    upload = SimpleUploadedFile("../../x.php", target.getvalue(), "text/html")
    panel = f"/admin/catalog/pictures/{product.pk}/"
    assert f'hx-get="{panel}"' in page_of(staff, product)
    staff.post(f"{panel}do/upload/", {"file": upload, "alt": "Teal"})
    image = ProductImage.unscoped.get()
    assert image.image.name.endswith(f"{image.media_id}/full.webp")
    assert 'alt="Teal"' in staff.get(panel).content.decode()
    script = SimpleUploadedFile("x.png", b"<script>", "image/png")
    bad = staff.post(f"{panel}do/upload/", {"file": script}, follow=True).content.decode()
    assert "This is not a picture we can read" in bad
    assert ProductImage.unscoped.count() == 1
    staff.post(f"{panel}do/remove/", {"image": str(image.pk)})
    assert ProductImage.unscoped.count() == 0


def test_categories(staff: Client, business: Business) -> None:
    do(staff, Category, "add", name="Clothes")
    clothes = Category.unscoped.get()
    do(staff, Category, "add", name="Shirts", parent_id=str(clothes.pk))
    shirts = Category.unscoped.get(name="Shirts")
    assert "Shirts" in staff.get("/admin/catalog/category/").content.decode()
    do(staff, shirts, "change", name="Tops", slug="shirts", parent_id="")
    assert Category.unscoped.get(pk=shirts.pk).path == "shirts"
    assert do(staff, shirts, "delete").status_code == 302


def test_a_delivery_by_scanner(staff: Client, business: Business) -> None:
    product = make_product(business, variant={"sku": "A-1", "barcode": "5012345"})
    place = Location.unscoped.get(business=business)
    answer = do(staff, StockBalance, "receive", location_id=place.pk, lines="a-1, 3, 2.50\n5012345;2")
    assert answer.status_code == 302
    assert StockBalance.unscoped.get(variant__product=product).on_hand == 5
    bad = do(staff, StockBalance, "receive", location_id=place.pk, lines="nope, 3\nA-1, many")
    assert bad.status_code == 400
    assert "Line 1" in bad.content.decode()
    assert "Line 2" in bad.content.decode()


def test_lists_open_filtered_and_search_by_sku(staff: Client, business: Business) -> None:
    make_product(business, title="Plenty", stock=50, variant={"sku": "PL-1"})
    make_product(business, title="Few", stock=1)
    make_product(business, title="Hidden", published=False)
    text = staff.get(PRODUCTS).content.decode()
    assert "Plenty" in text
    assert "Hidden" not in text
    low = staff.get(PRODUCTS + "?tab=low").content.decode()
    assert "Few" in low
    assert "Plenty" not in low
    assert "Plenty" in staff.get(PRODUCTS + "?q=pl-1").content.decode()
    stock = staff.get("/admin/inventory/stockbalance/").content.decode()
    assert "Few" in stock
    assert "Plenty" not in stock
    assert "Few" in staff.get("/admin/").content.decode()


@pytest.mark.parametrize("few", [50, 1])
def test_the_movements_of_what_is_sought_however_many_items_that_is(
    staff: Client, business: Business, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(movement_pages, "FEW_ITEMS", few)
    for title, sku, barcode in (
        ("Lamp", "LA-1", ""),
        ("Lantern", "LA-2", ""),
        ("Rug", "RU-1", "5000000000012"),
    ):
        thing = make_product(business, title=title, stock=1)
        Variant.unscoped.filter(product=thing).update(sku=sku, barcode=barcode)

    def found(term: str) -> list[str]:
        page = staff.get(f"/admin/inventory/stockmovement/?q={term}").content.decode()
        return [title for title in ("Lamp", "Lantern", "Rug") if title in page]

    assert found("la-") == ["Lamp", "Lantern"]
    assert found("5000000000012") == ["Rug"]
    assert found("nothing") == []


PAGES = [
    PRODUCTS, PRODUCTS + "?tab=low", PRODUCTS + "?q=thing", "/admin/catalog/variant/", "/admin/catalog/category/",
    "/admin/inventory/stockbalance/", "/admin/inventory/stockmovement/",
    "/admin/inventory/stockmovement/?q=thing", "/admin/imports/importjob/",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_lists_take_the_same_queries_for_any_number_of_rows(
    staff: Client, business: Business, path: str
) -> None:
    def count() -> int:
        staff.get(path)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert staff.get(path).status_code == 200
        return len(captured.captured_queries)

    make_product(business, title="Thing", stock=1)
    few = count()
    for number in range(12):
        make_product(business, title=f"Thing {number}", stock=1)
    assert count() == few
    assert few <= 8


@pytest.mark.parametrize("sizes", [1, 20])
def test_a_product_page_takes_the_same_queries_for_any_number_of_variants(
    staff: Client, business: Business, sizes: int
) -> None:
    product = make_product(business, stock=2, option="Size", values=[str(n) for n in range(sizes)])
    with CaptureQueriesContext(
        connection,
    ) as captured:
        page_of(staff, product)
    # One for each part of the page: also kit, lots, certificates, drafts, versions, garment, own fields, history,
    # and what customs and carriers are told.
    assert len(captured.captured_queries) <= 23


def test_an_import_through_the_pages(staff: Client, business: Business) -> None:
    bad = classic(handle="bad", title="Bad", price="-1")
    file = SimpleUploadedFile("shop.csv", as_csv([*SHIRT, *MUG, bad]), "text/csv")
    assert do(staff, ImportJob, "upload", file=file).status_code == 302
    job = ImportJob.unscoped.get()
    check = staff.get(reverse("admin:verb", args=["imports", "importjob", job.pk, "check"]))
    assert "Variant Price" in check.content.decode()
    do(staff, job, "check", **job.mapping)
    progress = reverse("admin:imports_progress", args=[job.pk])
    assert "Checking" in staff.get(progress).content.decode()
    assert 'hx-trigger="every 1s"' in page_of(staff, job)
    advance_imports()
    assert staff.get(progress)["HX-Refresh"] == "true"
    assert Product.unscoped.count() == 0
    text = page_of(staff, job)
    assert all(
        words in text for words in ("Would be new", "Shirt", "Variant Price", "Download the rejected rows")
    )
    do(staff, job, "run")
    advance_imports()
    job.refresh_from_db()
    assert (job.state, job.created_count, job.rejected_count) == ("finished", 2, 1)
    download = staff.get(reverse("admin:imports_rejected", args=[job.pk]))
    assert b"bad" in b"".join(download.streaming_content)  # type: ignore[attr-defined]
    assert Product.unscoped.filter(published=True).count() == 1


def test_a_file_that_is_no_table(staff: Client, business: Business) -> None:
    answer = do(staff, ImportJob, "upload", file=SimpleUploadedFile("x.xlsx", b"PK\x03\x04", "text/csv"))
    assert answer.status_code == 400
    assert "not a CSV file" in answer.content.decode()


def test_missing_columns_are_named(staff: Client, business: Business) -> None:
    do(staff, ImportJob, "upload", file=SimpleUploadedFile("x.csv", b"What,Worth\nLamp,30\n", "text/csv"))
    answer = do(staff, ImportJob.unscoped.get(), "check", title="What")
    assert answer.status_code == 400


def test_other_businesses_and_small_roles_see_nothing(client: Client, business: Business) -> None:
    product = make_product(business, stock=1)
    job = ImportJob.unscoped.create(business=business, file_name="x.csv", file="x")
    stranger = make_business("Prairie", currency="USD")
    outside = sign_in(Client(), owner_of(stranger), stranger)
    movement = StockMovement.unscoped.get()
    addresses = [
        reverse("admin:catalog_product_change", args=[product.pk]),
        reverse("admin:catalog_variant_change", args=[variants_of(product)[0].pk]),
        reverse("admin:inventory_stockmovement_change", args=[movement.pk]),
        reverse("admin:imports_importjob_change", args=[job.pk]),
        reverse("admin:imports_progress", args=[job.pk]),
        reverse("admin:imports_rejected", args=[job.pk]),
        reverse("admin:verb", args=["catalog", "product", product.pk, "archive"]),
    ]
    for address in addresses:
        assert outside.get(address).status_code == 404, address
    cashier = sign_in(Client(), make_member(business, "cashier"), business)
    assert cashier.get(PRODUCTS).status_code == 200
    assert cashier.get("/admin/imports/importjob/").status_code == 403
    assert cashier.get(addresses[-1]).status_code == 403
    assert Variant.unscoped.get().active
