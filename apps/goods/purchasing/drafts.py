"""What goes into the purchasing services, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierDraft:
    """What is known of a supplier. `minimum_order` is in its currency; `tax_rate` a fraction: 0.2 is 20 %."""

    name: str
    code: str = ""
    currency: str = ""
    tax_number: str = ""
    tax_rate: Decimal = Decimal(0)
    payment_days: int = 30
    lead_days: int = 7
    minimum_order: Decimal | None = None
    website: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDraft:
    """A variant as the supplier sells it; `cost` of one piece with up to four places, without tax."""

    variant_id: UUID
    cost: Decimal
    supplier_sku: str = ""
    pack_size: int = 1
    minimum_quantity: int = 1
    lead_days: int | None = None
    is_preferred: bool = False
