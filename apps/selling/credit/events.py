"""What credit tells the books. What is sold, spent or given back is told by the order it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.kernel.events import Event, event


@event("credit.revalued", version=1)
@dataclass(frozen=True, kw_only=True)
class CreditRevalued(Event):
    """What is owed changed without an order: `kind` is issued, expired, corrected or topped_up; `amount` is signed.

    `account_kind` (gift_card, store_credit) says which liability; expired: credit breakage income, topped up: the
    account of its `tender` (cash, bank), else credit given.
    """

    account_id: UUID
    entry_id: UUID
    account_kind: str
    kind: str
    amount: Decimal
    currency: str
    last4: str
    tender: str = ""

    @property
    def owner(self) -> str:
        return f"credit:{self.account_id}"
