"""PayPal as its API reference describes it: orders, captures, refunds, and the endpoint that checks its messages."""

from __future__ import annotations

import base64
import datetime as dt
import json
import zlib
from decimal import Decimal
from typing import Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from apps.kernel import clock
from apps.selling.payments.providers.paypal import PayPalProvider

from .base import Answer, Asked, Company, Message, Page

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def refusal(status: int, issue: str, words: str, name: str = "UNPROCESSABLE_ENTITY") -> Answer:
    details = [{"issue": issue, "description": words}]
    return status, {"name": name, "message": "The action could not be performed.", "details": details}


class PayPal(Company):
    code: ClassVar[str] = "paypal"
    values: ClassVar[dict[str, str]] = {"mode": "test", "client_id": "AbC", "webhook_id": "8PT597110X687430L"}
    secrets: ClassVar[dict[str, str]] = {"client_secret": "EFGH-secret-1234"}
    declines = 0

    def adapter(self) -> PayPalProvider:
        return PayPalProvider("http://127.0.0.1:1", self.url)

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/v1/oauth2/token":
            pair = base64.b64encode(f"AbC:{self.secrets['client_secret']}".encode()).decode()
            if asked.headers.get("authorization") != f"Basic {pair}" or "grant_type" not in asked.form:
                return 401, {"error": "invalid_client", "error_description": "Client Authentication failed"}
            return 200, {"access_token": f"A21AA{self.url[-5:]}", "token_type": "Bearer", "expires_in": 32400}
        if asked.headers.get("authorization") != f"Bearer A21AA{self.url[-5:]}":
            return 401, {"error": "invalid_token", "error_description": "Token signature verification failed"}
        if asked.path == "/v1/notifications/verify-webhook-signature":
            return 200, {"verification_status": self._check(asked.body)}
        key = asked.headers.get("paypal-request-id", "")
        parts = asked.path.strip("/").split("/")
        differs = refusal(422, "DUPLICATE_REQUEST_ID", "The same id with other words.")
        if asked.path == "/v2/checkout/orders":
            return self.once(key, asked, lambda: self._make(asked.json), differs)
        if parts[:2] == ["v2", "payments"]:
            if parts[2] == "authorizations":
                page = next(one for one in self.pages.values() if one.reserved == parts[3])
                return self.once(key, asked, lambda: self._move(page, parts[4], asked.json), differs)
            page = next(one for one in self.pages.values() if one.capture == parts[3])
            if asked.method == "POST":
                return self.once(key, asked, lambda: self._refund(page, asked.json), differs)
        page = self.pages.get(parts[3])
        if page is None:
            return refusal(404, "INVALID_RESOURCE_ID", "No such order.", "RESOURCE_NOT_FOUND")
        if parts[-1] == "authorize":
            return self.once(key, asked, lambda: self._reserve(page), differs)
        if parts[-1] == "capture":
            if page.state == "COMPLETED" and key not in self.answers:
                return refusal(422, "ORDER_ALREADY_CAPTURED", "Order already captured.")
            return self.once(key, asked, lambda: self._capture(page), differs)
        return 200, self._order(page)

    def _make(self, wanted: dict[str, Any]) -> Answer:
        unit = wanted["purchase_units"][0]
        amount = unit["amount"]
        if (
            wanted["intent"] not in ("CAPTURE", "AUTHORIZE")
            or Decimal(amount["value"]).as_tuple().exponent != -2
        ):
            return refusal(422, "DECIMAL_PRECISION", "Two places.")
        page = Page(
            f"ORD{next(self.numbers)}",
            unit["custom_id"],
            amount["value"],
            amount["currency_code"],
            "PAYER_ACTION_REQUIRED",
        )
        page.reserves = wanted["intent"] == "AUTHORIZE"
        self.pages[page.ref] = page
        return 201, self._order(page)

    def _reserve(self, page: Page) -> Answer:
        if page.state != "APPROVED":
            return refusal(422, "ORDER_NOT_APPROVED", "Payer has not yet approved the Order.")
        page.state, page.reserved = "reserved", f"AUT{next(self.numbers)}"
        return 201, self._order(page)

    def _move(self, page: Page, act: str, wanted: dict[str, Any]) -> Answer:
        if page.state != "reserved":
            return refusal(422, "AUTHORIZATION_VOIDED", "The authorization is over.")
        if act == "void":
            page.state = "voided"
            return 200, {"id": page.reserved, "status": "VOIDED", "amount": self._amount(page)}
        if not wanted["final_capture"] or Decimal(wanted["amount"]["value"]) > Decimal(page.units):
            return refusal(422, "AUTH_CAPTURE_CURRENCY_MISMATCH", "Not so.")
        page.state, page.capture = "COMPLETED", f"CAP{next(self.numbers)}"
        page.taken.append(wanted["amount"]["value"])
        return 201, {"id": page.capture, "status": "COMPLETED", "amount": wanted["amount"]}

    def _amount(self, page: Page) -> dict[str, str]:
        return {"currency_code": page.currency, "value": page.units}

    def _order(self, page: Page) -> dict[str, Any]:
        unit: dict[str, Any] = {"custom_id": page.key, "amount": self._amount(page)}
        if page.reserved:
            status = {"reserved": "CREATED", "voided": "VOIDED"}.get(page.state, "CAPTURED")
            until = (clock.now() + dt.timedelta(days=29)).isoformat()
            held = {"id": page.reserved, "status": status, "amount": self._amount(page)}
            unit["payments"] = {"authorizations": [{**held, "expiration_time": until}]}
        if page.capture:
            capture = {"id": page.capture, "status": "COMPLETED", "amount": self._amount(page)}
            refunds = [
                {**one, "amount": {**self._amount(page), "value": one["amount"]}} for one in page.refunds
            ]
            if page.taken:
                capture["amount"] = {**self._amount(page), "value": page.taken[-1]}
            unit["payments"] = {**unit.get("payments", {}), "captures": [capture], "refunds": refunds}
        links = [
            {"rel": "payer-action", "href": f"https://www.sandbox.paypal.com/checkoutnow?token={page.ref}"}
        ]
        status = "COMPLETED" if page.reserved else page.state
        intent = "AUTHORIZE" if page.reserves else "CAPTURE"
        return {"id": page.ref, "intent": intent, "status": status, "purchase_units": [unit], "links": links}

    def _capture(self, page: Page) -> Answer:
        if page.state != "APPROVED":
            return refusal(422, "ORDER_NOT_APPROVED", "Payer has not yet approved the Order.")
        if self.declines:
            self.declines -= 1
            return refusal(
                422, "INSTRUMENT_DECLINED", "The instrument presented was declined by the processor."
            )
        page.state, page.capture = "COMPLETED", f"CAP{next(self.numbers)}"
        return 201, self._order(page)

    def _refund(self, page: Page, wanted: dict[str, Any]) -> Answer:
        amount = wanted["amount"]["value"]
        spent = sum(Decimal(one["amount"]) for one in page.refunds)
        if self.refuses_refunds or spent + Decimal(amount) > Decimal(page.units):
            return refusal(422, "REFUND_AMOUNT_EXCEEDED", "The refund amount must be less than or equal.")
        made = {"id": f"REF{next(self.numbers)}", "status": "COMPLETED", "custom_id": wanted["custom_id"]}
        page.refunds.append({**made, "amount": amount})
        return 201, {**made, "amount": wanted["amount"]}

    def _check(self, body: bytes) -> str:
        asked = json.loads(body)
        raw = body.split(b'"webhook_event": ', 1)[1][:-1]
        words = (
            f"{asked['transmission_id']}|{asked['transmission_time']}|{asked['webhook_id']}|{zlib.crc32(raw)}"
        )
        try:
            signature = base64.b64decode(asked["transmission_sig"])
            _KEY.public_key().verify(signature, words.encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return "FAILURE"
        return "SUCCESS"

    def pay(self, ref: str) -> None:
        """The buyer agrees; the money moves when the shop captures."""
        self.pages[ref].state = "APPROVED"

    def leave(self, ref: str) -> None:
        self.pages[ref].state = "VOIDED"

    def tell(self, kind: str, ref: str, **changed: Any) -> Message:
        page = self.pages[ref]
        amount = self._amount(page)
        amount["value"] = changed.get("units", amount["value"])
        amount["currency_code"] = changed.get("currency", amount["currency_code"])
        related = {"supplementary_data": {"related_ids": {"order_id": ref}}}
        resource = {"id": page.capture or "CAPX", "custom_id": page.key, "amount": amount, **related}
        if kind == "refunded":
            last = page.refunds[-1]
            resource = {**last, "amount": {**amount, "value": last["amount"]}}
        names = {
            "paid": "PAYMENT.CAPTURE.COMPLETED",
            "left": "PAYMENT.CAPTURE.DENIED",
            "refunded": "PAYMENT.CAPTURE.REFUNDED",
            "approved": "CHECKOUT.ORDER.APPROVED",
            "reserved": "PAYMENT.AUTHORIZATION.CREATED",
            "taken": "PAYMENT.CAPTURE.COMPLETED",
            "voided": "PAYMENT.AUTHORIZATION.VOIDED",
        }
        if kind == "taken":
            resource["amount"] = {**amount, "value": page.taken[-1]}
        if kind in ("reserved", "voided"):
            resource["id"] = page.reserved
        if kind == "approved":
            resource = self._order(page)
        event_id = changed.get("event_id") or f"WH-{next(self.numbers)}"
        # Spaces as no serializer would write them: the checksum is of the words as they were sent.
        body = json.dumps(
            {
                "id": event_id,
                "event_type": changed.get("event") or names[kind],
                "resource": changed.get("thing", resource),
            },
            indent=3,
        ).encode()
        sent = (changed.get("at") or clock.now()).isoformat()
        words = f"tr-1|{sent}|{self.values['webhook_id']}|{zlib.crc32(body)}".encode()
        signer = _STRANGER if changed.get("secret") else _KEY
        signature = base64.b64encode(signer.sign(words, padding.PKCS1v15(), hashes.SHA256())).decode()
        headers = {
            "paypal-transmission-id": "tr-1",
            "paypal-transmission-time": sent,
            "paypal-transmission-sig": signature,
            "paypal-cert-url": "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
            "paypal-auth-algo": "SHA256withRSA",
        }
        return headers, body
