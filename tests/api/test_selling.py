"""Buying and selling through the API alone."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from apps.platform.businesses.models import Business
from apps.selling.payments.providers import register
from tests.factories.goods import make_product, variants_of
from tests.factories.orders import lines_of, make_order, make_rate, pay, reread
from tests.factories.payments import ScriptedProvider

from .world import Caller, is_problem

pytestmark = pytest.mark.django_db

ADDRESS = {
    "name": "Ada Obi",
    "line1": "1 Quay Street",
    "city": "Bristol",
    "postcode": "BS1 4DJ",
    "country": "GB",
}
CONTACT = {"email": "ada@example.com", "name": "Ada Obi"}


@pytest.fixture
def company() -> ScriptedProvider:
    """A payment company that answers without a network."""
    provider = ScriptedProvider()
    register(provider)
    return provider


class Visitor:
    """A program that buys from one store."""

    def __init__(self, store: str, caller: Caller) -> None:
        self.base, self.caller, self.token = f"stores/{store}/", caller, ""

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        if self.token:
            headers["X_Cart"] = self.token
        response = self.caller.send(method, self.base + path, body, **headers)
        if "cart" in path and response.status_code < 300 and "quote" not in path:
            self.token = response.json()["token"] or ""
        return response

    def submit(self, quote_id: str, key: str, **given: Any) -> Any:
        body = {"quote_id": quote_id, "contact": CONTACT, "address": ADDRESS, "provider": "scripted", **given}
        return self.send("POST", "checkout/", body, Idempotency_Key=key)


@pytest.fixture
def visitor(shop: Business, anybody: Caller, company: ScriptedProvider) -> Visitor:
    make_rate(shop)
    return Visitor("harbour", anybody)


def filled(visitor: Visitor, shop: Business, quantity: int = 2, **fields: Any) -> str:
    """A cart with something in it, and its quote's id."""
    variant = variants_of(make_product(shop, price="12.00", stock=5, **fields))[0]
    added = visitor.send("POST", "cart/items/", {"variant_id": str(variant.pk), "quantity": quantity})
    assert added.status_code == 201, added.content
    quote = visitor.send("POST", "cart/quote/", {"address": {"country": "GB"}})
    assert quote.status_code == 201, quote.content
    body = quote.json()
    assert body["can_be_submitted"], body
    assert body["total"] == "27.00"
    return str(body["id"])


def test_a_visitor_browses_fills_and_buys(visitor: Visitor, shop: Business) -> None:
    quote_id = filled(visitor, shop, title="Blue mug")
    listed = visitor.send("GET", "products/").json()["results"]
    assert [(row["title"], row["in_stock"]) for row in listed] == [("Blue mug", True)]
    detail = visitor.send("GET", f"products/{listed[0]['slug']}/").json()
    assert detail["variants"][0]["available"] == 5
    cart = visitor.send("GET", "cart/").json()
    assert (cart["count"], cart["subtotal"], cart["currency"]) == (2, "24.00", "GBP")
    placed = visitor.submit(quote_id, str(uuid4()))
    assert placed.status_code == 201, placed.content
    order = placed.json()["orders"][0]
    assert order["payment_url"].startswith("https://pay.example/")
    seen = visitor.send("GET", f"orders/{order['token']}/").json()
    assert (seen["number"], seen["state"], seen["total"]) == (order["number"], "placed", "27.00")
    again = visitor.send("POST", f"orders/{order['token']}/pay/")
    assert again.json()["payment_url"] == order["payment_url"]


def test_a_checkout_sent_twice_is_one_order(visitor: Visitor, shop: Business) -> None:
    quote_id = filled(visitor, shop)
    key = str(uuid4())
    first = visitor.submit(quote_id, key)
    second = visitor.submit(quote_id, key)
    assert first.json() == second.json()
    assert "Idempotent-Replay" not in first
    assert second["Idempotent-Replay"] == "true"
    is_problem(visitor.submit(quote_id, key, note="another"), 422, "idempotency_mismatch")
    assert visitor.submit(quote_id, str(uuid4())).json()["id"] == first.json()["id"]


def test_a_checkout_without_a_key_says_what_to_do(visitor: Visitor, shop: Business) -> None:
    quote_id = filled(visitor, shop)
    body = {"quote_id": quote_id, "contact": CONTACT, "address": ADDRESS}
    refusal = is_problem(visitor.send("POST", "checkout/", body), 400, "idempotency_key_required")
    assert "Idempotency-Key" in refusal["remedy"]
    is_problem(visitor.submit(quote_id, "x" * 201), 400, "invalid_key")


def test_a_silent_payment_company_does_not_lose_the_order(
    visitor: Visitor, shop: Business, company: ScriptedProvider
) -> None:
    quote_id = filled(visitor, shop)
    company.is_down = True
    order = visitor.submit(quote_id, str(uuid4())).json()["orders"][0]
    assert order["payment_url"] is None
    assert visitor.send("POST", f"orders/{order['token']}/pay/").status_code in {502, 503}
    company.is_down = False
    assert visitor.send("POST", f"orders/{order['token']}/pay/").json()["payment_url"]


