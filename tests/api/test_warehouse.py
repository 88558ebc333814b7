"""Transfers, counts and approvals as a warehouse program or a counting device does them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.goods.inventory.models import StockBalance, StockMovement
from apps.goods.inventory.services import set_stock_limits
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business, Location
from tests.factories.goods import make_location, make_variant

from .world import Caller, is_problem

pytestmark = pytest.mark.django_db


def test_a_transfer_from_asking_to_the_last_piece(staff: Caller, shop: Business, member: Any) -> None:
    mug, depot = make_variant(shop, stock=5, cost="3.00"), make_location(shop, name="Depot", code="DEP")
    main = Location.unscoped.get(business=shop, is_default=True)
    body = {
        "source_id": str(main.pk),
        "destination_id": str(depot.pk),
        "lines": [{"variant_id": str(mug.pk), "quantity": 4}],
    }
    asked = staff.post("stock/transfers/", body, Idempotency_Key="t-1")
    again = staff.post("stock/transfers/", body, Idempotency_Key="t-1")
    assert (asked.status_code, again.json()["id"]) == (201, asked.json()["id"])
    path, line = f"stock/transfers/{asked.json()['id']}/", asked.json()["lines"][0]["id"]
    is_problem(member("cashier").post(path + "ship/"), 403)
    sent = staff.post(path + "ship/", {"lines": [{"line_id": line, "quantity": 3}]}).json()
    assert (sent["state"], sent["lines"][0]["open_quantity"], sent["lines"][0]["sent_value"]) == (
        "in_transit", 3, "9.00",
    )  # fmt: skip
    there = staff.get(f"stock/?location={depot.pk}").json()["results"][0]
    assert (there["on_hand"], there["incoming"]) == (0, 3)
    landing = {"lines": [{"line_id": line, "arrived": 2, "missing": 1}]}
    is_problem(staff.post(path + "receive/", landing), 400)
    done = staff.post(path + "receive/", {**landing, "reason": "Never came"}).json()
    assert (done["state"], done["lines"][0]["landed_value"]) == ("received", "9.00")
    is_problem(staff.post(path + "cancel/"), 409, "wrong_state")


def test_a_device_counts_blind_and_somebody_else_approves(staff: Caller, shop: Business, member: Any) -> None:
    mug = make_variant(shop, stock=5, variant={"sku": "MUG"})
    keeper = member("stock_keeper")
    count = keeper.post("stock/counts/", {"scope": "chosen", "variant_ids": [str(mug.pk)]}).json()
    path = f"stock/counts/{count['id']}/"
    for key in ("s-1", "s-2", "s-2"):
        scan = keeper.post(path + "scan/", {"code": "mug"}, Idempotency_Key=key)
        assert scan.status_code == 201, scan.content
    assert scan.json()["counted_after"] == 2
    is_problem(keeper.post(path + "scan/", {"code": "nothing"}), 404, "unknown_code")
    is_problem(keeper.post(path + "scan/", {}), 400)
    blind = keeper.get(path).json()["lines"][0]
    assert (blind["counted_quantity"], blind["expected_quantity"], blind["variance"]) == (2, None, None)
    keeper.post(path + "finish/")
    is_problem(keeper.post(path + "approve/"), 409, "approval_needed")
    posted = staff.post(path + "approve/").json()
    assert (posted["state"], posted["lines"][0]["posted_delta"]) == ("posted", -3)
    assert StockBalance.unscoped.get(variant=mug).on_hand == 2


def test_quantities_are_set_once_and_much_value_waits(staff: Caller, shop: Business, member: Any) -> None:
    mug, bowl = (
        make_variant(shop, title=sku, stock=5, cost="2.00", variant={"sku": sku}) for sku in ("MUG", "BOWL")
    )
    keeper = member("stock_keeper")
    body = {"lines": [{"code": "mug", "quantity": 7}, {"variant_id": str(bowl.pk), "quantity": 5}]}
    first = keeper.post("stock/set/", body).json()
    assert [row["on_hand_delta"] for row in first["movements"]] == [2]
    assert keeper.post("stock/set/", body).json() == {"movements": [], "waiting": None}
    twice = {"lines": [{"code": "mug", "quantity": 7}, {"code": "MUG", "quantity": 8}]}
    is_problem(keeper.post("stock/set/", twice), 400)
    wrong = {"lines": [{"code": "mug", "quantity": 1}, {"code": "nobody", "quantity": 8}]}
    is_problem(keeper.post("stock/set/", wrong), 404, "unknown_code")
    assert StockBalance.unscoped.get(variant=mug).on_hand == 7, "all or nothing"
    set_stock_limits(
        Actor.system("t", shop.pk), adjust_approval_above=Decimal(5), count_approval_above=Decimal(0)
    )
    before = StockMovement.unscoped.count()
    waiting = keeper.post("stock/set/", {"lines": [{"code": "mug", "quantity": 1}]}).json()["waiting"]
    assert (waiting["worth"], waiting["lines"][0]["delta"]) == ("12.00", -6)
    assert StockMovement.unscoped.count() == before
    path = f"stock/adjustments/{waiting['id']}/"
    is_problem(keeper.post(path + "approve/"), 403)
    assert staff.post(path + "approve/").json()["state"] == "posted"
    assert StockBalance.unscoped.get(variant=mug).on_hand == 1
    is_problem(staff.post(path + "reject/", {"reason": "Too late"}), 409)
