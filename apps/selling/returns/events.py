"""What returns tell. Money and stock are told by the order's own refund."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.kernel.events import Event, event


@dataclass(frozen=True, kw_only=True)
class ReturnEvent(Event):
    """Base of everything said about one return."""

    return_id: UUID
    order_id: UUID
    number: str

    @property
    def owner(self) -> str:
        return f"order:{self.order_id}"


@event("returns.requested", version=1)
@dataclass(frozen=True, kw_only=True)
class ReturnRequested(ReturnEvent):
    """Somebody asks to send goods back."""

    by_buyer: bool


@event("returns.decided", version=1)
@dataclass(frozen=True, kw_only=True)
class ReturnDecided(ReturnEvent):
    """The shop has said yes or no."""

    approved: bool


@event("returns.settled", version=1)
@dataclass(frozen=True, kw_only=True)
class ReturnSettled(ReturnEvent):
    """What arrived is paid back; `how` is refund, store_credit or exchange, `amount` in the order's currency."""

    settlement_id: UUID
    refund_id: UUID
    how: str
    amount: Decimal
