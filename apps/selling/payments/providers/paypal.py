"""The adapter to PayPal: Orders v2, captures, refunds; messages checked by PayPal's documented endpoint.

The payer agrees at PayPal and comes back; the money moves when we capture, which happens when we ask how an approved
order stands. An order that is not captured costs nobody anything, so closing one means never to capture it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote
from uuid import UUID

import urllib3
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel import clock
from apps.kernel.circuits import Circuit
from apps.selling.payments.signatures import TOLERANCE, WebhookMalformed, WebhookRefused

from . import http
from .base import (
    MODE,
    TAKE,
    Account,
    ProviderFact,
    ProviderRefused,
    ProviderUnavailable,
    Session,
    SessionRequest,
    Setting,
)
from .disputes import paypal_dispute
from .paypal_facts import CAPTURES, EVENTS, REFUNDS, amount_of, moment_of, order_fact, payments_of, written
from .sandbox import company_circuit

LIVE, TEST = "https://api-m.paypal.com", "https://api-m.sandbox.paypal.com"
_CURRENCIES = frozenset(
    {"AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS"}
) | {*("JPY", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD")}
_SIGNED_HEADERS = ("transmission-id", "transmission-time", "transmission-sig", "cert-url", "auth-algo")
_TOKEN_SPARE = dt.timedelta(seconds=60)
_tokens: dict[str, tuple[str, dt.datetime]] = {}
_tokens_lock = threading.Lock()


class PayPalProvider:
    """Speaks to api-m.paypal.com, or to its sandbox for an account in test mode."""

    code: ClassVar[str] = "paypal"
    name: ClassVar[Any] = "PayPal"
    description: ClassVar[Any] = _("PayPal balance, card or bank account, on PayPal's page.")
    is_test: ClassVar[bool] = False
    is_manual: ClassVar[bool] = False
    can_authorise: ClassVar[bool] = True
    tender: ClassVar[str] = "provider"
    on_by_default: ClassVar[bool] = False
    currencies: ClassVar[frozenset[str] | None] = _CURRENCIES
    signed_with: ClassVar[str] = "client_secret"
    makes_secret: ClassVar[bool] = False
    webhook_help: ClassVar[Any] = _(
        "On developer.paypal.com, in your app: Add Webhook. Choose Checkout order approved and all events of "
        "Payment capture, Payment authorization and Customer dispute, then copy the Webhook ID here."
    )
    settings: ClassVar[Sequence[Setting]] = (
        MODE,
        TAKE,
        Setting("client_id", _("Client ID"), help=_("On developer.paypal.com: Apps & Credentials.")),
        Setting("client_secret", _("Secret"), "secret"),
        Setting("webhook_id", _("Webhook ID")),
    )

    def __init__(self, live: str = LIVE, test: str = TEST, circuit: Circuit | None = None) -> None:
        self.live, self.test = live, test
        self.circuit = circuit or company_circuit(self.code)
        # PayPal's sandbox is away more often than PayPal: that must not keep real buyers out.
        self.circuit_for_tests = company_circuit(f"{self.code}.test")

    def open_session(self, request: SessionRequest) -> Session:
        """Make the payer's page, or find the one made under the same key."""
        unit = {
            "custom_id": str(request.key),
            "description": request.reference[:127],
            "amount": {"currency_code": request.currency, "value": written(request.amount, request.currency)},
        }
        page = {
            "brand_name": request.business_name[:127],
            "return_url": request.return_url,
            "cancel_url": request.return_url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
        }
        wanted = {
            "intent": "AUTHORIZE" if request.reserves else "CAPTURE",
            "purchase_units": [unit],
            "payment_source": {"paypal": {"experience_context": page}},
        }
        order = self._call(request.account, "POST", "v2/checkout/orders", wanted, key=str(request.key))
        pages = [link for link in order.get("links") or [] if link.get("rel") in ("payer-action", "approve")]
        if not order.get("id") or not pages:
            raise ProviderUnavailable(cause="unreadable answer")
        return Session(str(order["id"]), str(pages[0].get("href", "")), None)

    def ask(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        """How an attempt stands; an approved one is captured, once however often it is asked."""
        order = self._order(account, provider_ref, key)
        fact = order if isinstance(order, ProviderFact) else order_fact(order, key)
        if isinstance(order, ProviderFact) or fact.kind != "approved":
            return fact
        act = "authorize" if order.get("intent") == "AUTHORIZE" else "capture"
        path = f"v2/checkout/orders/{quote(provider_ref)}/{act}"
        try:
            return order_fact(self._call(account, "POST", path, {}, key=f"{key}-{act}"), key)
        except ProviderRefused as refusal:
            code = refusal.context.get("provider_code")
            if code in ("ORDER_ALREADY_CAPTURED", "ORDER_ALREADY_AUTHORIZED"):
                return self._look(account, provider_ref, key)
            if code in ("INSTRUMENT_DECLINED", "PAYER_ACTION_REQUIRED", "TRANSACTION_REFUSED"):
                # Captured with this order nothing will ever be: the payer begins anew.
                return ProviderFact("failed", provider_ref, str(key), reason=str(refusal)[:200])
            raise

    def close_session(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        """Look, and capture nothing."""
        fact = self._look(account, provider_ref, key)
        if fact.kind in ("open", "approved"):
            return ProviderFact("failed", fact.provider_ref, str(key), fact.amount, fact.currency)
        if fact.kind == "authorised":
            path = f"v2/payments/authorizations/{quote(fact.capture_ref)}/void"
            with suppress(ProviderRefused):  # taken or set free before: looking tells
                self._call(account, "POST", path, {}, key=f"{key}-void")
            return self._look(account, provider_ref, key)
        return fact

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
        """Take the money, once per key; `final_capture` sets the rest free."""
        wanted = {
            "amount": {"currency_code": currency, "value": written(amount, currency)},
            "final_capture": True,
        }
        path = f"v2/payments/authorizations/{quote(authorised_ref)}/capture"
        made = self._call(account, "POST", path, wanted, key=f"{key}-take")
        said, currency_said = amount_of(made)
        kind = CAPTURES.get(str(made.get("status")), "open")
        return ProviderFact(
            "open" if kind == "failed" else kind,  # a declined capture leaves the money reserved
            provider_ref,
            str(key),
            said,
            currency_said,
            str(made.get("id") or "")[:120],
        )

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
        """Send money back, once per key; PayPal forgets keys in time, so its order is looked at before."""
        order = self._call(account, "GET", f"v2/checkout/orders/{quote(provider_ref)}")
        known = payments_of(order).get("refunds") or []
        refund = next((one for one in known if one.get("custom_id") == key), None)
        if refund is None:
            wanted = {
                "amount": {"currency_code": currency, "value": written(amount, currency)},
                "custom_id": key,
            }
            path = f"v2/payments/captures/{quote(capture_ref)}/refund"
            refund = self._call(account, "POST", path, wanted, key=key)
        kind = REFUNDS.get(str(refund.get("status")), "open")
        details = refund.get("status_details") or {}
        said, currency_said = amount_of(refund)
        return ProviderFact(
            kind,
            provider_ref,
            key,
            said,
            currency_said,
            str(refund.get("id") or "")[:120],
            str(details.get("reason") or "")[:200],
        )

    def verify(self, *, account: Account, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> str:
        """By asking PayPal, who signed it; a message that is old or has no name is not asked about."""
        given = {name: headers.get(f"paypal-{name}", "") for name in _SIGNED_HEADERS}
        if not all(value and len(value) <= 500 for value in given.values()):
            raise WebhookMalformed(code="webhook_headers_missing")
        try:
            sent = dt.datetime.fromisoformat(given["transmission-time"])
            content = json.loads(body)
            event_id = content["id"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise WebhookMalformed() from error
        if sent.tzinfo is None or not isinstance(event_id, str) or not 0 < len(event_id) <= 120:
            raise WebhookMalformed()
        if abs(now - sent) > TOLERANCE:
            raise WebhookRefused(code="webhook_timestamp_off")
        if not account.accepted or not account.values.get("webhook_id"):
            raise WebhookRefused(code="webhook_signature_wrong")
        fields = {name.replace("-", "_"): value for name, value in given.items()}
        fields["webhook_id"] = account.values["webhook_id"]
        # The message as it came: written anew it would have another checksum.
        question = json.dumps(fields)[:-1].encode() + b', "webhook_event": ' + body + b"}"
        answer = self._call(account, "POST", "v1/notifications/verify-webhook-signature", content=question)
        if answer.get("verification_status") != "SUCCESS":
            raise WebhookRefused(code="webhook_signature_wrong")
        return event_id

    def read_event(self, body: bytes) -> ProviderFact:
        """Translate a verified message."""
        content = json.loads(body)
        resource = content.get("resource") if isinstance(content, dict) else None
        if not isinstance(resource, dict):
            raise ValueError("not a message of PayPal")
        kind = str(content.get("event_type", ""))[:60]
        if kind == "CHECKOUT.ORDER.APPROVED":
            return ProviderFact("approved", str(resource.get("id") or "")[:120], raw_kind=kind)
        if kind.startswith("CUSTOMER.DISPUTE."):
            return paypal_dispute(resource, content.get("create_time"), kind)
        if kind not in EVENTS:
            return ProviderFact("unknown", "", raw_kind=kind)
        amount, currency = amount_of(resource)
        related = (resource.get("supplementary_data") or {}).get("related_ids") or {}
        # What PayPal took back by itself is nobody's refund of ours: it waits for a person.
        is_taken_back = kind == "PAYMENT.CAPTURE.REVERSED"
        return ProviderFact(
            kind=EVENTS[kind],
            provider_ref=str(related.get("order_id") or "")[:120],
            key="" if is_taken_back else str(resource.get("custom_id") or "")[:120],
            amount=amount,
            currency=currency,
            capture_ref=str(resource.get("id") or "")[:120],
            reason=str((resource.get("status_details") or {}).get("reason") or "")[:200],
            raw_kind=kind,
            lapses_at=moment_of(resource.get("expiration_time")),
        )

    def try_out(self, *, account: Account) -> None:
        """Get a token: PayPal gives none for wrong keys."""
        with self._circuit(account).guard():
            self._token(account, is_fresh=True)

    def _look(self, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        order = self._order(account, provider_ref, key)
        return order if isinstance(order, ProviderFact) else order_fact(order, key)

    def _order(self, account: Account, provider_ref: str, key: UUID) -> ProviderFact | dict[str, Any]:
        if not provider_ref:
            # A page whose address we never learned was shown to nobody.
            return ProviderFact("failed", "", str(key), reason=_now("It never reached the company."))
        try:
            return self._call(account, "GET", f"v2/checkout/orders/{quote(provider_ref)}")
        except ProviderRefused as refusal:
            if refusal.context.get("provider_status") == 404:  # PayPal forgets what nobody agreed to
                return ProviderFact("failed", provider_ref, str(key), reason=_now("The time to pay is over."))
            raise

    @sensitive_variables("headers")
    def _call(
        self,
        account: Account,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        content: bytes | None = None,
        key: str = "",
    ) -> dict[str, Any]:
        headers = {"Prefer": "return=representation", **({"PayPal-Request-Id": key} if key else {})}
        url = f"{self._url(account)}/{path}"
        with self._circuit(account).guard():
            for is_fresh in (False, True):
                headers["Authorization"] = f"Bearer {self._token(account, is_fresh=is_fresh)}"
                try:
                    return http.call(method, url, headers=headers, body=body, content=content)
                except ProviderRefused as refusal:
                    status = refusal.context.get("provider_status")
                    if status == 401 and not is_fresh:  # a token that was taken back before its time
                        continue
                    if status == 409:  # the first call of this key is under way
                        raise ProviderUnavailable(cause="status 409") from refusal
                    raise
        raise ProviderRefused(provider_status=401)

    @sensitive_variables()
    def _token(self, account: Account, *, is_fresh: bool = False) -> str:
        name = self._token_name(account)
        with _tokens_lock:
            known = _tokens.get(name)
        if known and known[1] > clock.now() and not is_fresh:
            return known[0]
        pair = f"{account.values.get('client_id', '')}:{account.secrets['client_secret']}"
        answer = http.call(
            "POST",
            f"{self._url(account)}/v1/oauth2/token",
            headers={
                **urllib3.make_headers(basic_auth=pair),
                "Content-Type": "application/x-www-form-urlencoded",
            },
            content=b"grant_type=client_credentials",
        )
        try:
            token, lives = str(answer["access_token"]), dt.timedelta(seconds=int(answer["expires_in"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ProviderUnavailable(cause="unreadable answer") from error
        with _tokens_lock:
            _tokens[name] = (token, clock.now() + lives - _TOKEN_SPARE)
        return token

    def _token_name(self, account: Account) -> str:
        """Of place and keys, so that changed keys never work with the old ones' token."""
        parts = (
            self._url(account),
            account.values.get("client_id", ""),
            account.secrets.get("client_secret", ""),
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _circuit(self, account: Account) -> Circuit:
        return self.circuit if account.is_live else self.circuit_for_tests

    def _url(self, account: Account) -> str:
        return self.live if account.is_live else self.test
