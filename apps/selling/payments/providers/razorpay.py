"""The adapter to Razorpay: Payment Links and refunds; messages checked by Razorpay's own library.

A link carries our key as its reference, which Razorpay accepts once: a repeated call finds the link that was made.
Refunds carry their key in the idempotency header and in their notes. Messages carry no signed time: one that is sent
again has the same id and counts once.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote
from uuid import UUID

import urllib3
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel.circuits import Circuit
from apps.selling.payments.signatures import WebhookMalformed, WebhookRefused

from . import http
from .base import (
    MODE,
    Account,
    FactKind,
    ProviderFact,
    ProviderRefused,
    ProviderUnavailable,
    Session,
    SessionRequest,
    Setting,
)
from .disputes import razorpay_dispute
from .minor import from_minor, to_minor
from .sandbox import company_circuit

_CURRENCIES = frozenset(
    {"INR", "USD", "EUR", "GBP", "AED", "AUD", "BHD", "CAD", "CHF", "HKD", "JPY", "KWD"}
) | {*("LKR", "MYR", "NPR", "NZD", "OMR", "PHP", "QAR", "SAR", "SGD", "THB", "ZAR")}
_WHOLE = frozenset({"JPY", "KRW", "VND", "CLP", "XOF", "XAF"})
_THREE = frozenset({"KWD", "BHD", "OMR", "JOD", "TND"})
_STATES: dict[str, FactKind] = {"paid": "captured", "expired": "failed", "cancelled": "failed"}
_REFUNDS: dict[str, FactKind] = {"processed": "refund_succeeded", "failed": "refund_failed"}


class RazorpayProvider:
    """Speaks to api.razorpay.com."""

    code: ClassVar[str] = "razorpay"
    name: ClassVar[Any] = "Razorpay"
    description: ClassVar[Any] = _("UPI, card, net banking or wallet, on Razorpay's page.")
    is_test: ClassVar[bool] = False
    is_manual: ClassVar[bool] = False
    can_authorise: ClassVar[bool] = False
    tender: ClassVar[str] = "provider"
    on_by_default: ClassVar[bool] = False
    currencies: ClassVar[frozenset[str] | None] = _CURRENCIES
    signed_with: ClassVar[str] = "webhook_secret"
    makes_secret: ClassVar[bool] = False
    webhook_help: ClassVar[Any] = _(
        "In Razorpay's dashboard: Account & Settings, Webhooks, Add New Webhook. Choose a secret there, enter the "
        "same one here, and tick payment_link.paid, payment_link.expired, payment_link.cancelled, "
        "refund.processed, refund.failed and all events of payment.dispute."
    )
    settings: ClassVar[Sequence[Setting]] = (
        MODE,
        Setting("key_id", _("Key id"), begins={"test": ("rzp_test_",), "live": ("rzp_live_",)}),
        Setting(
            "key_secret",
            _("Key secret"),
            "secret",
            help=_("In Razorpay's dashboard: Account & Settings, API Keys."),
        ),
        Setting("webhook_secret", _("Secret of the webhook"), "secret", help=_("The one you chose there.")),
    )

    def __init__(self, url: str = "https://api.razorpay.com", circuit: Circuit | None = None) -> None:
        self.url = url
        self.circuit = circuit or company_circuit(self.code)

    def open_session(self, request: SessionRequest) -> Session:
        """Make the payer's page, or find the one made under the same key."""
        wanted = {
            "amount": _minor(request.amount, request.currency),
            "currency": request.currency,
            "accept_partial": False,
            "reference_id": str(request.key),
            "description": f"{request.business_name}: {request.reference}"[:2000],
            "notify": {"sms": False, "email": False},
            "reminder_enable": False,
            "notes": {"attempt": str(request.key)},
            "callback_url": request.return_url,
            "callback_method": "get",
        }
        try:
            link = self._call(request.account, "POST", "payment_links", wanted)
        except ProviderRefused:
            # One answer for many faults: made before, if the reference is known there.
            known = self._find_link(request.account, request.key)
            if known is None:
                raise
            link = known
        if not link.get("id") or not link.get("short_url"):
            raise ProviderUnavailable(cause="unreadable answer")
        return Session(str(link["id"]), str(link["short_url"]), None)

    def ask(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        """How an attempt stands."""
        if provider_ref:
            return _link_fact(self._call(account, "GET", f"payment_links/{quote(provider_ref)}"))
        link = self._find_link(account, key)
        if link is None:
            return ProviderFact("failed", "", str(key), reason=_now("It never reached the company."))
        return _link_fact(link)

    def close_session(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        """Take the page away; one that is paid or over cannot be, and says so when it is asked."""
        fact = self.ask(account=account, provider_ref=provider_ref, key=key)
        if fact.kind != "open":
            return fact
        try:
            return _link_fact(
                self._call(account, "POST", f"payment_links/{quote(fact.provider_ref)}/cancel", {})
            )
        except ProviderRefused:
            return self.ask(account=account, provider_ref=fact.provider_ref, key=key)

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
        """Never called: this company's pages reserve nothing."""
        raise ProviderRefused(code="cannot_reserve")

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
        """Send money back, once per key."""
        path = f"payments/{quote(capture_ref)}"
        known = self._call(account, "GET", f"{path}/refunds?count=100").get("items") or []
        refund = next((one for one in known if _note(one, "refund") == key), None)
        if refund is None:
            wanted = {"amount": _minor(amount, currency), "notes": {"refund": key}}
            refund = self._call(account, "POST", f"{path}/refund", wanted, {"X-Refund-Idempotency": key})
        return _refund_fact(refund, provider_ref, key)

    def verify(self, *, account: Account, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> str:
        """By Razorpay's own check of `x-razorpay-signature`; the id stands in a header beside it."""
        given, event_id = headers.get("x-razorpay-signature", ""), headers.get("x-razorpay-event-id", "")
        if not (given.isascii() and given and event_id and len(event_id) <= 120 and event_id.isprintable()):
            raise WebhookMalformed(code="webhook_headers_missing")
        if not any(_is_signed(body, given, secret) for secret in account.accepted):
            raise WebhookRefused(code="webhook_signature_wrong")
        return event_id

    def read_event(self, body: bytes) -> ProviderFact:
        """Translate a verified message."""
        content = json.loads(body)
        if not isinstance(content, dict) or not isinstance(content.get("payload"), dict):
            raise ValueError("not a message of Razorpay")
        kind = str(content.get("event", ""))[:60]
        if kind.startswith("payment.dispute."):
            return razorpay_dispute(_entity(content, "dispute"), content.get("created_at"), kind, _digits)
        if kind in ("refund.processed", "refund.failed"):
            refund = _entity(content, "refund")
            return _refund_fact(refund, "", _note(refund, "refund"), kind)
        if kind in ("payment_link.paid", "payment_link.expired", "payment_link.cancelled"):
            payment = content["payload"].get("payment") and _entity(content, "payment")
            return _link_fact(_entity(content, "payment_link"), payment or None, kind)
        return ProviderFact("unknown", "", raw_kind=kind)

    def try_out(self, *, account: Account) -> None:
        """Read at most one payment."""
        self._call(account, "GET", "payments?count=1")

    def _find_link(self, account: Account, key: UUID) -> dict[str, Any] | None:
        found = self._call(account, "GET", f"payment_links?reference_id={key}").get("payment_links") or []
        return next((link for link in found if link.get("reference_id") == str(key)), None)

    @sensitive_variables("headers", "pair")
    def _call(
        self,
        account: Account,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        more: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        pair = f"{account.values.get('key_id', '')}:{account.secrets['key_secret']}"
        headers = urllib3.make_headers(basic_auth=pair) | (more or {})
        with self.circuit.guard():
            try:
                return http.call(method, f"{self.url}/v1/{path}", headers=dict(headers), body=body)
            except ProviderRefused as refusal:
                if refusal.context.get("provider_status") == 409:  # the first call of this key is under way
                    raise ProviderUnavailable(cause="status 409") from refusal
                raise


def _is_signed(body: bytes, given: str, secret: str) -> bool:
    import razorpay

    try:
        return bool(razorpay.Utility().verify_webhook_signature(body.decode(), given, secret))
    except (razorpay.errors.SignatureVerificationError, UnicodeDecodeError):
        return False


def _entity(content: dict[str, Any], name: str) -> dict[str, Any]:
    entity = content["payload"][name]["entity"]
    if not isinstance(entity, dict):
        raise ValueError("not a message of Razorpay")
    return entity


def _note(thing: Mapping[str, Any], name: str) -> str:
    """Notes are an object, or an empty list when there are none."""
    notes = thing.get("notes")
    return str(notes.get(name) or "")[:120] if isinstance(notes, dict) else ""


def _link_fact(
    link: Mapping[str, Any], payment: Mapping[str, Any] | None = None, event: str = ""
) -> ProviderFact:
    currency = str(link.get("currency") or "")[:3]
    kind = _STATES.get(str(link.get("status")), "open")
    paid = [one for one in link.get("payments") or [] if one.get("status") == "captured"]
    capture_ref = payment.get("id") if payment else paid[0].get("payment_id") if paid else ""
    # What came, not what was asked for, so that a difference is seen.
    units = link.get("amount_paid") if kind == "captured" else link.get("amount")
    return ProviderFact(
        kind=kind,
        provider_ref=str(link.get("id") or "")[:120],
        key=str(link.get("reference_id") or "")[:120],
        amount=from_minor(units, _digits(currency)),
        currency=currency,
        capture_ref=str(capture_ref or "")[:120],
        reason=_now("The payment page was closed before it was paid.") if kind == "failed" else "",
        raw_kind=event,
    )


def _refund_fact(refund: Mapping[str, Any], provider_ref: str, key: str, event: str = "") -> ProviderFact:
    currency = str(refund.get("currency") or "")[:3]
    kind = _REFUNDS.get(str(refund.get("status")), "open")
    return ProviderFact(
        kind=kind,
        provider_ref=provider_ref,
        key=key,
        amount=from_minor(refund.get("amount"), _digits(currency)),
        currency=currency,
        capture_ref=str(refund.get("id") or "")[:120],
        reason=_now("Razorpay could not send it back.") if kind == "refund_failed" else "",
        raw_kind=event,
    )


def _digits(currency: str) -> int:
    return 0 if currency in _WHOLE else 3 if currency in _THREE else 2


def _minor(amount: Decimal, currency: str) -> int:
    return to_minor(amount, _digits(currency), step=10 if currency in _THREE else 1)
