"""Whole files of real shops through the browser's door and the worker; `make soak` with ARGS="-s" and this file.

Two businesses at once in one house: one brings in 541,909 invoice lines as its past, the other the goods of four files.
Prints how long each step takes, and what pages cost afterwards. Figures are in docs/imports.md and docs/history.md.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Browser, Page

from apps.goods.catalog.models import Brand, Category, Product, ProductImage, Variant
from apps.goods.imports.models import Batch, BatchChange, ImportJob
from apps.goods.inventory.models import StockBalance, StockMovement
from apps.kernel import outbox, tenancy
from apps.money.ledger.verification import verify_books
from apps.people.customers.models import Customer
from apps.platform.businesses.models import Business
from apps.selling.history.models import PastOrder
from tests.browser.conftest import SIZES
from tests.factories.businesses import owner_of
from tests.factories.businesses import sign_in as sign_in_here
from tests.selling.history.test_importing import SAMPLES, UCI, check_returns, check_sums

from .conftest import PASSWORD, sign_up_shop
from .house import House

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not SAMPLES.exists(), reason="the sample files are not here"),
]
MINUTES = 20
# A page of the back office: statements, and seconds on a machine that does other things too.
MOST_STATEMENTS, MOST_SECONDS = 30, 2.0
ENDED = {"ready", "finished", "failed", "cancelled"}


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=SIZES["desk"], reduced_motion="reduce")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


class Desk:
    """One person at a desk who brings files in and watches the bar."""

    def __init__(self, house: House, page: Page, business: Business) -> None:
        self.house, self.page, self.business = house, page, business
        page.context.clear_cookies()
        self.began = time.monotonic()
        page.goto(f"{house.base}/accounts/login/")
        page.locator("input[name=login]").fill(f"owner@{business.slug}.example.com")
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("main button[type=submit], form button[type=submit]").first.click()
        page.wait_for_url("**/admin/")

    def say(self, what: str) -> None:
        print(f"{time.monotonic() - self.began:8.1f} s  {what}", flush=True)
        self.began = time.monotonic()

    def bring_in(self, path: Path, kind: str = "", **typed: str) -> ImportJob:
        """Upload, match, check, run; the job as it ended. Without anything to bring in the check is the end."""
        self.page.goto(f"{self.house.base}/admin/imports/importjob/do/upload/")
        self.page.locator("input[type=file]").set_input_files(path)
        self.page.locator("select[name=kind]").select_option(kind)
        self.page.get_by_role("button", name="Upload the file").click()
        self.page.wait_for_url("**/check/")
        self.say(f"{path.name}: uploaded")
        # What the file has no column for is folded away.
        self.page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")
        for name, text in typed.items():
            self.page.locator(f"[name={name}]").fill(text)
        self.page.get_by_role("button", name="Check the file").click()
        self.page.wait_for_url(re.compile(r"/importjob/[0-9a-f-]{36}/(change/)?$"))
        job = self.watch("checked")
        if not (job.created_count or job.updated_count):
            return job
        expected = (job.created_count, job.updated_count, job.unchanged_count, job.rows_reported)
        self.page.get_by_role("link", name="Import", exact=True).first.click()
        self.page.locator("main form button[type=submit]").last.click()
        self.page.wait_for_url(re.compile(r"/importjob/[0-9a-f-]{36}/(change/)?$"))
        job = self.watch("run")
        assert (job.created_count, job.updated_count, job.unchanged_count, job.rows_reported) == expected
        return job

    def watch(self, what: str) -> ImportJob:
        """Until the bar is gone; how often it moved is said."""
        found = re.search(r"/importjob/([0-9a-f-]{36})/", self.page.url)
        assert found is not None, self.page.url
        seen: list[str] = []
        end = time.monotonic() + MINUTES * 60
        while time.monotonic() < end:
            bar = self.page.locator("#import-progress progress")
            value = bar.get_attribute("value", timeout=2000) if bar.count() else None
            if value is not None and value not in seen:
                seen.append(value)
            with tenancy.bind(self.business.pk):
                job = ImportJob.objects.get(pk=found[1])
            if job.state in ENDED:
                break
            time.sleep(0.5)
        assert job.state in {"ready", "finished"}, (job.state, job.failure, self.house.last_words())
        assert job.rows_accepted + job.rows_reported == job.rows_done == job.rows_total
        self.say(
            f"{what}: {job.rows_total:,} rows, {job.created_count:,} new, {job.updated_count:,} changed, "
            f"{job.unchanged_count:,} as they were, {job.rows_reported:,} rows reported; bar at {' '.join(seen)}"
        )
        self.page.reload()
        return job

    def undo(self, job: ImportJob) -> None:
        """Take it back by the button, to the end."""
        self.page.goto(f"{self.house.base}/admin/imports/importjob/{job.pk}/do/undo/")
        self.page.locator("main form button[type=submit]").last.click()
        end = time.monotonic() + MINUTES * 60
        while time.monotonic() < end:
            with tenancy.bind(self.business.pk):
                batch = Batch.objects.get(pk=job.batch_id)
                kept = batch.changes.filter(outcome=BatchChange.Outcome.KEPT).count()
            if batch.state == Batch.State.UNDONE:
                break
            time.sleep(0.5)
        assert (batch.state, kept) == ("undone", 0), self.house.last_words()
        self.say(f"taken back: {batch.undone_count:,} changes, {batch.kept_count:,} archived instead")


def cost(client: Client, address: str) -> None:
    """Ask for a page twice, count and time the second; over the budget is a failure."""
    client.get(address)
    begun = time.monotonic()
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    seconds = time.monotonic() - begun
    slowest = max(
        captured.captured_queries, key=lambda one: float(one["time"]), default={"time": "0", "sql": ""}
    )
    print(
        f"{seconds * 1000:8.0f} ms {len(captured):4d} statements {address}; slowest {slowest['time']} s",
        flush=True,
    )
    if float(slowest["time"]) > 0.2:
        print(slowest["sql"][:1500], flush=True)
    assert answer.status_code == 200, address
    assert len(captured) <= MOST_STATEMENTS, address
    assert seconds <= MOST_SECONDS, address


def test_a_past_of_half_a_million_lines(make_house: Callable[..., House], page: Page, client: Client) -> None:
    shop = sign_up_shop("british", "British Gifts", "GBP", time_zone="Europe/London")
    house = make_house()
    desk = Desk(house, page, shop)
    job = desk.bring_in(UCI, "sales", default_time_zone="Europe/London")
    outbox.drain()
    desk.say("the books are told")
    with tenancy.bind(shop.pk):
        check_sums(UCI, job)
        check_returns()
        # Of 4,372 customers one was only ever given a thing, and lines without a price are left out.
        assert (PastOrder.objects.count(), Customer.objects.count()) == (job.created_count, 4371)
        assert not StockMovement.objects.exists()
    desk.say("sums by month, by country and in the books are those of the file")
    again = desk.bring_in(UCI, "sales", default_time_zone="Europe/London")
    assert (again.created_count, again.unchanged_count) == (0, job.created_count)
    assert again.reasons == job.reasons
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    sign_in_here(client, owner_of(shop), shop)
    whole = "from=2010-12-01&to=2011-12-31"
    with tenancy.bind(shop.pk):
        buyer = PastOrder.objects.filter(customer__isnull=False).latest("line_count")
        product = Variant.objects.get(sku="85123A").product_id
    for address in (
        "/admin/history/pastorder/",
        "/admin/history/pastorder/?q=5363",
        "/admin/history/pastorder/?p=200",
        f"/admin/history/pastorder/{buyer.pk}/",
        f"/admin/customers/customer/{buyer.customer_id}/",
        "/admin/customers/customer/",
        "/admin/catalog/product/",
        "/admin/catalog/product/?q=heart",
        f"/admin/catalog/product/{product}/",
        "/admin/ledger/journalentry/",
        "/admin/",
        *(
            f"/admin/sales/report/?report={by}&{whole}"
            for by in ("day", "month", "country", "product", "customer")
        ),
    ):
        cost(client, address)
    desk.undo(job)
    outbox.drain()
    with tenancy.bind(shop.pk):
        for table in (PastOrder, Customer, Product, Variant):
            assert not table.objects.exists(), table
        assert verify_books().findings == []


def test_the_goods_of_four_files(make_house: Callable[..., House], page: Page) -> None:
    shop = sign_up_shop("goods", "All Goods", "GBP")
    house = make_house()
    desk = Desk(house, page, shop)
    files: list[tuple[str, dict[str, Any]]] = [
        ("uci_online_retail.csv.xz", {}),
        ("cannabis_products.csv.gz", {"default_price": "0"}),
        ("shopify_apparel.csv", {}),
        ("shopify_home_and_garden.csv", {}),
    ]
    jobs = []
    for name, typed in files:
        job = desk.bring_in(SAMPLES / name, **typed)
        again = desk.bring_in(SAMPLES / name, **typed)
        assert (again.created_count, again.updated_count) == (0, 0)
        assert again.unchanged_count == job.created_count
        jobs.append(job)
    with tenancy.bind(shop.pk):
        assert Product.objects.count() == sum(job.created_count for job in jobs)
        moved = StockMovement.objects.values("variant").distinct().count()
    for job in reversed(jobs):
        desk.undo(job)
    with tenancy.bind(shop.pk):
        left = {
            kind.__name__: kind.objects.count() for kind in (Product, Variant, Brand, Category, ProductImage)
        }
        on_hand = StockBalance.objects.exclude(on_hand=0).count()
    # What has moved is named by the ledger, which loses nothing: archived with a stock of nought.
    print(f"left: {left}, of them moved {moved}", flush=True)
    assert (left["Variant"], left["Brand"], left["Category"], on_hand) == (moved, 0, 0, 0)