def test_prices_that_changed_answer_with_the_changes(visitor: Visitor, staff: Caller, shop: Business) -> None:
    quote_id = filled(visitor, shop)
    line = visitor.send("GET", "cart/").json()["lines"][0]
    assert staff.patch(f"variants/{line['variant_id']}/", {"price": "14.00"}).status_code == 200
    refusal = is_problem(visitor.submit(quote_id, str(uuid4())), 409, "stale_quote")
    assert refusal["facts"]["changes"]


def test_what_cannot_be_sold_is_refused(visitor: Visitor, shop: Business) -> None:
    variant = variants_of(make_product(shop, stock=3))[0]
    for quantity, status in ((4, 409), (0, 400), (-1, 400), (1000, 400), (True, 400), ("many", 400)):
        response = visitor.send("POST", "cart/items/", {"variant_id": str(variant.pk), "quantity": quantity})
        is_problem(response, status)
    hidden = variants_of(make_product(shop, stock=3, published=False))[0]
    for variant_id in (hidden.pk, uuid4()):
        is_problem(visitor.send("POST", "cart/items/", {"variant_id": str(variant_id)}), 404)


def test_a_cart_can_be_changed(visitor: Visitor, shop: Business) -> None:
    filled(visitor, shop)
    item = visitor.send("GET", "cart/").json()["lines"][0]["item_id"]
    assert visitor.send("PATCH", f"cart/items/{item}/", {"quantity": 3}).json()["count"] == 3
    assert visitor.send("DELETE", f"cart/items/{item}/").json()["count"] == 0
    is_problem(visitor.send("POST", "cart/quote/", {}), 400, "cart_empty")


def test_another_stores_cart_and_order_are_absent(
    visitor: Visitor, shop: Business, other_shop: Business, anybody: Caller
) -> None:
    quote_id = filled(visitor, shop)
    token = visitor.token
    order = visitor.submit(quote_id, str(uuid4())).json()["orders"][0]
    stranger = Visitor("prairie", anybody)
    stranger.token = token
    assert stranger.send("GET", "cart/").json()["count"] == 0
    is_problem(stranger.send("GET", f"orders/{order['token']}/"), 404)
    is_problem(stranger.send("POST", f"orders/{order['token']}/pay/"), 404)


def test_staff_send_and_refund(staff: Caller, shop: Business) -> None:
    order = make_order(shop, paid=True)
    line = lines_of(order)[0]
    key = str(uuid4())
    body = {"lines": [{"line_id": str(line.pk), "quantity": 2}], "carrier": "Royal Mail"}
    sent = staff.post(f"orders/{order.pk}/fulfil/", body, Idempotency_Key=key)
    assert sent.status_code == 201, sent.content
    assert sent.json()["lines"] == [{"order_line": str(line.pk), "quantity": 2}]
    again = staff.post(f"orders/{order.pk}/fulfil/", body, Idempotency_Key=key)
    assert again.json() == sent.json()
    assert again["Idempotent-Replay"] == "true"
    is_problem(staff.post(f"orders/{order.pk}/fulfil/", {}), 409)

    is_problem(staff.post(f"orders/{order.pk}/refund/", {"amount": "5.00"}), 400, "idempotency_key_required")
    body = {"lines": [{"line_id": str(line.pk), "quantity": 1}], "restock": True, "reason": "Wrong size"}
    key = str(uuid4())
    refund = staff.post(f"orders/{order.pk}/refund/", body, Idempotency_Key=key)
    assert refund.status_code == 201, refund.content
    assert (refund.json()["amount"], refund.json()["currency"]) == ("12.00", "GBP")
    assert staff.post(f"orders/{order.pk}/refund/", body, Idempotency_Key=key).json() == refund.json()
    assert reread(order).refunded_total == 12
    detail = staff.get(f"orders/{order.pk}/").json()
    assert [len(detail[part]) for part in ("lines", "fulfilments", "refunds")] == [1, 1, 1]


def test_staff_cancel_and_note(staff: Caller, shop: Business) -> None:
    order = make_order(shop)
    note = staff.post(f"orders/{order.pk}/notes/", {"text": "Called, will come on Friday"})
    assert note.status_code == 201, note.content
    ended = staff.post(f"orders/{order.pk}/cancel/", {"reason": "Asked for it"})
    assert ended.json()["state"] == "cancelled"
    is_problem(staff.post(f"orders/{order.pk}/cancel/", {}), 409)
    story = staff.get(f"orders/{order.pk}/timeline/").json()["results"]
    assert any("Friday" in entry["text"] for entry in story)


def test_books_and_papers_are_read(staff: Caller, shop: Business, drain_outbox: Any) -> None:
    drain_outbox()
    order = pay(make_order(shop))
    drain_outbox()
    entries = staff.get(f"journal-entries/?owner_id={order.pk}").json()["results"]
    assert entries
    for entry in entries:
        assert sum(float(line["debit"]) - float(line["credit"]) for line in entry["lines"]) == 0
    payment = staff.get(f"payments/?owner_id={order.pk}").json()["results"][0]
    assert staff.get(f"payments/{payment['id']}/").json()["captures"][0]["amount"] == "27.00"
    receipt = staff.get(f"documents/?order={order.pk}").json()["results"][0]
    assert receipt["kind"] == "receipt"
    first, second = (staff.get(f"documents/{receipt['id']}/pdf/") for _time in range(2))
    assert first["Content-Type"] == "application/pdf"
    assert first.content == second.content
    assert first.content.startswith(b"%PDF")
