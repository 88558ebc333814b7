"""Stock in figures: what a report says of a past day stays, and is what the books said then."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.goods.catalog.models import Variant
from apps.goods.inventory.ageing import list_aged
from apps.goods.inventory.lines import AdjustLine, Owner, ReserveLine
from apps.goods.inventory.reporting import list_idle, list_moved, list_places, list_worth
from apps.goods.inventory.services import adjust_stock, consume_stock, reserve_stock
from apps.goods.warehouse.lines import WantedLine
from apps.goods.warehouse.services import request_transfer, ship_transfer
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.money.ledger.selectors import trial_balance
from apps.platform.businesses.models import Business, Location
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_location, make_variant, stock_up

pytestmark = pytest.mark.django_db
BEGIN = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)


def day(number: int) -> dt.date:
    return (BEGIN + dt.timedelta(days=number)).date()


class Past:
    """Day 0: ten mugs at 4.00. Day 10: four sold. Day 20: six at 5.00. Day 40: one broken, two sent elsewhere."""

    def __init__(self) -> None:
        self.business = make_business(currency="GBP", time_zone="Europe/London")
        self.system = Actor.system("t", self.business.pk)
        self.shop = Location.unscoped.get(business=self.business, is_default=True)
        with clock.travel(BEGIN - dt.timedelta(days=1)):
            self.mug = make_variant(self.business, title="Mug", variant={"sku": "MUG"})
            self.vase = make_variant(self.business, title="=Vase", variant={"sku": "VASE"})
            self.depot = make_location(self.business, name="Depot")
        with self.on(0):
            stock_up(self.business, [self.mug.pk], 10, unit_cost=Decimal(4))
            stock_up(self.business, [self.vase.pk], 2, unit_cost=Decimal("7.50"))
        self.sell(10, self.mug, 4)
        with self.on(20):
            stock_up(self.business, [self.mug.pk], 6, unit_cost=Decimal(5))
        with self.on(40):
            lines = [AdjustLine(self.mug.pk, delta=-1)]
            adjust_stock(self.system, location_id=self.shop.pk, lines=lines, reason_code="damage")
            moved = request_transfer(
                self.system,
                source_id=self.shop.pk,
                destination_id=self.depot.pk,
                lines=[WantedLine(self.mug.pk, 2)],
            )
            ship_transfer(self.system, transfer_id=moved.pk)

    def on(self, number: int) -> Any:
        return clock.travel(BEGIN + dt.timedelta(days=number))

    def sell(self, number: int, variant: Variant, units: int) -> None:
        with self.on(number):
            owner, line = Owner("order", new_id()), ReserveLine(new_id(), variant.pk, units)
            reserve_stock(self.system, owner=owner, lines=[line])
            consume_stock(self.system, owner=owner, lines=[(line.line_id, units)])


@pytest.fixture
def past(db: None) -> Past:
    return Past()


def worth_on(business: Business, number: int) -> dict[str, tuple[int, Decimal]]:
    with tenancy.bind(business.pk):
        return {one.variant.sku: (one.units, one.value) for one in list_worth(day(number))}


VASE = (2, Decimal("15.00"))
WORTH = {
    -1: {},
    0: {"MUG": (10, Decimal(40)), "VASE": VASE},
    10: {"MUG": (6, Decimal(24)), "VASE": VASE},
    19: {"MUG": (6, Decimal(24)), "VASE": VASE},
    20: {"MUG": (12, Decimal(54)), "VASE": VASE},
    # 54.00 / 12 = 4.50 is written off; what is on its way is still worth something.
    40: {"MUG": (11, Decimal("49.50")), "VASE": VASE},
}


def test_what_it_was_worth_stays_whatever_comes_later(past: Past) -> None:
    assert {number: worth_on(past.business, number) for number in WORTH} == WORTH
    past.sell(50, past.mug, 3)
    with past.on(51):
        stock_up(past.business, [past.mug.pk], 100, unit_cost=Decimal(9))
    assert {number: worth_on(past.business, number) for number in WORTH} == WORTH
    assert worth_on(past.business, 50)["MUG"] == (8, Decimal(36))


def test_the_books_say_the_same_of_what_they_know(past: Past) -> None:
    """Sales of this test have no order, so the books are compared where nothing was sold: by receipts and losses."""
    outbox.drain()
    with tenancy.bind(past.business.pk):
        for number, missing in ((0, 0), (20, 16), (40, 16)):
            rows = trial_balance(day(number)).rows
            (stock,) = [row.debit for row in rows if row.account.system_key == "inventory"]
            total = sum(value for _units, value in worth_on(past.business, number).values())
            assert stock == total + missing


def test_how_long_it_has_been_lying_is_counted_from_the_newest(past: Past) -> None:
    with tenancy.bind(past.business.pk):
        aged = {one.variant.sku: (one.ages, one.oldest_days) for one in list_aged(day(45))}
        # Six of day 20 are 25 days old, five of day 0 are 45; on the way counts as lying.
        assert aged == {"MUG": ((6, 5, 0, 0, 0), 45), "VASE": ((0, 2, 0, 0, 0), 45)}
        assert {one.variant.sku: one.ages for one in list_aged(day(19))} == {
            "MUG": (6, 0, 0, 0, 0),
            "VASE": (2, 0, 0, 0, 0),
        }
        assert {one.variant.sku: one.ages for one in list_aged(day(400))}["MUG"] == (0, 0, 0, 0, 11)


def test_what_nobody_buys_and_what_moved(past: Past) -> None:
    with tenancy.bind(past.business.pk):
        idle = [(one.variant.sku, one.units, one.last_sold_on) for one in list_idle(day(11), day(45))]
        assert idle == [("MUG", 11, day(10)), ("VASE", 2, None)]
        assert [one.variant.sku for one in list_idle(day(10), day(45))] == ["VASE"]
        moved = {one.reason: (one.came, one.went, one.value) for one in list_moved(day(0), day(40))}
        assert moved == {
            "receive": (18, 0, Decimal("85.00")),
            "consume": (0, 4, Decimal("-16.00")),
            "adjust": (0, 1, Decimal("-4.50")),
            "transfer_out": (0, 2, Decimal("-9.00")),
            "transfer_in": (2, 0, Decimal("9.00")),
        }
        assert [one.reason for one in list_moved(day(1), day(19))] == ["consume"]
        places = {one.name: (one.on_hand, one.value) for one in list_places()}
        assert places == {past.shop.name: (11, Decimal("55.50")), "On the way": (2, Decimal("9.00"))}


def test_every_report_is_shown_downloaded_and_costs_the_same_for_more_goods(
    past: Past, client: Client
) -> None:
    staff = sign_in(client, owner_of(past.business), past.business)
    url = reverse("admin:stock_report")
    period = {"from": str(day(0)), "to": str(day(45))}

    def cost(report: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert staff.get(url, {"report": report, **period}).status_code == 200
        return len(queries)

    reports = ("worth", "places", "movements", "age", "idle")
    for report in reports:
        staff.get(url, {"report": report, **period})
    few = {report: cost(report) for report in reports}
    with past.on(1):
        for number in range(12):
            make_variant(past.business, title=f"Plate {number}", stock=3)
    assert {report: cost(report) for report in reports} == few
    assert max(few.values()) <= 12

    page = staff.get(url, {"report": "worth", "to": str(day(40))}).content.decode()
    assert "£49.50" in page
    sheet = staff.get(url, {"report": "worth", "format": "csv", "to": str(day(40))})
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert rows[0] == ["Item", "SKU", "Units", "Each, on average", "Value", "Currency"]
    assert ["Mug", "MUG", "11", "4.5000", "49.50", "GBP"] in rows
    assert any(row[0] == "'=Vase" for row in rows), "no spreadsheet may take a name for a formula"
    assert staff.get(url, {"report": "no", "from": "yesterday", "to": "0001-01-01"}).status_code == 200
    agent = sign_in(Client(), make_member(past.business, "delivery_agent"), past.business)
    assert agent.get(url).status_code == 403
