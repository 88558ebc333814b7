"""The bell through the API: own alerts only, read once, and nothing for keys of programs."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.platform.access.services import create_key
from apps.platform.alerts.kinds import find_kind
from apps.platform.alerts.models import Alert
from apps.platform.alerts.services import notify_members
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import actor_for

from .world import Caller, is_problem

pytestmark = pytest.mark.django_db


def tell(shop: Business, *titles: str) -> None:
    kind = find_kind("order_paid")
    assert kind is not None
    with tenancy.bind(shop.pk):
        for title in titles:
            notify_members(
                Actor.system("tests", shop.pk),
                kind=kind,
                title=title,
                link="/admin/orders/order/",
                dedupe_key=title,
            )


def titles(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["title"] for row in answer.json()["results"]]


def test_a_member_lists_reads_one_and_reads_all(shop: Business, staff: Caller, member: Any) -> None:
    cashier = member("cashier")
    tell(shop, "Order 1 is paid", "Order 2 is paid", "Order 3 is paid")
    first = staff.get("notifications/").json()["results"][-1]
    assert first["title"] == "Order 1 is paid"
    assert first["read_at"] is None

    once = staff.post(f"notifications/{first['id']}/read/").json()
    again = staff.post(f"notifications/{first['id']}/read/").json()

    assert once["read_at"] == again["read_at"] is not None
    assert titles(staff.get("notifications/?unread=true")) == ["Order 3 is paid", "Order 2 is paid"]
    assert titles(staff.get("notifications/?unread=false")) == ["Order 1 is paid"]
    assert staff.post("notifications/read-all/").json() == {"marked": 2}
    assert staff.post("notifications/read-all/").json() == {"marked": 0}
    assert titles(staff.get("notifications/?unread=true")) == []
    assert len(titles(cashier.get("notifications/?unread=true"))) == 3
    is_problem(staff.get("notifications/?unread=perhaps"), 400)


def test_anothers_alert_is_absent(shop: Business, other_shop: Business, staff: Caller, member: Any) -> None:
    cashier = member("cashier")
    tell(shop, "Order 1 is paid")
    tell(other_shop, "Somebody else's order")
    mine = {row["id"] for row in staff.get("notifications/").json()["results"]}
    others = {str(row.pk) for row in Alert.unscoped.all()} - mine
    assert len(others) == 2
    for alert_id in [*others, str(new_id())]:
        is_problem(staff.post(f"notifications/{alert_id}/read/"), 404)
    assert Alert.unscoped.filter(read_at=None).count() == 3
    assert titles(cashier.get("notifications/")) == ["Order 1 is paid"]


def test_a_key_has_no_bell_and_a_stranger_none(shop: Business, anybody: Caller, staff: Caller) -> None:
    made = create_key(actor_for(staff.user, shop), name="Till", permissions=["orders.read"])
    key = Caller(token=made.shown_secret)
    for caller, status in ((key, 403), (anybody, 401)):
        is_problem(caller.get("notifications/"), status)
        is_problem(caller.post("notifications/read-all/"), status)


def test_a_long_list_costs_what_a_short_one_does(shop: Business, staff: Caller) -> None:
    counts = {}
    for many in (1, 10, 40):
        tell(shop, *(f"Order {many}-{number} is paid" for number in range(many)))
        with CaptureQueriesContext(connection) as captured:
            staff.get("notifications/?limit=50")
        counts[many] = len(captured)
    assert len(set(counts.values())) == 1, counts
