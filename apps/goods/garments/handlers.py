"""Swatches follow the files they are."""

from __future__ import annotations

from apps.goods.garments.services import show_swatch
from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe
from apps.platform.media.events import MediaDeleted, MediaProcessed


@subscribe(MediaProcessed, name="garments.show_swatch")
def on_processed(event: MediaProcessed, envelope: Envelope) -> None:
    show_swatch(Actor.system("garments", event.business_id, envelope.request_id), media_id=event.media_id)


@subscribe(MediaDeleted, name="garments.forget_swatch")
def on_deleted(event: MediaDeleted, envelope: Envelope) -> None:
    show_swatch(Actor.system("garments", event.business_id, envelope.request_id), media_id=event.media_id)
