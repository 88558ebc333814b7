"""What purchasing tells."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.kernel.events import Event, event


@event("purchasing.supplier_added", version=1)
@dataclass(frozen=True, kw_only=True)
class SupplierAdded(Event):
    """A supplier is known from now on."""

    supplier_id: UUID
    code: str
    currency: str

    @property
    def owner(self) -> str:
        return f"supplier:{self.supplier_id}"


@event("purchasing.order_submitted", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderSubmitted(Event):
    """A purchase order waits for who approves; `base_total` is its net total in the business's currency."""

    order_id: UUID
    number: str
    base_total: Decimal
    currency: str

    @property
    def owner(self) -> str:
        return f"purchase:{self.order_id}"


@event("purchasing.order_approved", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderApproved(Event):
    """A version of a purchase order was approved and is kept as it is."""

    order_id: UUID
    number: str
    version_number: int

    @property
    def owner(self) -> str:
        return f"purchase:{self.order_id}"


@event("purchasing.order_sent", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderSent(Event):
    """The supplier was told: what is on the way is incoming from now on."""

    order_id: UUID
    number: str
    supplier_id: UUID
    location_id: UUID

    @property
    def owner(self) -> str:
        return f"purchase:{self.order_id}"


@event("purchasing.order_ended", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderEnded(Event):
    """Nothing more is expected of a purchase order: `how` is closed or cancelled."""

    order_id: UUID
    number: str
    how: str

    @property
    def owner(self) -> str:
        return f"purchase:{self.order_id}"


@dataclass(frozen=True, kw_only=True)
class GoodsReceivedLine:
    order_line_id: UUID
    variant_id: UUID
    accepted: int
    rejected: int
    value: Decimal


@event("purchasing.goods_received", version=1)
@dataclass(frozen=True, kw_only=True)
class GoodsReceived(Event):
    """Goods of an order came: `value` is what the accepted pieces cost, landed, in the business's currency.

    Stock and journal follow `inventory.stock_received` of the same transaction; this one is for whoever matches bills.
    """

    receipt_id: UUID
    number: str
    order_id: UUID
    supplier_id: UUID
    location_id: UUID
    value: Decimal
    currency: str
    is_complete: bool
    lines: list[GoodsReceivedLine]

    @property
    def owner(self) -> str:
        return f"purchase:{self.order_id}"
