"""What the pipeline notes on its way: claim, derived files, and how it ended. The work itself is in `processing`."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.media.events import MediaProcessed
from apps.platform.media.models import DerivedFile, Media
from apps.platform.media.states import CLAIM_EXPIRES_AFTER, RETRY_PAUSES, MediaState

from .uploading import give_room_back


@dataclass(frozen=True)
class Made:
    """A derived file as it lies in storage."""

    label: str
    object_key: str
    content_type: str
    size: int
    width: int | None = None
    height: int | None = None


@use_case(unaudited="a worker's step; its outcome is entered")
def claim(actor: Actor, *, media_id: UUID) -> Media | None:
    """Take a file for preparing; None when somebody has it, or there is nothing to do."""
    rows = lock(Rank.ROOT, Media.objects.filter(pk=media_id))
    now = clock.now()
    if not rows:
        return None
    media = rows[0]
    is_left = media.claimed_at is not None and media.claimed_at <= now - CLAIM_EXPIRES_AFTER
    if media.state != MediaState.UPLOADED and not (media.state == MediaState.PROCESSING and is_left):
        return None
    media.state, media.claimed_at, media.attempts = MediaState.PROCESSING, now, media.attempts + 1
    media.save(update_fields=["state", "claimed_at", "attempts", "updated_at"])
    return media


@use_case(unaudited="a worker's step; its outcome is entered")
def record_made(actor: Actor, *, media_id: UUID, made: Made) -> bool:
    """Note a derived file; one that is known already is noted once. False: the file was deleted meanwhile."""
    media = lock_one(Rank.ROOT, Media.objects.filter(pk=media_id))
    if media.state != MediaState.PROCESSING:
        return False
    DerivedFile.objects.get_or_create(
        media_id=media_id,
        label=made.label,
        defaults={
            "object_key": made.object_key,
            "content_type": made.content_type,
            "size": made.size,
            "width": made.width,
            "height": made.height,
        },
    )
    return True


@use_case(audits="media.ready")
def record_ready(
    actor: Actor, *, media_id: UUID, size: int, width: int | None = None, height: int | None = None
) -> bool:
    """The file may be shown now. Event: `media.processed`. False: it was deleted meanwhile."""
    media = lock_one(Rank.ROOT, Media.objects.filter(pk=media_id))
    if media.state != MediaState.PROCESSING:
        return False
    media.state, media.ready_at, media.process_next_at = MediaState.READY, clock.now(), None
    media.width, media.height = width, height
    media.save(update_fields=["state", "ready_at", "process_next_at", "width", "height", "updated_at"])
    audit.record(actor, "media.ready", media, after={"stored_bytes": size})
    publish(MediaProcessed(business_id=tenancy.require_business_id(), media_id=media.pk))
    return True


@use_case(audits="media.refused")
def record_unusable(actor: Actor, *, media_id: UUID, why: str) -> None:
    """The file can never be shown; `why` is a sentence for the uploader."""
    media = lock_one(Rank.ROOT, Media.objects.filter(pk=media_id))
    if media.state != MediaState.PROCESSING:
        return
    media.state, media.failure, media.process_next_at = MediaState.FAILED, why[:300], None
    media.save(update_fields=["state", "failure", "process_next_at", "updated_at"])
    give_room_back(media.size)
    audit.record(actor, "media.refused", media, reason=why)


@use_case(unaudited="a worker's step; its outcome is entered")
def record_try_again(actor: Actor, *, media_id: UUID, why: str) -> bool:
    """Put the file back with a growing pause; False when it was tried often enough."""
    media = lock_one(Rank.ROOT, Media.objects.filter(pk=media_id))
    if media.state != MediaState.PROCESSING or media.attempts > len(RETRY_PAUSES):
        return False
    media.state, media.failure = MediaState.UPLOADED, why[:300]
    media.process_next_at = clock.now() + RETRY_PAUSES[media.attempts - 1]
    media.save(update_fields=["state", "failure", "process_next_at", "updated_at"])
    return True
