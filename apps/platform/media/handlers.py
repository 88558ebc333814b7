"""Logo and banner follow their files."""

from __future__ import annotations

from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe
from apps.platform.media.events import MediaDeleted, MediaProcessed
from apps.platform.media.models import Media
from apps.platform.media.services.business_pictures import forget_deleted, show_processed


@subscribe(MediaProcessed, name="media.show_processed_logo")
def on_processed(event: MediaProcessed, envelope: Envelope) -> None:
    actor = Actor.system("media", event.business_id, envelope.request_id)
    show_processed(actor, media_id=event.media_id)


@subscribe(MediaDeleted, name="media.forget_deleted_logo")
def on_deleted(event: MediaDeleted, envelope: Envelope) -> None:
    actor = Actor.system("media", event.business_id, envelope.request_id)
    media = Media.objects.get(pk=event.media_id)
    forget_deleted(actor, media_id=media.pk, object_key=media.object_key)
