"""Files of every kind: workbooks, packed, foreign headings, WooCommerce, quantities; and those that mean harm."""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from apps.goods.catalog.models import Product, Variant
from apps.goods.imports import sources
from apps.goods.imports.models import ImportJob, ImportRowError, RejectedRow, SavedMapping
from apps.goods.imports.selectors import safe_cell
from apps.goods.imports.services import check_job, run_job, upload_file, work_through
from apps.goods.inventory.models import StockBalance
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.platform.businesses.services import add_location
from tests.goods.imports.files import MUG, SHIRT, as_csv
from tests.goods.imports.test_importing import bring_in, counts, errors, traces

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bound")]


def workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def carry(actor: Actor, content: bytes, name: str = "file.csv", kind: str = "", **choices: Any) -> ImportJob:
    job = upload_file(actor, file=io.BytesIO(content), name=name, size=len(content), kind=kind)
    check_job(actor, job_id=job.pk, **choices)
    work_through(job.pk, job.business_id)
    run_job(actor, job_id=job.pk)
    done = work_through(job.pk, job.business_id)
    assert done is not None
    assert done.rows_accepted + done.rows_reported == done.rows_total
    return done


def test_a_workbook_is_read_as_it_is_shown(actor: Actor) -> None:
    rows = [
        ["Item name", "Item code", "EAN", "Retail price", "Stock", "Made by"],
        ["Lamp", 1001, 5012345678900, 30.1, 4, "Kiln"],
        [],
        ["=1+1", "A-2", None, 12, 2.0, None],
        ["Broken", "A-3", None, "twelve", 1, None],
    ]
    content = workbook(rows)
    job = carry(actor, content, "shop.csv", mapping={
        "title": "Item name", "sku": "Item code", "barcode": "EAN", "price": "Retail price", "quantity": "Stock",
        "vendor": "Made by",
    }, defaults={"vendor": "House brand", "tags": "new"})  # fmt: skip
    assert (job.container, counts(job)) == ("xlsx", (1, 0, 0, 2))
    # A formula has no value before a spreadsheet worked it out: nothing of it is run or guessed.
    assert errors(job) == [(4, "Item name"), (5, "Retail price")]
    lamp = Variant.objects.select_related("product").get(sku="1001")
    assert (lamp.barcode, lamp.price, lamp.product.tags) == ("5012345678900", Decimal("30.1"), ["new"])
    assert StockBalance.objects.get(variant=lamp).on_hand == 4
    assert counts(carry(actor, content, mapping=job.mapping, defaults=job.defaults)) == (0, 0, 1, 2)


def test_a_saved_mapping_is_taken_for_the_same_headings(actor: Actor) -> None:
    content = b"Ware;Worth;Number\nLamp;30,5;L-1\nLamp;31;L-2\n"
    choices = {
        "mapping": {"title": "Ware", "price": "Worth", "sku": "Number"},
        "defaults": {"vendor": "Kiln"},
    }
    job = carry(actor, content, save_as="Wholesaler", **choices)
    assert counts(job) == (2, 0, 0, 0)
    # One title, two items: the SKU tells them apart, also the second time.
    assert set(Product.objects.values_list("slug", "vendor_name")) == {("lamp", "Kiln"), ("lamp-l-2", "Kiln")}
    again = b"NUMBER;ware;Worth\nL-2;Lamp;32\nL-1;Lamp;30,5\n"
    later = upload_file(actor, file=io.BytesIO(again), name="x.csv", size=len(again))
    assert later.mapping == {"title": "ware", "price": "Worth", "sku": "NUMBER"}
    assert later.defaults == {"vendor": "Kiln"}
    assert counts(carry(actor, again)) == (0, 1, 1, 0)
    assert Variant.objects.get(sku="L-2").price == 32
    assert SavedMapping.objects.get().name == "Wholesaler"


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_packed_files(actor: Actor, pack: Any) -> None:
    assert counts(bring_in(actor, pack(as_csv([*SHIRT, *MUG])))) == (2, 0, 0, 0)


def test_lines_of_both_encodings_in_one_file(actor: Actor) -> None:
    content = "Title,Price\nCafé,5\n".encode() + "Crème,6\n".encode("cp1252")
    job = bring_in(actor, content)
    assert (job.encoding, set(Product.objects.values_list("title", flat=True))) == (
        "mixed",
        {"Café", "Crème"},
    )


def zipped(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), content)
    return target.getvalue()


