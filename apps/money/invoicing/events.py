"""What invoicing tells."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.kernel.events import Event, event


@event("invoices.issued", version=1)
@dataclass(frozen=True, kw_only=True)
class DocumentIssued(Event):
    """A receipt, an invoice or a credit note was issued; `total` is in `currency`."""

    document_id: UUID
    kind: str
    reference: str
    order_id: UUID
    total: Decimal
    currency: str

    @property
    def owner(self) -> str:
        return f"order:{self.order_id}"
