"""A file becomes a catalogue: whole products, the same file twice, changes, refusals."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.goods.catalog.models import Category, Product, ProductImage, Variant
from apps.goods.imports.columns import flavour
from apps.goods.imports.models import ImportJob, ImportRowError, RejectedRow
from apps.goods.imports.selectors import write_rejected_rows
from apps.goods.imports.services import cancel_job, check_job, run_job, upload_file, work_through
from apps.goods.inventory.lines import Owner, ReserveLine
from apps.goods.inventory.models import StockBalance, StockMovement
from apps.goods.inventory.selectors import list_across_broken_balances
from apps.goods.inventory.services import consume_stock, reserve_stock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused, WrongState
from apps.kernel.ids import new_id
from apps.kernel.models import AuditEntry, OutboxEvent
from apps.platform.businesses.models import Business
from tests.goods.imports.files import CLASSIC, CURRENT, MUG, SHIRT, as_csv, classic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bound")]
SAMPLES = Path(__file__).parents[4] / "shared" / "data"


def upload(actor: Actor, content: bytes, **options: Any) -> ImportJob:
    return upload_file(actor, file=io.BytesIO(content), name="products.csv", size=len(content), **options)


def check(actor: Actor, content: bytes, **options: Any) -> ImportJob:
    job = upload(actor, content, **options)
    check_job(actor, job_id=job.pk)
    done = work_through(job.pk, job.business_id)
    assert done is not None
    return done


def bring_in(actor: Actor, content: bytes, **options: Any) -> ImportJob:
    job = check(actor, content, **options)
    run_job(actor, job_id=job.pk)
    done = work_through(job.pk, job.business_id)
    assert done is not None
    return done


def counts(job: ImportJob) -> tuple[int, int, int, int]:
    return job.created_count, job.updated_count, job.unchanged_count, job.rejected_count


def errors(job: ImportJob) -> list[tuple[int, str]]:
    return [(error.row, error.column) for error in ImportRowError.objects.filter(job=job)]


def traces() -> tuple[int, ...]:
    kinds: list[Any] = [AuditEntry.objects, OutboxEvent.objects, StockMovement.objects, Product.objects]
    return tuple(kind.count() for kind in kinds)


def test_a_dry_run_says_what_would_be_and_writes_nothing(actor: Actor) -> None:
    before = traces()
    job = check(actor, as_csv([*SHIRT, *MUG]))
    assert counts(job) == (2, 0, 0, 0)
    assert (job.state, job.is_dry_run) == ("ready", True)
    assert [row["title"] for row in job.sample] == ["Shirt", "Mug"]
    assert traces() == before
    assert Category.objects.count() == 0


def test_products_with_all_that_belongs_to_them(actor: Actor) -> None:
    job = bring_in(actor, as_csv([*SHIRT, *MUG]))
    assert counts(job) == (2, 0, 0, 0)
    shirt = Product.objects.get(slug="shirt")
    assert shirt.description_html == "<p>Soft</p>"
    assert (shirt.vendor_name, shirt.product_type, shirt.tags) == ("Loom", "Tops", ["cotton", "summer"])
    assert (shirt.visible, shirt.min_price, shirt.max_price) == (True, Decimal("20"), Decimal("22"))
    assert shirt.compare_at_price == Decimal("25")
    assert str(shirt.category) == "Shirts"
    small, medium = Variant.objects.filter(product=shirt).order_by("position")
    assert (small.option_values, small.sku, small.weight_grams) == (["S"], "SH-S", 200)
    assert [option.name for option in shirt.options.all()] == ["Size"]
    urls = list(ProductImage.objects.filter(product=shirt).values_list("source_url", "variant__sku"))
    assert urls == [
        ("https://pictures.example/shirt.jpg", None),
        ("https://pictures.example/back.jpg", None),
        ("https://pictures.example/shirt-m.jpg", "SH-M"),
    ]
    balance = StockBalance.objects.get(variant=medium)
    assert (balance.on_hand, balance.value) == (5, Decimal("42.5"))
    mug = Product.objects.get(slug="mug")
    assert (mug.status, mug.published, mug.variant_count) == ("active", False, 1)
    assert StockBalance.objects.get(variant__product=mug).on_hand == 2


def test_the_same_file_again_changes_nothing(actor: Actor) -> None:
    content = as_csv([*SHIRT, *MUG])
    bring_in(actor, content)
    before = traces()
    again = bring_in(actor, content)
    assert counts(again) == (0, 0, 2, 0)
    assert traces() == before


def test_the_same_file_after_sales_does_not_bring_the_units_back(actor: Actor) -> None:
    content = as_csv(SHIRT)
    bring_in(actor, content)
    variant = Variant.objects.get(sku="SH-S")
    owner, line = Owner("order", new_id()), new_id()
    reserve_stock(actor, owner=owner, lines=[ReserveLine(line, variant.pk, 2)])
    consume_stock(actor, owner=owner, lines=[(line, 2)])
    assert counts(bring_in(actor, content)) == (0, 0, 1, 0)
    assert StockBalance.objects.get(variant=variant).on_hand == 1


def test_what_changed_in_the_file_changes_here(actor: Actor) -> None:
    bring_in(actor, as_csv([*SHIRT, *MUG]))
    first = {**SHIRT[0], "Variant Price": "21.00", "Variant Inventory Qty": "10", "Title": "Linen shirt"}
    large = classic(
        handle="shirt", value="L", sku="SH-L", tracker="shopify", qty="4", policy="deny", price="24"
    )
    job = bring_in(actor, as_csv([first, SHIRT[1], large, SHIRT[2], *MUG]))
    assert counts(job) == (0, 1, 1, 0)
    shirt = Product.objects.get(slug="shirt")
    assert (shirt.title, shirt.min_price, shirt.max_price) == ("Linen shirt", Decimal("21"), Decimal("24"))
    hands = dict(StockBalance.objects.filter(variant__product=shirt).values_list("variant__sku", "on_hand"))
    assert hands == {"SH-S": 10, "SH-M": 5, "SH-L": 4}
    told = set(OutboxEvent.objects.values_list("name", flat=True))
    assert {"catalog.price_changed", "inventory.stock_adjusted", "inventory.stock_received"} <= told
    assert list_across_broken_balances() == []


def test_import_as_drafts(actor: Actor) -> None:
    bring_in(actor, as_csv(SHIRT), as_drafts=True)
    product = Product.objects.get()
    assert (product.status, product.published) == ("draft", False)
    assert counts(bring_in(actor, as_csv(SHIRT), as_drafts=True)) == (0, 0, 1, 0)


def test_current_headings_are_the_same_product(actor: Actor) -> None:
    row = {
        "Title": "Shirt", "URL handle": "shirt", "Description": "Soft", "Published on online store": "TRUE",
        "Status": "Active", "SKU": "SH-S", "Option1 name": "Size", "Option1 value": "S", "Price": "20",
        "Compare-at price": "25", "Cost per item": "8", "Charge tax": "TRUE", "Inventory tracker": "shopify",
        "Inventory quantity": "3", "Continue selling when out of stock": "CONTINUE", "Weight value (grams)": "200",
        "Product image URL": "https://pictures.example/a.jpg", "SEO title": "A shirt",
    }  # fmt: skip
    job = bring_in(actor, as_csv([row], CURRENT))
    assert (flavour(CURRENT), flavour(CLASSIC)) == ("current", "classic")
    assert counts(job) == (1, 0, 0, 0)
    product = Product.objects.get()
    assert (product.seo_title, product.description_html, product.visible) == ("A shirt", "<p>Soft</p>", True)
    assert Variant.objects.get().backorder_limit > 0


def test_foreign_headings_are_mapped_by_hand(actor: Actor) -> None:
    content = as_csv([{"What": "Lamp", "Worth": "30"}], ["What", "Worth"])
    job = upload(actor, content)
    with pytest.raises(InvalidInput) as refusal:
        check_job(actor, job_id=job.pk)
    assert set(refusal.value.fields) == {"title", "price"}
    check_job(actor, job_id=job.pk, mapping={"title": "What", "price": "Worth"})
    work_through(job.pk, job.business_id)
    run_job(actor, job_id=job.pk)
    work_through(job.pk, job.business_id)
    assert Product.objects.get().slug == "lamp"


BAD_CELLS = [
    ({"Variant Price": "-5"}, "Variant Price"),
    ({"Variant Price": "NaN"}, "Variant Price"),
    ({"Variant Price": "9" * 30}, "Variant Price"),
    ({"Variant Price": "1e9"}, "Variant Price"),
    ({"Variant Price": "9" * 100_000}, "Variant Price"),
    ({"Variant Price": "Infinity"}, "Variant Price"),
    ({"Variant Barcode": "b" * 300}, "Variant Barcode"),
    ({"Variant Barcode": "4006\x00381"}, "Variant Barcode"),
    ({"Variant Price": "£9"}, "Variant Price"),
    ({"Variant Price": ""}, "Variant Price"),
    ({"Variant Inventory Qty": "-3"}, "Variant Inventory Qty"),
    ({"Variant Inventory Qty": "99999999999"}, "Variant Inventory Qty"),
    ({"Variant Inventory Qty": "some"}, "Variant Inventory Qty"),
    ({"Variant Inventory Qty": "2.5"}, "Variant Inventory Qty"),
    ({"Variant Inventory Qty": "9" * 100_000}, "Variant Inventory Qty"),
    ({"Title": ""}, "Title"),
    ({"Title": "x" * 300}, "Title"),
    ({"Title": "a\x00b"}, "Title"),
    ({"Handle": "../etc"}, "Handle"),
    ({"Published": "maybe"}, "Published"),
    ({"Status": "sold"}, "Status"),
    ({"Image Src": "javascript:alert(1)"}, "Image Src"),
    ({"Option1 Value": ""}, "Option1 Value"),
    ({"Variant Grams": "-1"}, "Variant Grams"),
]


@pytest.mark.parametrize(("change", "column"), BAD_CELLS)
def test_a_bad_cell_is_named_and_its_product_is_left_out_whole(
    actor: Actor, change: dict[str, str], column: str
) -> None:
    job = bring_in(
        actor, as_csv([*MUG, {**SHIRT[0], **change}, {**SHIRT[1], "Handle": change.get("Handle", "shirt")}])
    )
    assert counts(job)[0] == 1
    assert (3, column) in errors(job)
    assert list(Product.objects.values_list("slug", flat=True)) == ["mug"]
    assert [row.row for row in RejectedRow.objects.filter(job=job)] == [3, 4]


def test_doubles_in_the_file_and_in_the_shop(actor: Actor) -> None:
    job = bring_in(
        actor, as_csv([*SHIRT, *MUG, {**SHIRT[0]}, classic(handle="cap", title="Cap", price="5", sku="sh-m")])
    )
    assert counts(job) == (2, 0, 0, 2)
    assert set(errors(job)) == {(6, "Handle"), (6, "Variant SKU"), (7, "Variant SKU")}
    job = bring_in(actor, as_csv([classic(handle="cap", title="Cap", price="5", sku="SH-M")]))
    assert errors(job) == [(2, "Variant SKU")]


def test_rows_with_too_many_or_too_few_cells(actor: Actor) -> None:
    content = as_csv(MUG) + b"broken,Broken,too,few\n" + b",".join([b"x"] * 99) + b"\n"
    job = bring_in(actor, content)
    assert counts(job) == (1, 0, 0, 2)
    assert errors(job) == [(3, ""), (4, "")]


def test_a_quote_that_is_never_closed(actor: Actor) -> None:
    job = bring_in(actor, as_csv(MUG) + b'open,"' + b"never closed\n" * 60_000)
    assert counts(job)[:2] == (1, 0)
    assert errors(job)[0][0] == 3


@pytest.mark.parametrize(
    ("encode", "encoding"),
    [
        (lambda text: text.encode("utf-8-sig"), "utf-8-sig"),
        (lambda text: text.encode("cp1252"), "cp1252"),
        (lambda text: text.encode("utf-16"), "utf-16"),
        (lambda text: text.encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_any_usual_encoding(actor: Actor, encode: Any, encoding: str) -> None:
    content = encode(as_csv([classic(handle="cafe", title="Café “Noir”", price="5")]).decode())
    job = bring_in(actor, content)
    assert job.encoding == encoding
    assert Product.objects.get().title == "Café “Noir”"


def test_semicolons_and_decimal_commas(actor: Actor) -> None:
    job = bring_in(actor, as_csv([classic(handle="cup", title="Cup", price="12,50")], delimiter=";"))
    assert job.delimiter == ";"
    assert Variant.objects.get().price == Decimal("12.50")


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"PK\x03\x04rest", b"\x81\x8d\xff\xfe,\x81", b"Title,Title\na,b\n"]
)
def test_what_is_no_table_is_refused_at_once(actor: Actor, content: bytes) -> None:
    with pytest.raises(InvalidInput) as refusal:
        upload(actor, content)
    assert "file" in refusal.value.fields
    assert ImportJob.objects.count() == 0


def test_rejected_rows_come_back_safe_for_spreadsheets_and_may_be_sent_again(actor: Actor) -> None:
    formula = classic(handle="calc", title='=HYPERLINK("http://x","y")', price="-5", sku="+1", tags="@a")
    job = bring_in(actor, as_csv([formula]))
    with write_rejected_rows(job) as file:
        text = file.read().decode("utf-8-sig")
    line = text.splitlines()[1]
    assert "'=HYPERLINK" in line
    assert ",'-5," in line
    assert "'+1" in line
    mended = text.replace("'-5", "5").encode()
    assert counts(bring_in(actor, mended)) == (1, 0, 0, 0)
    assert Product.objects.get().title == '=HYPERLINK("http://x","y")'


def test_stopping_and_going_on(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.goods.imports.services import batches, running

    monkeypatch.setattr(batches, "BATCH", 2)
    rows = [classic(handle=f"p{n}", title=f"P{n}", price="1", qty="1") for n in range(7)]
    job = check(actor, as_csv(rows))
    run_job(actor, job_id=job.pk)
    job = running.claim_job(actor, job_id=job.pk)
    with job.file.open("rb") as file:
        passes = running._passes(actor, job, file)
        running.keep_progress(actor, job_id=job.pk, tally=next(passes))
        next(passes)  # Killed here: two products more are in, but nobody was told.
        passes.close()
    assert Product.objects.count() == 4
    assert work_through(job.pk, job.business_id) is None, "its worker may still be alive"
    ImportJob.objects.update(updated_at="2020-01-01T00:00Z")
    done = work_through(job.pk, job.business_id)
    assert done is not None
    assert counts(done) == (5, 0, 2, 0)
    assert sum(StockBalance.objects.values_list("on_hand", flat=True)) == 7


def test_cancelling(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.goods.imports.services import batches

    monkeypatch.setattr(batches, "BATCH", 1)
    job = check(actor, as_csv([*SHIRT, *MUG]))
    run_job(actor, job_id=job.pk)
    ImportJob.objects.filter(pk=job.pk).update(cancel_requested_at="2026-01-01T00:00Z")
    done = work_through(job.pk, job.business_id)
    assert done is not None
    assert (done.state, Product.objects.count()) == ("cancelled", 1)
    with pytest.raises(WrongState):
        cancel_job(actor, job_id=job.pk)


def test_who_may_import(business: Business, make_actor: Any) -> None:
    clerk = make_actor(business, permissions=frozenset({"imports.read"}))
    with pytest.raises(PermissionRefused):
        upload(clerk, as_csv(MUG))


def test_fifty_thousand_rows_in_bounded_memory(actor: Actor) -> None:
    import resource

    lines = [",".join(CLASSIC)]
    blank = [""] * len(CLASSIC)
    places = {
        name: CLASSIC.index(name)
        for name in ("Handle", "Title", "Variant Price", "Variant SKU", "Option1 Name")
    }
    value = CLASSIC.index("Option1 Value")
    for number in range(25_000):
        for size in ("S", "M"):
            row = list(blank)
            row[places["Handle"]] = f"thing-{number}"
            row[places["Variant Price"]], row[places["Variant SKU"]], row[value] = (
                "5",
                f"T{number}{size}",
                size,
            )
            if size == "S":
                row[places["Title"]], row[places["Option1 Name"]] = f"Thing {number}", "Size"
            lines.append(",".join(row))
    content = "\n".join(lines).encode()
    job = upload(actor, content)
    check_job(actor, job_id=job.pk)
    del lines, content
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = work_through(job.pk, job.business_id)
    grown_kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert done is not None
    assert counts(done) == (25_000, 0, 0, 0)
    assert done.rows_done == 50_000
    assert grown_kilobytes < 60_000


@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample files are not here")
@pytest.mark.parametrize(
    ("name", "products"), [("shopify_apparel.csv", 19), ("shopify_home_and_garden.csv", 18)]
)
def test_shopify_s_own_samples_by_command(business: Business, name: str, products: int, capsys: Any) -> None:
    call_command("import_products", str(SAMPLES / name), business=business.slug, dry_run=True)
    assert Product.objects.count() == 0
    call_command("import_products", str(SAMPLES / name), business=business.slug)
    created = Product.objects.count()
    assert f"{created} created, 0 updated, 0 unchanged, 0 rejected" in capsys.readouterr().out
    assert Product.objects.visible().count() == created
    before = traces()
    call_command("import_products", str(SAMPLES / name), business=business.slug)
    assert f"0 created, 0 updated, {created} unchanged, 0 rejected" in capsys.readouterr().out
    assert traces() == before


def test_the_command_says_what_is_wrong(business: Business, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(b"What,Worth\nLamp,30\n")
    with pytest.raises(CommandError, match="Choose the headings"):
        call_command("import_products", str(path), business=business.slug)
    with pytest.raises(CommandError, match="no business"):
        call_command("import_products", str(path), business="nobody")
