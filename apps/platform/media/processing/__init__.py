"""From uploaded to ready: copy, check again, scan, clean, make what pages need. May die anywhere and begin again."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.platform.media.contents import HEAD_BYTES, real_type
from apps.platform.media.models import Media, incoming_key
from apps.platform.media.services.preparing import (
    Made,
    claim,
    record_made,
    record_ready,
    record_try_again,
    record_unusable,
)
from apps.platform.media.states import MediaKind
from apps.platform.media.stores import StorageUnavailable, Store, get_store

from .films import prepare_film
from .papers import prepare_paper
from .pictures import prepare_picture
from .results import Prepared, Product, Unusable
from .scanning import ScannerUnavailable, get_scanner

log = logging.getLogger(__name__)


def process(actor: Actor, *, media_id: UUID) -> None:
    """Prepare one file when nobody else does. Never raises for a bad file: its state says what is wrong."""
    media = claim(actor, media_id=media_id)
    if media is None:
        return
    try:
        with _copy(media) as path:
            _check(media, path)
            prepared = _prepare(media, path)
            size = _store(actor, media, path, prepared)
            if size is None or not record_ready(
                actor, media_id=media.pk, size=size, width=prepared.width, height=prepared.height
            ):
                _forget_all(media, prepared)
    except Unusable as fault:
        record_unusable(actor, media_id=media.pk, why=str(fault))
        _forget_incoming(media)
    except (StorageUnavailable, ScannerUnavailable, OSError) as error:
        log.warning("File %s is tried again later: %s", media.pk, error)
        if not record_try_again(actor, media_id=media.pk, why=_("It could not be prepared yet.")):
            record_unusable(actor, media_id=media.pk, why=_("It could not be prepared. Upload it again."))
    else:
        _forget_incoming(media)


@contextmanager
def _copy(media: Media) -> Iterator[Path]:
    """The sender's bytes in a folder of their own. Everything below works on this copy and stores this copy."""
    with tempfile.TemporaryDirectory(prefix="media-") as folder:
        path = Path(folder) / f"original.{media.object_key.rsplit('.', 1)[-1]}"
        with get_store().open(incoming_key(media)) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield path


def _check(media: Media, path: Path) -> None:
    with path.open("rb") as file:
        found = real_type(file.read(HEAD_BYTES), media.content_type)
    if path.stat().st_size != media.size or found != media.content_type:
        raise Unusable(_("It was changed after it was uploaded."))
    if virus := find_virus(path):
        raise Unusable(_("A virus was found in it: %(name)s.") % {"name": virus})


def find_virus(path: Path) -> str:
    """The name of the virus in a file, empty for none or where no scanner is configured."""
    scanner = get_scanner()
    if scanner is None:
        return ""
    with path.open("rb") as file:
        return scanner.find_virus(file)


def _prepare(media: Media, path: Path) -> Prepared:
    if media.content_type.startswith("image/"):
        return prepare_picture(path, read_text=media.kind == MediaKind.DOCUMENT)
    if media.kind == MediaKind.VIDEO:
        return prepare_film(path, media.content_type)
    return prepare_paper(path, media.content_type)


def _store(actor: Actor, media: Media, path: Path, prepared: Prepared) -> int | None:
    """Store what was made, each file noted as soon as it lies there; what an earlier try stored is kept.

    Returns the size of the file itself, or None when it was deleted meanwhile.
    """
    with tenancy.bind(actor.business_id):
        known = set(media.derived.values_list("label", flat=True))
    store = get_store()
    for product in prepared.products:
        if product.label in known:
            continue
        if not record_made(actor, media_id=media.pk, made=_put(store, media, product)):
            return None
    with (prepared.clean or path).open("rb") as file:
        return store.write(media.object_key, file)


def _put(store: Store, media: Media, product: Product) -> Made:
    key = _key_of(media, product)
    with product.path.open("rb") as file:
        size = store.write(key, file)
    return Made(product.label, key, product.content_type, size, product.width, product.height)


def _key_of(media: Media, product: Product) -> str:
    return f"{media.object_key.rsplit('.', 1)[0]}/{product.label}"


def _forget_all(media: Media, prepared: Prepared) -> None:
    """Take away what was stored for a file that was deleted while it was prepared: nobody would look for it again."""
    for key in (*(_key_of(media, product) for product in prepared.products), media.object_key):
        get_store().remove(key)


def _forget_incoming(media: Media) -> None:
    try:
        get_store().remove(incoming_key(media))
    except StorageUnavailable as error:
        log.warning("The incoming bytes of file %s are still there: %s", media.pk, error)
