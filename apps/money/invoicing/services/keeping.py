"""Keeping: the PDF of a paper is made once, stored, and checked at every reading.

Rendering takes a second and runs outside of any lock. Two who download at once may both render; the first to
write wins, the other throws his file away and reads the winner's.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.money.invoicing.models import Document
from apps.money.invoicing.rendering import render

log = logging.getLogger(__name__)


class DamagedDocument(DomainError):
    """The stored file is gone or is not what was stored, and cannot be made again to the same byte."""

    status: ClassVar[int] = 500
    default_code = "document_damaged"
    default_message = _("The stored file of this document is damaged.")


@dataclass(frozen=True, slots=True)
class Rendering:
    """A paper as bytes, with what it is called and its digest."""

    content: bytes
    file_name: str
    sha256: str


def read_document(actor: Actor, *, document: Document) -> Rendering:
    """The PDF of an issued paper: rendered and stored at the first call, the same bytes ever after.

    The caller has made sure that the actor may read it. Raises `DamagedDocument`.
    """
    if not document.sha256:
        document = _render_and_keep(actor, document)
    content = _read_file(str(document.file.name))
    if content is None or hashlib.sha256(content).hexdigest() != document.sha256:
        content = _make_again(document)
    return Rendering(content, document.file_name, document.sha256)


@use_case(unaudited="the picture of a document whose issue is entered")
def keep_rendering(actor: Actor, *, document_id: UUID, name: str, sha256: str, byte_count: int) -> Document:
    """Note a stored file as the rendering of a paper, unless another was first; returns what holds.

    `name` is the file's name in the default storage. Raises `NotFound`.
    """
    document: Document = lock_one(Rank.ROOT, Document.objects.filter(pk=document_id))
    if document.sha256:
        return document
    document.file.name = name
    document.sha256 = sha256
    document.byte_count = byte_count
    document.rendered_at = clock.now()
    document.save(update_fields=["file", "sha256", "byte_count", "rendered_at", "updated_at"])
    return document


def _render_and_keep(actor: Actor, document: Document) -> Document:
    content = render(document)
    digest = hashlib.sha256(content).hexdigest()
    # Part of the digest is in the name: it cannot be guessed where files are served by a plain web server.
    wanted = f"documents/{document.business_id}/{document.kind}/{document.reference}-{digest[:24]}.pdf"
    name = default_storage.save(wanted, ContentFile(content))
    kept: Document = keep_rendering(
        actor, document_id=document.pk, name=name, sha256=digest, byte_count=len(content)
    )
    if kept.file.name != name:
        default_storage.delete(name)
    return kept


def _read_file(name: str) -> bytes | None:
    try:
        with default_storage.open(name) as file:
            content: bytes = file.read()
            return content
    except OSError:
        return None


def _make_again(document: Document) -> bytes:
    """Heal a lost file if the same bytes still come out; never hand out others under the same number."""
    log.error("document_damaged", extra={"document": str(document.pk)})
    content = render(document)
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise DamagedDocument(remedy=_("Restore the file from the backup."), reference=document.reference)
    name = str(document.file.name)
    default_storage.delete(name)
    default_storage.save(name, ContentFile(content))
    return content
