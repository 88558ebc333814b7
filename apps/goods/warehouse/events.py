"""What the warehouse tells. What stock itself does, inventory tells."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.kernel.events import Event, event


@dataclass(frozen=True, kw_only=True)
class TransferEvent(Event):
    transfer_id: UUID
    number: str
    source_id: UUID
    destination_id: UUID
    quantity: int

    @property
    def owner(self) -> str:
        return f"transfer:{self.transfer_id}"


@event("warehouse.transfer_requested", version=1)
@dataclass(frozen=True, kw_only=True)
class TransferRequested(TransferEvent):
    """Somebody asked for goods of another location."""


@event("warehouse.transfer_sent", version=1)
@dataclass(frozen=True, kw_only=True)
class TransferSent(TransferEvent):
    """The goods are on their way."""


@event("warehouse.transfer_received", version=1)
@dataclass(frozen=True, kw_only=True)
class TransferReceived(TransferEvent):
    """A part or the rest is there: `quantity` arrived, the others were written off."""

    damaged_quantity: int
    missing_quantity: int
    is_complete: bool


@event("warehouse.count_finished", version=1)
@dataclass(frozen=True, kw_only=True)
class CountFinished(Event):
    """A count waits for somebody to look at its differences."""

    count_id: UUID
    number: str
    location_id: UUID

    @property
    def owner(self) -> str:
        return f"count:{self.count_id}"


@event("warehouse.count_posted", version=1)
@dataclass(frozen=True, kw_only=True)
class CountPosted(Event):
    """The differences of a count are in the ledger."""

    count_id: UUID
    number: str
    location_id: UUID
    lines: int
    value_delta: Decimal

    @property
    def owner(self) -> str:
        return f"count:{self.count_id}"
