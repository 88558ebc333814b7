"""Reads, and the addresses of what may be read."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.kernel import clock
from apps.kernel.errors import NotFound
from apps.kernel.tenancy import across

from .models import Allowance, Attachment, Comment, DerivedFile, Media
from .states import CLAIM_EXPIRES_AFTER, PENDING_KEPT_FOR, READ_VALID_FOR, MediaState
from .stores import get_store


def list_media() -> QuerySet[Media]:
    """Files of the bound business that are not deleted, newest first, with what was made of them."""
    return (
        Media.objects.exclude(state=MediaState.DELETED)
        .prefetch_related("derived")
        .order_by("-created_at", "-id")
    )


def find_room() -> tuple[int, int]:
    """How many bytes the bound business keeps, and how many it may keep."""
    allowance = Allowance.objects.first()
    return (allowance.used_bytes, allowance.most_bytes) if allowance else (0, settings.MEDIA_ALLOWANCE_BYTES)


def list_attachments(target_type: str, target_id: UUID) -> QuerySet[Attachment]:
    """A record's files; what it shows as its own face (gallery, logo) is not among them."""
    found = Attachment.objects.filter(target_type=target_type, target_id=target_id, role=Attachment.Role.FILE)
    return found.select_related("media").prefetch_related("media__derived")


def get_attachment_of(media: Media, *, target_type: str, target_id: UUID) -> Attachment:
    """The file as it is at a record; raises `NotFound`."""
    found = media.attachments.filter(target_type=target_type, target_id=target_id, role=Attachment.Role.FILE)
    attachment = found.first()
    if attachment is None:
        raise NotFound()
    return attachment


def list_comments(target_type: str, target_id: UUID) -> QuerySet[Comment]:
    """What was written at a record, oldest first."""
    return Comment.objects.filter(target_type=target_type, target_id=target_id)


def read_address(media: Media, *, download: bool = False) -> str:
    """A time-limited address of the file itself; empty while it is not ready."""
    if media.state != MediaState.READY:
        return ""
    name = media.name if download else ""
    return get_store().read_address(media.object_key, media.content_type, READ_VALID_FOR, name)


def preview_address(media: Media) -> str:
    """A time-limited address of a small picture of it, or empty."""
    if media.state != MediaState.READY:
        return ""
    pictures = [row for row in media.derived.all() if row.label in {"320.webp", "full.webp", "poster.webp"}]
    small = min(pictures, key=lambda row: row.width or 0, default=None)
    return derived_address(media, small) if small else ""


def derived_address(media: Media, derived: DerivedFile) -> str:
    """A time-limited address of a derived file; empty while the file is not ready."""
    if media.state != MediaState.READY:
        return ""
    return get_store().read_address(derived.object_key, derived.content_type, READ_VALID_FOR)


@across("tasks.due")
def list_across_to_process(limit: int) -> list[tuple[UUID | None, UUID]]:
    """(business, file) of what waits for the pipeline anywhere, also what a dead worker left behind."""
    now = clock.now()
    due = Q(state=MediaState.UPLOADED, process_next_at__lte=now) | Q(
        state=MediaState.PROCESSING, claimed_at__lte=now - CLAIM_EXPIRES_AFTER, process_next_at__isnull=False
    )
    return _ids(Media.unscoped.filter(due).order_by("process_next_at"), limit)


@across("tasks.due")
def list_across_stale_pending(limit: int) -> list[tuple[UUID | None, UUID]]:
    """(business, file) of uploads that were announced long ago and never came."""
    before: dt.datetime = clock.now() - PENDING_KEPT_FOR
    return _ids(
        Media.unscoped.filter(state=MediaState.PENDING, created_at__lt=before).order_by("created_at"), limit
    )


@across("tasks.due")
def list_across_to_remove(limit: int) -> list[tuple[UUID | None, UUID]]:
    """(business, file) of deleted files whose objects are still in storage."""
    rows = Media.unscoped.filter(state=MediaState.DELETED, objects_removed_at=None)
    return _ids(rows.order_by("deleted_at"), limit)


def _ids(rows: QuerySet[Media], limit: int) -> list[tuple[UUID | None, UUID]]:
    return list(rows.values_list("business_id", "pk")[:limit])


@across("media.address")
def find_across_by_key(object_key: str) -> Media | None:
    """The file of an object, for a signed address that names no business."""
    return Media.unscoped.filter(object_key=object_key).first()


@across("media.address")
def find_across_public_picture(object_key: str) -> DerivedFile | None:
    """A picture made of a file that some record shows to everybody, by its lasting address."""
    shown = Attachment.unscoped.filter(media=OuterRef("media"), is_public=True)
    return DerivedFile.unscoped.filter(
        Exists(shown), object_key=object_key, media__state=MediaState.READY, content_type__startswith="image/"
    ).first()
