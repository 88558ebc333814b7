"""Price lists and taxes through the back office and the API: written, read, explained, refused."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.kernel import tenancy
from apps.platform.businesses.models import Business
from apps.selling.pricing.models import CustomerTax, PriceList, PriceListEntry, TaxItem, TaxRate, TaxZone
from tests.api.world import Caller, open_business
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.customers import make_customer
from tests.factories.goods import make_variant

D = Decimal


@pytest.fixture
def shop(db: None) -> Business:
    return make_business()


@pytest.fixture
def staff(shop: Business) -> Client:
    return sign_in(Client(), make_member(shop, "manager"), shop)


def verb(name: str, row: Any = None, model: str = "pricelist") -> str:
    if row is None:
        return reverse("admin:list_verb", args=["pricing", model, name])
    return reverse("admin:verb", args=["pricing", model, row.pk, name])


def prices(shop: Business) -> set[tuple[Any, ...]]:
    with tenancy.bind(shop.pk):
        return set(PriceListEntry.objects.values_list("kind", "price", "percent", "min_quantity"))


def test_a_list_is_written_as_a_sheet_and_explained(shop: Business, staff: Client) -> None:
    mug = make_variant(shop, title="Blue mug", slug="mug", variant={"sku": "MUG-1"})
    ann = make_customer(shop, email="ann@example.com", name="Ann")
    form = {"name": "Contract Ann", "level": "contract", "customer": "ANN@example.com", "priority": "0"}
    wrong = staff.post(verb("add"), {**form, "customer": "nobody@example.com"})
    assert (wrong.status_code, "No customer has this" in wrong.content.decode()) == (400, True)
    for _again in range(2):
        made = staff.post(verb("add"), {**form, "valid_from": "2026-01-01T09:00", "idempotency_key": "k1"})
        assert made.status_code == 302
    with tenancy.bind(shop.pk):
        row = PriceList.objects.get()
    assert (row.customer_id, row.channels) == (ann.pk, [])
    sheet = "SKU\tPrice\tFrom\nmug-1\t9.5\nMUG-1; 8.75; 10\n\nproduct:mug, -15%, 3\n*, -5% line, 20"
    bad = staff.post(verb("prices", row), {"lines": sheet + "\nCUP-9, 3\nmug-1, cheap\nmug-1"})
    text = bad.content.decode()
    assert bad.status_code == 400
    for words in ("Line 7: nothing here is called", "Line 8: “cheap” is no price", "Line 9: write the price"):
        assert words in text
    assert prices(shop) == set()
    staff.post(verb("prices", row), {"lines": sheet, "idempotency_key": "k2"})
    four = {
        ("fixed", D("9.5"), None, 1), ("fixed", D("8.75"), None, 10), ("percent", None, D(15), 3),
        ("volume", None, D(5), 20),
    }  # fmt: skip
    assert prices(shop) == four
    # The form shows what would be typed, and typing it again changes nothing.
    shown = staff.get(verb("prices", row)).content.decode()
    for line in ("MUG-1, 8.75, 10", "product:mug, -15.00%, 3", "*, -5.00% line, 20"):
        assert line in shown
    # Who had it open before is told instead of taking these prices off the list; a double click is no second person.
    stale = {"lines": "*, -1%", "seen": '{"lines": ""}'}
    refused = staff.post(verb("prices", row), stale)
    assert (refused.status_code, "Somebody else changed this" in refused.content.decode()) == (409, True)
    twice = {"lines": sheet, "idempotency_key": "k2", "seen": '{"lines": ""}'}
    assert staff.post(verb("prices", row), twice).status_code == 302
    assert prices(shop) == four
    file = io.BytesIO("SKU,Price\nMUG-1,9.25\n".encode("utf-8-sig"))
    file.name = "prices.csv"
    assert staff.post(verb("file", row), {"lines": file, "idempotency_key": "k3"}).status_code == 302
    assert prices(shop) == (four - {("fixed", D("9.5"), None, 1)}) | {("fixed", D("9.25"), None, 1)}
    page = staff.get(reverse("admin:pricing_pricelist_change", args=[row.pk])).content.decode()
    assert "Blue mug" in page
    assert "5% off the line" in page
    explain = reverse("admin:pricing_explain")
    asked = {"item": "mug-1", "quantity": "20", "channel": "counter", "customer": "ann@example.com"}
    page = staff.get(explain, asked).content.decode()
    # 20 × 8.75 = 175.00, less 5 %: 166.25.
    for words in ("£8.75", "£166.25", "Wins", "Comes later", "Contract Ann"):
        assert words in page, words
    page = staff.get(explain, {**asked, "customer": ""}).content.decode()
    assert "£240.00" in page
    assert "No item has this SKU" in staff.get(explain, {"item": "no"}).content.decode()
    staff.post(verb("take-out", row), {"idempotency_key": "k4"})
    assert "£240.00" in staff.get(explain, asked).content.decode()
    assert mug.pk


def test_taxes_are_written_and_only_by_who_may(shop: Business, staff: Client) -> None:
    mug, ann = make_variant(shop), make_customer(shop, name="Ann")
    zone = {
        "name": "Karnataka", "country": "IN", "regions": "KA, Karnataka", "shipping_class": "standard",
        "rates": "CGST, 9\nSGST; 9%\nCGST, 2.5, reduced",
    }  # fmt: skip
    assert staff.post(verb("add", model="taxzone"), {**zone, "rates": "CGST"}).status_code == 400
    assert staff.post(verb("add", model="taxzone"), {**zone, "idempotency_key": "k1"}).status_code == 302
    with tenancy.bind(shop.pk):
        row = TaxZone.objects.get()
        rates = list(TaxRate.objects.order_by("position").values_list("tax_class", "name", "rate"))
    assert row.regions == ["ka", "karnataka"]
    assert rates == [
        ("standard", "CGST", D("0.09")), ("standard", "SGST", D("0.09")), ("reduced", "CGST", D("0.025")),
    ]  # fmt: skip
    assert "CGST, 2.5, reduced" in staff.get(verb("change", row, "taxzone")).content.decode()
    item = reverse("admin:pricing_tax_item", args=[mug.product_id])
    assert staff.post(item, {"tax_class": "reduced", "hsn": "1"}).status_code == 422
    assert staff.post(item, {"tax_class": "reduced", "hsn": "6912"}).status_code == 302
    papers = reverse("admin:pricing_customer_tax", args=[ann.pk])
    assert staff.post(papers, {"exempt": "on"}).status_code == 422
    assert staff.post(papers, {"exempt": "on", "certificate": "C-7"}).status_code == 302
    with tenancy.bind(shop.pk):
        assert (TaxItem.objects.get().hsn, CustomerTax.objects.get().certificate) == ("6912", "C-7")
    assert (
        "Reduced 6912"
        in staff.get(reverse("admin:catalog_product_change", args=[mug.product_id])).content.decode()
    )
    seller = sign_in(Client(), make_member(shop, "sales"), shop)
    assert seller.get(reverse("admin:pricing_pricelist_changelist")).status_code == 200
    for address in (verb("add"), verb("add", model="taxzone"), item, papers):
        assert seller.post(address, {}).status_code == 403, address
    cashier = sign_in(Client(), make_member(shop, "cashier"), shop)
    assert cashier.get(reverse("admin:pricing_explain")).status_code == 403


def test_programs_write_and_ask(settings: Any, db: None) -> None:
    settings.API_THROTTLES = {}
    shop = open_business("harbour", tax_rate="0.2")
    boss = Caller(shop, owner_of(shop))
    mug = make_variant(shop)
    made = boss.send("POST", "price-lists/", {"name": "Sale", "level": "sale", "channels": ["storefront"]})
    assert made.status_code == 201
    address = f"price-lists/{made.json()['id']}/"
    entries = [
        {"variant_id": str(mug.pk), "price": "9.00"}, {"kind": "volume", "percent": "10.00", "min_quantity": 5},
    ]  # fmt: skip
    assert boss.send("POST", f"{address}prices/", {"entries": entries}).status_code == 200
    refused = boss.send("POST", f"{address}prices/", {"entries": [{"price": "1.00", "percent": "2.00"}]})
    assert refused.json()["code"] == "price_refused"
    listed = boss.send("GET", f"price-list-entries/?variant={mug.pk}").json()["results"]
    assert [one["price"] for one in listed] == ["9.00"]
    question = {"variant_id": str(mug.pk), "quantity": 5}
    told = boss.send("POST", "price-lists/ask/", question).json()
    assert (told["unit_price"], told["compare_at"], told["line_discount"]) == ("9.00", "12.00", "4.50")
    assert [step["level"] for step in told["steps"] if step["won"]] == ["sale", "volume"]
    assert (
        boss.send("POST", "price-lists/ask/", {**question, "channel": "api"}).json()["unit_price"] == "12.00"
    )
    changed = boss.send("PATCH", address, {"active": False, "priority": 3}).json()
    assert (changed["active"], changed["priority"], changed["name"]) == (False, 3, "Sale")
    assert boss.send("DELETE", f"price-list-entries/{listed[0]['id']}/").status_code == 204
    assert boss.send("POST", "price-lists/ask/", question).json()["unit_price"] == "12.00"
