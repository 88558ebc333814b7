"""The catalogue follows the files of its pictures; what else it keeps is written by its own services."""

from __future__ import annotations

from apps.goods.catalog.services import forget_brand_logo, forget_deleted, show_brand_logo, show_processed
from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe
from apps.platform.media.events import MediaDeleted, MediaProcessed


@subscribe(MediaProcessed, name="catalog.show_processed")
def on_processed(event: MediaProcessed, envelope: Envelope) -> None:
    actor = Actor.system("catalog", event.business_id, envelope.request_id)
    show_processed(actor, media_id=event.media_id)
    show_brand_logo(actor, media_id=event.media_id)


@subscribe(MediaDeleted, name="catalog.forget_deleted")
def on_deleted(event: MediaDeleted, envelope: Envelope) -> None:
    actor = Actor.system("catalog", event.business_id, envelope.request_id)
    forget_deleted(actor, media_id=event.media_id)
    forget_brand_logo(actor, media_id=event.media_id)
