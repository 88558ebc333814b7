"""What purchasing tells."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from apps.kernel.events import Event, event


@event("purchasing.supplier_added", version=1)
@dataclass(frozen=True, kw_only=True)
class SupplierAdded(Event):
    """A supplier is known from now on."""

    supplier_id: UUID
    code: str
    currency: str

    @property
    def owner(self) -> str:
        return f"supplier:{self.supplier_id}"
