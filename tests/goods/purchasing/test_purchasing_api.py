"""A program buys: supplier, items, order, approval, receipt; figures as text, refusals with their codes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.goods.purchasing import services
from apps.goods.purchasing.drafts import ItemDraft
from apps.kernel import tenancy
from apps.platform.access.services import create_key
from tests.factories.businesses import actor_of, make_business
from tests.factories.goods import make_variant
from tests.goods.purchasing.test_performance import trade
from tests.goods.purchasing.test_reordering import sell
from tests.goods.purchasing.world import make_supplier

pytestmark = pytest.mark.django_db


def test_a_program_buys_and_receives(client: Client) -> None:
    business = make_business()
    boss = actor_of(business)
    mug = make_variant(business, variant={"sku": "MUG-1"})
    codes = [
        "suppliers.read", "suppliers.write", "purchasing.read", "purchasing.write", "purchasing.approve",
        "purchasing.approve_any", "stock.receive",
    ]  # fmt: skip
    token = create_key(boss, name="Buying program", permissions=codes).shown_secret  # type: ignore[attr-defined]

    def ask(method: str, path: str, body: dict[str, Any] | None = None, key: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}", **({"Idempotency-Key": key} if key else {})}
        call = getattr(client, method)
        return call(f"/api/v1/{path}", body, content_type="application/json", headers=headers)

    supplier = ask("post", "suppliers/", {"name": "Mill", "currency": "EUR", "tax_rate": "0.21"}).json()
    assert ask("patch", f"suppliers/{supplier['id']}/", {"lead_days": 21}).json()["name"] == "Mill"
    item = {"variant_id": str(mug.pk), "cost": "4.2555", "supplier_sku": "M-1"}
    kept = ask("put", f"suppliers/{supplier['id']}/items/", {"items": [item]}).json()
    assert (kept["items"][0]["cost"], kept["items"][0]["sku"]) == ("4.2555", "MUG-1")
    assert ask("get", f"suppliers/{supplier['id']}/items/").json() == kept
    assert ask("get", f"suppliers/{supplier['id']}/proposals/").json() == {"proposals": []}
    assert ask("post", f"suppliers/{supplier['id']}/log/", {"text": "Called"}).status_code == 201
    wanted = {"supplier_id": supplier["id"], "lines": [{"variant_id": str(mug.pk), "quantity": 37}]}
    refused = ask("post", "purchase-orders/", wanted)
    assert (refused.status_code, refused.json()["code"]) == (400, "rate_needed")
    order = ask("post", "purchase-orders/", {**wanted, "rate": "0.85437"}, key="a").json()
    again = ask("post", "purchase-orders/", {**wanted, "rate": "0.85437"}, key="a").json()
    assert order["id"] == again["id"]
    assert (order["net_total"], order["tax_total"], order["total"]) == ("157.45", "33.06", "190.51")
    assert order["base_total"] == "134.52"
    address = f"purchase-orders/{order['id']}/"
    early = ask("post", f"{address}approve/")
    assert (early.status_code, early.json()["code"]) == (409, "purchasing_approve_refused")
    assert ask("post", f"{address}submit/", key="b").json()["state"] == "submitted"
    assert ask("post", f"{address}approve/").json()["state"] == "approved"
    assert ask("post", f"{address}send/", {}).json()["state"] == "sent"
    came: dict[str, Any] = {
        "lines": [{"line_id": order["lines"][0]["id"], "accepted": 38}],
        "charges": [{"kind": "freight", "amount": "12.00"}],
    }
    over = ask("post", f"{address}receive/", came, key="c")
    assert (over.status_code, over.json()["code"]) == (409, "over_received")
    assert ask("post", f"{address}receive/", came).status_code == 400  # without a key
    came["lines"][0]["accepted"] = 37
    receipt = ask("post", f"{address}receive/", came, key="d").json()
    # 37 × 4.2555 × 0.85437 = 134.5238… and 12.00 of freight.
    assert (receipt["goods_value"], receipt["value"], receipt["currency"]) == ("134.52", "146.52", "GBP")
    assert ask("post", f"{address}receive/", came, key="d").json() == receipt
    assert ask("get", address).json()["state"] == "received"
    listed = ask("get", f"goods-receipts/?order={order['id']}").json()
    assert [row["id"] for row in listed["results"]] == [receipt["id"]]
    assert ask("post", f"{address}close/", {}).json()["state"] == "closed"


def test_a_program_knows_people_log_and_figures_of_suppliers(client: Client) -> None:
    business = make_business()
    with tenancy.bind(business.pk):
        mill = trade(business)
    token = create_key(
        actor_of(business),
        name="Figures",
        permissions=["suppliers.read", "suppliers.write", "purchasing.read"],
    ).shown_secret  # type: ignore[attr-defined]

    def ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        call = getattr(client, method)
        headers = {"Authorization": f"Bearer {token}"}
        return call(f"/api/v1/{path}", body, content_type="application/json", headers=headers)

    home = f"suppliers/{mill.pk}/"
    figures = ask("get", f"{home}performance/").json()
    assert (figures["rating"], figures["on_time_share"], figures["fill_rate"]) == ("3.4", "0.5000", "0.8000")
    known = ask("post", f"{home}contacts/", {"name": "Ines Moor", "email": "ines@mill.example"}).json()[
        "contacts"
    ]
    assert [person["name"] for person in known] == ["Ines Moor"]
    gone = ask("post", f"{home}contacts/remove/", {"contact_id": known[0]["id"]})
    assert gone.json()["contacts"] == []
    assert ask("post", f"{home}contacts/remove/", {"contact_id": known[0]["id"]}).status_code == 404
    assert ask("post", f"{home}contacts/", {"name": "Nobody", "takes_orders": True}).status_code == 400
    for text, day in (("Said yes", "2026-03-02"), ("Asked", "2026-03-01")):
        assert ask("post", f"{home}log/", {"text": text, "happened_on": day}).status_code == 201
    assert [note["text"] for note in ask("get", f"{home}log/").json()["notes"]] == ["Said yes", "Asked"]
    year = "since=2026-01-01&until=2026-12-31"
    (compared,) = ask("get", f"purchase-orders/reports/suppliers/?{year}").json()["rows"]
    assert (compared["name"], compared["orders"], compared["rating"]) == ("Mill Pottery", 2, "3.4")
    spent = ask("get", f"purchase-orders/reports/spend/?{year}").json()
    assert [(row["month"], row["value"]) for row in spent["rows"]] == [
        ("2026-03-01", "86.00"), ("2026-04-01", "20.00"),
    ]  # fmt: skip
    by_category = ask("get", f"purchase-orders/reports/spend/?{year}&by=category").json()
    assert [row["label"] for row in by_category["rows"]] == ["", "=Pots", ""]
    (cost,) = ask("get", f"purchase-orders/reports/costs/?{year}").json()["rows"]
    assert (cost["before"], cost["after"], cost["percent"]) == ("4.0000", "4.5000", "12.5")
    for wrong in (
        "spend/?by=colour",
        "costs/?since=2026-05-01&until=2026-01-01",
        "suppliers/?until=9999-12-31",
    ):
        assert ask("get", f"purchase-orders/reports/{wrong}").status_code == 400
    assert ask("post", f"{home}proposals/", {}).status_code == 403


def test_a_program_turns_proposals_into_a_draft(client: Client) -> None:
    business = make_business()
    boss = actor_of(business)
    mug = make_variant(business, stock=3)
    codes = ["suppliers.read", "suppliers.write", "purchasing.read", "purchasing.write"]
    token = create_key(boss, name="Buyer", permissions=codes).shown_secret  # type: ignore[attr-defined]
    with tenancy.bind(business.pk):
        mill = make_supplier(business, lead_days=7)
        item = ItemDraft(variant_id=mug.pk, cost=Decimal(2))
        services.set_items(boss, supplier_id=mill.pk, items=[item])
        sell(business, mug, 3)

    def propose(method: str, key: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}", **({"Idempotency-Key": key} if key else {})}
        call = getattr(client, method)
        body = {} if method == "post" else None
        address = f"/api/v1/suppliers/{mill.pk}/proposals/"
        return call(address, body, content_type="application/json", headers=headers)

    assert [row["quantity"] for row in propose("get").json()["proposals"]] == [15]
    made = propose("post", "k")
    assert (made.status_code, propose("post", "k").json()) == (201, made.json())
    assert propose("get").json() == {"proposals": []}
    assert propose("post", "other").status_code == 409
