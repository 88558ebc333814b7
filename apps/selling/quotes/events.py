"""What quotes tell."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.kernel.events import Event, event


@dataclass(frozen=True, kw_only=True)
class QuoteEvent(Event):
    """Base of everything said about one quote."""

    quote_id: UUID
    number: str

    @property
    def owner(self) -> str:
        return f"quote:{self.quote_id}"


@event("quotes.sent", version=1)
@dataclass(frozen=True, kw_only=True)
class QuoteSent(QuoteEvent):
    """A quote went out; its prices hold."""

    version_number: int
    total: Decimal
    currency: str


@event("quotes.placed", version=1)
@dataclass(frozen=True, kw_only=True)
class QuotePlaced(QuoteEvent):
    """A quote has become an order, by its buyer or by staff."""

    order_id: UUID
    by_buyer: bool


@event("quotes.asked_again", version=1)
@dataclass(frozen=True, kw_only=True)
class QuoteAskedAgain(QuoteEvent):
    """The buyer opened a link whose time was over and wants the quote anew."""
