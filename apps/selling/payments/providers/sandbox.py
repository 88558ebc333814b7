"""The adapter to Sandbox Pay: a real one, over HTTP, to a company that moves no money."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.kernel.circuits import Circuit
from apps.kernel.ids import new_id
from apps.selling.payments.signatures import verify

from . import http
from .base import (
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

_SESSION_STATES: dict[str, FactKind] = {
    "paid": "captured",
    "reserved": "authorised",
    "released": "voided",
    "declined": "failed",
    "expired": "failed",
    "cancelled": "failed",
    "open": "open",
    "processing": "open",
}
_EVENT_KINDS: dict[str, FactKind] = {
    "payment.captured": "captured",
    "payment.reserved": "authorised",
    "payment.released": "voided",
    "payment.declined": "failed",
    "payment.expired": "failed",
    "refund.succeeded": "refund_succeeded",
    "refund.failed": "refund_failed",
}


class SandboxProvider:
    """Speaks to the address in SANDBOX_PAY_URL."""

    code: ClassVar[str] = "sandbox"
    name: ClassVar[Any] = _("Sandbox Pay (test)")
    description: ClassVar[Any] = _("A test payment: no money moves.")
    is_test: ClassVar[bool] = True
    is_manual: ClassVar[bool] = False
    can_authorise: ClassVar[bool] = True
    tender: ClassVar[str] = "provider"
    on_by_default: ClassVar[bool] = True
    settings: ClassVar[Sequence[Setting]] = (TAKE,)
    currencies: ClassVar[frozenset[str] | None] = None
    signed_with: ClassVar[str] = "webhook_secret"
    makes_secret: ClassVar[bool] = True
    webhook_help: ClassVar[Any] = _("Sandbox Pay learns the address and the secret with each payment.")

    def __init__(self, circuit: Circuit | None = None) -> None:
        self.circuit = circuit or company_circuit(self.code)

    def open_session(self, request: SessionRequest) -> Session:
        """Make the payer's page, or find the one made under the same key."""
        answer = self._call(
            "POST",
            f"merchants/{request.business_id}/sessions/",
            {
                "reference": str(request.key),
                "merchant_name": request.business_name,
                "description": request.reference,
                "amount": str(request.amount),
                "currency": request.currency,
                "return_url": request.return_url,
                "webhook_url": request.webhook_url,
                "webhook_secret": request.webhook_secret,
                "expires_at": request.expires_at.isoformat() if request.expires_at else None,
                **({"reserve": True} if request.reserves else {}),
            },
        )
        try:
            expires_at = dt.datetime.fromisoformat(answer["expires_at"])
            return Session(str(answer["id"]), str(answer["url"]), expires_at)
        except (KeyError, TypeError, ValueError) as error:
            raise ProviderRefused(cause="unreadable answer") from error

    def ask(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        """How an attempt stands. A session the company does not know was never made: the attempt failed."""
        return self._session_call("GET", account.business_id, key)

    def close_session(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        """Take the page away; the answer says if it had been paid before."""
        return self._session_call("DELETE", account.business_id, key)

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
        """Take the money, once; the rest is free again."""
        path = f"merchants/{account.business_id}/sessions/{quote(str(key))}/take/"
        answer = self._call("POST", path, {"amount": str(amount), "currency": currency})
        return self._fact(_SESSION_STATES.get(str(answer.get("state")), "unknown"), answer)

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
        answer = self._call(
            "POST",
            f"merchants/{account.business_id}/refunds/",
            {
                "session": provider_ref,
                "reference": key,
                "amount": str(amount),
                "currency": currency,
                "reason": reason,
            },
        )
        succeeded = answer.get("state") == "succeeded"
        return ProviderFact(
            kind="refund_succeeded" if succeeded else "refund_failed",
            provider_ref=provider_ref,
            key=key,
            amount=amount,
            currency=currency,
            capture_ref=str(answer.get("id", "")),
            reason=str(answer.get("reason", ""))[:200],
        )

    def verify(self, *, account: Account, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> str:
        """By Standard Webhooks."""
        return verify(account.accepted, headers, body, now)

    def try_out(self, *, account: Account) -> None:
        """Ask for a session that nobody made."""
        self._session_call("GET", account.business_id, new_id())

    def read_event(self, body: bytes) -> ProviderFact:
        """Translate a verified message."""
        content = json.loads(body)
        if not isinstance(content, dict) or not isinstance(content.get("data"), dict):
            raise ValueError("not a message of Sandbox Pay")
        kind = str(content.get("type", ""))
        return self._fact(_EVENT_KINDS.get(kind, "unknown"), content["data"], raw_kind=kind)

    def _session_call(self, method: str, business_id: UUID, key: UUID) -> ProviderFact:
        try:
            answer = self._call(method, f"merchants/{business_id}/sessions/{quote(str(key))}/")
        except ProviderRefused as refusal:
            if refusal.context.get("provider_status") == 404:
                return ProviderFact("failed", "", str(key), reason=str(_("It never reached the company.")))
            raise
        return self._fact(_SESSION_STATES.get(str(answer.get("state")), "unknown"), answer)

    def _fact(self, kind: FactKind, data: dict[str, Any], raw_kind: str = "") -> ProviderFact:
        try:
            amount = Decimal(str(data["amount"]))
        except (KeyError, InvalidOperation) as error:
            raise ValueError("no amount in the message") from error
        if not amount.is_finite():
            raise ValueError("no amount in the message")
        return ProviderFact(
            kind=kind,
            provider_ref=str(data.get("session") or data.get("id") or "")[:120],
            key=str(data.get("reference", ""))[:120],
            amount=amount,
            currency=str(data.get("currency", ""))[:3],
            capture_ref=str(data.get("capture") or "")[:120],
            reason=str(data.get("reason") or "")[:200],
            raw_kind=raw_kind[:60],
            lapses_at=dt.datetime.fromisoformat(data["lapses_at"]) if data.get("lapses_at") else None,
        )

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        url = f"{settings.SANDBOX_PAY_URL.rstrip('/')}/sandbox-pay/api/{path}"
        with self.circuit.guard():
            return http.call(method, url, headers={"Authorization": f"Bearer {api_key()}"}, body=body)


def company_circuit(code: str) -> Circuit:
    """The circuit of a payment company, one for all processes; open, it says that the company is not there."""
    return Circuit(
        f"payments.{code}",
        silence=ProviderUnavailable,
        refusal=lambda _cause: ProviderUnavailable(code="provider_circuit_open"),
    )


def api_key() -> str:
    """The key of this installation at Sandbox Pay: SANDBOX_PAY_KEY, or derived from SECRET_KEY."""
    given = getattr(settings, "SANDBOX_PAY_KEY", "")
    return given or salted_hmac("sandbox-pay", "api key", algorithm="sha256").hexdigest()
