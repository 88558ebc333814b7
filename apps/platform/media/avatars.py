"""A person's own picture. A person belongs to no business, so it is in no library: one small square, kept privately.

It goes the way of all files: judged by its content, scanned, drawn anew from its pixels.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.platform.accounts.models import User
from apps.platform.accounts.services import change_profile
from apps.platform.media.processing import find_virus
from apps.platform.media.processing.pictures import prepare_portrait
from apps.platform.media.processing.results import Unusable
from apps.platform.media.processing.scanning import ScannerUnavailable
from apps.platform.media.stores import FilesUnreachable, StorageUnavailable, get_store
from apps.platform.media.taking import bad_picture, picture_type

FOLDER = "people/"


def set_avatar(actor: Actor, *, user: User, file: IO[bytes], size: int) -> None:
    """Show this picture beside the person's name. The caller has checked that the actor is the person.

    Raises `InvalidInput` for what is no picture or has a virus, `FilesUnreachable` when storage or scanner are silent.
    """
    picture_type(file, size)
    key = f"{FOLDER}{user.pk}/{new_id()}.webp"
    try:
        with tempfile.TemporaryDirectory(prefix="media-") as folder:
            path = Path(folder) / "original"
            with path.open("wb") as target:
                for chunk in iter(lambda: file.read(1 << 20), b""):
                    target.write(chunk)
            if virus := find_virus(path):
                raise bad_picture(_("A virus was found in it: %(name)s.") % {"name": virus})
            with prepare_portrait(path).open("rb") as made:
                get_store().write(key, made)
    except Unusable as fault:
        raise bad_picture(str(fault)) from fault
    except (StorageUnavailable, ScannerUnavailable) as error:
        raise FilesUnreachable() from error
    _change(actor, user, key)


def remove_avatar(actor: Actor, *, user: User) -> None:
    """Show the first letter of the name again."""
    _change(actor, user, "")


def open_avatar(user: User) -> IO[bytes] | None:
    """The bytes of a person's picture, None when there is none."""
    key = user.avatar.name or ""
    if not key.startswith(FOLDER):
        return None
    try:
        store = get_store()
        return None if store.size_of(key) is None else store.open(key)
    except StorageUnavailable:
        return None


def _change(actor: Actor, user: User, key: str) -> None:
    former = user.avatar.name or ""
    change_profile(actor, user=user, avatar=key)
    if former.startswith(FOLDER):
        try:
            get_store().remove(former)
        except StorageUnavailable as error:
            raise FilesUnreachable() from error
