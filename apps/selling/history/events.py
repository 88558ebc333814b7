"""What history tells the books: a day's sales, returns and adjustments, and that they were taken back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.kernel.events import Event, event


@dataclass(frozen=True, kw_only=True)
class PastEvent(Event):
    """Amounts are in `currency`, signed as the papers have them: without tax by kind of line, and `tax`."""

    posting_id: UUID
    kind: str
    day: dt.date
    currency: str
    amounts: dict[str, Decimal]

    @property
    def owner(self) -> str:
        return f"past_sales:{self.posting_id}"


@event("history.day_recorded", version=1)
@dataclass(frozen=True, kw_only=True)
class PastDayRecorded(PastEvent):
    """Papers of the past were brought in: what they come to, of one kind and day."""


@event("history.day_withdrawn", version=1)
@dataclass(frozen=True, kw_only=True)
class PastDayWithdrawn(PastEvent):
    """Papers of the past were taken off again."""
