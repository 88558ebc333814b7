"""Celery entries on the queue `media`: prepare files, remove what was deleted, give up what never came."""

from __future__ import annotations

import datetime as dt
import logging
from uuid import UUID

from celery import shared_task

from apps.kernel.actors import Actor
from apps.platform.media.processing import process
from apps.platform.media.selectors import (
    list_across_stale_pending,
    list_across_to_process,
    list_across_to_remove,
)
from apps.platform.media.services import remove_objects, remove_stale_upload
from apps.platform.media.stores import StorageUnavailable

log = logging.getLogger(__name__)
SCHEDULE = {
    "media.process_due": {"task": "media.process_due", "every": dt.timedelta(seconds=30)},
    "media.remove_due": {"task": "media.remove_due", "every": dt.timedelta(minutes=5)},
    "media.give_up_stale": {"task": "media.give_up_stale", "every": dt.timedelta(hours=6)},
}
BATCH = 50


@shared_task(name="media.process")
def process_media(business_id: str, media_id: str) -> None:
    """Prepare one file."""
    process(Actor.system("media", UUID(business_id)), media_id=UUID(media_id))


@shared_task(name="media.process_due")
def process_due() -> int:
    """Prepare what waits: wake-ups that were lost, files to try again, claims of dead workers."""
    due = list_across_to_process(BATCH)
    for business_id, media_id in due:
        process(Actor.system("media", business_id), media_id=media_id)
    return len(due)


@shared_task(name="media.remove_objects")
def remove_media_objects(business_id: str, media_id: str) -> None:
    """Remove one deleted file's objects; what fails is tried again by the clock."""
    _remove(UUID(business_id), UUID(media_id))


@shared_task(name="media.remove_due")
def remove_due() -> int:
    """Remove objects of deleted files that are still in storage."""
    return sum(_remove(business_id, media_id) for business_id, media_id in list_across_to_remove(BATCH))


@shared_task(name="media.give_up_stale")
def give_up_stale() -> int:
    """Delete uploads announced more than a week ago."""
    stale = list_across_stale_pending(BATCH)
    for business_id, media_id in stale:
        remove_stale_upload(Actor.system("media", business_id), media_id=media_id)
    return len(stale)


def _remove(business_id: UUID | None, media_id: UUID) -> bool:
    try:
        remove_objects(Actor.system("media", business_id), media_id=media_id)
    except StorageUnavailable as error:
        log.warning("Objects of file %s could not be removed yet: %s", media_id, error)
        return False
    return True
