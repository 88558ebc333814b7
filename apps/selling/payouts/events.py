"""What payouts tell the books."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.kernel.events import Event, event


@dataclass(frozen=True, kw_only=True)
class PayoutEvent(Event):
    """`fee` was kept by the company, `paid_out` went to the bank, `disputed` was taken back by a buyer's bank."""

    line_id: UUID
    provider: str
    occurred_on: dt.date
    currency: str
    fee: Decimal
    paid_out: Decimal
    disputed: Decimal
    payment_id: UUID | None = None

    @property
    def owner(self) -> str:
        return f"payout_line:{self.line_id}"


@event("payouts.line_recorded", version=1)
@dataclass(frozen=True, kw_only=True)
class PayoutLineRecorded(PayoutEvent):
    """A company's file says what became of our money."""


@event("payouts.line_withdrawn", version=1)
@dataclass(frozen=True, kw_only=True)
class PayoutLineWithdrawn(PayoutEvent):
    """The file was taken back."""


@event("payouts.dispute_booked", version=1)
@dataclass(frozen=True, kw_only=True)
class DisputeBooked(Event):
    """What a company took for a lost dispute, or, below nought, what a file's own line says now."""

    entry_id: UUID
    payment_id: UUID
    reference: str
    provider: str
    occurred_on: dt.date
    currency: str
    amount: Decimal
    fee: Decimal

    @property
    def owner(self) -> str:
        return f"payment:{self.payment_id}"
