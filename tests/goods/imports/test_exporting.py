"""What is exported comes in again without a change, and no spreadsheet runs it."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.catalog.drafts import PackDraft
from apps.goods.catalog.models import Product, Variant
from apps.goods.catalog.services import archive_product, set_packs, update_product, update_variant
from apps.goods.imports.exporting import Wanted, write_export
from apps.goods.imports.models import ImportRowError
from apps.goods.inventory.lines import Owner, ReserveLine
from apps.goods.inventory.services import consume_stock, reserve_stock
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.goods.imports.files import MUG, SHIRT, as_csv, classic
from tests.goods.imports.test_importing import bring_in, check, counts, traces

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bound")]
ODD = classic(handle="odd", title="=cmd|' /C calc'!A0", price="3.1415", vendor="@home", tags="+a, -b", option="Size",
              value="-1", sku="'=x", barcode="0012", status="draft", grams="7", cost="1.5")  # fmt: skip


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def shop(bound: Business, actor: Actor) -> None:
    bring_in(actor, as_csv([*SHIRT, *MUG, ODD]))
    update_product(
        actor, product_id=Product.objects.get(slug="odd").pk, description_html='<p>a, "b"</p>\n<p>c</p>'
    )
    archive_product(actor, product_id=Product.objects.get(slug="mug").pk)
    Product.objects.filter(slug="odd").update(
        strain="OG Kush", thc_min=10, thc_max=10, thc_unit="mg", cbd_min=18, cbd_max="22.5"
    )
    measured = Variant.objects.get(sku="SH-S")
    update_variant(
        actor,
        variant_id=measured.pk,
        length_mm=300,
        width_mm=200,
        height_mm=20,
        content_amount=Decimal("0.75"),
        content_unit="l",
        order_min=6,
        order_step=3,
    )
    packs = [
        PackDraft(name="Case of 12", quantity=12, barcode="5012345678900", price=Decimal(100), sold=True),
        PackDraft(name="Box", quantity=6, sku="BOX", for_purchasing=True),
    ]
    set_packs(actor, variant_id=measured.pk, packs=packs)
    Variant.objects.filter(sku="SH-M").update(track_stock=False, backorder_limit=9)
    variant = Variant.objects.get(sku="SH-S")
    owner, line = Owner("order", new_id()), new_id()
    reserve_stock(actor, owner=owner, lines=[ReserveLine(line, variant.pk, 2)])
    consume_stock(actor, owner=owner, lines=[(line, 2)])


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("format_name", ["own", "stock"])
@pytest.mark.parametrize("file_type", ["csv", "xlsx"])
def test_an_export_that_comes_in_again_changes_nothing(
    actor: Actor, format_name: str, file_type: str
) -> None:
    with write_export(Wanted(), format_name=format_name, file_type=file_type, with_costs=True) as file:
        content = file.read()
    before = traces()
    job = bring_in(actor, content)
    assert job.format == format_name
    assert list(ImportRowError.objects.filter(job=job).values_list("message", flat=True)) == []
    assert counts(job) == ((0, 0, 3, 0) if format_name == "own" else (0, 0, 2, 0))
    assert traces() == before


@pytest.mark.usefixtures("shop")
def test_shopify_s_format_comes_in_again(actor: Actor) -> None:
    Variant.objects.update(backorder_limit=0)
    with write_export(Wanted(), format_name="shopify", file_type="csv", with_costs=True) as file:
        job = check(actor, file.read())
    assert (job.format, counts(job)) == ("classic", (0, 0, 3, 0))


@pytest.mark.usefixtures("shop")
def test_no_spreadsheet_runs_a_cell_and_filters_hold(actor: Actor) -> None:
    with write_export(Wanted(status="draft"), format_name="own", file_type="csv", with_costs=True) as file:
        rows = list(csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline="")))
    assert len(rows) == 2
    assert not [cell for cell in rows[1] if cell[:1] in ("=", "+", "-", "@")]
    with write_export(Wanted(status="draft"), format_name="own", file_type="xlsx", with_costs=True) as file:
        sheet: Any = openpyxl.load_workbook(file).active
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds, "a cell is a formula"
    assert kinds & {"s", "inlineStr"}
    titles = {w: _titles(w) for w in (Wanted(tag="cotton"), Wanted(words="calc"), Wanted(status="archived"))}
    assert list(titles.values()) == [["Shirt"], ["=cmd|' /C calc'!A0"], ["Mug"]]
    shirt = Product.objects.get(slug="shirt")
    assert shirt.category is not None
    assert _titles(Wanted(category_id=shirt.category.parent_id)) == ["Shirt"]
    assert _titles(Wanted(brand_id=shirt.brand_id)) == ["Shirt"]


@pytest.mark.usefixtures("shop")
def test_export_through_the_page(business: Business) -> None:
    address = reverse("admin:list_verb", args=["catalog", "product", "export"])
    owner = sign_in(Client(), owner_of(business), business)
    assert address in owner.get("/admin/catalog/product/").content.decode()
    assert "data-submit-once" not in owner.get(address).content.decode()
    answer: Any = owner.post(address, {"format": "own", "file_type": "csv", "tag": "cotton"})
    assert 'filename="products-' in answer["Content-Disposition"]
    assert len(list(csv.reader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))) == 3
    assert owner.post(address, {"format": "own", "file_type": "csv", "tag": "none"}).status_code == 302
    entry = AuditEntry.objects.get(action="imports.exported")  # of the file with something in it
    assert entry.after == {"format": "own", "file type": "csv", "products": 1, "tag": "cotton"}
    cashier = sign_in(Client(), make_member(business, "cashier"), business)
    assert cashier.get(address).status_code == 403


def _titles(wanted: Wanted) -> list[str]:
    from apps.goods.imports.exporting import find_wanted

    return [product.title for product in find_wanted(wanted)]
