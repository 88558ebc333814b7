"""What orders tell. Amounts are in the order's `currency`; an order's events keep their order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from apps.kernel.events import Event, event


@dataclass(frozen=True, kw_only=True)
class OrderEvent(Event):
    """Base of everything said about one order."""

    order_id: UUID
    number: str

    @property
    def owner(self) -> str:
        return f"order:{self.order_id}"


@event("orders.placed", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderPlaced(OrderEvent):
    """An order was placed and its stock is reserved."""

    checkout_id: UUID | None
    customer_id: UUID | None
    channel: str
    currency: str
    total: Decimal


@event("orders.payment_recorded", version=1)
@dataclass(frozen=True, kw_only=True)
class PaymentRecorded(OrderEvent):
    """Money came in for an order: debit the account of its `tender`, credit customer deposits."""

    payment_id: UUID
    capture_id: UUID
    amount: Decimal
    currency: str
    provider: str
    payment_state: str
    tender: str = "provider"
    # The day that people name for money they took; empty: the day of the event.
    received_on: dt.date | None = None


@event("orders.payment_authorised", version=1)
@dataclass(frozen=True, kw_only=True)
class PaymentReserved(OrderEvent):
    """A payment company has reserved money for the order; it is taken when the goods are sent."""

    payment_id: UUID
    amount: Decimal
    currency: str
    provider: str
    payment_state: str


@event("orders.payment_released", version=1)
@dataclass(frozen=True, kw_only=True)
class ReservationReleased(OrderEvent):
    """Money that was reserved for the order is free again; nothing was charged."""

    payment_id: UUID
    amount: Decimal
    currency: str
    payment_state: str


@event("orders.confirmed", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderConfirmed(OrderEvent):
    """The shop has taken the order on: it may be sent."""


@event("orders.cancelled", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderCancelled(OrderEvent):
    """The order, or (`rest_only`) what had not left of it, will not be sent."""

    reason: str
    rest_only: bool
    lines: dict[str, int] = field(default_factory=dict)


@event("orders.expired", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderExpired(OrderEvent):
    """The order was not paid in time; its stock is free again."""


@event("orders.goods_arrived", version=1)
@dataclass(frozen=True, kw_only=True)
class GoodsArrived(OrderEvent):
    """Goods that lines of the order waited for are here: `items` are their titles."""

    items: list[str]


@event("orders.closed", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderClosed(OrderEvent):
    """Everything is delivered and settled."""


@event("fulfilment.shipped", version=1)
@dataclass(frozen=True, kw_only=True)
class FulfilmentShipped(OrderEvent):
    """Goods left. `gross == lines_net + tax + shipping_net`; `tax` includes the tax on delivery.

    `voucher_net` of `lines_net` is gift cards: owed to whoever holds them, and no revenue.

    Over all fulfilments the amounts sum to the order, less what was cancelled or given back before.
    `cost` is the stock value that left.
    """

    fulfilment_id: UUID
    lines_net: Decimal
    tax: Decimal
    shipping_net: Decimal
    gross: Decimal
    cost: Decimal
    currency: str
    carrier: str
    tracking_number: str
    tracking_url: str
    is_last: bool
    voucher_net: Decimal = Decimal(0)


@event("fulfilment.held", version=1)
@dataclass(frozen=True, kw_only=True)
class FulfilmentHeld(OrderEvent):
    """Nothing more of the order leaves until it is released."""

    reason: str


@event("fulfilment.released", version=1)
@dataclass(frozen=True, kw_only=True)
class FulfilmentReleased(OrderEvent):
    """The order may be packed and sent again."""


@event("fulfilment.ready", version=1)
@dataclass(frozen=True, kw_only=True)
class FulfilmentReady(OrderEvent):
    """Everything that can leave is packed."""


@event("fulfilment.unpacked", version=1)
@dataclass(frozen=True, kw_only=True)
class FulfilmentUnpacked(OrderEvent):
    """What was packed is not any more."""


@event("fulfilment.in_transit", version=1)
@dataclass(frozen=True, kw_only=True)
class FulfilmentInTransit(OrderEvent):
    """All has left, and the carrier has seen a first parcel of it."""

    fulfilment_id: UUID


@event("fulfilment.delivered", version=1)
@dataclass(frozen=True, kw_only=True)
class FulfilmentDelivered(OrderEvent):
    """One parcel reached the buyer."""

    fulfilment_id: UUID


@event("orders.refunded", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderRefunded(OrderEvent):
    """Money goes back: `amount == deposit_part + returns_net + tax_part + shipping_net_part`.

    `deposit_part` is for goods that never left, tax included (debit customer deposits); the other three take
    back what was recognised (debit sales returns, tax payable, shipping income). `restocked_cost` is the stock
    value that came back (debit inventory, credit cost of goods sold). `tenders` says how much of `amount` goes back
    by which tender; without it all by the provider. `voucher_part` of `returns_net` is gift cards that were taken
    back (debit what is owed for them). `refund_id` names this
    refund of the order, not the one asked of a provider.
    """

    refund_id: UUID
    amount: Decimal
    currency: str
    deposit_part: Decimal
    returns_net: Decimal
    tax_part: Decimal
    shipping_net_part: Decimal
    restocked_cost: Decimal
    reason: str
    provider: str
    payment_state: str
    tenders: dict[str, Decimal] = field(default_factory=dict)
    voucher_part: Decimal = Decimal(0)


@event("returns.received", version=1)
@dataclass(frozen=True, kw_only=True)
class ReturnReceived(OrderEvent):
    """Goods of a refund are back in stock. Their value is in `orders.refunded`, which posts it."""

    refund_id: UUID
    lines: dict[str, int]


@event("orders.rejected", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderRejected(OrderEvent):
    """The seller does not take the order on; `lines` are the pieces by line that are free again."""

    reason: str
    lines: dict[str, int] = field(default_factory=dict)


@event("orders.nudged", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderNudged(OrderEvent):
    """The buyer reminds the seller of an order that waits for a decision."""


@event("orders.payment_reminded", version=1)
@dataclass(frozen=True, kw_only=True)
class PaymentReminded(OrderEvent):
    """The buyer is reminded that the order is kept a while longer and not paid yet."""


@event("orders.withdrawn", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderWithdrawn(OrderEvent):
    """The buyer cancelled her order herself; `orders.cancelled` tells what follows from it."""


@event("orders.change_asked", version=1)
@dataclass(frozen=True, kw_only=True)
class ChangeAsked(OrderEvent):
    """The buyer asks the shop to change an order that waits."""


@event("orders.answered", version=1)
@dataclass(frozen=True, kw_only=True)
class BuyerAnswered(OrderEvent):
    """The shop answers what the buyer asked for: `entry_id` of the order's timeline."""

    entry_id: UUID


@event("orders.retried", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderRetried(OrderEvent):
    """An order that expired is tried again as `attempt_id`, at today's prices."""

    attempt_id: UUID


@event("orders.amended", version=1)
@dataclass(frozen=True, kw_only=True)
class OrderAmended(OrderEvent):
    """The order has a new version. `owed` is what the buyer is to pay now, `given_back` what was asked back for her.

    Nothing is posted by it: money in and out has events of its own, and revenue follows what is sent.
    """

    version_number: int
    total_before: Decimal
    total: Decimal
    currency: str
    owed: Decimal
    given_back: Decimal
    reason: str
