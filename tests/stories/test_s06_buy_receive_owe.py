"""S6 up to the receipt: Reordering proposes 100, the draft is approved and sent, 80 come with freight of 50,000.

Only what was sold before is set up by services: four weeks cannot pass in a browser. Bills come with payables.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Sum
from playwright.sync_api import Page, expect

from apps.goods.inventory.models import StockBalance
from apps.goods.purchasing import services
from apps.goods.purchasing.drafts import ItemDraft
from apps.goods.purchasing.models import PurchaseOrder
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.money.ledger.models import JournalLine
from apps.platform.businesses.models import Business
from tests.browser.conftest import grave_findings
from tests.factories.goods import make_variant
from tests.goods.purchasing.test_reordering import sold_over_weeks
from tests.goods.purchasing.world import make_supplier

from .conftest import sign_up_shop
from .house import House, wait_until
from .test_s00_spine import pages, sign_in

__all__ = ["pages"]
pytestmark = pytest.mark.story(6)


@pytest.fixture
def lamps(transactional_db: None) -> Business:
    """A shop in naira that sold 20 lamps in each of four weeks and has none left; they came at no cost."""
    business = sign_up_shop("lagos", "Lagos Lamps", "NGN")
    with clock.travel(clock.now() - dt.timedelta(weeks=3, days=6)):
        lamp = make_variant(business, title="Lamp", stock=80, cost="0", variant={"sku": "LAMP"})
    sold_over_weeks(business, lamp, [20, 20, 20, 20])
    system = Actor.system("story", business.pk)
    maker = make_supplier(business, name="Bright Makers", lead_days=7)
    item = ItemDraft(variant_id=lamp.pk, cost=Decimal(4000))
    services.set_items(system, supplier_id=maker.pk, items=[item])
    services.add_contact(
        system, supplier_id=maker.pk, name="Ada", email="ada@makers.example", takes_orders=True
    )
    outbox.drain()
    return business


def owed(business: Business) -> dict[str, Any]:
    """What stands on the accounts of stock and of goods not billed yet."""
    with tenancy.bind(business.pk):
        lines = JournalLine.objects.filter(account__system_key__in=["inventory", "grni"]).order_by()
        rows = lines.values_list("account__system_key").annotate(sum=Sum("debit") - Sum("credit"))
        return dict(rows)


def test_a_hundred_are_proposed_and_eighty_come(
    make_house: Callable[..., House], lamps: Business, pages: Callable[[str, str], Page]
) -> None:
    house = make_house()
    page = pages(house.base, "desk")
    sign_in(page, "owner@lagos.example.com")
    page.goto("/admin/purchasing/reorder/")
    expect(page.get_by_role("row", name="Lamp")).to_contain_text("100")
    assert grave_findings(page) == []
    page.get_by_role("button", name="Write draft order for Bright Makers").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Purchase order PO-00001")

    def do(link: str, button: str | None = None) -> None:
        page.get_by_role("link", name=link, exact=True).click()
        page.get_by_role("button", name=button or link).click()

    do("Submit for approval")
    do("Approve")
    do("Send to supplier")
    expect(page.locator("main")).to_contain_text("ada@makers.example")

    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("link", name="Receive goods", exact=True).click()
    page.get_by_label("Lamp: accepted").fill("80")
    page.get_by_label("Freight").first.fill("50000")
    assert grave_findings(page) == []
    page.get_by_role("button", name="Receive goods").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Goods receipt GR-00001")
    expect(page.locator("main")).to_contain_text("₦4,625.00")
    expect(page.locator("main")).to_contain_text("₦370,000.00")

    wait_until(lambda: owed(lamps), what=house.last_words, seconds=30)
    assert owed(lamps) == {"inventory": Decimal(370_000), "grni": Decimal(-370_000)}
    with tenancy.bind(lamps.pk):
        balance = StockBalance.objects.get()
        assert (balance.on_hand, balance.value) == (80, Decimal(370_000))
        assert PurchaseOrder.objects.get().state == "part_received"
    for command in ("reconcile_stock", "verify_books", "verify_audit"):
        call_command(command)
