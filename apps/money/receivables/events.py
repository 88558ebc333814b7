"""What receivables tell."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.kernel.events import Event, event


@dataclass(frozen=True, kw_only=True)
class SettlementEvent(Event):
    """Base of what is said of a company's payment; `way` is bank or cash."""

    settlement_id: UUID
    company_id: UUID
    company: str
    amount: Decimal
    currency: str
    way: str
    day: dt.date

    @property
    def owner(self) -> str:
        return f"company:{self.company_id}"


@event("receivables.paid", version=1)
@dataclass(frozen=True, kw_only=True)
class CompanyPaid(SettlementEvent):
    """A company paid invoices: debit bank or cash, credit receivables, on `day`."""


@event("receivables.payment_reversed", version=1)
@dataclass(frozen=True, kw_only=True)
class PaymentReversed(SettlementEvent):
    """A payment of a company was taken back on `day`: the same with the sides exchanged."""
