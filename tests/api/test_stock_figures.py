"""Low stock and stock in figures, as a program of the owner's reads them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from apps.goods.inventory.models import StockAlert
from apps.goods.inventory.services import settle_alerts
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.platform.businesses.services import set_member_reach
from tests.factories.goods import make_location, make_variant, stock_up
from tests.factories.orders import make_order, ship

from .world import Caller, is_problem

pytestmark = pytest.mark.django_db


def test_alerts_by_location_are_taken_care_of_and_closed(staff: Caller, shop: Business, member: Any) -> None:
    depot = make_location(shop, name="Depot", code="DEP")
    make_variant(shop, title="Bowl", stock=500)
    for title, place in (("Mug", None), ("Lamp", depot.pk)):
        make_variant(shop, title=title, stock=2, location_id=place, variant={"sku": title.upper()})
    settle_alerts(Actor.system("t", shop.pk))
    assert {row["sku"] for row in staff.get("stock/alerts/").json()["results"]} == {"MUG", "LAMP"}
    (there,) = staff.get(f"stock/alerts/?location={depot.pk}").json()["results"]
    facts = (there["sku"], there["location_code"], there["left_now"], there["threshold"], there["state"])
    assert facts == ("LAMP", "DEP", 2, 5, "open")
    path = f"stock/alerts/{there['id']}/"
    is_problem(member("cashier").post(path + "acknowledge/"), 403)
    assert staff.post(path + "acknowledge/", {"note": "Ordered"}).json()["note"] == "Ordered"
    is_problem(staff.post(path + "resolve/", {"reason": " "}), 400)
    closed = staff.post(path + "resolve/", {"reason": "We stop selling it"}).json()
    assert (closed["state"], closed["resolution"]) == ("resolved", "We stop selling it")
    is_problem(staff.post(path + "resolve/", {"reason": "Twice"}), 409, "wrong_state")
    assert [row["sku"] for row in staff.get("stock/alerts/?state=open").json()["results"]] == ["MUG"]


def test_a_level_decides_what_is_low(staff: Caller, shop: Business, member: Any) -> None:
    make_variant(shop, title="Mug", stock=8, variant={"sku": "MUG"})
    balance = staff.get("stock/?sku=mug").json()["results"][0]
    path = f"stock/{balance['id']}/"
    assert staff.get("stock/?low=true").json()["results"] == []
    is_problem(member("cashier").patch(path, {"threshold": 9}), 403)
    for wrong in (-1, 1.5, "many", 10**9):
        is_problem(staff.patch(path, {"threshold": wrong}), 400)
    assert staff.patch(path, {"threshold": 9}).json()["low_stock_threshold"] == 9
    assert [row["sku"] for row in staff.get("stock/?low=true").json()["results"]] == ["MUG"]
    with tenancy.bind(shop.pk):
        assert StockAlert.objects.get().threshold == 9
    (row,) = staff.get("stock/reports/low/").json()["rows"]
    assert (row["sku"], row["available"], row["warn_at"]) == ("MUG", 8, 9)
    staff.patch(path, {"threshold": None})
    assert staff.get("stock/reports/low/").json()["rows"] == []


def test_the_reports_say_what_the_page_says(staff: Caller, shop: Business, member: Any) -> None:
    long_ago = clock.now() - dt.timedelta(days=120)
    with clock.travel(long_ago):
        mug = make_variant(shop, title="Mug", stock=4, cost="2.50", variant={"sku": "MUG"})
        make_variant(shop, title="Vase", stock=1, cost="9.00", variant={"sku": "VASE"})
    stock_up(shop, [mug.pk], 6)
    ship(make_order(shop, lines=[(mug, 3)], paid=True))
    now = staff.get("stock/reports/worth/").json()
    assert (now["units"], now["value"], now["currency"], now["count"]) == (8, "26.50", "GBP", 2)
    assert [(row["sku"], row["units"], row["value"]) for row in now["rows"]] == [
        ("MUG", 7, "17.50"), ("VASE", 1, "9.00"),
    ]  # fmt: skip
    then = staff.get(f"stock/reports/worth/?day={long_ago.date()}").json()
    assert (then["units"], then["value"]) == (5, "19.00")
    (second,) = staff.get("stock/reports/worth/?limit=1&offset=1").json()["rows"]
    assert second["sku"] == "VASE"
    (place,) = staff.get("stock/reports/places/").json()["rows"]
    assert (place["on_hand"], place["kinds"], place["value"]) == (8, 2, "26.50")
    moved = {row["reason"]: row for row in staff.get("stock/reports/movements/").json()["rows"]}
    assert (moved["receive"]["came"], moved["consume"]["went"]) == (11, 3)
    recent = staff.get(f"stock/reports/movements/?since={clock.now().date()}").json()
    assert {row["reason"]: row["came"] for row in recent["rows"]}["receive"] == 6
    age = staff.get("stock/reports/age/").json()
    assert age["edges"] == [30, 90, 180, 365]
    assert {row["sku"]: row["ages"] for row in age["rows"]} == {
        "MUG": [6, 0, 1, 0, 0],
        "VASE": [0, 0, 1, 0, 0],
    }
    idle = staff.get("stock/reports/idle/").json()
    assert [(row["sku"], row["last_sold_on"]) for row in idle["rows"]] == [("VASE", None)]
    is_problem(member("delivery_agent").get("stock/reports/worth/"), 403)


def test_whoever_is_limited_is_told_of_own_locations(staff: Caller, shop: Business, member: Any) -> None:
    depot = make_location(shop, name="Depot", code="DEP")
    make_variant(shop, title="Mug", stock=4, cost="2.50")
    make_variant(shop, title="Lamp", stock=2, cost="10.00", location_id=depot.pk)
    keeper = member("stock_keeper")
    with tenancy.bind(shop.pk):
        from apps.platform.businesses.models import Membership

        reach = Membership.objects.get(user=keeper.user)
    set_member_reach(Actor.system("t", shop.pk), membership_id=reach.pk, location_ids=[depot.pk])
    assert keeper.get("stock/reports/worth/").json()["value"] == "20.00"
    (place,) = keeper.get("stock/reports/places/").json()["rows"]
    assert (place["name"], place["location"]) == ("Depot", str(depot.pk))
    assert [row["location_code"] for row in keeper.get("stock/reports/low/").json()["rows"]] == ["DEP"]


@pytest.mark.parametrize(
    "asked",
    [
        "worth/?day=yesterday", "worth/?day=9999-12-31", "worth/?day=0001-01-01", "worth/?limit=0", "worth/?limit=1e9",
        "worth/?offset=-1", "worth/?until=2026-01-01", "movements/?since=2026-02-01&until=2026-01-01", "age/?day=%00",
        "idle/?since=2026-02-30",
    ],
)  # fmt: skip
def test_a_time_that_cannot_be_meant_is_refused(staff: Caller, asked: str) -> None:
    is_problem(staff.get(f"stock/reports/{asked}"), 400)
