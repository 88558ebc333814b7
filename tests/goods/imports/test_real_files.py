"""Files that nobody wrote for us: every row is accepted or reported, and the second run changes nothing."""

from __future__ import annotations

import csv
import gzip
import lzma
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from apps.goods.catalog.models import (
    Brand,
    Category,
    FormerAddress,
    Product,
    ProductImage,
    ProductVersion,
    Variant,
)
from apps.goods.imports.models import ImportJob, ImportRowError
from apps.goods.imports.services import check_job, run_job, undo_batch, upload_file, work_through
from apps.goods.imports.services.undoing import undo_through
from apps.goods.inventory.models import StockBalance
from apps.kernel.actors import Actor
from tests.goods.imports.test_importing import SAMPLES, counts, traces

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("bound"),
    pytest.mark.skipif(not SAMPLES.exists(), reason="the sample files are not here"),
]


def take(actor: Actor, path: Path, **choices: object) -> ImportJob:
    """Upload, check and run; the job as it ended."""
    with path.open("rb") as file:
        job = upload_file(actor, file=file, name=path.name, size=path.stat().st_size)
    check_job(actor, job_id=job.pk, **choices)  # type: ignore[arg-type]
    checked = work_through(job.pk, job.business_id)
    assert checked is not None
    expected = counts(checked)
    run_job(actor, job_id=job.pk)
    done = work_through(job.pk, job.business_id)
    assert done is not None
    assert done.state == "finished", done.failure
    assert counts(done) == expected, "the dry run promised something else"
    assert done.rows_accepted + done.rows_reported == done.rows_total
    return done


def test_a_licensed_catalogue(actor: Actor, tmp_path: Path) -> None:
    """Each tenth row of 17,233, with the one that has no name; all of them took 80 seconds (docs/imports.md)."""
    path = tmp_path / "products.csv.gz"
    with gzip.open(SAMPLES / "cannabis_products.csv.gz", "rt", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [row for number, row in enumerate(reader) if number % 10 == 0 or not row["name"].strip()]
    with gzip.open(path, "wt", encoding="utf-8", newline="") as part:
        writer = csv.DictWriter(part, reader.fieldnames or [])
        writer.writeheader()
        writer.writerows(rows)
    nameless = [row for row in rows if not row["name"].strip()]
    assert len(nameless) == 1
    choices = {"defaults": {"price": "0"}}
    with CaptureQueriesContext(connection) as captured:
        job = take(actor, path, **choices)
    assert job.mapping == {
        "handle": "slug", "title": "name", "vendor": "brand", "category": "category", "strain": "strain",
        "thc": "thc", "cbd": "cbd",
    }  # fmt: skip
    named = [row for row in rows if row["name"].strip()]
    for sign, unit in (("mg", "mg"), ("%", "percent")):
        said = [row["thc"].removesuffix(sign).replace(",", "") for row in named if row["thc"].endswith(sign)]
        found = Product.objects.filter(thc_unit=unit, thc_min__isnull=False)
        assert found.count() == len(said) > 0
        assert found.aggregate(total=Sum("thc_max"))["total"] == sum(map(Decimal, said))
    strains = Counter(row["strain"].strip() for row in rows if row["name"].strip())
    assert Product.objects.filter(strain="OG Kush").count() == strains["OG Kush"] > 0
    assert (job.rows_total, job.rows_reported) == (len(rows), 1)
    assert counts(job) == (len(rows) - 1, 0, 0, 1)
    brands = {row["brand"].strip().upper() for row in rows if row["name"].strip()} - {""}
    assert Brand.objects.count() == len(brands)
    shatter = sum(row["category"] == "Concentrate,Shatter," for row in rows)
    assert (
        Product.objects.filter(category__name="Shatter", category__parent__name="Concentrate").count()
        == shatter
    )
    # By the batch, not by the row: of the statements of both passes a hundred products share about thirty.
    assert len(captured) < len(rows) / 2
    before = traces()
    assert counts(take(actor, path, **choices)) == (0, 0, len(rows) - 1, 1)
    # The row without a name is reported anew, which is entered and told; stock and products stay as they are.
    assert traces()[2:] == before[2:]
    # Taken back by the worker, to the end: nothing is left of it.
    assert job.batch is not None
    assert undo_batch(actor, batch_id=job.batch.pk).state == "undoing"
    undone = undo_through(job.batch.pk, job.business_id)
    assert undone is not None
    assert (undone.state, undone.undone_count, undone.kept_count) == ("undone", undone.change_count, 0)
    kinds = (Product, Variant, Brand, Category, ProductVersion, ProductImage, FormerAddress, StockBalance)
    assert {model.__name__: model.objects.count() for model in kinds} == {
        model.__name__: 0 for model in kinds
    }


def test_invoice_lines_become_one_product_for_each_code(actor: Actor) -> None:
    path = SAMPLES / "uci_online_retail.csv.xz"
    texts: dict[str, Counter[str]] = defaultdict(Counter)
    prices: dict[str, Decimal] = {}
    lines: Counter[str] = Counter()
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            code = row["StockCode"].strip().upper()
            lines[code] += 1
            if row["Description"].strip():
                texts[code][row["Description"].strip()] += 1
            if Decimal(row["UnitPrice"] or 0) > 0:
                prices[code] = Decimal(row["UnitPrice"])
    job = take(actor, path)
    assert (job.format, job.rules["one_per"]) == ("invoice_lines", "StockCode")
    assert (job.rows_total, job.rows_done) == (541_909, 541_909)
    found = {
        sku.upper(): (title, price)
        for sku, title, price in Variant.objects.values_list("sku", "product__title", "price")
    }
    errors = list(ImportRowError.objects.filter(job=job).values_list("message", flat=True))
    told = {message.split("“")[1].split("”")[0] for message in errors}
    assert found.keys() | told == lines.keys()
    assert not found.keys() & told
    assert job.rows_accepted == sum(lines[code] for code in found)
    for code, (title, price) in found.items():
        assert texts[code][title] == max(texts[code].values()), code
        assert price == prices[code], code
    assert {"POST", "M", "BANK CHARGES", "D", "AMAZONFEE"} <= told
    assert any("“POST”" in message and "1,256 lines" in message for message in errors)
    with path.open("rb") as file:
        again = upload_file(actor, file=file, name=path.name, size=path.stat().st_size)
    check_job(actor, job_id=again.pk)
    done = work_through(again.pk, again.business_id)
    assert done is not None
    assert counts(done) == (0, 0, len(found), len(told))
