"""The adapter to Paystack: initialize, verify, refund.

Paystack knows a transaction by our reference and refuses one it has seen. It signs with the secret key and no time:
a message sent again has the same id and counts once. Its messages about refunds do not name ours, so refunds are
asked about; it has no key for repeated refunds, so they are looked for by our note before they are made.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote
from uuid import UUID

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
from .disputes import paystack_dispute
from .minor import from_minor, to_minor
from .sandbox import company_circuit

# Every currency is sent times a hundred, also the franc that has no subunit.
_DIGITS = 2
_TRIES = 4
_STATES: dict[str, FactKind] = {"success": "captured", "reversed": "captured", "failed": "failed"}
_REFUNDS: dict[str, FactKind] = {"processed": "refund_succeeded", "failed": "refund_failed"}


class PaystackProvider:
    """Speaks to api.paystack.co."""

    code: ClassVar[str] = "paystack"
    name: ClassVar[Any] = "Paystack"
    description: ClassVar[Any] = _("Card, bank transfer, USSD or mobile money, on Paystack's page.")
    is_test: ClassVar[bool] = False
    is_manual: ClassVar[bool] = False
    can_authorise: ClassVar[bool] = False
    tender: ClassVar[str] = "provider"
    on_by_default: ClassVar[bool] = False
    currencies: ClassVar[frozenset[str] | None] = frozenset({"NGN", "GHS", "ZAR", "KES", "USD", "XOF"})
    signed_with: ClassVar[str] = "secret_key"
    makes_secret: ClassVar[bool] = False
    webhook_help: ClassVar[Any] = _("In Paystack's dashboard: Settings, API Keys & Webhooks, Webhook URL.")
    settings: ClassVar[Sequence[Setting]] = (
        MODE,
        Setting(
            "secret_key",
            _("Secret key"),
            "secret",
            help=_("In Paystack's dashboard: Settings, API Keys & Webhooks."),
            begins={"test": ("sk_test_",), "live": ("sk_live_",)},
        ),
        Setting(
            "email",
            _("E-mail address for Paystack's receipts"),
            "email",
            help=_("Paystack asks for one with each payment. The buyer gets our own confirmation."),
        ),
    )

    def __init__(self, url: str = "https://api.paystack.co", circuit: Circuit | None = None) -> None:
        self.url = url
        self.circuit = circuit or company_circuit(self.code)

    def open_session(self, request: SessionRequest) -> Session:
        """Make the payer's page.

        A reference that Paystack knows already belongs to a page whose address was lost with the answer: nobody was
        sent there. It is not given out again, so the next page has the reference with a number.
        """
        for count in range(1, _TRIES + 1):
            reference = str(request.key) if count == 1 else f"{request.key}-{count}"
            wanted = {
                "email": request.account.values.get("email", ""),
                "amount": to_minor(request.amount, _DIGITS),
                "currency": request.currency,
                "reference": reference,
                "callback_url": request.return_url,
                "metadata": {"attempt": str(request.key), "order": request.reference},
            }
            try:
                made = self._call(request.account, "POST", "transaction/initialize", wanted)
            except ProviderRefused as refusal:
                if _is_duplicate(refusal) and count < _TRIES:
                    continue
                raise
            if isinstance(made, dict) and made.get("authorization_url"):
                return Session(reference, str(made["authorization_url"]), None)
            raise ProviderUnavailable(cause="unreadable answer")
        raise ProviderRefused(code="duplicate_reference")

    def ask(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        """How an attempt stands."""
        reference = provider_ref or str(key)
        try:
            return _fact(self._call(account, "GET", f"transaction/verify/{quote(reference)}"), known=_STATES)
        except ProviderRefused as refusal:
            if _is_unknown(refusal):
                return ProviderFact("failed", "", str(key), reason=_now("It never reached the company."))
            raise

    def close_session(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        """Paystack cannot take a page away: what nobody has paid counts as failed, and money that comes goes back."""
        fact = self.ask(account=account, provider_ref=provider_ref, key=key)
        if fact.kind != "open":
            return fact
        return ProviderFact("failed", fact.provider_ref, fact.key, fact.amount, fact.currency)

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
        known = self._call(account, "GET", f"refund?transaction={quote(capture_ref)}&perPage=100")
        refunds = known if isinstance(known, list) else []
        refund = next((one for one in refunds if one.get("merchant_note") == key), None)
        if refund is None:
            wanted = {
                "transaction": provider_ref,
                "amount": to_minor(amount, _DIGITS),
                "currency": currency,
                "merchant_note": key,
            }
            refund = self._call(account, "POST", "refund", wanted)
        if not isinstance(refund, dict):
            raise ProviderUnavailable(cause="unreadable answer")
        return ProviderFact(
            kind=_REFUNDS.get(str(refund.get("status")), "open"),
            provider_ref=provider_ref,
            key=key,
            amount=from_minor(refund.get("amount"), _DIGITS),
            currency=str(refund.get("currency") or currency)[:3],
            capture_ref=str(refund.get("id") or "")[:120],
            reason=_now("Paystack could not send it back.") if refund.get("status") == "failed" else "",
        )

    def verify(self, *, account: Account, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> str:
        """HMAC-SHA512 of the body under the secret key; the id is what the message is about."""
        given = headers.get("x-paystack-signature", "")
        if not given or not given.isascii():
            raise WebhookMalformed(code="webhook_headers_missing")
        expected = [hmac.new(one.encode(), body, hashlib.sha512).hexdigest() for one in account.accepted]
        if not any(hmac.compare_digest(given.lower(), one) for one in expected):
            raise WebhookRefused(code="webhook_signature_wrong")
        kind, data = _event(body)
        number = data.get("id") or data.get("refund_reference") or data.get("reference")
        state = f":{data['status']}" if data.get("status") else ""
        if not number:
            # Nothing of it is read by us; its words tell it from others.
            number = hashlib.sha256(body).hexdigest()[:32]
        return f"{kind}:{number}{state}"[:120]

    def read_event(self, body: bytes) -> ProviderFact:
        """Translate a verified message."""
        kind, data = _event(body)
        if kind == "charge.success":
            return _fact(data, known=_STATES, raw_kind=kind)
        if kind.startswith("charge.dispute."):
            return paystack_dispute(data, kind)
        return ProviderFact("unknown", "", raw_kind=kind)

    def try_out(self, *, account: Account) -> None:
        """Read the balance."""
        self._call(account, "GET", "balance")

    @sensitive_variables("headers")
    def _call(self, account: Account, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {account.secrets['secret_key']}"}
        with self.circuit.guard():
            answer = http.call(method, f"{self.url}/{path}", headers=headers, body=body)
            if answer.get("status") is not True:
                raise ProviderRefused(str(answer.get("message") or "")[:200] or None)
        return answer.get("data")


def _event(body: bytes) -> tuple[str, dict[str, Any]]:
    try:
        content = json.loads(body)
    except ValueError as error:
        raise WebhookMalformed() from error
    if not isinstance(content, dict) or not isinstance(content.get("data"), dict):
        raise WebhookMalformed()
    return str(content.get("event", ""))[:60], content["data"]


def _fact(data: Any, *, known: Mapping[str, FactKind], raw_kind: str = "") -> ProviderFact:
    if not isinstance(data, dict):
        raise ValueError("not a transaction of Paystack")
    reference = str(data.get("reference") or "")[:120]
    return ProviderFact(
        kind=known.get(str(data.get("status")), "open"),
        provider_ref=reference,
        key=reference[:36],
        amount=from_minor(data.get("amount"), _DIGITS),
        currency=str(data.get("currency") or "")[:3],
        capture_ref=str(data.get("id") or "")[:120],
        reason=str(data.get("gateway_response") or "")[:200],
        raw_kind=raw_kind,
    )


def _is_duplicate(refusal: ProviderRefused) -> bool:
    code = refusal.context.get("provider_code")
    return code == "duplicate_reference" or "duplicate transaction reference" in str(refusal).lower()


def _is_unknown(refusal: ProviderRefused) -> bool:
    code = refusal.context.get("provider_code")
    return code == "transaction_not_found" or "reference not found" in str(refusal).lower()
