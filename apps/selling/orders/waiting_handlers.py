"""Who waits hears of the stock: when an order is placed, goods come in, are counted, or are given up."""

from __future__ import annotations

from uuid import UUID

from apps.goods.catalog.models import Variant
from apps.goods.inventory.events import StockAdjusted, StockReceived
from apps.goods.inventory.models import Reservation
from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe

from .events import (
    FulfilmentShipped,
    OrderAmended,
    OrderCancelled,
    OrderExpired,
    OrderPlaced,
    OrderRefunded,
)
from .models import WaitingLine
from .services.waiting import settle_waiting

OWNER_TYPE = "order"


def settle_order(order_id: UUID, business_id: UUID, request_id: str) -> None:
    """What an order took, or gave back. Three queries at most when nothing of it is ever sold before it is there."""
    held = Reservation.objects.filter(owner_type=OWNER_TYPE, owner_id=order_id)
    variants = set(held.values_list("variant_id", flat=True))
    if not variants:
        return
    owed = Variant.objects.filter(pk__in=variants, backorder_limit__gt=0).exists()
    if owed or WaitingLine.objects.filter(variant_id__in=variants, arrived_at__isnull=True).exists():
        settle_waiting(Actor.system("orders", business_id, request_id), variant_ids=variants)


def _settle_goods(variants: set[UUID], business_id: UUID, request_id: str) -> None:
    if WaitingLine.objects.filter(variant_id__in=variants, arrived_at__isnull=True).exists():
        settle_waiting(Actor.system("orders", business_id, request_id), variant_ids=variants)


@subscribe(OrderPlaced, name="orders.note_waiting")
def on_placed(event: OrderPlaced, envelope: Envelope) -> None:
    """What of the order is not there yet waits."""
    settle_order(event.order_id, event.business_id, envelope.request_id)


@subscribe(StockReceived, name="orders.serve_waiting")
def on_received(event: StockReceived, envelope: Envelope) -> None:
    """What came serves those who ordered first."""
    _settle_goods({line.variant_id for line in event.lines}, event.business_id, envelope.request_id)


@subscribe(StockAdjusted, name="orders.serve_waiting_after_count")
def on_adjusted(event: StockAdjusted, envelope: Envelope) -> None:
    """What was found, or lost, changes who waits."""
    _settle_goods({line.variant_id for line in event.lines}, event.business_id, envelope.request_id)


@subscribe(OrderCancelled, name="orders.serve_waiting_after_cancel")
def on_cancelled(event: OrderCancelled, envelope: Envelope) -> None:
    """What somebody gave up is there for the next."""
    settle_order(event.order_id, event.business_id, envelope.request_id)


@subscribe(OrderExpired, name="orders.serve_waiting_after_expiry")
def on_expired(event: OrderExpired, envelope: Envelope) -> None:
    """As above."""
    settle_order(event.order_id, event.business_id, envelope.request_id)


@subscribe(OrderAmended, name="orders.note_waiting_after_change")
def on_amended(event: OrderAmended, envelope: Envelope) -> None:
    """What was added may not be there yet; what was taken off is there for the next."""
    settle_order(event.order_id, event.business_id, envelope.request_id)


@subscribe(OrderRefunded, name="orders.serve_waiting_after_refund")
def on_refunded(event: OrderRefunded, envelope: Envelope) -> None:
    """Pieces that will not leave any more are there for the next."""
    settle_order(event.order_id, event.business_id, envelope.request_id)


@subscribe(FulfilmentShipped, name="orders.serve_waiting_after_shipping")
def on_shipped(event: FulfilmentShipped, envelope: Envelope) -> None:
    """What has left is waited for no longer."""
    settle_order(event.order_id, event.business_id, envelope.request_id)
