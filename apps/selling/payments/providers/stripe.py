"""The adapter to Stripe: Checkout Sessions, their payment intents, refunds; by Stripe's own library.

Every writing call carries our key as its idempotency key. Stripe forgets keys after a day, so a refund is looked for
among those of its payment before it is made.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.circuits import Circuit
from apps.selling.payments.signatures import TOLERANCE, WebhookMalformed, WebhookRefused

from . import http
from .base import (
    MODE,
    TAKE,
    Account,
    FactKind,
    ProviderFact,
    ProviderRefused,
    ProviderUnavailable,
    Session,
    SessionRequest,
    Setting,
)
from .disputes import stripe_dispute
from .minor import from_minor, to_minor
from .sandbox import company_circuit

# docs.stripe.com/currencies: no decimals, three decimals of which the last is zero, two of which both are zero.
_WHOLE = frozenset({"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"}) | {
    *("PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
}
_THREE = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
_WHOLE_WRITTEN_WITH_TWO = frozenset({"ISK", "UGX"})
_EVENTS: dict[str, FactKind] = {
    "checkout.session.async_payment_succeeded": "captured",
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "failed",
}
_REFUNDS: dict[str, FactKind] = {
    "succeeded": "refund_succeeded",
    "failed": "refund_failed",
    "canceled": "refund_failed",
}
_INTENT_EVENTS = (
    "payment_intent.amount_capturable_updated",
    "payment_intent.succeeded",
    "payment_intent.canceled",
)
_INTENTS: dict[str, FactKind] = {
    "requires_capture": "authorised",
    "succeeded": "captured",
    "canceled": "voided",
}
_REFUND_EVENTS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")


class StripeProvider:
    """Speaks to api.stripe.com."""

    code: ClassVar[str] = "stripe"
    name: ClassVar[Any] = "Stripe"
    description: ClassVar[Any] = _(
        "Card, wallet and the ways to pay of the buyer's country, on Stripe's page."
    )
    is_test: ClassVar[bool] = False
    is_manual: ClassVar[bool] = False
    can_authorise: ClassVar[bool] = True
    tender: ClassVar[str] = "provider"
    on_by_default: ClassVar[bool] = False
    currencies: ClassVar[frozenset[str] | None] = None
    signed_with: ClassVar[str] = "webhook_secret"
    makes_secret: ClassVar[bool] = False
    webhook_help: ClassVar[Any] = _(
        "In Stripe's dashboard: Developers, Webhooks, Add endpoint. Choose the events checkout.session.completed, "
        "checkout.session.async_payment_succeeded, checkout.session.async_payment_failed, "
        "checkout.session.expired, payment_intent.amount_capturable_updated, payment_intent.succeeded, "
        "payment_intent.canceled, refund.created, refund.updated, refund.failed and all events of charge.dispute."
    )
    settings: ClassVar[Sequence[Setting]] = (
        MODE,
        TAKE,
        Setting(
            "secret_key",
            _("Secret key"),
            "secret",
            help=_("In Stripe's dashboard: Developers, API keys."),
            begins={"test": ("sk_test_", "rk_test_"), "live": ("sk_live_", "rk_live_")},
        ),
        Setting(
            "webhook_secret",
            _("Signing secret of the webhook"),
            "secret",
            help=_("Stripe shows it when the address below has been added as an endpoint."),
            begins={"test": ("whsec_",), "live": ("whsec_",)},
        ),
    )

    def __init__(self, url: str = "https://api.stripe.com", circuit: Circuit | None = None) -> None:
        self.url = url
        self.circuit = circuit or company_circuit(self.code)

    def open_session(self, request: SessionRequest) -> Session:
        """Make the payer's page, or find the one made under the same key."""
        # Nothing that changes from try to try may stand here: Stripe refuses a key that comes with other words.
        price = {
            "currency": request.currency.lower(),
            "unit_amount": _minor(request.amount, request.currency),
            "product_data": {"name": f"{request.business_name}: {request.reference}"[:250]},
        }
        marks = {"attempt": str(request.key)}
        wanted = {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "client_reference_id": str(request.key),
            "metadata": marks,
            "payment_intent_data": {
                "metadata": marks,
                "description": request.reference,
                **({"capture_method": "manual"} if request.reserves else {}),
            },
            "success_url": request.return_url,
            "cancel_url": request.return_url,
        }
        options = {"idempotency_key": str(request.key)}
        made = self._call(request.account, lambda client: client.v1.checkout.sessions.create(wanted, options))
        try:
            ends = dt.datetime.fromtimestamp(int(made["expires_at"]), dt.UTC)
            return Session(str(made["id"]), str(made["url"]), ends)
        except (KeyError, TypeError, ValueError) as error:
            raise ProviderUnavailable(cause="unreadable answer") from error

    def ask(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        """How an attempt stands. A page whose address we never learned was shown to nobody."""
        if not provider_ref:
            return _never_shown(key)
        return _session_fact(
            self._call(
                account,
                lambda client: client.v1.checkout.sessions.retrieve(
                    provider_ref, {"expand": ["payment_intent.latest_charge"]}
                ),
            )
        )

    def close_session(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        """Take the page away; one that is paid or over cannot be, and says so when it is asked."""
        if not provider_ref:
            return _never_shown(key)
        try:
            return _session_fact(
                self._call(account, lambda client: client.v1.checkout.sessions.expire(provider_ref))
            )
        except ProviderRefused:
            fact = self.ask(account=account, provider_ref=provider_ref, key=key)
        if fact.kind != "authorised":
            return fact
        # What is only reserved is set free; Stripe does it once, and says no when the money was taken before.
        intent = fact.capture_ref
        try:
            options = {"idempotency_key": f"{key}-void"}
            made = self._call(account, lambda client: client.v1.payment_intents.cancel(intent, {}, options))
        except ProviderRefused:
            return self.ask(account=account, provider_ref=provider_ref, key=key)
        return _intent_fact(made, provider_ref)

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
        """Take the money, once per key. Stripe sets free what is not taken then."""
        wanted = {"amount_to_capture": _minor(amount, currency)}
        options = {"idempotency_key": f"{key}-take"}
        made = self._call(
            account, lambda client: client.v1.payment_intents.capture(authorised_ref, wanted, options)
        )
        return _intent_fact(made, provider_ref)

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
        wanted = {
            "payment_intent": capture_ref,
            "amount": _minor(amount, currency),
            "metadata": {"refund": key},
        }
        asked = {"payment_intent": capture_ref, "limit": 100}
        known = self._call(account, lambda client: client.v1.refunds.list(asked))["data"]
        refund = next((one for one in known if (one.get("metadata") or {}).get("refund") == key), None)
        if refund is None:
            options = {"idempotency_key": key}
            refund = self._call(account, lambda client: client.v1.refunds.create(wanted, options))
        return _refund_fact(refund, provider_ref)

    def verify(self, *, account: Account, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> str:
        """By Stripe's own check of `stripe-signature`, with our clock."""
        given = headers.get("stripe-signature", "")
        parts = dict(part.strip().split("=", 1) for part in given.split(",") if "=" in part)
        timestamp = parts.get("t", "")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise WebhookMalformed(code="webhook_headers_missing")
        if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
            raise WebhookRefused(code="webhook_timestamp_off")
        if not any(_is_signed(body, given, secret) for secret in account.accepted):
            raise WebhookRefused(code="webhook_signature_wrong")
        event_id = _object(body).get("id")
        if not isinstance(event_id, str) or not 0 < len(event_id) <= 120:
            raise WebhookMalformed(code="webhook_id_malformed")
        return event_id

    def read_event(self, body: bytes) -> ProviderFact:
        """Translate a verified message."""
        content = _object(body)
        kind = str(content.get("type", ""))[:60]
        thing = content.get("data", {}).get("object")
        if not isinstance(thing, dict):
            raise ValueError("not a message of Stripe")
        if kind.startswith("charge.dispute."):
            return stripe_dispute(thing, content.get("created"), kind, _digits)
        if kind in _REFUND_EVENTS:
            return _refund_fact(thing, "", kind)
        if kind in _INTENT_EVENTS:
            # Of a payment that takes at once the session tells.
            is_ours = thing.get("capture_method") == "manual"
            return _intent_fact(thing, "", kind) if is_ours else ProviderFact("unknown", "", raw_kind=kind)
        if kind == "checkout.session.completed" or kind in _EVENTS:
            return _session_fact(thing, kind)
        return ProviderFact("unknown", "", raw_kind=kind)

    def try_out(self, *, account: Account) -> None:
        """Read the balance."""
        self._call(account, lambda client: client.v1.balance.retrieve())

    def _call(self, account: Account, act: Callable[[Any], Any]) -> dict[str, Any]:
        import stripe

        with self.circuit.guard():
            try:
                return _plain(act(_client(account.secrets["secret_key"], self.url)))
            except (stripe.APIConnectionError, stripe.RateLimitError) as error:
                raise ProviderUnavailable(cause=str(error)) from error
            except stripe.StripeError as error:
                status = error.http_status
                # 409: another call under the same key is under way.
                if status is None or status >= 500 or status in (408, 409, 425):
                    raise ProviderUnavailable(cause=f"status {status}") from error
                said = str(error.user_message or "")[:200]
                raise ProviderRefused(
                    said or None, provider_status=status, provider_code=str(error.code or "")
                ) from error


@lru_cache(maxsize=32)
def _client(key: str, url: str) -> Any:
    """Imported at first use: the library is large, and most installations do not speak to Stripe."""
    import stripe

    stripe.enable_telemetry = False
    logging.getLogger("stripe").setLevel(
        logging.WARNING
    )  # its lines for each request say nothing that ours do not
    timeouts = (http.CONNECT_SECONDS, http.READ_SECONDS)
    return stripe.StripeClient(
        key,
        base_addresses={"api": url},
        http_client=stripe.RequestsClient(timeout=timeouts),
        max_network_retries=0,
    )


def _plain(answer: Any) -> dict[str, Any]:
    content = json.loads(str(answer))
    if not isinstance(content, dict):
        raise ProviderUnavailable(cause="unreadable answer")
    return content


def _is_signed(body: bytes, given: str, secret: str) -> bool:
    import stripe

    try:
        # Without its tolerance, which reads the machine's clock; the time was checked before.
        return bool(stripe.WebhookSignature.verify_header(body.decode(), given, secret, tolerance=None))
    except (stripe.SignatureVerificationError, UnicodeDecodeError, TypeError, ValueError):
        return False


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError as error:
        raise WebhookMalformed() from error
    if not isinstance(content, dict) or not isinstance(content.get("data", {}), dict):
        raise WebhookMalformed()
    return content


def _never_shown(key: UUID) -> ProviderFact:
    return ProviderFact("failed", "", str(key), reason=_now("It never reached the company."))


def _session_fact(session: Mapping[str, Any], event: str = "") -> ProviderFact:
    currency = str(session.get("currency") or "").upper()[:3]
    state = session.get("status")
    kind: FactKind = _EVENTS.get(event, "open")
    if session.get("payment_status") == "paid":
        kind = "captured"
    elif state == "expired":
        kind = "failed"
    intent = session.get("payment_intent") or ""
    if isinstance(intent, dict) and intent.get("capture_method") == "manual":
        return _intent_fact(intent, str(session.get("id") or "")[:120], event)
    if kind == "open" and state == "complete":
        kind = "approved"  # reserved, or on its slow way: asking tells
    return ProviderFact(
        kind=kind,
        provider_ref=str(session.get("id") or "")[:120],
        key=str(session.get("client_reference_id") or "")[:120],
        amount=from_minor(session.get("amount_total"), _digits(currency)),
        currency=currency,
        capture_ref=str(intent.get("id") if isinstance(intent, dict) else intent)[:120],
        reason=_now("The payment page was left or refused.") if kind == "failed" else "",
        raw_kind=event,
    )


def _intent_fact(intent: Mapping[str, Any], provider_ref: str, event: str = "") -> ProviderFact:
    """A payment intent that reserves first."""
    currency = str(intent.get("currency") or "").upper()[:3]
    kind = _INTENTS.get(str(intent.get("status")), "unknown" if event else "open")
    units = intent.get("amount_received") if kind == "captured" else intent.get("amount")
    charge = intent.get("latest_charge")
    card = (
        ((charge.get("payment_method_details") or {}).get("card") or {}) if isinstance(charge, dict) else {}
    )
    until = card.get("capture_before")
    return ProviderFact(
        kind=kind,
        provider_ref=provider_ref,
        key=str((intent.get("metadata") or {}).get("attempt") or "")[:120],
        amount=from_minor(units, _digits(currency)),
        currency=currency,
        capture_ref=str(intent.get("id") or "")[:120],
        reason=_now("The reserved money is free again.") if kind == "voided" else "",
        raw_kind=event,
        lapses_at=dt.datetime.fromtimestamp(until, dt.UTC) if isinstance(until, int) else None,
    )


def _refund_fact(refund: Mapping[str, Any], provider_ref: str, event: str = "") -> ProviderFact:
    currency = str(refund.get("currency") or "").upper()[:3]
    # "pending" and "requires_action" end by a message, or when the refund is asked about again.
    kind = _REFUNDS.get(str(refund.get("status")), "unknown" if event else "open")
    return ProviderFact(
        kind=kind,
        provider_ref=provider_ref,
        key=str((refund.get("metadata") or {}).get("refund") or "")[:120],
        amount=from_minor(refund.get("amount"), _digits(currency)),
        currency=currency,
        capture_ref=str(refund.get("id") or "")[:120],
        reason=str(refund.get("failure_reason") or "")[:200],
        raw_kind=event,
    )


def _digits(currency: str) -> int:
    return 0 if currency in _WHOLE else 3 if currency in _THREE else 2


def _minor(amount: Decimal, currency: str) -> int:
    step = 10 if currency in _THREE else 100 if currency in _WHOLE_WRITTEN_WITH_TWO else 1
    return to_minor(amount, _digits(currency), step=step)
