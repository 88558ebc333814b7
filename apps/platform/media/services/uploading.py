"""A file's way in: announce, put the bytes by a signed address, finish."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import IO
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.media import attachables, policies
from apps.platform.media.contents import HEAD_BYTES, real_type
from apps.platform.media.models import INCOMING, Allowance, Attachment, Media, incoming_key
from apps.platform.media.selectors import find_across_by_key
from apps.platform.media.states import RULES, UPLOAD_VALID_FOR, MediaState
from apps.platform.media.stores import UPLOAD_SALT, get_store, read_token


@dataclass(frozen=True)
class Announced:
    """A file that waits for its bytes: PUT them to `address` with exactly these headers before `ends_at`."""

    media: Media
    address: str
    headers: dict[str, str]
    ends_at: dt.datetime


def announce_upload(
    actor: Actor,
    *,
    kind: str,
    name: str,
    content_type: str,
    size: int,
    attach_to: tuple[str, UUID] | None = None,
    key: str | None = None,
) -> Announced:
    """Make room for a file of `size` bytes and give a signed address for a single PUT of it.

    With `attach_to` (type and id of a record) the record's permission decides, without it `media.upload`. Raises
    `InvalidInput` for a kind, type or size that is not taken, `Conflict` (`no_room`) when the allowance is used up.
    """
    media = announce_media(
        actor, kind=kind, name=name, content_type=content_type, size=size, attach_to=attach_to, key=key
    )
    return upload_ticket(media)


def upload_ticket(media: Media) -> Announced:
    """Where and how to put the bytes of a file that waits for them."""
    address = get_store().put_address(incoming_key(media), media.content_type, media.size, UPLOAD_VALID_FOR)
    headers = {"Content-Type": media.content_type}
    return Announced(media, address, headers, clock.now() + UPLOAD_VALID_FOR)


@use_case(idempotent=True, audits="media.announced")
def announce_media(
    actor: Actor,
    *,
    kind: str,
    name: str,
    content_type: str,
    size: int,
    attach_to: tuple[str, UUID] | None,
    role: Attachment.Role = Attachment.Role.FILE,
    is_public: bool = False,
    key: str | None = None,
) -> Media:
    """The same without the address, for services that announce a file as part of their own work."""
    if attach_to is None:
        actor.require(policies.UPLOAD)
    else:
        attachables.require_record(actor, *attach_to, to_change=True)
    extension = _check(kind, content_type, size)
    _take_room(size)
    media_id, business_id = new_id(), tenancy.require_business_id()
    media: Media = Media.objects.create(
        id=media_id,
        kind=kind,
        name=_shown_name(name),
        # Never the client's name: it could climb out of the folder, collide, or tell who the file is about.
        object_key=f"{business_id}/{kind}/{media_id}.{extension}",
        content_type=content_type,
        size=size,
        uploaded_by=actor.label[:200],
        uploaded_by_id=actor.id,
    )
    if attach_to is not None:
        target_type, target_id = attach_to
        Attachment.objects.create(
            media=media,
            target_type=target_type,
            target_id=target_id,
            role=role,
            is_public=is_public,
            added_by=actor.label[:200],
        )
    audit.record(actor, "media.announced", media, after={"kind": kind, "size": size, "type": content_type})
    return media


def receive_bytes(token: str, content: IO[bytes], *, content_type: str, length: int) -> str | None:
    """Put the bytes that came to a signed address of the folder's own; returns None, or why they were refused.

    The address says type and size; more or fewer bytes are refused, and nothing of them is kept.
    """
    said = read_token(token, UPLOAD_SALT)
    if said is None:
        return "forged_or_ended"
    if content_type != said["t"]:
        return "other_type"
    if length != said["s"]:
        return "other_size"
    media = find_across_by_key(said["k"].removeprefix(INCOMING))
    if media is None or media.state != MediaState.PENDING:
        return "not_waiting"
    get_store().write(said["k"], content)
    return None


def put_bytes(media: Media, content: IO[bytes]) -> None:
    """Put bytes that the server itself holds, from a form without scripts, where a sender's would arrive."""
    get_store().write(incoming_key(media), content)


