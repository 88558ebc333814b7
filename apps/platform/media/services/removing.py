"""A file's way out: refused while it is used, then gone with everything made of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, NotFound
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.media import attachables, policies
from apps.platform.media.events import MediaDeleted
from apps.platform.media.models import Attachment, DerivedFile, Media, incoming_key
from apps.platform.media.states import PENDING_KEPT_FOR, MediaState
from apps.platform.media.stores import get_store

from .uploading import give_room_back


@use_case(permission=policies.DELETE, audits="media.deleted")
def delete_media(actor: Actor, *, media_id: UUID, detach: bool = False) -> Media:
    """Delete a file. While it is at a record it is refused (`media_in_use`), unless `detach` takes it off all.

    Detaching asks for the permission of each record. Its objects are removed by a task. Event: `media.deleted`.
    """
    media = lock_one(Rank.ROOT, Media.objects.filter(pk=media_id))
    if media.state == MediaState.DELETED:
        raise NotFound()
    uses = list(Attachment.objects.filter(media=media))
    if uses and not detach:
        named = attachables.describe_uses(actor, uses)
        said = ngettext(
            "It is used by %(n)s record: %(names)s.", "It is used by %(n)s records: %(names)s.", len(uses)
        )
        raise Conflict(
            said % {"n": len(uses), "names": ", ".join(str(use) for use in named[:5])},
            code="media_in_use",
            remedy=_("Take it off there first, or choose to take it off everywhere."),
            uses=[asdict(use) for use in named],
        )
    for use in uses:
        attachables.require_record(actor, use.target_type, use.target_id, to_change=True)
    Attachment.objects.filter(media=media).delete()
    _delete(actor, media, "media.deleted")
    return media


@use_case(audits="media.deleted")
def delete_files_of(actor: Actor, *, records: Iterable[tuple[str, UUID]]) -> int:
    """Take all files off these records and delete those that are at no other; returns how many were deleted.

    For erasures alone, which have asked for the permission: anybody who may not erase is refused.
    """
    actor.require("privacy.erase")
    deleted = 0
    for target_type, target_id in records:
        uses = Attachment.objects.filter(target_type=target_type, target_id=target_id)
        media_ids = sorted(uses.values_list("media_id", flat=True))
        uses.delete()
        for media_id in media_ids:
            media = lock_one(Rank.ROOT, Media.objects.filter(pk=media_id))
            if media.state == MediaState.DELETED or Attachment.objects.filter(media=media).exists():
                continue
            media.name = "–"
            media.save(update_fields=["name"])
            _delete(actor, media, "media.deleted")
            deleted += 1
    return deleted


@use_case(audits="media.deleted")
def drop_failed(actor: Actor, *, media_id: UUID) -> None:
    """Forget a file that could not be used, with where it should have stood; anything else is left alone.

    For services whose caller is told at once what is wrong, so that no ruin stays in the library.
    """
    media = lock_one(Rank.ROOT, Media.objects.filter(pk=media_id))
    if media.state == MediaState.FAILED:
        Attachment.objects.filter(media=media).delete()
        _delete(actor, media, "media.deleted")


@use_case(audits="media.upload_given_up")
def remove_stale_upload(actor: Actor, *, media_id: UUID) -> None:
    """Give up an upload that was announced a week ago and never finished."""
    media = lock_one(Rank.ROOT, Media.objects.filter(pk=media_id))
    if media.state != MediaState.PENDING or media.created_at > clock.now() - PENDING_KEPT_FOR:
        return
    Attachment.objects.filter(media=media).delete()
    _delete(actor, media, "media.upload_given_up")


def remove_objects(actor: Actor, *, media_id: UUID) -> None:
    """Remove the objects of a deleted file and see that they are gone; repeatable.

    Raises `StorageUnavailable` when one is still there: the run by the clock tries again.
    """
    with tenancy.bind(actor.business_id):
        media = Media.objects.filter(pk=media_id, state=MediaState.DELETED, objects_removed_at=None).first()
        if media is None:
            return
        keys = [*media.derived.values_list("object_key", flat=True), incoming_key(media), media.object_key]
    store = get_store()
    for key in keys:
        store.remove(key)
    record_objects_removed(actor, media_id=media_id)


@use_case(audits="media.objects_removed")
def record_objects_removed(actor: Actor, *, media_id: UUID) -> None:
    """Note that storage holds nothing of a deleted file any more."""
    media = lock_one(Rank.ROOT, Media.objects.filter(pk=media_id, state=MediaState.DELETED))
    DerivedFile.objects.filter(media=media).delete()
    media.objects_removed_at = clock.now()
    media.save(update_fields=["objects_removed_at", "updated_at"])
    audit.record(actor, "media.objects_removed", media)


def _delete(actor: Actor, media: Media, action: str) -> None:
    before = media.state
    media.state, media.deleted_at, media.process_next_at = MediaState.DELETED, clock.now(), None
    media.save(update_fields=["state", "deleted_at", "process_next_at", "updated_at"])
    if before != MediaState.FAILED:
        give_room_back(media.size)
    audit.record(actor, action, media, before={"state": before})
    publish(MediaDeleted(business_id=tenancy.require_business_id(), media_id=media.pk))
    transaction.on_commit(lambda: _wake(media))


def _wake(media: Media) -> None:
    from apps.platform.media.tasks import remove_media_objects

    remove_media_objects.delay(str(media.business_id), str(media.pk))
