"""What goes into the purchasing services, field by field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.goods.inventory.lines import LotDraft


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
    """A variant as the supplier sells it; `cost` of one piece with up to four places, without tax, or `pack_cost`
    of a pack of `pack_size`."""

    variant_id: UUID
    cost: Decimal | None = None
    pack_cost: Decimal | None = None
    supplier_sku: str = ""
    pack_size: int = 1
    minimum_quantity: int = 1
    lead_days: int | None = None
    is_preferred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """An item to be ordered. Without a cost, `tax_rate` or `supplier_sku` the supplier's own are taken.

    `quantity` counts stock units; with `pack_id`, or with a `pack_size` above 1, it counts packs, and `pack_cost` is
    what one of them costs.
    """

    variant_id: UUID
    quantity: int
    pack_id: UUID | None = None
    pack_size: int = 1
    pack_cost: Decimal | None = None
    unit_cost: Decimal | None = None
    tax_rate: Decimal | None = None
    supplier_sku: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """A purchase order as it is written. `rate` is what one unit of the supplier's currency is worth in ours."""

    lines: Sequence[LineDraft]
    location_id: UUID | None = None
    expected_on: dt.date | None = None
    rate: Decimal | None = None
    rate_on: dt.date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalDraft:
    """What came of one line of an order; `reason` says why pieces were rejected."""

    line_id: UUID
    accepted: int = 0
    # Packs of the line that were accepted besides the single pieces.
    accepted_packs: int = 0
    rejected: int = 0
    reason: str = ""
    lots: Sequence[LotDraft] = ()
