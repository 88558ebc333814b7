"""Issued papers: kept as they were issued, because tax law says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Kept, impersonal, personal
from apps.money.invoicing.models import Document


def _paper(document: Document) -> Iterator[tuple[str, Any]]:
    if document.file:
        yield document.file_name, lambda: default_storage.open(str(document.file.name))


personal(
    "invoicing.document", "buyer_name", "snapshot", "file",
    title=_("Invoices, receipts and credit notes"),
    of={"customer": lambda person: Q(order__customer_id=person.id)},
    erasure=Kept(_("Tax law asks for issued papers as they were issued."), years=10),
    files=_paper,
)  # fmt: skip
impersonal("invoicing.document", "currency", "sha256", because="a currency, a checksum")
