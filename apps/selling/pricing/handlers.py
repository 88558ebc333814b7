"""What pricing listens to."""

from __future__ import annotations

from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe

from .events import PriceListsChanged
from .services import refresh_kept_prices


@subscribe(PriceListsChanged, name="pricing.keep_prices")
def on_lists_changed(event: PriceListsChanged, envelope: Envelope) -> None:
    """Lists of products are sorted and filtered by what the store shows now."""
    refresh_kept_prices(Actor.system("pricing", event.business_id, envelope.request_id))
