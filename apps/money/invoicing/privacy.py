"""Issued papers: kept as they were issued, because tax law says so."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.privacy import Kept, impersonal, personal
from apps.money.invoicing.models import Document
from apps.money.invoicing.services.keeping import read_document


def _paper(document: Document) -> Iterator[tuple[str, Any]]:
    # What was never asked for has no picture yet; its content stands in the snapshot.
    if document.sha256:
        actor = Actor.system("privacy", document.business_id)
        yield document.file_name, lambda: BytesIO(read_document(actor, document=document).content)


personal(
    "invoicing.document", "buyer_name", "snapshot", "file",
    title=_("Invoices, receipts and credit notes"),
    of={"customer": lambda person: Q(order__customer_id=person.id)},
    erasure=Kept(_("Tax law asks for issued papers as they were issued."), years=10),
    files=_paper,
)  # fmt: skip
impersonal("invoicing.document", "currency", "sha256", because="a currency, a checksum")
