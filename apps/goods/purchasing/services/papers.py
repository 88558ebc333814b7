"""The PDF of an approved version: made once of its snapshot, stored, and checked at every reading."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _

from apps.goods.purchasing.content import render_order
from apps.goods.purchasing.models import PurchaseVersion
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case


class DamagedPaper(DomainError):
    """The stored file is gone or is not what was stored."""

    status = 500
    default_code = "purchase_paper_damaged"
    default_message = _("The stored file of this order is damaged.")


def read_paper(actor: Actor, *, version: PurchaseVersion) -> bytes:
    """The PDF of a version: rendered outside of any lock at the first call, the same bytes ever after.

    The caller has made sure that the actor may read it. Raises `DamagedPaper`.
    """
    if not version.sha256:
        content = render_order(version.snapshot, identifier=hashlib.sha256(version.pk.bytes).digest()[:16])
        digest = hashlib.sha256(content).hexdigest()
        wanted = f"documents/{version.business_id}/purchase_order/{version.pk}-{digest[:24]}.pdf"
        name = default_storage.save(wanted, ContentFile(content))
        version = keep_paper(actor, version_id=version.pk, name=name, sha256=digest)
        if version.file.name != name:
            default_storage.delete(name)
    try:
        with default_storage.open(str(version.file.name)) as file:
            found: bytes = file.read()
    except OSError as error:
        raise DamagedPaper(remedy=_("Restore the file from the backup.")) from error
    if hashlib.sha256(found).hexdigest() != version.sha256:
        raise DamagedPaper(remedy=_("Restore the file from the backup."))
    return found


@use_case(unaudited="the picture of a version whose approval is entered")
def keep_paper(actor: Actor, *, version_id: UUID, name: str, sha256: str) -> PurchaseVersion:
    """Note a stored file as the version's PDF, unless another was first; returns what holds."""
    version: PurchaseVersion = lock_one(Rank.ROOT, PurchaseVersion.objects.filter(pk=version_id))
    if not version.sha256:
        version.file.name = name
        version.sha256 = sha256
        version.save(update_fields=["file", "sha256"])
    return version
