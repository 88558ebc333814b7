"""A program buys: supplier, items, order, approval, receipt; figures as text, refusals with their codes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.platform.access.services import create_key
from tests.factories.businesses import actor_of, make_business
from tests.factories.goods import make_variant

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
