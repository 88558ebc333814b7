"""Paystack as its API reference describes it: references once, no keys for refunds, HMAC-SHA512."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, ClassVar

from apps.selling.payments.providers.paystack import PaystackProvider

from .base import Answer, Asked, Company, Message, Page


class Paystack(Company):
    code: ClassVar[str] = "paystack"
    currency: ClassVar[str] = "NGN"
    values: ClassVar[dict[str, str]] = {"mode": "test", "email": "till@shop.example"}
    secrets: ClassVar[dict[str, str]] = {"secret_key": "sk_test_abcdef0123456789"}
    signs_time: ClassVar[bool] = False
    tells_failures: ClassVar[bool] = False
    tells_refunds: ClassVar[bool] = False

    def adapter(self) -> PaystackProvider:
        return PaystackProvider(self.url)

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {self.secrets['secret_key']}":
            return 401, {"status": False, "message": "Invalid key", "code": "invalid_Key"}
        if asked.path == "/balance":
            return 200, {"status": True, "message": "Balances retrieved", "data": []}
        if asked.path == "/transaction/initialize":
            return self._make(asked.json)
        if asked.path.startswith("/transaction/verify/"):
            page = self.pages.get(asked.path.rpartition("/")[2])
            if page is None:
                return 400, {
                    "status": False,
                    "message": "Transaction reference not found.",
                    "code": "transaction_not_found",
                }
            return 200, {"status": True, "message": "Verification successful", "data": self._told(page)}
        if asked.path == "/refund" and asked.method == "GET":
            page = next(one for one in self.pages.values() if one.capture == asked.query["transaction"])
            return 200, {"status": True, "message": "Refunds retrieved", "data": page.refunds}
        if asked.path == "/refund":
            return self._refund(asked.json)
        return 404, {"status": False, "message": "Unknown route"}

    def _make(self, wanted: dict[str, Any]) -> Answer:
        if "@" not in wanted["email"] or not isinstance(wanted["amount"], int):
            return 400, {"status": False, "message": "Invalid Email Address Passed"}
        ref = wanted["reference"]
        if ref in self.pages:
            return 400, {
                "status": False,
                "message": "Duplicate Transaction Reference",
                "code": "duplicate_reference",
            }
        self.pages[ref] = Page(
            ref, ref, wanted["amount"], wanted["currency"], capture=str(next(self.numbers))
        )
        url = f"https://checkout.paystack.com/{ref}"
        data = {"authorization_url": url, "access_code": "abc", "reference": ref}
        return 200, {"status": True, "message": "Authorization URL created", "data": data}

    def _told(self, page: Page) -> dict[str, Any]:
        states = {"open": "abandoned", "paid": "success", "left": "failed"}
        return {
            "id": int(page.capture),
            "domain": "test",
            "status": states[page.state],
            "reference": page.ref,
            "amount": page.units,
            "currency": page.currency,
            "gateway_response": "Approved" if page.state == "paid" else "Declined",
        }

    def _refund(self, wanted: dict[str, Any]) -> Answer:
        page = self.pages[wanted["transaction"]]
        spent = sum(one["amount"] for one in page.refunds)
        if self.refuses_refunds or spent + wanted["amount"] > page.units:
            return 400, {"status": False, "message": "Refund amount cannot be more than transaction amount"}
        made = {
            "id": next(self.numbers),
            "status": "processed",
            "transaction": int(page.capture),
            "amount": wanted["amount"],
            "currency": wanted["currency"],
            "merchant_note": wanted["merchant_note"],
        }
        page.refunds.append(made)
        return 200, {
            "status": True,
            "message": "Refund has been queued",
            "data": {**made, "status": "pending"},
        }

    def pay(self, ref: str) -> None:
        self.pages[ref].state = "paid"

    def leave(self, ref: str) -> None:
        self.pages[ref].state = "left"

    def tell(self, kind: str, ref: str, **changed: Any) -> Message:
        page = self.pages[ref]
        data = self._told(page)
        if kind == "refunded":
            data = {"status": "processed", "transaction_reference": ref, "refund_reference": "r1"}
            data |= {"amount": page.refunds[-1]["amount"], "currency": page.currency}
        data["amount"] = changed.get("units", data["amount"])
        data["currency"] = changed.get("currency", data["currency"])
        event = "refund.processed" if kind == "refunded" else "charge.success"
        content = {"event": changed.get("event", event), "data": changed.get("thing", data)}
        body = json.dumps(content).encode()
        secret = changed.get("secret") or self.secrets["secret_key"]
        signature = hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()
        return {"x-paystack-signature": signature}, body
