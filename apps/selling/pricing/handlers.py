"""What pricing listens to."""

from __future__ import annotations

from apps.goods.catalog.events import PriceChanged
from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe

from .events import PriceListsChanged
from .services import note_prices, refresh_kept_prices


@subscribe(PriceListsChanged, name="pricing.keep_prices")
def on_lists_changed(event: PriceListsChanged, envelope: Envelope) -> None:
    """Lists of products are sorted and filtered by what the store shows now."""
    system = Actor.system("pricing", event.business_id, envelope.request_id)
    refresh_kept_prices(system)
    note_prices(system, at=envelope.occurred_at)


@subscribe(PriceChanged, name="pricing.note_price")
def on_price_changed(event: PriceChanged, envelope: Envelope) -> None:
    """Keep what the store asks from now on."""
    note_prices(
        Actor.system("pricing", event.business_id, envelope.request_id),
        product_ids=[event.product_id],
        at=envelope.occurred_at,
        before={event.variant_id: event.old_price},
    )
