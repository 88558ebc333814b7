"""What companies say of disputes, in our words: pure functions over their documented messages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from apps.kernel.money import ZERO
from apps.selling.payments.states import DisputeState

from .base import DisputeWord, ProviderFact
from .minor import from_minor
from .paypal_facts import amount_of, moment_of

_S = DisputeState
_BEGINNING = dt.datetime.fromtimestamp(0, dt.UTC)
# A warning ("inquiry") costs nothing, and one that is closed came to nothing.
_STRIPE: dict[str, DisputeState] = {
    "warning_needs_response": _S.NEEDS_RESPONSE,
    "warning_under_review": _S.UNDER_REVIEW,
    "warning_closed": _S.WON,
    "needs_response": _S.NEEDS_RESPONSE,
    "under_review": _S.UNDER_REVIEW,
    "prevented": _S.WON,
    "won": _S.WON,
    "lost": _S.LOST,
}
_PAYPAL: dict[str, DisputeState] = {
    "OPEN": _S.NEEDS_RESPONSE,
    "WAITING_FOR_SELLER_RESPONSE": _S.NEEDS_RESPONSE,
    "WAITING_FOR_BUYER_RESPONSE": _S.UNDER_REVIEW,
    "UNDER_REVIEW": _S.UNDER_REVIEW,
    "OTHER": _S.UNDER_REVIEW,
}
# Of what PayPal has decided; paid out of its own pocket it costs the seller nothing.
_PAYPAL_LOST = frozenset({"RESOLVED_BUYER_FAVOUR", "ACCEPTED"})
_RAZORPAY: dict[str, DisputeState] = {
    "open": _S.NEEDS_RESPONSE,
    "under_review": _S.UNDER_REVIEW,
    "won": _S.WON,
    "lost": _S.LOST,
}
_PAYSTACK: dict[str, DisputeState] = {
    "awaiting-merchant-feedback": _S.NEEDS_RESPONSE,
    "awaiting-bank-feedback": _S.UNDER_REVIEW,
    "pending": _S.UNDER_REVIEW,
}
_PAYSTACK_DIGITS = 2

Digits = Callable[[str], int]


def stripe_dispute(dispute: Mapping[str, Any], said_at: Any, event: str, digits: Digits) -> ProviderFact:
    """Stripe's dispute; what it took stands in its balance transactions, where they are in the same currency."""
    currency = str(dispute.get("currency") or "").upper()[:3]
    state = _STRIPE.get(str(dispute.get("status")), _S.UNDER_REVIEW)
    amount = from_minor(dispute.get("amount"), digits(currency))
    moves = [
        one
        for one in dispute.get("balance_transactions") or []
        if str(one.get("currency") or "").upper() == currency
    ]
    fees = sum((from_minor(one.get("fee", 0), digits(currency)) for one in moves), ZERO)
    details = dispute.get("evidence_details") or {}
    word = DisputeWord(
        ref=str(dispute.get("id") or "")[:120],
        state=state,
        said_at=_second(said_at) or _BEGINNING,
        opened_at=_second(dispute.get("created")) or _second(said_at) or _BEGINNING,
        amount=amount,
        currency=currency,
        taken=amount if state == _S.LOST else ZERO,
        fee=max(fees, ZERO),
        reason=_words(dispute.get("reason")),
        answer_by=_second(details.get("due_by")),
    )
    return _fact(word, dispute.get("payment_intent") or dispute.get("charge"), event)


def paypal_dispute(dispute: Mapping[str, Any], said_at: Any, event: str) -> ProviderFact:
    """PayPal's dispute; its outcome says who bears the loss."""
    amount, currency = amount_of({"amount": dispute.get("dispute_amount")})
    state = _PAYPAL.get(str(dispute.get("status")), _S.UNDER_REVIEW)
    taken = ZERO
    if dispute.get("status") == "RESOLVED" or event == "CUSTOMER.DISPUTE.RESOLVED":
        outcome = dispute.get("dispute_outcome") or {}
        state = _S.LOST if outcome.get("outcome_code") in _PAYPAL_LOST else _S.WON
        if state == _S.LOST:
            given = {"amount": outcome.get("amount_refunded") or dispute.get("dispute_amount")}
            taken = amount_of(given)[0]
    concerned = (dispute.get("disputed_transactions") or [{}])[0]
    opened_at = moment_of(dispute.get("create_time"))
    said = moment_of(dispute.get("update_time")) or moment_of(said_at) or opened_at or _BEGINNING
    word = DisputeWord(
        ref=str(dispute.get("dispute_id") or "")[:120],
        state=state,
        said_at=said,
        opened_at=opened_at or said,
        amount=amount,
        currency=currency,
        taken=taken,
        reason=_words(dispute.get("reason")),
        answer_by=moment_of(dispute.get("seller_response_due_date")),
    )
    return _fact(word, concerned.get("seller_transaction_id"), event)


