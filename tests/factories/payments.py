"""Payments through the services, a company that says what the test wants, and its signed messages."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.test import Client
from django.urls import reverse

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business
from apps.selling.payments.models import Payment, PaymentAttempt
from apps.selling.payments.providers import ProviderFact, ProviderUnavailable, Session, register
from apps.selling.payments.providers.base import Account, SessionRequest
from apps.selling.payments.providers.sandbox import SandboxProvider
from apps.selling.payments.services import Owner, request_payment, start_attempt
from apps.selling.payments.services.accounts import current_secret, ensure_account
from apps.selling.payments.signatures import sign


class ScriptedProvider(SandboxProvider):
    """Sandbox Pay's messages, without its server. `during` runs while a call is under way."""

    code: ClassVar[str] = "scripted"

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[UUID, Session] = {}
        self.answer = "open"
        self.refunds: dict[str, Decimal] = {}
        self.refund_answer = "refund_succeeded"
        self.is_down = False
        self.calls: list[str] = []
        self.during: Callable[[], None] = lambda: None

    def open_session(self, request: SessionRequest) -> Session:
        self._call("open_session")
        page = Session(f"ses_{request.key.hex}", f"https://pay.example/{request.key.hex}", request.expires_at)
        return self.sessions.setdefault(request.key, page)

    def ask(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        self._call("ask")
        return self._answer(provider_ref, key)

    def close_session(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        self._call("close_session")
        if self.answer == "open":
            self.answer = "failed"
        return self._answer(provider_ref, key)

    def take(
        self,
        *,
        account: Account,
        provider_ref: str,
        key: UUID,
        authorised_ref: str,
        amount: Decimal,
        currency: str,
    ) -> ProviderFact:
        self._call("take")
        return ProviderFact("captured", provider_ref, str(key), amount, currency, f"cap_{key.hex}")

    def refund(
        self,
        *,
        account: Account,
        provider_ref: str,
        capture_ref: str,
        key: str,
        amount: Decimal,
        currency: str,
        reason: str,
    ) -> ProviderFact:
        self._call("refund")
        if self.refund_answer == "refund_succeeded":
            self.refunds.setdefault(key, amount)
        return ProviderFact(
            self.refund_answer,
            provider_ref,
            key,
            amount,
            currency,
            f"ref_{key}",
            "Refused (test).",  # type: ignore[arg-type]
        )

    def _call(self, name: str) -> None:
        self.calls.append(name)
        self.during()
        if self.is_down:
            raise ProviderUnavailable()

    def _answer(self, provider_ref: str, key: UUID) -> ProviderFact:
        with_money = PaymentAttempt.unscoped.select_related("payment").get(pk=key).payment
        return ProviderFact(
            self.answer,  # type: ignore[arg-type]
            provider_ref or f"ses_{key.hex}",
            str(key),
            with_money.amount,
            with_money.currency,
            f"cap_{key.hex}",
        )


def script_provider() -> ScriptedProvider:
    """Register a fresh scripted company under the code "scripted"."""
    provider = ScriptedProvider()
    register(provider)
    return provider


def make_payment(business: Business, *, amount: str = "24.30", **fields: Any) -> Payment:
    """An open payment of `business` for an order that nobody knows."""
    values: dict[str, Any] = {
        "owner": Owner("order", new_id()),
        "reference": "Order 1042",
        "amount": Decimal(amount),
        "currency": business.currency,
        "provider": "scripted",
        "return_url": "http://testserver/store/thanks/",
        "expires_at": clock.now() + dt.timedelta(hours=1),
    } | fields
    return request_payment(Actor.guest(business.pk), **values)


def make_attempt(business: Business, **fields: Any) -> PaymentAttempt:
    """A payment whose payer is at the company's page."""
    payment = make_payment(business, **fields)
    redirect = start_attempt(Actor.guest(business.pk), payment_id=payment.pk)
    with tenancy.bind(business.pk):
        return PaymentAttempt.objects.select_related("payment").get(pk=redirect.attempt_id)


def message(attempt: PaymentAttempt, kind: str = "payment.captured", **data: Any) -> bytes:
    """The body that Sandbox Pay would send about an attempt."""
    content = {
        "session": attempt.provider_ref,
        "reference": str(attempt.pk),
        "amount": str(attempt.payment.amount),
        "currency": attempt.payment.currency,
        "capture": f"cap_{attempt.pk.hex}",
    } | data
    return json.dumps({"type": kind, "timestamp": clock.now().isoformat(), "data": content}).encode()


def secret_of(business: Business, provider: str = "scripted") -> str:
    """The secret that messages to `business` are signed with now."""
    with tenancy.bind(business.pk):
        return current_secret(ensure_account(provider))


def post_webhook(
    business: Business,
    body: bytes,
    *,
    event_id: str = "",
    secret: str | None = None,
    at: dt.datetime | None = None,
    sent: bytes | None = None,
    headers: dict[str, str] | None = None,
    client: Client | None = None,
) -> Any:
    """Sign `body` and post it (or `sent` in its place) to the endpoint of `business`."""
    event_id = event_id or f"evt_{new_id().hex}"
    timestamp = int((at or clock.now()).timestamp())
    signature = sign(secret or secret_of(business), event_id, timestamp, body)
    signed = {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    } | (headers or {})
    return (client or Client()).post(
        reverse("payments:webhook", args=["scripted", business.pk]),
        data=body if sent is None else sent,
        content_type="application/json",
        headers={name: value for name, value in signed.items() if value},
    )