def finish_upload(actor: Actor, *, media_id: UUID) -> Media:
    """Look at what arrived and take it, or say what is wrong with it (state failed, its bytes removed).

    Repeating it changes nothing. Raises `NotFound`, `Conflict` (`nothing_arrived`) while there are no bytes,
    `StorageUnavailable` when storage does not answer. Not inside a use case: it asks the storage.
    """
    with tenancy.bind(actor.business_id):
        media = Media.objects.filter(pk=media_id).exclude(state=MediaState.DELETED).first()
        if media is None:
            raise NotFound()
        _check_may_finish(actor, media)
    if media.state != MediaState.PENDING:
        return media
    store = get_store()
    size = store.size_of(incoming_key(media))
    if size is None:
        raise Conflict(
            _("The file has not arrived yet."), code="nothing_arrived", remedy=_("Upload it again.")
        )
    with store.open(incoming_key(media)) as file:
        found = real_type(file.read(HEAD_BYTES), media.content_type)
    fault = ""
    if size != media.size:
        fault = _("It has another size than announced.")
    elif found != media.content_type:
        fault = _("It is not what it says it is.")
    taken = _record_arrival(actor, media_id=media_id, fault=fault)
    if fault:
        store.remove(incoming_key(media))
    return taken


@use_case(audits=("media.refused", "media.uploaded"))
def _record_arrival(actor: Actor, *, media_id: UUID, fault: str) -> Media:
    media = lock_one(Rank.ROOT, Media.objects.filter(pk=media_id))
    if media.state != MediaState.PENDING:
        return media
    now = clock.now()
    media.uploaded_at = now
    if fault:
        media.state, media.failure = MediaState.FAILED, fault
        give_room_back(media.size)
    else:
        media.state, media.process_next_at = MediaState.UPLOADED, now
    media.save()
    audit.record(actor, "media.refused" if fault else "media.uploaded", media, reason=fault)
    if not fault:
        transaction.on_commit(lambda: _wake(media))
    return media


@use_case(audits="media.allowance")
def set_allowance(actor: Actor, *, most_bytes: int) -> Allowance:
    """How much the business may keep. For the platform's own people and commands."""
    allowance = _lock_allowance()
    before, allowance.most_bytes = allowance.most_bytes, most_bytes
    allowance.save(update_fields=["most_bytes", "updated_at"])
    audit.record(actor, "media.allowance", before={"bytes": before}, after={"bytes": most_bytes})
    return allowance


def give_room_back(size: int) -> None:
    """Inside a use case: a file of this size is kept no longer."""
    allowance = _lock_allowance()
    allowance.used_bytes = max(allowance.used_bytes - size, 0)
    allowance.save(update_fields=["used_bytes", "updated_at"])


def _take_room(size: int) -> None:
    allowance = _lock_allowance()
    if allowance.used_bytes + size > allowance.most_bytes:
        raise Conflict(
            _("There is no room left for this file."),
            code="no_room",
            remedy=_("Delete files that are no longer needed, or ask for more room."),
        )
    allowance.used_bytes += size
    allowance.save(update_fields=["used_bytes", "updated_at"])


def _lock_allowance() -> Allowance:
    defaults = {"most_bytes": settings.MEDIA_ALLOWANCE_BYTES}
    Allowance.objects.get_or_create(business_id=tenancy.require_business_id(), defaults=defaults)
    return lock_one(Rank.ROOT, Allowance.objects.all())


def _check(kind: str, content_type: str, size: int) -> str:
    rule = RULES.get(kind)
    if rule is None:
        raise InvalidInput(fields={"kind": [_("Choose picture, film or paper.")]})
    extension = rule.types.get(content_type)
    if extension is None:
        raise InvalidInput(
            fields={"content_type": [_("Files of this type are not taken.")]}, code="type_not_taken"
        )
    if not 0 < size <= rule.most_bytes:
        most = rule.most_bytes // (1024 * 1024)
        raise InvalidInput(fields={"size": [_("At most %(most)s MB.") % {"most": most}]}, code="too_large")
    return extension


def _shown_name(name: str) -> str:
    """A name to show and to download as: no folders, no control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    try:
        return get_valid_filename(last)[:200]
    except Exception:
        return "file"


def _check_may_finish(actor: Actor, media: Media) -> None:
    if actor.may(policies.UPLOAD):
        return
    targets = media.attachments.values_list("target_type", flat=True)
    if not any(attachables.may_change(actor, target) for target in targets):
        actor.require(policies.UPLOAD)


def _wake(media: Media) -> None:
    from apps.platform.media.tasks import process_media

    process_media.delay(str(media.business_id), str(media.pk))
