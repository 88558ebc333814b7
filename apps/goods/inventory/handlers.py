"""Inventory follows what the catalogue decides about backorders, and its own stock with alerts."""

from __future__ import annotations

from apps.goods.catalog.events import BackorderLimitChanged
from apps.goods.inventory.events import StockBack, StockLow
from apps.goods.inventory.services import follow_backorder_limit, settle_alerts
from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe


@subscribe(BackorderLimitChanged, name="inventory.follow_backorder_limit")
def follow(event: BackorderLimitChanged, envelope: Envelope) -> None:
    actor = Actor.system("inventory", event.business_id, envelope.request_id)
    follow_backorder_limit(actor, variant_id=event.variant_id, backorder_limit=event.backorder_limit)


@subscribe(StockLow, name="inventory.open_low_alert")
def on_low(event: StockLow, envelope: Envelope) -> None:
    """What is there now decides, not what the event says: a late or repeated event changes nothing that is right."""
    actor = Actor.system("inventory", event.business_id, envelope.request_id)
    settle_alerts(actor, places=[(event.variant_id, event.location_id)])


@subscribe(StockBack, name="inventory.close_low_alert")
def on_back(event: StockBack, envelope: Envelope) -> None:
    """As above: stock that is back resolves its alert."""
    actor = Actor.system("inventory", event.business_id, envelope.request_id)
    settle_alerts(actor, places=[(event.variant_id, event.location_id)])
