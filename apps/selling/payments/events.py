"""What payments announce. Each fact is told once, whatever the company repeats."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.kernel.events import Event, event


@dataclass(frozen=True, kw_only=True)
class PaymentEvent(Event):
    """Events of one owner keep their order."""

    payment_id: UUID
    owner_type: str
    owner_id: UUID

    @property
    def owner(self) -> str:
        return f"{self.owner_type}:{self.owner_id}"


@event("payments.captured", version=1)
@dataclass(frozen=True, kw_only=True)
class PaymentCaptured(PaymentEvent):
    """Money came, perhaps after the payment was closed: the owner decides what becomes of it."""

    capture_id: UUID
    amount: Decimal
    currency: str
    provider: str


@event("payments.authorised", version=1)
@dataclass(frozen=True, kw_only=True)
class PaymentAuthorised(PaymentEvent):
    """The company has reserved the money; it is taken when the owner asks for it."""

    amount: Decimal
    currency: str
    provider: str
    lapses_at: dt.datetime | None


@event("payments.released", version=1)
@dataclass(frozen=True, kw_only=True)
class PaymentReleased(PaymentEvent):
    """Reserved money is free again: it was given up, or its time was over. Nothing was charged."""

    amount: Decimal
    currency: str
    provider: str


@event("payments.reservation_ending", version=1)
@dataclass(frozen=True, kw_only=True)
class ReservationEnding(PaymentEvent):
    """Reserved money that was not taken will be free again at `lapses_at`."""

    reference: str
    amount: Decimal
    currency: str
    lapses_at: dt.datetime


@event("payments.failed", version=1)
@dataclass(frozen=True, kw_only=True)
class PaymentFailed(PaymentEvent):
    """An attempt was declined; the payer may try again while the payment is open."""

    attempt_id: UUID
    reason: str


@event("payments.refunded", version=1)
@dataclass(frozen=True, kw_only=True)
class PaymentRefunded(PaymentEvent):
    """Money went back."""

    refund_id: UUID
    amount: Decimal
    currency: str
    provider: str


@event("payments.refund_failed", version=1)
@dataclass(frozen=True, kw_only=True)
class PaymentRefundFailed(PaymentEvent):
    """The company refused a refund; staff may send it again."""

    refund_id: UUID
    amount: Decimal
    currency: str
    reason: str


@event("payments.dispute_changed", version=1)
@dataclass(frozen=True, kw_only=True)
class DisputeChanged(PaymentEvent):
    """A payer disputes a payment, or the company has a new word about it. `taken` and `fee` are the company's own."""

    dispute_id: UUID
    reference: str
    state: str
    amount: Decimal
    taken: Decimal
    fee: Decimal
    currency: str
    provider: str
    reason: str
    answer_by: dt.datetime | None
    is_new: bool
