"""PayPal's words in ours: pure functions over what its API answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from .base import FactKind, ProviderFact, ProviderRefused

WHOLE = frozenset({"HUF", "JPY", "TWD"})
CAPTURES: dict[str, FactKind] = {
    "COMPLETED": "captured",
    "PARTIALLY_REFUNDED": "captured",
    "REFUNDED": "captured",
    "DECLINED": "failed",
    "FAILED": "failed",
}
REFUNDS: dict[str, FactKind] = {
    "COMPLETED": "refund_succeeded",
    "FAILED": "refund_failed",
    "CANCELLED": "refund_failed",
}
EVENTS: dict[str, FactKind] = {
    "PAYMENT.AUTHORIZATION.CREATED": "authorised",
    "PAYMENT.AUTHORIZATION.VOIDED": "voided",
    "PAYMENT.CAPTURE.COMPLETED": "captured",
    "PAYMENT.CAPTURE.DENIED": "failed",
    "PAYMENT.CAPTURE.DECLINED": "failed",
    "PAYMENT.CAPTURE.REFUNDED": "refund_succeeded",
    "PAYMENT.CAPTURE.REVERSED": "refund_succeeded",
}
RESERVED: dict[str, FactKind] = {
    "CREATED": "authorised",
    "PENDING": "open",
    "CAPTURED": "open",  # its capture tells the rest
    "PARTIALLY_CAPTURED": "open",
    "DENIED": "failed",
    "VOIDED": "voided",
    "EXPIRED": "voided",
}


def payments_of(order: Mapping[str, Any]) -> Mapping[str, Any]:
    """What moved for the order."""
    units = order.get("purchase_units") or [{}]
    return units[0].get("payments") or {}


def order_fact(order: Mapping[str, Any], key: UUID) -> ProviderFact:
    """How an order stands."""
    captures = payments_of(order).get("captures") or []
    reserved = (payments_of(order).get("authorizations") or [{}])[0]
    units = order.get("purchase_units") or [{}]
    kind: FactKind = "failed" if order.get("status") == "VOIDED" else "open"
    if captures:
        kind = CAPTURES.get(str(captures[0].get("status")), "open")
    elif reserved:
        kind = RESERVED.get(str(reserved.get("status")), "open")
    elif order.get("status") == "APPROVED":
        kind = "approved"
    thing = captures[0] if captures else reserved or units[0]
    amount, currency = amount_of(thing)
    return ProviderFact(
        kind=kind,
        provider_ref=str(order.get("id") or "")[:120],
        key=str(units[0].get("custom_id") or key)[:120],
        amount=amount,
        currency=currency,
        capture_ref=str(thing.get("id") or "")[:120] if captures or reserved else "",
        reason=str((thing.get("status_details") or {}).get("reason") or "")[:200],
        lapses_at=moment_of(reserved.get("expiration_time")),
    )


def moment_of(text: Any) -> dt.datetime | None:
    """A moment that PayPal names, or None."""
    try:
        moment = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def amount_of(thing: Mapping[str, Any]) -> tuple[Decimal, str]:
    """Amount and currency of a thing."""
    try:
        amount = Decimal(str(thing["amount"]["value"]))
        currency = str(thing["amount"]["currency_code"])[:3]
    except (KeyError, TypeError, InvalidOperation) as error:
        raise ValueError("no amount in the message") from error
    if not amount.is_finite():
        raise ValueError("no amount in the message")
    return amount, currency


def written(amount: Decimal, currency: str) -> str:
    """As PayPal writes amounts: with two places, or with none."""
    places = Decimal(1) if currency in WHOLE else Decimal("0.01")
    if amount != amount.quantize(places):
        raise ProviderRefused(_("The payment company cannot take so fine an amount."), code="amount_too_fine")
    return str(amount.quantize(places))
