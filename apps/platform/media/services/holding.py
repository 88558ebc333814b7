"""Files that are a record's own face: pictures of a product, the logo.

For services of the record's own app, inside their use case: they have asked for the permission and locked the record.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.locks import Rank, lock
from apps.platform.media.models import Attachment, Media
from apps.platform.media.states import MediaKind, MediaState

Role = Attachment.Role


def hold_picture(
    actor: Actor, *, media_id: UUID, target_type: str, target_id: UUID, role: Role, is_public: bool
) -> Media:
    """Note that a record shows this picture; twice is once. Deleting it is refused from now on.

    Raises `NotFound` for a foreign or deleted file, `WrongState` for one that failed, `InvalidInput` for no picture.
    """
    return hold_file(
        actor,
        media_id=media_id,
        target_type=target_type,
        target_id=target_id,
        role=role,
        is_public=is_public,
        kinds=(MediaKind.IMAGE,),
    )


def hold_file(
    actor: Actor,
    *,
    media_id: UUID,
    target_type: str,
    target_id: UUID,
    role: Role,
    is_public: bool = False,
    kinds: tuple[MediaKind, ...],
) -> Media:
    """The same for a record that shows a file of one of these kinds."""
    media = next(iter(lock(Rank.ROOT, Media.objects.filter(pk=media_id))), None)
    if media is None or media.state == MediaState.DELETED:
        raise NotFound()
    if media.state == MediaState.FAILED:
        raise WrongState(_("This file cannot be used."))
    if media.kind not in kinds:
        wanted = _("Choose a picture.") if kinds == (MediaKind.IMAGE,) else _("Choose a picture or a paper.")
        raise InvalidInput(fields={"media_id": [wanted]}, code="bad_picture")
    Attachment.objects.update_or_create(
        media=media,
        target_type=target_type,
        target_id=target_id,
        role=role,
        defaults={"is_public": is_public},
        create_defaults={"is_public": is_public, "added_by": actor.label[:200]},
    )
    return media


def release(*, target_type: str, target_id: UUID, role: Role, media_ids: Iterable[UUID] | None = None) -> int:
    """The record shows these files (or none at all) no longer; they stay in the library. Returns how many."""
    held = Attachment.objects.filter(target_type=target_type, target_id=target_id, role=role)
    if media_ids is not None:
        held = held.filter(media_id__in=list(media_ids))
    return held.delete()[0]


def show_to_everybody(*, target_type: str, target_id: UUID, role: Role, is_public: bool) -> None:
    """Give what the record shows lasting addresses, or take them back."""
    held = Attachment.objects.filter(target_type=target_type, target_id=target_id, role=role)
    held.exclude(is_public=is_public).update(is_public=is_public)


def reconcile(
    actor: Actor, *, target_type: str, target_id: UUID, role: Role, media_ids: Iterable[UUID], is_public: bool
) -> None:
    """Make the record hold exactly these pictures."""
    wanted = set(media_ids)
    held = Attachment.objects.filter(target_type=target_type, target_id=target_id, role=role)
    held.exclude(media_id__in=wanted).delete()
    for media_id in sorted(wanted):
        hold_picture(
            actor,
            media_id=media_id,
            target_type=target_type,
            target_id=target_id,
            role=role,
            is_public=is_public,
        )
