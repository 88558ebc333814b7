"""What checkout tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from apps.kernel.events import Event, event


@event("checkout.cart_abandoned", version=1)
@dataclass(frozen=True, kw_only=True)
class CartAbandoned(Event):
    """A visitor whose address is known has left goods in a cart for some hours. Told once for each time."""

    cart_id: UUID
    pieces: int

    @property
    def owner(self) -> str:
        return f"cart:{self.cart_id}"


@event("checkout.completed", version=1)
@dataclass(frozen=True, kw_only=True)
class CheckoutCompleted(Event):
    """A cart was submitted and its orders are placed."""

    checkout_id: UUID
    cart_id: UUID
    order_ids: list[UUID]
    total: Decimal
    currency: str
    # What reports and advertisers ask for: the sums of all sellers' parts, and where the buyer came from.
    channel: str = ""
    subtotal: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    attribution: dict[str, str] = field(default_factory=dict)

    @property
    def owner(self) -> str:
        return f"checkout:{self.checkout_id}"
