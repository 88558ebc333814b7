"""A partner's program against a running server: sign in, read page by page, send an order, refund a piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests

from apps.platform.businesses.models import Business
from tests.factories.goods import make_variant
from tests.factories.orders import make_order, reread

from .world import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


class Partner:
    """As little as a partner would write."""

    def __init__(self, base: str, **given: str) -> None:
        self.base = base
        answer = requests.post(f"{base}/api/v1/auth/token/", json=given, timeout=20)
        answer.raise_for_status()
        self.headers = {"Authorization": f"Bearer {answer.headers['Access-Token']}"}

    def rows(self, path: str) -> Iterator[dict[str, Any]]:
        """All rows of a list, however many pages it has."""
        url: str | None = f"{self.base}/api/v1/{path}"
        while url:
            page = requests.get(url, headers=self.headers, timeout=20).json()
            yield from page["results"]
            url = page["next"]

    def post(self, path: str, body: dict[str, Any], key: str = "") -> requests.Response:
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        return requests.post(f"{self.base}/api/v1/{path}", json=body, headers=headers, timeout=20)


def test_a_partner_reads_sends_and_refunds(live_server: Any, shop: Business) -> None:
    variant = make_variant(shop, stock=40)
    orders = [make_order(shop, lines=[(variant, 2)], paid=number == 0) for number in range(5)]
    partner = Partner(live_server.url, email="owner@harbour.example", password=PASSWORD, business="harbour")

    found = list(partner.rows("orders/?limit=2"))
    assert [row["id"] for row in found] == [str(order.pk) for order in reversed(orders)]
    paid = next(partner.rows("orders/?payment_state=paid"))
    detail = requests.get(
        f"{live_server.url}/api/v1/orders/{paid['id']}/", headers=partner.headers, timeout=20
    ).json()

    sent = partner.post(f"orders/{paid['id']}/fulfil/", {"carrier": "Royal Mail"}, key=str(uuid4()))
    assert sent.status_code == 201, sent.text
    body = {"lines": [{"line_id": detail["lines"][0]["id"], "quantity": 1}], "restock": True}
    key = str(uuid4())
    refund = partner.post(f"orders/{paid['id']}/refund/", body, key=key)
    assert refund.status_code == 201, refund.text
    again = partner.post(f"orders/{paid['id']}/refund/", body, key=key)
    assert (again.json(), again.headers["Idempotent-Replay"]) == (refund.json(), "true")
    order = reread(orders[0])
    assert (order.fulfilment_state, str(order.refunded_total.normalize())) == ("fulfilled", "12")
    refusal = partner.post(f"orders/{paid['id']}/refund/", {"amount": "9999"}, key=str(uuid4()))
    assert refusal.headers["Content-Type"] == "application/problem+json"
    assert 400 <= refusal.status_code < 500
