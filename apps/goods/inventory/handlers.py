"""Inventory follows what the catalogue decides about backorders."""

from __future__ import annotations

from apps.goods.catalog.events import BackorderLimitChanged
from apps.goods.inventory.services import follow_backorder_limit
from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe


@subscribe(BackorderLimitChanged, name="inventory.follow_backorder_limit")
def follow(event: BackorderLimitChanged, envelope: Envelope) -> None:
    actor = Actor.system("inventory", event.business_id, envelope.request_id)
    follow_backorder_limit(actor, variant_id=event.variant_id, backorder_limit=event.backorder_limit)
