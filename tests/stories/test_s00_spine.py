"""The spine: a merchant imports a real catalogue in the browser, a stranger buys on a phone, and the books balance.

Nothing here calls a service: staff and stranger only use what they see. The database is read at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import Sum
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from apps.goods.catalog.models import Product
from apps.kernel import tenancy
from apps.money.ledger.models import JournalLine
from apps.platform.businesses.models import Business
from apps.selling.orders.models import Order
from tests.browser.conftest import SIZES, grave_findings

from .conftest import PASSWORD
from .house import House

SAMPLES = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def shopify_files() -> list[tuple[Path, int]]:
    """Shopify's own sample files with the number of products in each."""
    files = [(SAMPLES / "shopify_apparel.csv", 20), (SAMPLES / "shopify_home_and_garden.csv", 20)]
    if not all(path.exists() for path, _products in files):
        pytest.skip("the sample files are not here")
    return files


@pytest.fixture
def pages(chromium: Browser) -> Iterator[Callable[[str, str], Page]]:
    contexts = []

    def open_page(base: str, size: str) -> Page:
        context = chromium.new_context(viewport=SIZES[size], base_url=base, reduced_motion="reduce")
        context.set_default_timeout(30_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


def sign_in(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit], form button[type=submit]").first.click()
    page.wait_for_url("**/admin/")


def import_file(page: Page, file: Path, products: int) -> None:
    """Upload, match, check, import; wait for the report."""
    page.goto("/admin/imports/importjob/")
    page.get_by_role("link", name="Import products").first.click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload the file").click()
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("Would be new")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Import", exact=True).first.click()
    page.get_by_role("button", name=f"Import {products} products").click()
    expect(page.get_by_text("Would be new")).to_be_hidden(timeout=60_000)
    expect(page.locator(".mdk-facts")).to_contain_text(str(products), timeout=60_000)


def test_from_import_to_balanced_books(
    make_house: Callable[..., House],
    shop: Business,
    pages: Callable[[str, str], Page],
    shopify_files: list[tuple[Path, int]],
) -> None:
    house = make_house()
    staff = pages(house.base, "desk")
    sign_in(staff, "owner@harbour.example.com")
    expected = 0
    for file, products in shopify_files:
        import_file(staff, file, products)
        expected += products
    with tenancy.bind(shop.pk):
        assert Product.objects.count() == expected
        assert Product.objects.filter(published=True).count() == expected

    stranger = pages(house.base, "phone")
    stranger.goto("/store/harbour/")
    assert grave_findings(stranger) == []
    stranger.goto("/store/harbour/products/?q=clay+plant")
    stranger.get_by_role("link", name=re.compile("Clay Plant Pot")).first.click()
    stranger.get_by_label("Large", exact=True).check()
    stranger.get_by_role("button", name="Add to cart").click()
    stranger.get_by_role("dialog").get_by_role("link", name="Check out").click()
    for label, text in {
        "E-mail": "stranger@example.com",
        "Full name": "Sam Stranger",
        "Street and number": "1 Quay Street",
        "Town or city": "Bristol",
        "Postcode": "BS1 4DJ",
    }.items():
        stranger.get_by_label(label).fill(text)
    stranger.get_by_role("button", name="Place order and pay").click()
    stranger.wait_for_url("**/sandbox-pay/**")
    stranger.locator("button[value=pay]").click()
    stranger.wait_for_url("**/track/**", timeout=60_000)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Thank you for your order")
    assert grave_findings(stranger) == []
    track_url = stranger.url.split("?")[0]

    staff.goto("/admin/")
    staff.get_by_role("link", name="Ship", exact=True).first.click()
    assert grave_findings(staff) == []
    staff.locator("form.mdk-form button[type=submit]").click()
    expect(staff.locator("body")).to_contain_text("is on its way", timeout=30_000)

    stranger.goto(track_url)
    expect(stranger.locator("main")).to_contain_text(re.compile("on its way|shipped|sent", re.IGNORECASE))
    receipt = stranger.get_by_role("link", name=re.compile("receipt", re.IGNORECASE)).first
    answer = stranger.request.get(str(receipt.get_attribute("href")))
    assert answer.headers["content-type"] == "application/pdf"
    again = stranger.request.get(str(receipt.get_attribute("href")))
    assert answer.body() == again.body()
    with tenancy.bind(shop.pk):
        order = Order.objects.get()
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(answer.body())).pages)
        assert order.number in text
        assert (order.payment_state, order.fulfilment_state) == ("paid", "fulfilled")
        sums = JournalLine.objects.aggregate(debit=Sum("debit"), credit=Sum("credit"))
        assert sums["debit"] == sums["credit"] > 0
    for command in ("reconcile_stock", "verify_books", "verify_audit"):
        call_command(command)
