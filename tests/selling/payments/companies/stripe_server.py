"""Stripe as its API reference describes it; messages are signed by Stripe's own library."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import stripe

from apps.kernel import clock
from apps.selling.payments.providers.stripe import StripeProvider

from .base import Answer, Asked, Company, Message, Page


def refusal(status: int, message: str, kind: str = "invalid_request_error", code: str = "") -> Answer:
    return status, {"error": {"type": kind, "message": message, "code": code}}


class Stripe(Company):
    code: ClassVar[str] = "stripe"
    values: ClassVar[dict[str, str]] = {"mode": "test"}
    secrets: ClassVar[dict[str, str]] = {
        "secret_key": "sk_test_51abcdefghij",
        "webhook_secret": "whsec_of_the_test",
    }

    def adapter(self) -> StripeProvider:
        return StripeProvider(self.url)

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {self.secrets['secret_key']}":
            return refusal(401, "Invalid API Key provided: sk_test_****")
        differs = refusal(
            400,
            "Keys for idempotent requests can only be used with the same parameters.",
            "idempotency_error",
        )
        key = asked.headers.get("idempotency-key", "")
        parts = asked.path.removeprefix("/v1/").split("/")
        if asked.path == "/v1/balance":
            return 200, {"object": "balance", "available": [], "livemode": False}
        if asked.method == "POST" and asked.path == "/v1/checkout/sessions":
            return self.once(key, asked, lambda: self._make(asked.form), differs)
        if asked.path.startswith("/v1/payment_intents/"):
            page = next(one for one in self.pages.values() if one.reserved == parts[1])
            return self.once(key, asked, lambda: self._move(page, parts[2], asked.form), differs)
        if asked.path.startswith("/v1/checkout/sessions/"):
            page = self.pages.get(parts[2])
            if page is None:
                return refusal(404, "No such checkout.session", code="resource_missing")
            if parts[-1] == "expire":
                if page.state != "open":
                    return refusal(400, "Only Checkout Sessions with a status in open can be expired.")
                page.state = "expired"
            return 200, self._session(page, expanded="expand[0]" in asked.query)
        if asked.path == "/v1/refunds" and asked.method == "GET":
            page = self._by_intent(asked.query["payment_intent"])
            return 200, {"object": "list", "data": page.refunds, "has_more": False}
        if asked.path == "/v1/refunds":
            return self.once(key, asked, lambda: self._refund(asked.form), differs)
        return refusal(404, f"Unrecognized request URL ({asked.path}).")

    def _make(self, form: dict[str, str]) -> Answer:
        price = "line_items[0][price_data]"
        if form["mode"] != "payment" or form["line_items[0][quantity]"] != "1":
            return refusal(400, "Invalid line items.")
        page = Page(
            f"cs_test_{next(self.numbers)}",
            form["client_reference_id"],
            int(form[f"{price}[unit_amount]"]),
            form[f"{price}[currency]"],
        )
        page.reserves = form.get("payment_intent_data[capture_method]") == "manual"
        self.pages[page.ref] = page
        return 200, self._session(page)

    def _move(self, page: Page, act: str, form: dict[str, str]) -> Answer:
        if page.state != "reserved":
            return refusal(
                400, "This PaymentIntent could not be changed.", code="payment_intent_unexpected_state"
            )
        if act == "cancel":
            page.state = "voided"
        else:
            units = int(form["amount_to_capture"])
            if units > page.units:
                return refusal(400, "The amount is too large.", code="amount_too_large")
            page.state, page.capture = "paid", page.reserved
            page.taken.append(units)
        return 200, self._intent(page)

    def _intent(self, page: Page) -> dict[str, Any]:
        states = {"reserved": "requires_capture", "paid": "succeeded", "voided": "canceled"}
        until = int(clock.now().timestamp()) + 7 * 86400
        return {
            "id": page.reserved,
            "object": "payment_intent",
            "capture_method": "manual",
            "status": states.get(page.state, "requires_payment_method"),
            "amount": page.units,
            "amount_received": sum(page.taken),
            "currency": page.currency,
            "metadata": {"attempt": page.key},
            "latest_charge": {"payment_method_details": {"card": {"capture_before": until}}},
        }

    def _session(self, page: Page, expanded: bool = False) -> dict[str, Any]:
        return {
            "id": page.ref,
            "object": "checkout.session",
            "client_reference_id": page.key,
            "amount_total": page.units,
            "currency": page.currency,
            "status": {"open": "open", "expired": "expired"}.get(page.state, "complete"),
            "payment_status": "paid" if page.state == "paid" else "unpaid",
            "payment_intent": self._intent(page)
            if expanded and page.reserved
            else page.reserved or page.capture or None,
            "expires_at": int(clock.now().timestamp()) + 86400,
            "url": f"https://checkout.stripe.com/c/pay/{page.ref}" if page.state == "open" else None,
        }

    def _by_intent(self, intent: str) -> Page:
        return next(page for page in self.pages.values() if page.capture == intent)

    def _refund(self, form: dict[str, str]) -> Answer:
        page = self._by_intent(form["payment_intent"])
        amount = int(form["amount"])
        if self.refuses_refunds or sum(one["amount"] for one in page.refunds) + amount > page.units:
            return refusal(400, "Refund amount is greater than unrefunded amount.", code="amount_too_large")
        made = {
            "id": f"re_{next(self.numbers)}",
            "object": "refund",
            "amount": amount,
            "currency": page.currency,
            "status": "succeeded",
            "payment_intent": page.capture,
            "metadata": {"refund": form["metadata[refund]"]},
        }
        page.refunds.append(made)
        return 200, made

    def pay(self, ref: str) -> None:
        if self.pages[ref].reserves:
            self.pages[ref].state, self.pages[ref].reserved = "reserved", f"pi_{next(self.numbers)}"
            return
        self.pages[ref].state, self.pages[ref].capture = "paid", f"pi_{next(self.numbers)}"

    def leave(self, ref: str) -> None:
        self.pages[ref].state = "expired"

    def tell(self, kind: str, ref: str, **changed: Any) -> Message:
        page = self.pages[ref]
        events = {
            "paid": "checkout.session.completed",
            "left": "checkout.session.expired",
            "refunded": "refund.updated",
            "reserved": "payment_intent.amount_capturable_updated",
            "taken": "payment_intent.succeeded",
            "voided": "payment_intent.canceled",
        }
        thing = page.refunds[-1] if kind == "refunded" else self._session(page)
        if kind in ("reserved", "taken", "voided"):
            states = {"reserved": "requires_capture", "taken": "succeeded", "voided": "canceled"}
            thing = {**self._intent(page), "status": states[kind], "latest_charge": "ch_1"}
        thing = {**thing}
        if "units" in changed:
            thing["amount_total"] = changed["units"]
        if "currency" in changed:
            thing["currency"] = changed["currency"].lower()
        event_id = changed.get("event_id") or f"evt_{next(self.numbers)}"
        thing = changed.get("thing", thing)
        name = changed.get("event") or events[kind]
        content = {"id": event_id, "object": "event", "type": name, "data": {"object": thing}}
        content["created"] = changed.get("created", 1)
        body = json.dumps(content)
        moment = int((changed.get("at") or clock.now()).timestamp())
        secret = changed.get("secret") or self.secrets["webhook_secret"]
        signature = stripe.WebhookSignature._compute_signature(f"{moment}.{body}", secret)
        return {"stripe-signature": f"t={moment},v1={signature}"}, body.encode()
