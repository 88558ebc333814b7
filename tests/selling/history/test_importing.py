"""A shop's past from its invoice lines: each row accounted for, sums to the cent, nothing else touched, taken back."""

from __future__ import annotations

import csv
import lzma
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth

from apps.goods.catalog.models import Product, Variant
from apps.goods.imports.models import Batch, ImportJob, ImportRowError
from apps.goods.imports.services import (
    check_job,
    run_job,
    undo_batch,
    undo_through,
    upload_file,
    work_through,
)
from apps.goods.inventory.models import StockMovement
from apps.kernel.actors import Actor
from apps.money.ledger.models import JournalEntry
from apps.money.ledger.selectors import balance_of
from apps.money.ledger.verification import verify_books
from apps.people.customers.models import Customer
from apps.platform.businesses.models import Business
from apps.selling.history.models import MatchedReturn, PastLine, PastOrder
from apps.selling.history.parsing import country_of
from tests.goods.imports.test_importing import SAMPLES

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("bound"),
    pytest.mark.skipif(not SAMPLES.exists(), reason="the sample files are not here"),
]
UCI = SAMPLES / "uci_online_retail.csv.xz"
ZERO, CENT = Decimal(0), Decimal("0.01")
LEFT_OUT = ("no_price", "no_quantity", "cancelled", "unreadable", "with_fault", "other_content", "refused")


@pytest.fixture
def british(business: Business) -> Business:
    """A business in the file's currency and time."""
    Business.objects.filter(pk=business.pk).update(currency="GBP", time_zone="Europe/London")
    business.refresh_from_db()
    return business


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def cut(path: Path) -> int:
    """Each sixtieth customer with everything bought and sent back, each sixtieth paper without one, all oddities."""
    count = 0
    with lzma.open(path, "wt", encoding="utf-8", newline="", preset=0) as file:
        writer: Any = None
        for row in rows_of(UCI):
            whose = int(float(row["CustomerID"] or 0)) or int(row["InvoiceNo"].lstrip("AC"))
            if whose % 60 == 0 or row["InvoiceNo"][0] == "A" or row["UnitPrice"] == "0.001":
                if writer is None:
                    writer = csv.DictWriter(file, list(row))
                    writer.writeheader()
                writer.writerow(row)
                count += 1
    return count


def run(actor: Actor, path: Path, **choices: Any) -> ImportJob:
    """Upload as sales, check, bring in."""
    with path.open("rb") as file:
        job = upload_file(actor, file=file, name=path.name, size=path.stat().st_size, kind="sales")
    check_job(actor, job_id=job.pk, **choices)
    checked = work_through(job.pk, job.business_id)
    assert checked is not None
    assert checked.state == "ready", checked.failure
    expected = (checked.created_count, checked.unchanged_count, checked.rows_reported, checked.reasons)
    if not checked.created_count:
        return checked
    run_job(actor, job_id=job.pk)
    done = work_through(job.pk, job.business_id)
    assert done is not None
    assert done.state == "finished", done.failure
    assert (done.created_count, done.unchanged_count, done.rows_reported, done.reasons) == expected
    return done


def check_sums(path: Path, job: ImportJob) -> None:
    """What is kept is the plain sum over the file, by month, by country and in all, but for fractions of a cent."""
    months: dict[str, Decimal] = defaultdict(lambda: ZERO)
    countries: dict[str, Decimal] = defaultdict(lambda: ZERO)
    plain, count = ZERO, 0
    for row in rows_of(path):
        exact = int(row["Quantity"]) * Decimal(row["UnitPrice"])
        amount = exact.quantize(CENT, rounding=ROUND_HALF_UP)
        months[row["InvoiceDate"][:7]] += amount
        countries[country_of(row["Country"])] += amount
        plain, count = plain + exact, count + 1
    assert sum(one["rows"] for one in job.reasons.values()) == count == job.rows_total
    assert sum(Decimal(one["amount"]) for one in job.reasons.values()) == plain
    assert job.rows_accepted + job.rows_reported == count
    assert job.rows_reported == sum(job.reasons.get(name, {"rows": 0})["rows"] for name in LEFT_OUT)
    by_month = PastOrder.objects.annotate(month=TruncMonth("day")).order_by().values_list("month")
    assert {f"{month:%Y-%m}": total for month, total in by_month.annotate(Sum("total"))} == months
    by_country = dict(PastOrder.objects.order_by().values_list("country").annotate(Sum("total")))
    assert by_country == {country: total for country, total in countries.items() if country in by_country}
    assert not any(total for country, total in countries.items() if country not in by_country)
    assert PastLine.objects.count() == job.rows_accepted
    lines = dict(PastLine.objects.order_by().values_list("kind").annotate(Sum("gross")))
    booked = {
        "goods": ("sales_revenue", ("goods", "discount", "sample", "voucher", "manual")),
        "delivery": ("shipping_income", ("delivery",)),
        "return": ("sales_returns", ("return",)),
        "fee": ("provider_fees", ("fee",)),
        "bad_debt": ("bad_debts", ("bad_debt",)),
    }
    for account, kinds in booked.values():
        assert -balance_of(account) == sum((lines.get(kind, ZERO) for kind in kinds), ZERO)
    assert balance_of("opening_equity") == sum(months.values())
    assert verify_books().findings == []


