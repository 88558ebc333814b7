"""Razorpay as its API reference describes it: a link's reference once, refunds by idempotency header."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any, ClassVar

from apps.selling.payments.providers.razorpay import RazorpayProvider

from .base import Answer, Asked, Company, Message, Page


def refusal(status: int, words: str) -> Answer:
    return status, {"error": {"code": "BAD_REQUEST_ERROR", "description": words, "source": "business"}}


class Razorpay(Company):
    code: ClassVar[str] = "razorpay"
    currency: ClassVar[str] = "INR"
    values: ClassVar[dict[str, str]] = {"mode": "test", "key_id": "rzp_test_abc123"}
    secrets: ClassVar[dict[str, str]] = {
        "key_secret": "verysecret12345",
        "webhook_secret": "chosen by the shop",
    }
    signs_time: ClassVar[bool] = False

    def adapter(self) -> RazorpayProvider:
        return RazorpayProvider(self.url)

    def answer(self, asked: Asked) -> Answer:
        pair = f"{self.values['key_id']}:{self.secrets['key_secret']}".encode()
        if asked.headers.get("authorization") != "Basic " + base64.b64encode(pair).decode():
            return refusal(401, "Authentication failed")
        parts = asked.path.removeprefix("/v1/").split("/")
        if parts[0] == "payment_links":
            return self._links(asked, parts)
        if asked.path == "/v1/payments":
            return 200, {"entity": "collection", "count": 0, "items": []}
        page = next((one for one in self.pages.values() if one.capture == parts[1]), None)
        if page is None:
            return refusal(400, "The id provided does not exist")
        if parts[2] == "refunds":
            return 200, {"entity": "collection", "count": len(page.refunds), "items": page.refunds}
        key = asked.headers["x-refund-idempotency"]
        differs = refusal(400, "Different payload for the same idempotency key.")
        return self.once(key, asked, lambda: self._refund(page, asked.json), differs)

    def _links(self, asked: Asked, parts: list[str]) -> Answer:
        if asked.method == "POST" and len(parts) == 1:
            return self._make(asked.json)
        if len(parts) == 1:
            found = [one for one in self.pages.values() if one.key == asked.query.get("reference_id")]
            return 200, {"payment_links": [self._link(one) for one in found]}
        page = self.pages.get(parts[1])
        if page is None:
            return refusal(400, "The id provided does not exist")
        if parts[-1] == "cancel":
            if page.state != "created":
                return refusal(400, f"This payment link is already {page.state}.")
            page.state = "cancelled"
        return 200, self._link(page)

    def _make(self, wanted: dict[str, Any]) -> Answer:
        ref = wanted["reference_id"]
        if len(ref) > 40 or not isinstance(wanted["amount"], int):
            return refusal(400, "The reference id may not be greater than 40 characters.")
        if any(page.key == ref for page in self.pages.values()):
            return refusal(400, f"payment link creation with reference_id:{ref} already exists")
        page = Page(f"plink_{next(self.numbers)}", ref, wanted["amount"], wanted["currency"], "created")
        self.pages[page.ref] = page
        return 200, self._link(page)

    def _link(self, page: Page) -> dict[str, Any]:
        is_paid = page.state == "paid"
        return {
            "id": page.ref,
            "amount": page.units,
            "amount_paid": page.units if is_paid else 0,
            "currency": page.currency,
            "reference_id": page.key,
            "status": page.state,
            "short_url": f"https://rzp.io/i/{page.ref}",
            "payments": [{"payment_id": page.capture, "amount": page.units, "status": "captured"}]
            if is_paid
            else None,
        }

    def _refund(self, page: Page, wanted: dict[str, Any]) -> Answer:
        if self.refuses_refunds or sum(one["amount"] for one in page.refunds) + wanted["amount"] > page.units:
            return refusal(400, "The total refund amount is greater than the refund payment amount")
        made = {
            "id": f"rfnd_{next(self.numbers)}",
            "entity": "refund",
            "amount": wanted["amount"],
            "currency": page.currency,
            "payment_id": page.capture,
            "notes": wanted["notes"],
            "status": "processed",
        }
        page.refunds.append(made)
        return 200, made

    def pay(self, ref: str) -> None:
        self.pages[ref].state, self.pages[ref].capture = "paid", f"pay_{next(self.numbers)}"

    def leave(self, ref: str) -> None:
        self.pages[ref].state = "expired"

    def tell(self, kind: str, ref: str, **changed: Any) -> Message:
        page = self.pages[ref]
        link = self._link(page)
        link["amount_paid"] = changed.get("units", link["amount_paid"])
        link["currency"] = changed.get("currency", link["currency"])
        payload: dict[str, Any] = {"payment_link": {"entity": link}}
        if kind == "paid":
            payload["payment"] = {"entity": {"id": page.capture, "amount": page.units}}
        if kind == "refunded":
            payload = {"refund": {"entity": page.refunds[-1]}}
        names = {"paid": "payment_link.paid", "left": "payment_link.expired", "refunded": "refund.processed"}
        content = {
            "entity": "event",
            "event": changed.get("event") or names[kind],
            "payload": changed.get("payload", payload),
            "created_at": changed.get("created", 1),
        }
        body = json.dumps(content).encode()
        secret = changed.get("secret") or self.secrets["webhook_secret"]
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        event_id = changed.get("event_id") or f"evt{next(self.numbers)}"
        return {"x-razorpay-signature": signature, "x-razorpay-event-id": event_id}, body
