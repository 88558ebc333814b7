"""A draft order at the desk becomes an offer on the buyer's phone, an order, and its next version."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.kernel import outbox, tenancy
from apps.platform.backoffice.verbs import list_verb_url, verb_url
from apps.platform.businesses.models import Business
from apps.selling.orders.models import Order, OrderVersion
from apps.selling.quotes.models import Quote
from tests.factories.businesses import make_business
from tests.factories.goods import make_variant
from tests.factories.orders import make_rate, pay

from .conftest import grave_findings, runs_over
from .test_back_office import enter


def looks_right(page: Page) -> None:
    assert grave_findings(page) == []
    assert not runs_over(page)


def test_a_sale_in_a_chat(open_browser: Callable[..., Page], site: Any, transactional_db: None) -> None:
    """S4 with eyes: typed at the desk, opened on a phone in the dark, changed, accepted, and amended by staff."""
    shop: Business = make_business("Quay House")
    kaftan = make_variant(shop, title="Kaftan", price="9000.00", stock=9, variant={"sku": "KAF"})
    make_variant(shop, title="Scarf", price="3000.00", stock=9, variant={"sku": "SCA"})
    make_rate(shop, name="Van", price="300.00")
    outbox.drain()
    desk = enter(open_browser("desk", "light"), shop, site.url)
    desk.goto(list_verb_url(Quote, "new"))
    desk.get_by_label("Items").fill("KAF, 2\nSCA, 3, 2000")
    desk.get_by_label("Buyer's e-mail").fill("ada@example.com")
    desk.get_by_label("Name").first.fill("Ada Obi")
    desk.get_by_label("The buyer may change quantities").check()
    desk.get_by_role("button", name="Save draft").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Quote Q-00001")
    expect(desk.locator("main")).to_contain_text("£24,000.00")
    looks_right(desk)
    desk.get_by_role("link", name="Send", exact=True).click()
    desk.get_by_role("button", name="Send quote").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Quote Q-00001")
    with tenancy.bind(shop.pk):
        quote = Quote.objects.get()

    phone = open_browser("phone", "dark")
    phone.goto(f"/store/{shop.slug}/quotes/{quote.token}/")
    expect(phone.locator("main")).to_contain_text("£24,300.00")
    looks_right(phone)
    phone.get_by_label(re.compile("Quantity.*Kaftan")).fill("1")
    phone.get_by_role("button", name="Work out the total again").click()
    expect(phone.locator("main")).to_contain_text("£15,300.00")
    for label, words in (
        ("Street and number", "1 Quay Street"),
        ("Town or city", "Bristol"),
        ("Postcode", "BS1 4DJ"),
    ):
        phone.get_by_label(label).fill(words)
    phone.get_by_label("Your order number (optional)").fill("PO-4711")
    phone.get_by_role("button", name="Accept and pay").click()
    phone.wait_for_url(re.compile("/sandbox-pay/"))
    with tenancy.bind(shop.pk):
        order = Order.objects.get()
    assert (order.total, order.po_number) == (Decimal("15300.00"), "PO-4711")
    pay(order)

    desk.goto(verb_url(order, "amend"))
    desk.get_by_label("Kaftan: pieces").press("ControlOrMeta+a")
    desk.keyboard.type("2")
    expect(desk.locator("main")).to_contain_text("The buyer is asked for £9,000.00.")
    looks_right(desk)
    desk.get_by_label("Reason").fill("Asked on the phone")
    desk.get_by_role("button", name="Make the next version").click()
    expect(desk.locator("main")).to_contain_text("version 2")
    looks_right(desk)
    with tenancy.bind(shop.pk):
        assert OrderVersion.objects.filter(order=order).count() == 2
    phone.goto(f"/store/{shop.slug}/track/{order.public_token}/")
    expect(phone.get_by_role("button", name="Pay £9,000.00")).to_be_visible()
    looks_right(phone)
    desk.goto(list_verb_url(Order, "bulk"))
    desk.get_by_label(re.compile(order.number)).check()
    expect(desk.locator("main")).to_contain_text("cannot be confirmed")
    looks_right(desk)
    assert reverse("admin:orders_order_changelist") in desk.content()
    assert kaftan.pk