def check_returns() -> None:
    """Nothing came back that was not sold to the same customer before, at its price, and never more of it."""
    wrong = MatchedReturn.objects.select_related("return_line__order", "sale_line__order")
    for match in wrong.iterator(chunk_size=2000):
        back, sold = match.return_line, match.sale_line
        assert (back.sku.upper(), back.unit_price) == (sold.sku.upper(), sold.unit_price)
        assert back.order.customer_id == sold.order.customer_id is not None
        assert sold.order.placed_at <= back.order.placed_at
    too_much = PastLine.objects.annotate(back=Sum("taken_back__quantity"))
    assert not [line for line in too_much.filter(back__isnull=False) if line.back > line.quantity]
    over = PastLine.objects.annotate(back=Sum("takes_back__quantity"))
    assert not [line for line in over.filter(back__isnull=False) if line.back > -line.quantity]


def walk(actor: Actor, path: Path, drain: Callable[[], int]) -> ImportJob:
    """In, once more, and taken back; the job of the first."""
    job = run(actor, path, defaults={"time_zone": "Europe/London"})
    drain()
    check_sums(path, job)
    check_returns()
    assert not StockMovement.objects.exists()
    assert not mail.outbox
    again = run(actor, path)
    assert (again.created_count, again.unchanged_count) == (0, job.created_count)
    assert again.reasons == job.reasons
    return job


def take_back(actor: Actor, job: ImportJob, drain: Callable[[], int]) -> None:
    assert job.batch_id is not None
    undo_batch(actor, batch_id=job.batch_id)
    batch = undo_through(job.batch_id, job.business_id) or Batch.objects.get(pk=job.batch_id)
    assert (batch.state, batch.kept_count) == ("undone", 0)
    drain()
    for table in (PastOrder, PastLine, MatchedReturn, Customer, Product, Variant):
        assert not table.objects.exists(), table
    for account in ("sales_revenue", "sales_returns", "shipping_income", "opening_equity", "tax_payable"):
        assert balance_of(account) == ZERO
    assert verify_books().findings == []
    entries = (
        JournalEntry.objects.filter(source_type="past_sales").values("posted_on").annotate(n=Count("pk"))
    )
    assert entries
    assert all(one["n"] % 2 == 0 for one in entries)


def test_a_slice_of_a_real_shop(
    british: Business, actor: Actor, tmp_path: Path, drain_outbox: Callable[[], int]
) -> None:
    """Returns keep their sales, oddities are all there; the whole file: `make soak ARGS=tests/selling/history`."""
    path = tmp_path / "slice.csv.xz"
    assert cut(path) > 5000
    job = walk(actor, path, drain_outbox)
    for reason in ("goods", "return_matched", "return_no_customer", "no_price", "bad_debt", "rounding"):
        assert reason in job.reasons
    assert ImportRowError.objects.filter(job=job).count() == job.rows_reported
    take_back(actor, job, drain_outbox)


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_the_whole_file(british: Business, actor: Actor, drain_outbox: Callable[[], int]) -> None:
    """541,909 lines; figures in docs/history.md."""
    job = walk(actor, UCI, drain_outbox)
    assert (job.rows_total, job.reasons["bad_debt"]["amount"]) == (541_909, "-11062.06")
    assert PastOrder.objects.count() == job.created_count
    # Of 4,372 customers one was only ever given a thing, and lines without a price are left out.
    assert Customer.objects.count() == 4371
    take_back(actor, job, drain_outbox)
