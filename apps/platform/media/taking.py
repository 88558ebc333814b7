"""Files whose bytes the server already holds, from a form without scripts: the whole way in, at once."""

from __future__ import annotations

import os
from typing import IO

from django.utils.translation import gettext as _

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.platform.media.contents import HEAD_BYTES, real_type
from apps.platform.media.models import Media
from apps.platform.media.processing import process
from apps.platform.media.services import finish_upload, put_bytes
from apps.platform.media.states import RULES, MediaKind


def length_of(file: IO[bytes]) -> int:
    """How many bytes there are; the file is at its beginning afterwards."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def picture_type(file: IO[bytes], size: int) -> str:
    """The content type of a picture by its first bytes; raises `InvalidInput` for anything else or too large."""
    rule = RULES[MediaKind.IMAGE]
    found = real_type(file.read(HEAD_BYTES), "") or ""
    file.seek(0)
    if found not in rule.types:
        raise bad_picture(_("This is not a picture we can read. Use JPEG, PNG, WebP, GIF or AVIF."))
    if size > rule.most_bytes:
        raise bad_picture(_("The picture is larger than 20 MB. Save it smaller and try again."))
    return found


def carry_through(actor: Actor, media: Media, file: IO[bytes]) -> Media:
    """Put, finish and prepare a file that was announced; returns it as it is then: ready, failed, or still waiting.

    It waits when a worker took it first or when the scanner does not answer; then the ordinary way goes on.
    """
    put_bytes(media, file)
    finish_upload(actor, media_id=media.pk)
    process(Actor.system("media", actor.business_id, actor.request_id), media_id=media.pk)
    with tenancy.bind(actor.business_id):
        return Media.objects.get(pk=media.pk)


def bad_picture(message: str) -> InvalidInput:
    """The refusal of a picture, at the field `file`."""
    return InvalidInput(message, code="bad_picture", fields={"file": [message]})
