"""States as tables and as functions of the facts, so that the order of messages cannot matter.

A payment:
    open ── authorised ── captured    money reserved first, taken when the goods leave
    open ── captured ── part_refunded ── refunded
      ├── failed      every attempt was declined; a new attempt opens it again
      ├── cancelled   closed by the shop before money came
      └── expired     closed by its deadline
Money outranks everything: a capture that comes after failed, cancelled or expired makes the payment captured.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _


class PaymentState(models.TextChoices):
    OPEN = "open", _("Open")
    AUTHORISED = "authorised", _("Reserved")
    CAPTURED = "captured", _("Captured")
    PART_REFUNDED = "part_refunded", _("Part refunded")
    REFUNDED = "refunded", _("Refunded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


class AttemptState(models.TextChoices):
    STARTED = "started", _("Started")
    REDIRECTED = "redirected", _("At the payment page")
    UNKNOWN = "unknown", _("No answer yet")
    AUTHORISED = "authorised", _("Money reserved")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")


class RefundState(models.TextChoices):
    REQUESTED = "requested", _("Requested")
    SENT = "sent", _("Sent")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")


class DisputeState(models.TextChoices):
    NEEDS_RESPONSE = "needs_response", _("Needs an answer")
    UNDER_REVIEW = "under_review", _("Under review")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")


OPEN_DISPUTES = (DisputeState.NEEDS_RESPONSE, DisputeState.UNDER_REVIEW)
# What counts of two words of the same second.
DISPUTE_ORDER = tuple(DisputeState.values)
LIVE_ATTEMPTS = (AttemptState.STARTED, AttemptState.REDIRECTED, AttemptState.UNKNOWN)
# What the poll asks about: also whether reserved money was taken or is free again.
ASKED_ABOUT = (*LIVE_ATTEMPTS, AttemptState.AUTHORISED)
PENDING_REFUNDS = (RefundState.REQUESTED, RefundState.SENT)

# What a message of the company may turn an attempt into. Success is never taken back by a later "failed".
ATTEMPT_MOVES: dict[str, frozenset[str]] = {
    AttemptState.STARTED: frozenset({"redirected", "unknown", "authorised", "succeeded", "failed"}),
    AttemptState.REDIRECTED: frozenset({"authorised", "succeeded", "failed"}),
    AttemptState.UNKNOWN: frozenset({"redirected", "unknown", "authorised", "succeeded", "failed"}),
    AttemptState.AUTHORISED: frozenset({"succeeded", "failed"}),
    AttemptState.FAILED: frozenset({"succeeded"}),
    AttemptState.SUCCEEDED: frozenset(),
}
REFUND_MOVES: dict[str, frozenset[str]] = {
    RefundState.REQUESTED: frozenset({"sent", "succeeded", "failed"}),
    RefundState.SENT: frozenset({"sent", "succeeded", "failed"}),
    RefundState.FAILED: frozenset({"requested", "succeeded"}),
    RefundState.SUCCEEDED: frozenset(),
}


def payment_state(
    *,
    captured: Decimal,
    refunded: Decimal,
    is_cancelled: bool,
    is_expired: bool,
    attempt_states: list[str],
) -> PaymentState:
    """The state that these facts mean."""
    if captured > 0:
        if refunded >= captured:
            return PaymentState.REFUNDED
        return PaymentState.PART_REFUNDED if refunded > 0 else PaymentState.CAPTURED
    if is_cancelled:
        return PaymentState.CANCELLED
    if is_expired:
        return PaymentState.EXPIRED
    if AttemptState.AUTHORISED in attempt_states:
        return PaymentState.AUTHORISED
    if attempt_states and all(state == AttemptState.FAILED for state in attempt_states):
        return PaymentState.FAILED
    return PaymentState.OPEN
