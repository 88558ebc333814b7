"""Writing on an order's timeline."""

from __future__ import annotations

from typing import Any

from apps.kernel.actors import Actor
from apps.selling.orders.models import Order, TimelineEntry
from apps.selling.orders.timeline import entry


def enter(actor: Actor, order: Order, kind: str, *, is_public: bool = True, **data: Any) -> TimelineEntry:
    """Write an entry at once; `data` are the facts of its sentence, amounts in the order's currency."""
    written = entry(actor, order, kind, is_public=is_public, **data)
    written.save(force_insert=True)
    return written
