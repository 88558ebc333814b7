"""Taxes by place, class and buyer, with components that add up to the cent on orders and papers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.money.invoicing.content import invoice_content
from apps.platform.businesses.models import Business
from apps.platform.businesses.services import change_settings
from apps.selling.orders.drafts import Address, Contact
from apps.selling.orders.models import Fulfilment
from apps.selling.pricing.models import TaxRate, TaxZone
from apps.selling.pricing.resolving import Buyer
from apps.selling.pricing.services import save_customer_tax, save_tax_item, save_zone
from apps.selling.pricing.services.taxes import RateDraft
from apps.selling.pricing.taxes import Component, parts, rates_for
from tests.factories.customers import make_customer
from tests.factories.goods import make_variant
from tests.factories.orders import lines_of, make_order, pay, ship

D = Decimal


@given(
    st.lists(st.integers(1, 9_999), min_size=1, max_size=4),
    st.integers(0, 10**9),
    st.sampled_from(["GBP", "JPY", "KWD"]),
)
def test_components_sum_to_the_tax(rates: list[int], units: int, currency: str) -> None:
    tax = D(units) * {"GBP": D("0.01"), "JPY": D(1), "KWD": D("0.001")}[currency]
    found = parts([Component(f"T{n}", D(rate) / 10_000) for n, rate in enumerate(rates)], tax, currency)
    assert sum(D(part["tax"]) for part in found) == tax
    assert all(D(part["tax"]) >= 0 for part in found)


@pytest.fixture
def india(db: None, make_actor: Callable[..., Actor]) -> Business:
    from tests.conftest import build_business

    shop = build_business(
        "pune", currency="INR", country="IN", region="Maharashtra", tax_inclusive=False, tax_rate=D("0.18"),
        tax_name="GST",
    )  # fmt: skip
    boss = Actor.system("tests", shop.pk)
    halves = [RateDraft("CGST", D("0.09")), RateDraft("SGST", D("0.09"))]
    low = [RateDraft("CGST", D("0.025"), "reduced"), RateDraft("SGST", D("0.025"), "reduced")]
    save_zone(boss, name="At home", country="IN", regions=["MH", "Maharashtra"], rates=halves + low)
    whole = [RateDraft("IGST", D("0.18")), RateDraft("IGST", D("0.05"), "reduced")]
    save_zone(boss, name="India", country="in", rates=whole)
    save_zone(boss, name="World", country="", reverse_charge=True, rates=[RateDraft("Duty", D("0.01"))])
    return shop


def test_by_place_class_and_buyer(india: Business, django_assert_num_queries: Any) -> None:
    boss = Actor.system("tests", india.pk)
    with tenancy.bind(india.pk):
        lamp, tea, salt, gift = (
            make_variant(india, title=title) for title in ("Lamp", "Tea", "Salt", "Gift")
        )
        save_tax_item(boss, product_id=tea.product_id, tax_class="reduced", hsn="0902")
        save_tax_item(boss, product_id=salt.product_id, tax_class="standard", hsn="2501")
        save_tax_item(boss, variant_id=salt.pk, tax_class="zero")
        save_tax_item(boss, product_id=gift.product_id, tax_class="exempt")
        ann, bob = make_customer(india, email="ann@x.example"), make_customer(india, email="bob@x.example")
        today = clock.today(india.time_zone)
        save_customer_tax(
            boss, customer_id=ann.pk, exempt=True, certificate="C-77", valid_from=today, valid_to=today
        )
        save_customer_tax(boss, customer_id=bob.pk, tax_number="DE123")
    goods = [lamp, tea, salt, gift]
    # Before the flag was read: one rate, no statement.
    stale = Business(**{f.attname: getattr(india, f.attname) for f in Business._meta.concrete_fields})
    stale.has_tax_rules = False
    with django_assert_num_queries(0):
        plain = rates_for(stale, goods, country="IN", region="MH", buyer=None)
    assert (plain.rates, plain.shipping_rate, plain.components) == ([D("0.18")] * 4, D("0.18"), [])
    india.refresh_from_db()

    def ask(country: str, region: str = "", **who: Any) -> Any:
        with django_assert_num_queries(1):
            return rates_for(
                india, goods, country=country, region=region, buyer=Buyer(**who) if who else None
            )

    home = ask("IN", " mh ")
    assert home.rates == [D("0.18"), D("0.05"), 0, 0]
    assert [one.name for one in home.components[0]] == ["CGST", "SGST"]
    assert home.codes == ["", "0902", "2501", ""]
    across = ask("IN", "Kerala")
    assert (across.rates, [one.name for one in across.components[1]]) == (home.rates, ["IGST"])
    # A class without a rate of its own pays the standard one; nothing is forgotten.
    assert ask("DE").rates == [D("0.01"), D("0.01"), 0, 0]
    assert ask("").name == "At home"
    free = ask("IN", "MH", customer_id=ann.pk)
    assert (free.rates, free.shipping_rate, free.exempt) == ([0] * 4, 0, True)
    assert "C-77" in free.note
    with clock.travel(dt.timedelta(days=1)):
        assert not ask("IN", "MH", customer_id=ann.pk).exempt
    with clock.travel(-dt.timedelta(days=1)):
        assert not ask("IN", "MH", customer_id=ann.pk).exempt
    # Reverse charge abroad for who has a number, and for nobody else.
    assert "DE123" in ask("DE", email="bob@x.example").note
    assert not ask("IN", email="bob@x.example").exempt
    assert not ask("DE").exempt
    with tenancy.bind(india.pk):
        change_settings(boss, tax_by_origin=True)
    india.refresh_from_db()
    assert ask("DE", email="bob@x.example").name == "At home"


def test_the_order_keeps_the_parts_and_the_invoice_shows_them(india: Business) -> None:
    boss = Actor.system("tests", india.pk)
    with tenancy.bind(india.pk):
        tea = make_variant(india, title="Tea", price="33.35", stock=10)
        save_tax_item(boss, product_id=tea.product_id, tax_class="reduced", hsn="0902")
    at_home = Address(
        name="Ann", line1="1 Road", city="Pune", postcode="411001", region="Maharashtra", country="IN"
    )
    order = pay(make_order(india, lines=[(tea, 3)], address=at_home))
    (line,) = lines_of(order)
    # 3 × 33.35 = 100.05; 5 % are 5.0025, so 5.00: 2.50 each. Delivery 3.00 at 18 %: 0.54, 0.27 each.
    assert (line.tax_rate, line.tax, line.hsn) == (D("0.05"), D("5.00"), "0902")
    assert line.tax_parts == [
        {"name": "CGST", "rate": "0.025", "tax": "2.50"}, {"name": "SGST", "rate": "0.025", "tax": "2.50"},
    ]  # fmt: skip
    assert [part["tax"] for part in order.shipping_tax_parts] == ["0.27", "0.27"]
    for pieces in (1, 2):
        order = ship(order, [(line.pk, pieces)])
    with tenancy.bind(india.pk):
        papers = [invoice_content(india, order, parcel) for parcel in Fulfilment.objects.order_by("number")]
    shown = [{f"{tax['name']} {tax['rate']}": tax["tax"] for tax in paper["taxes"]} for paper in papers]
    # One piece: 33.35 and tax 1.67; the odd cent goes to the first of the two.
    assert (shown[0]["CGST 2.5"], shown[0]["SGST 2.5"]) == ("0.84", "0.83")
    for paper in papers:
        assert sum(D(tax["tax"]) for tax in paper["taxes"]) == D(paper["totals"]["tax"])
        assert "HSN 0902" in paper["lines"][0]["detail"]
    totals = [D(paper["totals"]["tax"]) for paper in papers]
    assert sum(totals) == order.tax_total == D("5.54")
    # A buyer who is exempt pays none, and the paper says why.
    with tenancy.bind(india.pk):
        ann = make_customer(india, email="ann@x.example")
        save_customer_tax(boss, customer_id=ann.pk, exempt=True, certificate="C-77")
    free = make_order(india, lines=[(tea, 1)], address=at_home, contact=Contact(email="ann@x.example"))
    assert (free.tax_total, free.total) == (0, D("36.35"))
    assert "C-77" in free.tax_note


def test_rounding_once_a_document(business: Business, actor: Actor) -> None:
    """7.25 % of three things at 0.10: a cent each, or two together."""
    with tenancy.bind(business.pk):
        change_settings(actor, tax_inclusive=False, tax_rate=D("0.0725"))
    things = [make_variant(business, title=f"Pin {n}", price="0.10", stock=5) for n in range(3)]
    lines = [(thing, 1) for thing in things]
    assert make_order(business, lines=lines, shipping=None).tax_total == D("0.03")
    with tenancy.bind(business.pk):
        change_settings(actor, tax_rounding="document")
    order = make_order(business, lines=lines, shipping=None)
    assert [line.tax for line in lines_of(order)] == [D("0.01"), D("0.01"), D(0)]


def test_what_cannot_be_a_tax(business: Business, actor: Actor) -> None:
    zone = {"name": "EU", "country": "DE"}
    for fields, at in (
        ({"name": ""}, "name"), ({"country": "XX"}, "country"), ({"country": "", "regions": ["BY"]}, "regions"),
        ({"shipping_class": "none"}, "shipping_class"), ({"rates": [RateDraft("VAT", D(1))]}, "rates"),
        ({"rates": [RateDraft("VAT", D("0.6")), RateDraft("More", D("0.4"))]}, "rates"),
        ({"rates": [RateDraft("VAT", D("0.19"), "zero")]}, "rates"), ({"rates": [RateDraft("", D("0.1"))]}, "rates"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            save_zone(actor, **{**zone, **fields})
        assert list(refused.value.fields) == [at]
    mug = make_variant(business)
    with tenancy.bind(business.pk):
        customer = make_customer(business)
        with pytest.raises(InvalidInput):
            save_tax_item(actor, product_id=mug.product_id, tax_class="standard", hsn="12")
        with pytest.raises(InvalidInput):
            save_customer_tax(actor, customer_id=customer.pk, exempt=True)
        row = save_zone(actor, **zone, rates=[RateDraft("MwSt", D("0.19"))])
        for wrong in ({"rate": D(1)}, {"rate": D(-1)}, {"tax_class": "zero"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                TaxRate.objects.filter(zone=row).update(**wrong)
        with pytest.raises(IntegrityError), transaction.atomic():
            TaxZone.objects.filter(pk=row.pk).update(country="", regions=["by"])