def harmful(kind: str) -> bytes:
    book: dict[str, bytes] = {"xl__workbook_xml": b"<workbook/>"}
    if kind == "bomb":
        return zipped(**book, xl__sheet1_xml=b"0" * 3_000_000)
    if kind == "packed bomb":
        return gzip.compress(b"a,b\n" * 1_000_000)
    if kind == "macros":
        return zipped(**book, xl__vbaProject_bin=b"x")
    if kind == "entities":
        return zipped(xl__workbook_xml=b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><workbook/>')
    if kind == "broken":
        return workbook([["Title", "Price"], ["a", 1]])[:-200]
    if kind == "cut":
        return gzip.compress(as_csv(MUG))[:-12]
    return {
        "zip": zipped(readme=b"x"),
        "old": b"\xd0\xcf\x11\xe0" + b"\x00" * 600,
        "memory": b"\xfd7zXZ\x00bad",
    }[kind]


@pytest.mark.parametrize(
    "kind", ["bomb", "packed bomb", "macros", "entities", "broken", "cut", "zip", "old", "memory"]
)
def test_files_that_mean_harm_are_refused_with_a_reason(
    actor: Actor, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "LARGEST_UNPACKED", 2_000_000)
    content = harmful(kind)
    with pytest.raises(InvalidInput) as refusal:
        upload_file(actor, file=io.BytesIO(content), name="prices.csv", size=len(content))
    assert refusal.value.code == "unreadable_file"
    assert ImportJob.objects.count() == 0


def test_a_sheet_that_says_it_is_endless(actor: Actor) -> None:
    rows = [["Title", "Price"], *([f"Thing {n}", 1] for n in range(3))]
    content = workbook(rows)
    source, target = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        for part in source.infolist():
            data = source.read(part).replace(b'ref="A1:B4"', b'ref="A1:XFD1048576"')
            packed.writestr(part.filename, data)
    assert counts(bring_in(actor, target.getvalue())) == (3, 0, 0, 0)


WOO = """ID,Type,SKU,Name,Published,Description,Regular price,Sale price,Categories,Tags,Images,Parent,Stock,\
Backorders allowed?,Weight (kg),Attribute 1 name,Attribute 1 value(s)
10,variable,HOOD,Hoodie,1,Warm,,,"Clothing > Hoodies, Sale","warm, soft",https://p.example/a.jpg,,,0,,Colour,"Blue, Red"
11,simple,CAP,Cap,1,,15,12,Clothing,,,,5,0,0.1,,
12,variation,HOOD-B,Hoodie - Blue,1,,40,,,,,HOOD,3,0,0.5,Colour,Blue
13,variation,HOOD-R,Hoodie - Red,1,,42,,,,,id:10,2,1,0.5,Colour,Red
14,variation,LOST,Nothing,1,,42,,,,,id:99,2,1,0.5,Colour,Red
15,grouped,SET,Set,1,,,,,,,,,,,,
"""


def test_woocommerce_with_variations_that_stand_elsewhere(actor: Actor) -> None:
    job = carry(actor, WOO.encode(), "woo.csv")
    assert (job.format, counts(job)) == ("woocommerce", (2, 0, 0, 2))
    assert (job.rows_total, job.rows_accepted, job.rows_reported) == (6, 4, 2)
    hoodie = Product.objects.get(slug="hoodie")
    assert (str(hoodie.category), hoodie.tags, hoodie.visible) == ("Hoodies", ["warm", "soft"], True)
    found = (
        Variant.objects.filter(product=hoodie)
        .order_by("position")
        .values_list("sku", "option_values", "price")
    )
    assert list(found) == [("HOOD-B", ["Blue"], Decimal(40)), ("HOOD-R", ["Red"], Decimal(42))]
    cap = Variant.objects.get(sku="CAP")
    assert (cap.price, cap.compare_at_price, cap.weight_grams) == (12, 15, 100)
    assert set(StockBalance.objects.values_list("variant__sku", "on_hand")) == {
        ("CAP", 5),
        ("HOOD-B", 3),
        ("HOOD-R", 2),
    }
    assert [row.row for row in RejectedRow.objects.filter(job=job)] == [6, 7]
    assert counts(carry(actor, WOO.encode(), "woo.csv")) == (0, 0, 2, 2)


LINES = b"""InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice
1,85123A,HEART HOLDER,6,2010-12-01,2.55
1,POST,POSTAGE,1,2010-12-01,18
2,85123a,heart holder,6,2010-12-02,2.95
C3,85123A,HEART HOLDER,-6,2010-12-03,0
4,22145,?,1,2010-12-03,1.25
5,22145,STOCKING,1,2010-12-03,
6,22145,STOCKING,1,2010-12-03,-2
7,20950,,9,2010-12-04,0
8,Post,,9,2010-12-04,1
"""


def test_invoice_lines(actor: Actor) -> None:
    job = carry(actor, LINES, "lines.csv")
    assert job.rules["one_per"] == "StockCode"
    assert (counts(job), job.rows_accepted, job.rows_reported) == ((2, 0, 0, 2), 6, 3)
    found = Variant.objects.order_by("sku").values_list("sku", "product__title", "price")
    assert list(found) == [
        ("22145", "STOCKING", Decimal("1.25")),
        ("85123A", "HEART HOLDER", Decimal("2.95")),
    ]
    reasons = {error.row: error.message for error in ImportRowError.objects.filter(job=job)}
    assert reasons == {
        3: "“POST” is on the list of codes that are no products. 2 lines.",
        9: "No row of “20950” has a description. 1 line.",
    }


def test_quantities_at_two_places(actor: Actor) -> None:
    bring_in(actor, as_csv([*SHIRT, *MUG]))
    add_location(actor, name="Van", code="VAN", kind="van")
    content = b"SKU,Location,Quantity on hand\nSH-S,,7\nsh-m,van,2\nNONE,,1\nSH-M,,many\nSH-S,,8\n"
    job = carry(actor, content, "count.csv")
    assert (job.kind, counts(job)) == ("stock", (0, 2, 0, 3))
    assert errors(job) == [(4, "SKU"), (5, "Quantity on hand"), (6, "SKU")]
    found = StockBalance.objects.filter(variant__sku__startswith="SH").values_list(
        "variant__sku", "location__code", "on_hand"
    )
    assert {("SH-S", 7), ("SH-M", 2)} <= {(sku, on_hand) for sku, _code, on_hand in found}
    before = traces()
    assert counts(carry(actor, b"SKU,Location,Quantity on hand\nSH-S,,7\nsh-m,van,2\n")) == (0, 0, 2, 0)
    assert traces() == before


@pytest.mark.parametrize("text", ["=1", "'=1", "''+x", "'tis", "@a", "-5", "plain", "'"])
def test_the_guard_of_cells_is_exact(text: str) -> None:
    from apps.goods.imports.parsing import Layout
    from apps.goods.imports.reading import Record

    layout = Layout(["Title"], {"title": "Title"}, ",")
    assert layout.cell(Record(2, [safe_cell(text)]), "title") == text
    assert safe_cell(text)[0] not in "=+-@"
