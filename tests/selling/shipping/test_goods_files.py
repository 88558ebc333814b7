"""HS code and country of origin come in with product files, go out with them, and are taken back with the import."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.goods.catalog.models import Product, Variant
from apps.goods.imports.exporting import Wanted, write_export
from apps.goods.imports.models import Batch, BatchChange, ImportJob, ImportRowError
from apps.goods.imports.restoring import foresee
from apps.goods.imports.services import run_job, undo_batch, work_through
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business
from apps.selling.shipping.models import ShippingItem
from apps.selling.shipping.services import GoodsDraft, describe_goods, goods
from tests.factories.businesses import actor_of, make_business, owner_of, sign_in
from tests.factories.goods import make_product, variants_of
from tests.goods.imports.files import CLASSIC, SHIRT, as_csv
from tests.goods.imports.test_importing import bring_in, check, counts, errors, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bound")]
HEADINGS = [*CLASSIC, "HS Code", "COO"]


def shirts(*facts: tuple[str, str]) -> bytes:
    """The shirt in S and M, with HS code and origin of each."""
    said = [{"HS Code": code, "COO": origin} for code, origin in facts]
    rows = [row | own for row, own in zip(SHIRT, [*said, {}], strict=True)]
    return as_csv(rows, HEADINGS)


def kept() -> dict[str, tuple[str, str]]:
    """What is said of variants alone."""
    rows = ShippingItem.objects.filter(variant__isnull=False)
    return {
        sku: (code, origin) for sku, code, origin in rows.values_list("variant__sku", "hs_code", "origin")
    }


def batch_of(job: ImportJob) -> Batch:
    assert job.batch is not None
    return job.batch


def test_both_come_in_with_the_goods_and_the_same_file_changes_nothing(actor: Actor) -> None:
    content = shirts(("6109.10 00", "pt"), ("610990", "BD"))
    checked = check(actor, content)
    assert (checked.mapping["hs_code"], checked.mapping["origin"]) == ("HS Code", "COO")
    assert kept() == {}, "a dry run writes nothing"
    assert counts(bring_in(actor, content)) == (1, 0, 0, 0)
    assert kept() == {"SH-S": ("61091000", "PT"), "SH-M": ("610990", "BD")}
    entries = AuditEntry.objects.count()
    assert counts(bring_in(actor, content)) == (0, 0, 1, 0)
    # A file without the columns says nothing of them.
    assert counts(bring_in(actor, as_csv(SHIRT))) == (0, 0, 1, 0)
    assert kept() == {"SH-S": ("61091000", "PT"), "SH-M": ("610990", "BD")}
    assert AuditEntry.objects.count() == entries


@pytest.mark.parametrize(
    ("code", "origin", "column", "words"),
    [
        ("12345", "PT", "HS Code", "six to ten digits"),
        ("6109X0", "PT", "HS Code", "six to ten digits"),
        ("61091000123", "PT", "HS Code", "six to ten digits"),
        ("٦١٠٩١٠", "PT", "HS Code", "six to ten digits"),
        ("610910", "Portugal", "COO", "two letters"),
        ("610910", "XX", "COO", "two letters"),
        ("610910", "P1", "COO", "two letters"),
    ],
)
def test_a_bad_value_is_told_in_the_dry_run_and_keeps_its_product_out(
    actor: Actor, code: str, origin: str, column: str, words: str
) -> None:
    content = shirts(("610910", "PT"), (code, origin))
    job = check(actor, content)
    assert counts(job) == (0, 0, 0, 1)
    assert errors(job) == [(3, column)]
    error = ImportRowError.objects.get(job=job)
    assert words in error.message
    assert error.value in (code, origin)
    assert counts(bring_in(actor, content)) == (0, 0, 0, 1)
    assert not Product.objects.exists()
    assert kept() == {}


def test_what_the_product_says_counts_and_an_empty_cell_takes_the_variant_s_own_away(actor: Actor) -> None:
    bring_in(actor, as_csv(SHIRT))
    small = Variant.objects.get(sku="SH-S")
    describe_goods(
        actor,
        drafts=[
            GoodsDraft(product_id=small.product_id, hs_code="610910", origin="PT"),
            GoodsDraft(variant_id=small.pk, shipping_class="Bulky", customs_text="cotton shirt"),
        ],
    )
    # What the product says for its variants is not said again of each.
    assert counts(bring_in(actor, shirts(("610910", "PT"), ("", "")))) == (0, 0, 1, 0)
    assert kept() == {"SH-S": ("", "")}
    assert counts(bring_in(actor, shirts(("610910", "IT"), ("620520", "")))) == (0, 1, 0, 0)
    assert kept() == {"SH-S": ("", "IT"), "SH-M": ("620520", "")}
    own = ShippingItem.objects.get(variant=small)
    assert (own.shipping_class, own.customs_text) == ("Bulky", "cotton shirt"), "the rest stays"
    assert counts(bring_in(actor, shirts(("", ""), ("", "")))) == (0, 1, 0, 0)
    assert kept() == {"SH-S": ("", "")}, "of which nothing is said has no row"
    assert counts(bring_in(actor, shirts(("", ""), ("", "")))) == (0, 0, 1, 0)


def test_undo_gives_former_facts_back_and_leaves_what_changed_since(actor: Actor, business: Business) -> None:
    bring_in(actor, shirts(("610910", "PT"), ("", "")))
    first = bring_in(actor, shirts(("620520", "IT"), ("620520", "IT")))
    assert counts(first) == (0, 1, 0, 0)
    assert foresee(batch_of(first)) == []
    without = Actor("user", actor.id, "Kim", business.pk, permissions=actor.permissions - {"shipping.manage"})
    with pytest.raises(PermissionRefused):
        undo_batch(without, batch_id=batch_of(first).pk)
    done = undo_batch(actor, batch_id=batch_of(first).pk)
    assert (done.state, done.kept_count, done.undone_count) == ("undone", 0, 2)
    assert kept() == {"SH-S": ("610910", "PT")}

    second = bring_in(actor, shirts(("620520", "IT"), ("620520", "IT")))
    small = Variant.objects.get(sku="SH-S")
    describe_goods(actor, drafts=[GoodsDraft(variant_id=small.pk, hs_code="620520", origin="ES")])
    assert [one.label for one in foresee(batch_of(second))] == ["Shirt – S"]
    done = undo_batch(actor, batch_id=batch_of(second).pk)
    assert (done.undone_count, done.kept_count) == (1, 1)
    left = BatchChange.objects.get(batch=done, outcome="kept")
    assert left.reason == "Changed since, so it stays: Country of origin: ES"
    assert kept() == {"SH-S": ("610910", "ES")}


def test_undo_of_new_goods_takes_their_facts_along(actor: Actor) -> None:
    job = bring_in(
        actor, as_csv([SHIRT[0] | {"Variant Inventory Qty": "", "HS Code": "610910", "COO": "PT"}], HEADINGS)
    )
    assert kept() == {"SH-S": ("610910", "PT")}
    assert foresee(batch_of(job)) == []
    undo_batch(actor, batch_id=batch_of(job).pk)
    assert not Product.objects.exists()
    assert not ShippingItem.objects.exists()


@pytest.mark.parametrize("file_type", ["csv", "xlsx"])
def test_what_is_exported_comes_in_again_without_a_change(actor: Actor, file_type: str) -> None:
    bring_in(actor, shirts(("010121", "PT"), ("", "")))
    product = Product.objects.get()
    describe_goods(actor, drafts=[GoodsDraft(product_id=product.pk, hs_code="610910", origin="BD")])
    with write_export(Wanted(), format_name="own", file_type=file_type, with_costs=True) as file:
        content = file.read()
    if file_type == "csv":
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    else:
        sheet: Any = openpyxl.load_workbook(io.BytesIO(content)).active
        headings, *cells = sheet.iter_rows(values_only=True)
        rows = [dict(zip(headings, row, strict=True)) for row in cells]
    found = {row["SKU"]: (row["HS code"], row["Country of origin"]) for row in rows}
    assert found == {"SH-S": ("010121", "PT"), "SH-M": ("610910", "BD")}
    before, entries = kept(), AuditEntry.objects.count()
    job = bring_in(actor, content)
    assert (job.format, counts(job)) == ("own", (0, 0, 1, 0))
    assert kept() == before
    assert AuditEntry.objects.count() == entries


def test_another_business_s_goods_of_the_same_names_are_not_touched(
    actor: Actor, other_business: Business
) -> None:
    with tenancy.bind(other_business.pk):
        theirs = variants_of(make_product(other_business, title="Shirt", variant={"sku": "SH-S"}))[0]
        they = Actor.system("test", other_business.pk)
        describe_goods(they, drafts=[GoodsDraft(variant_id=theirs.pk, hs_code="999999", origin="US")])
    bring_in(actor, shirts(("610910", "PT"), ("", "")))
    assert kept() == {"SH-S": ("610910", "PT")}
    with write_export(Wanted(), format_name="own", file_type="csv", with_costs=True) as file:
        assert b"999999" not in file.read()
    job = bring_in(actor, shirts(("", ""), ("", "")))
    undo_batch(actor, batch_id=batch_of(job).pk)
    with tenancy.bind(other_business.pk):
        assert kept() == {"SH-S": ("999999", "US")}


def test_ten_products_cost_no_more_statements_than_one(actor: Actor) -> None:
    def rows(count: int, code: str, price: str = "9") -> bytes:
        lines = [f"thing-{n},Thing {n},{price},T-{n},{code},PT" for n in range(count)]
        return "\n".join(["Handle,Title,Price,SKU,HS code,Country of origin", *lines]).encode()

    def cost(content: bytes) -> int:
        check(actor, content)
        job = ImportJob.objects.latest("id")
        run_job(actor, job_id=job.pk)
        with CaptureQueriesContext(connection) as asked:
            done = work_through(job.pk, job.business_id)
        assert done is not None
        assert counts(done)[1] == content.count(b"\n")
        return len(asked)

    bring_in(actor, rows(10, "610910"))
    one = cost(rows(1, "620520"))
    assert cost(rows(10, "640399")) == one
    assert set(ShippingItem.objects.values_list("hs_code", flat=True)) == {"640399"}


def test_the_mapping_page_offers_the_columns_and_one_text_for_all_rows() -> None:
    shop = make_business("Quay")
    with tenancy.bind(shop.pk):
        actor = actor_of(shop)
        job = upload(actor, b"Title,Price,Zoll\nMug,5,691200\nBowl,6,\n")
        owner = sign_in(Client(), owner_of(shop), shop)
        page = reverse("admin:verb", args=["imports", "importjob", job.pk, "check"])
        shown = owner.get(page).content.decode()
        assert 'name="hs_code"' in shown
        assert 'name="default_origin"' in shown
        chosen = {"title": "Title", "price": "Price", "hs_code": "Zoll", "default_origin": "pt"}
        assert owner.post(page, chosen).status_code == 302
        work_through(job.pk, job.business_id)
        run_job(actor, job_id=job.pk)
        work_through(job.pk, job.business_id)
        found = ShippingItem.objects.values_list("variant__product__title", "hs_code", "origin")
        assert set(found) == {("Mug", "691200", "PT"), ("Bowl", "", "PT")}


def test_a_shop_s_own_columns_in_woocommerce_s_file_and_what_it_does_not_say_stays(actor: Actor) -> None:
    head = "ID,Type,SKU,Name,Published,Regular price,Parent,Attribute 1 name,Attribute 1 value(s)"
    lines = ["1,variable,TEE,Tee,1,,,Size,", "2,variation,TEE-S,Tee S,1,9,TEE,Size,S",
             "3,variation,TEE-M,Tee M,1,9,TEE,Size,M"]  # fmt: skip
    plain = "\n".join([head, *lines]).encode()
    codes = ["610910", "", "620520"]
    told = "\n".join([f"{head},HS code", *(f"{a},{b}" for a, b in zip(lines, codes, strict=True))]).encode()
    assert counts(bring_in(actor, told))[0] == 1
    assert kept() == {"TEE-S": ("610910", ""), "TEE-M": ("620520", "")}
    Product.objects.update(subtitle="Soft")
    assert counts(bring_in(actor, plain)) == (0, 0, 1, 0)
    assert kept() == {"TEE-S": ("610910", ""), "TEE-M": ("620520", "")}
    assert Product.objects.get().subtitle == "Soft"


def test_what_somebody_says_meanwhile_of_the_same_goods_stays(
    actor: Actor, business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in(actor, shirts(("6109.10 00", "PT"), ("610990", "BD")))
    small = Variant.objects.get(sku="SH-S")
    look = goods._refuse_unknown

    def meanwhile(targets: Any) -> None:
        # Whoever writes first now is the one whose words the import must leave.
        ShippingItem.objects.filter(variant=small).update(shipping_class="Bulky", customs_text="Shirt")
        look(targets)

    monkeypatch.setattr(goods, "_refuse_unknown", meanwhile)
    assert counts(bring_in(actor, shirts(("610910", ""), ("610990", "BD")))) == (0, 1, 0, 0)
    row = ShippingItem.objects.get(variant=small)
    assert (row.hs_code, row.origin) == ("610910", "")
    assert (row.shipping_class, row.customs_text) == ("Bulky", "Shirt")
    # The file takes both away; what else is said keeps the row.
    assert counts(bring_in(actor, shirts(("", ""), ("", "")))) == (0, 1, 0, 0)
    left = ShippingItem.objects.get()
    assert (left.variant_id, left.hs_code, left.shipping_class) == (small.pk, "", "Bulky")
