"""Files that nobody wrote for us: every row is accepted or reported, and the second run changes nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.goods.catalog.models import Brand, Category, Product, Variant
from apps.goods.imports.models import ImportJob, ImportRowError
from apps.goods.imports.services import check_job, run_job, upload_file, work_through
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


def test_a_licensed_catalogue_of_seventeen_thousand(actor: Actor) -> None:
    path = SAMPLES / "cannabis_products.csv.gz"
    began = time.monotonic()
    choices = {"defaults": {"price": "0"}}
    with CaptureQueriesContext(connection) as captured:
        job = take(actor, path, **choices)
    print(f"cannabis: {time.monotonic() - began:.0f} s, {len(captured)} statements")
    assert job.mapping == {"handle": "slug", "title": "name", "vendor": "brand", "category": "category"}
    assert (job.rows_total, job.rows_accepted, job.rows_reported) == (17_233, 17_232, 1)
    assert counts(job) == (17_232, 0, 0, 1)
    assert [(error.row, error.column) for error in ImportRowError.objects.filter(job=job)] != []
    assert (
        Product.objects.filter(category__name="Shatter", category__parent__name="Concentrate").count() == 2801
    )
    assert Brand.objects.count() == 1200
    # By the batch, not by the row: a hundred products share them.
    assert len(captured) < 17_233
    before = traces()
    began = time.monotonic()
    again = take(actor, path, **choices)
    print(f"cannabis again: {time.monotonic() - began:.0f} s")
    assert counts(again) == (0, 0, 17_232, 1)
    assert Product.objects.count() == before[-1]


def test_invoice_lines_become_one_product_for_each_code(actor: Actor) -> None:
    path = SAMPLES / "uci_online_retail.csv.xz"
    began = time.monotonic()
    job = take(actor, path)
    print(f"uci: {time.monotonic() - began:.0f} s", counts(job))
    assert (job.format, job.rules["one_per"]) == ("invoice_lines", "StockCode")
    assert job.rows_total == 541_909
    reasons = dict(ImportRowError.objects.filter(job=job).values_list("handle", "message"))
    assert "1,256 lines" in next(m for m in reasons.values() if "“POST”" in m)
    assert {"POST", "M", "BANK CHARGES", "D", "AMAZONFEE"} <= {
        m.split("“")[1].split("”")[0] for m in reasons.values() if "no products" in m
    }
    heart = Variant.objects.get(sku="85123A")
    assert (heart.product.title, heart.price) == ("WHITE HANGING HEART T-LIGHT HOLDER", 1)
    before = traces()
    again = take(actor, path)
    assert counts(again) == (0, 0, job.created_count, job.rejected_count)
    assert Product.objects.count() == before[-1] == job.created_count
    assert Category.objects.count() == 0