def razorpay_dispute(dispute: Mapping[str, Any], said_at: Any, event: str, digits: Digits) -> ProviderFact:
    """Razorpay's dispute; one that is "closed" came to nothing unless something was deducted."""
    currency = str(dispute.get("currency") or "")[:3]
    amount = from_minor(dispute.get("amount"), digits(currency))
    deducted = from_minor(dispute.get("amount_deducted") or 0, digits(currency))
    status = str(dispute.get("status"))
    state = _RAZORPAY.get(status, _S.UNDER_REVIEW)
    if status == "closed":
        state = _S.LOST if deducted > ZERO else _S.WON
    elif event == "payment.dispute.action_required":
        state = _S.NEEDS_RESPONSE
    word = DisputeWord(
        ref=str(dispute.get("id") or "")[:120],
        state=state,
        said_at=_second(said_at) or _BEGINNING,
        opened_at=_second(dispute.get("created_at")) or _second(said_at) or _BEGINNING,
        amount=amount,
        currency=currency,
        taken=(deducted or amount) if state == _S.LOST else ZERO,
        reason=str(dispute.get("reason_description") or "")[:300] or _words(dispute.get("reason_code")),
        answer_by=_second(dispute.get("respond_by")),
    )
    return _fact(word, dispute.get("payment_id"), event)


def paystack_dispute(dispute: Mapping[str, Any], event: str) -> ProviderFact:
    """Paystack's dispute; it is lost unless its bank declined the claim."""
    currency = str(dispute.get("currency") or "")[:3]
    transaction = dispute.get("transaction") or {}
    asked = dispute.get("refund_amount") or transaction.get("amount")
    amount = from_minor(asked, _PAYSTACK_DIGITS)
    status = str(dispute.get("status"))
    state = _PAYSTACK.get(status, _S.UNDER_REVIEW)
    if status == "resolved":
        state = _S.WON if dispute.get("resolution") == "declined" else _S.LOST
    opened_at = _moment(dispute, "created_at", "createdAt")
    told = [moment_of(one.get("createdAt")) for one in dispute.get("history") or []]
    told += [
        _moment(dispute, "updated_at", "updatedAt"),
        _moment(dispute, "resolvedAt", "resolved_at"),
        opened_at,
    ]
    word = DisputeWord(
        ref=str(dispute.get("id") or "")[:120],
        state=state,
        said_at=max((one for one in told if one), default=_BEGINNING),
        opened_at=opened_at or _BEGINNING,
        amount=amount,
        currency=currency or str(transaction.get("currency") or "")[:3],
        taken=amount if state == _S.LOST else ZERO,
        reason=_words(dispute.get("category")),
        answer_by=_moment(dispute, "dueAt", "due_at"),
    )
    return _fact(word, transaction.get("id"), event)


def _fact(word: DisputeWord, capture_ref: Any, event: str) -> ProviderFact:
    if not word.ref:
        raise ValueError("a dispute without a number")
    return ProviderFact(
        kind="dispute",
        provider_ref="",
        amount=word.amount,
        currency=word.currency,
        capture_ref=str(capture_ref or "")[:120],
        reason=word.reason,
        raw_kind=event,
        dispute=word,
    )


def _words(code: Any) -> str:
    """A code as words: "product_not_received" becomes "product not received"."""
    return str(code or "").replace("_", " ").replace("-", " ").lower()[:300]


def _moment(thing: Mapping[str, Any], *names: str) -> dt.datetime | None:
    return next((found for name in names if (found := moment_of(thing.get(name)))), None)


def _second(number: Any) -> dt.datetime | None:
    """A moment in seconds since 1970, or None."""
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 10**11:
        return None
    return dt.datetime.fromtimestamp(number, dt.UTC)
