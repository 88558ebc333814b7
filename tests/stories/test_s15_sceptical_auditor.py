"""S15: an auditor who believes nothing. A person is handed out and erased in the browser, a row is edited in SQL, and
the administrator of another business walks every address.

The restored copy is drilled as docs/runbooks/restore.md says; keyboard, contrast and axe in tests/browser.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.models import AuditEntry
from apps.money.invoicing.models import Document
from apps.platform.businesses.models import Business
from apps.selling.orders.models import Order
from tests.api.addresses import list_addresses
from tests.api.asking import ask, leaks, none_wrong
from tests.api.houses import build_house
from tests.browser.conftest import SIZES
from tests.factories.goods import make_product
from tests.factories.orders import make_rate
from tests.owner import owners_rights
from tests.platform.privacy.test_customers import everything

from .conftest import PASSWORD
from .house import ROOT, House, wait_until

HER_WORDS = ("grace.hopper", "hopper", "harbour lane")


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


def buy(page: Page) -> None:
    """Grace buys a lamp and pays."""
    page.goto("/store/harbour/products/lamp/")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("dialog").get_by_role("link", name="Check out").click()
    for label, text in {
        "E-mail": "grace.hopper@example.com",
        "Full name": "Grace Hopper",
        "Street and number": "1 Harbour Lane",
        "Town or city": "Whitby",
        "Postcode": "YO21 3PU",
    }.items():
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Place order and pay").click()
    page.wait_for_url("**/sandbox-pay/**")
    page.locator("button[value=pay]").click()
    page.wait_for_url("**/track/**", timeout=60_000)


def sign_in(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit], form button[type=submit]").first.click()
    page.wait_for_url("**/admin/")


def open_her(page: Page) -> None:
    page.goto("/admin/customers/customer/")
    page.locator(".mdk-row-link").first.click()


def submit(page: Page) -> None:
    page.locator("form.mdk-form button[type=submit]").first.click()


def test_a_person_is_handed_out_erased_and_only_the_papers_stay(
    make_house: Callable[..., House], shop: Business, pages: Callable[[str, str], Page]
) -> None:
    make_product(shop, title="Brass lamp", slug="lamp", price="24.00", stock=5)
    make_rate(shop, name="Standard", price="3.00")
    house = make_house()
    buy(pages(house.base, "phone"))
    staff = pages(house.base, "desk")
    sign_in(staff, "owner@harbour.example.com")

    # While the order is open somebody must still know where to: nothing is erased.
    open_her(staff)
    staff.get_by_role("link", name="Erase data").click()
    staff.get_by_label("Who asked for it, and when").fill("Letter of 3 May, file 17")
    submit(staff)
    expect(staff.locator("main")).to_contain_text("is still open")
    expect(staff.locator("main")).to_contain_text("Nothing was erased")

    _send_and_deliver(staff)
    papers = _papers(shop)
    told = _hand_out(staff)
    assert {"Grace Hopper", "grace.hopper@example.com", "1 Harbour Lane"} <= _values(told)
    assert not {"public_token", "password", "digest"} & _names(told)

    open_her(staff)
    staff.get_by_role("link", name="Erase data").click()
    expect(staff.locator("main")).to_contain_text("Tax law")
    staff.get_by_label("Who asked for it, and when").fill("Letter of 3 May, file 17")
    submit(staff)
    expect(staff.locator("body")).to_contain_text("The person's data is erased")

    for address in ("/admin/customers/customer/", "/admin/orders/order/?tab=all", "/admin/audit/"):
        staff.goto(address)
        assert not re.search("hopper", staff.content(), re.IGNORECASE), address
    left = everything(shop).lower()
    assert [word for word in HER_WORDS if word in left] == []
    assert _papers(shop) == papers, "invoices and receipts are kept to the byte"
    assert any("Grace Hopper" in text for text in papers.values())
    assert _manage(house, "verify_audit").returncode == 0
    assert _manage(house, "verify_books").returncode == 0


def _send_and_deliver(staff: Page) -> None:
    staff.goto("/admin/")
    staff.get_by_role("link", name="Ship", exact=True).first.click()
    submit(staff)
    expect(staff.locator("body")).to_contain_text("is on its way")
    staff.goto("/admin/orders/fulfilment/")
    staff.locator(".mdk-row-link").first.click()
    staff.get_by_role("link", name="Handed over").click()
    submit(staff)
    expect(staff.locator("body")).to_contain_text("is delivered")


def _hand_out(staff: Page) -> dict[str, Any]:
    open_her(staff)
    staff.get_by_role("link", name="Hand out data").click()
    submit(staff)
    with staff.expect_download() as fetched:
        staff.get_by_role("button", name="Download the file").click()
    packed = zipfile.ZipFile(io.BytesIO(fetched.value.path().read_bytes()))
    assert packed.testzip() is None
    assert any(name.startswith("files/") and name.endswith(".pdf") for name in packed.namelist())
    assert "Grace Hopper" in packed.read("index.html").decode()
    told: dict[str, Any] = json.loads(packed.read("data.json"))
    return told


def _values(told: dict[str, Any]) -> set[str]:
    return {
        str(value) for table in told["tables"] for row in table["rows"] for value in row.values() if value
    }


def _names(told: dict[str, Any]) -> set[str]:
    return {name for table in told["tables"] for row in table["rows"] for name in row}


def _papers(shop: Business) -> dict[str, str]:
    """The text of each paper that was made for her, by its number."""
    from apps.money.invoicing.services.keeping import read_document

    def made() -> list[Document]:
        with tenancy.bind(shop.pk):
            return list(Document.objects.order_by("pk"))

    wait_until(lambda: len(made()) >= 2, what="receipt and invoice are made")
    reader = Actor.system("story", shop.pk)
    with tenancy.bind(shop.pk):
        return {
            document.reference: _text(read_document(reader, document=document).content) for document in made()
        }


def _text(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def _manage(house: House, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT, env=house.environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_a_row_that_was_edited_in_sql_is_named(
    make_house: Callable[..., House], shop: Business, pages: Callable[[str, str], Page]
) -> None:
    house = make_house(servers=("web",))
    staff = pages(house.base, "desk")
    sign_in(staff, "owner@harbour.example.com")
    staff.goto("/admin/businesses/role/")
    staff.get_by_role("link", name="Add role").click()
    staff.get_by_label("Name").fill("Night shift")
    submit(staff)
    expect(staff.locator("h1")).to_contain_text("Night shift")
    entry = AuditEntry.objects.get(chain=shop.pk, action="roles.added")
    forged = "UPDATE kernel_auditentry SET actor_label = 'Nobody' WHERE id = %s"
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(forged, [entry.pk])
    assert _manage(house, "verify_audit").returncode == 0

    with owners_rights(), tenancy.crossing("tests"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE kernel_auditentry DISABLE TRIGGER USER")
        cursor.execute(forged, [entry.pk])
        cursor.execute("ALTER TABLE kernel_auditentry ENABLE TRIGGER USER")

    checked = _manage(house, "verify_audit")
    assert checked.returncode == 1
    said = next(line for line in checked.stderr.splitlines() if str(entry.pk) in line)
    for word in ("Harbour Goods", f"entry {entry.sequence}", "roles.added", "changed"):
        assert word in said


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_tenants_administrator_reaches_no_foreign_object(db: None, method: str) -> None:
    ours, theirs = build_house("harbour", "Kestrel"), build_house("prairie", "Quagga", currency="USD")
    caller = ours.callers["admin"]
    assert caller.user is not None
    caller.user.set_password(PASSWORD)
    caller.user.save()
    caller.client = Client(raise_request_exception=False)
    signed_in = caller.client.post("/accounts/login/", {"login": caller.user.email, "password": PASSWORD})
    assert signed_in["Location"] == "/admin/"

    reached, walked = [], 0
    for address in list_addresses():
        if address.space not in {"api", "admin", ""}:
            continue
        walked += 1
        url = address.url(ours, things_of=theirs)
        answer = ask(caller, method, url, address)
        if answer.status_code >= 500 or leaks(answer, theirs, url):
            reached.append((method, url, answer.status_code, leaks(answer, theirs, url)[:3]))
        elif address.things and address.row and answer.status_code in {200, 201, 204}:
            reached.append((method, url, answer.status_code, "a foreign thing answers"))
    assert walked > 150
    none_wrong(reached)
    assert not Order.unscoped.filter(business=theirs.business, state="cancelled").exists()
