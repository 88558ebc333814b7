"""What inventory tells. Values are in the business's currency, which the event names."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.kernel.events import Event, event


@dataclass(frozen=True, kw_only=True)
class ReceivedLine:
    variant_id: UUID
    quantity: int
    unit_cost: Decimal
    value: Decimal


@event("inventory.stock_received", version=1)
@dataclass(frozen=True, kw_only=True)
class StockReceived(Event):
    """Goods came in: `value` is what they cost together."""

    receipt_id: UUID
    location_id: UUID
    value: Decimal
    currency: str
    lines: list[ReceivedLine]
    reference_type: str = ""
    reference_id: UUID | None = None

    @property
    def owner(self) -> str:
        return f"receipt:{self.receipt_id}"


@dataclass(frozen=True, kw_only=True)
class AdjustedLine:
    variant_id: UUID
    delta: int
    value_delta: Decimal


@event("inventory.stock_adjusted", version=1)
@dataclass(frozen=True, kw_only=True)
class StockAdjusted(Event):
    """Stock was found to be more or less: `value_delta` is what that is worth (negative for a loss)."""

    adjustment_id: UUID
    location_id: UUID
    value_delta: Decimal
    currency: str
    reason_code: str
    lines: list[AdjustedLine]

    @property
    def owner(self) -> str:
        return f"adjustment:{self.adjustment_id}"


@event("inventory.stock_low", version=1)
@dataclass(frozen=True, kw_only=True)
class StockLow(Event):
    """What can be sold of a variant at a location fell to its warning level, or below it."""

    variant_id: UUID
    location_id: UUID
    available: int
    threshold: int

    @property
    def owner(self) -> str:
        return f"variant:{self.variant_id}"


@event("inventory.stock_back", version=1)
@dataclass(frozen=True, kw_only=True)
class StockBack(Event):
    """More can be sold of a variant at a location again than its warning level."""

    variant_id: UUID
    location_id: UUID
    available: int

    @property
    def owner(self) -> str:
        return f"variant:{self.variant_id}"


@event("inventory.lot_recalled", version=1)
@dataclass(frozen=True, kw_only=True)
class LotRecalled(Event):
    """A lot, or a single serial number, was recalled: no piece of it leaves any more."""

    lot_id: UUID
    variant_id: UUID
    code: str
    reason: str

    @property
    def owner(self) -> str:
        return f"lot:{self.lot_id}"


@event("inventory.adjustment_requested", version=1)
@dataclass(frozen=True, kw_only=True)
class AdjustmentRequested(Event):
    """An adjustment waits for approval: `worth` is its value, gains and losses added up."""

    adjustment_id: UUID
    number: str
    location_id: UUID
    worth: Decimal
    currency: str

    @property
    def owner(self) -> str:
        return f"adjustment:{self.adjustment_id}"
