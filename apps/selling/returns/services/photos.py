"""Pictures that a buyer adds to a return: they go the media service's way in and hang at the return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.use_cases import use_case
from apps.platform.media.models import Media
from apps.platform.media.selectors import list_attachments
from apps.platform.media.services import announce_media, finish_upload, put_bytes
from apps.platform.media.states import MediaKind
from apps.platform.media.taking import length_of, picture_type
from apps.selling.returns import policies
from apps.selling.returns.models import OPEN

from .asking import BUYERS
from .moves import lock_return

MOST_PHOTOS = 3
RECORD = "returns.goodsreturn"


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture that was looked at: its bytes, and what they are."""

    file: IO[bytes]
    name: str
    content_type: str
    size: int


def look_at_photos(files: Sequence[IO[bytes]]) -> list[Photo]:
    """Pictures that may be added to one return; raises `InvalidInput` (`photos`) for too many or for no pictures.

    Asked before the return itself, so that nobody learns afterwards that a picture was none.
    """
    if len(files) > MOST_PHOTOS:
        message = _("At most %(most)s pictures.") % {"most": MOST_PHOTOS}
        raise InvalidInput(message, code="too_many_photos", fields={"photos": [message]})
    photos = []
    for file in files:
        size = length_of(file)
        try:
            found = picture_type(file, size)
        except InvalidInput as error:
            raise InvalidInput(error.message, code=error.code, fields={"photos": [error.message]}) from error
        photos.append(Photo(file, str(getattr(file, "name", "") or "picture"), found, size))
    return photos


def add_photos(
    actor: Actor, *, return_id: UUID, photos: Sequence[Photo], key: str | None = None
) -> list[Media]:
    """Hang pictures at a return; staff see them on its page as soon as they are checked and prepared.

    Repeating it with the `key` adds none. Not inside a use case: the storage is asked. Raises `WrongState` for a
    return that is over or has its pictures, `Conflict` (`no_room`), `StorageUnavailable`, `NotFound`.
    """
    added = []
    for number, photo in enumerate(photos):
        media = announce_photo(
            actor,
            return_id=return_id,
            name=photo.name,
            content_type=photo.content_type,
            size=photo.size,
            key=f"{key}:{number}"[:80] if key else None,
        )
        put_bytes(media, photo.file)
        added.append(finish_upload(_shop(actor), media_id=media.pk))
    return added


@use_case(idempotent=True, audits="media.announced")
def announce_photo(
    actor: Actor, *, return_id: UUID, name: str, content_type: str, size: int, key: str | None = None
) -> Media:
    """Make room for one picture of a return; the return is held meanwhile, so that two at once are not one too many."""
    if actor.kind not in BUYERS:
        actor.require(policies.DECIDE)
    row, _order = lock_return(actor, return_id)
    if row.state not in OPEN:
        raise WrongState(_("This return is over."), code="return_over")
    if list_attachments(RECORD, row.pk).count() >= MOST_PHOTOS:
        raise WrongState(_("This return has its pictures."), code="too_many_photos")
    return announce_media(
        _shop(actor),
        kind=MediaKind.IMAGE,
        name=name,
        content_type=content_type,
        size=size,
        attach_to=(RECORD, row.pk),
    )


def _shop(actor: Actor) -> Actor:
    """Visitors have no files here: the shop keeps the picture for them."""
    return Actor.system("returns", actor.business_id, actor.request_id)
