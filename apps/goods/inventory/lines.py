"""What goes into the stock services and what comes out, line by line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom stock is promised to: a type such as `order`, and its id. Inventory knows no more of it."""

    type: str
    id: UUID


@dataclass(frozen=True, slots=True)
class LotDraft:
    """A lot, or a serial number, that comes in. Without a quantity: all pieces of its line."""

    code: str
    quantity: int | None = None
    expires_on: dt.date | None = None
    best_before: dt.date | None = None
    supplier: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class LotPick:
    """So many pieces of a lot that somebody chose, by its id or its code."""

    quantity: int
    lot_id: UUID | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class StockLine:
    """Units that came in. Without `unit_cost` the variant's own cost is taken.

    `value` is what they cost together, where that is known to the cent (landed costs); else quantity × unit cost.
    """

    variant_id: UUID
    quantity: int
    unit_cost: Decimal | None = None
    value: Decimal | None = None
    lots: Sequence[LotDraft] = ()


@dataclass(frozen=True, slots=True)
class AdjustLine:
    """Either by how much (`delta`) or to how many on hand (`counted`); of one lot, if it is named."""

    variant_id: UUID
    delta: int | None = None
    counted: int | None = None
    lot_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReserveLine:
    """Units wanted for a line. A kit is named by `is_kit` and taken apart by the service: its parts carry the `kit_id`
    and how many pieces are in one kit (`per_unit`). A pack is a kit with one part: `quantity` packs of `pack_size`.
    """

    line_id: UUID
    variant_id: UUID
    quantity: int
    is_kit: bool = False
    kit_id: UUID | None = None
    per_unit: int = 1
    pack_size: int = 1
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Units that come back at what they cost when they left (`unit_cost`, four places).

    `value` is what they are worth together, where that is known to the cent (parts of a kit).
    """

    line_id: UUID
    variant_id: UUID
    quantity: int
    unit_cost: Decimal
    lots: Sequence[LotPick] = ()
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Consumed:
    """What left for a line, and its cost in the business's currency, on the minor unit."""

    line_id: UUID
    quantity: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back for a line, and the value it brought back, on the minor unit."""

    line_id: UUID
    quantity: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class MoveLine:
    """Units of a line that leave for another location."""

    line_id: UUID
    variant_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Moved:
    """What left for another location, and the value it took along, on the minor unit."""

    line_id: UUID
    quantity: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class LandLine:
    """Units of a line that are no longer on their way: they arrived, or were lost with `cause`. With their value."""

    line_id: UUID
    variant_id: UUID
    quantity: int
    value: Decimal
    cause: str = ""


@dataclass(frozen=True, slots=True)
class CountedLine:
    """By how many a count differed (`delta`), when it was taken, and how often the number had been put right then."""

    variant_id: UUID
    delta: int
    counted_at: dt.datetime
    corrections: int


@dataclass(frozen=True, slots=True)
class SetLine:
    """How many lie there, of goods named by id or by SKU or barcode."""

    quantity: int
    variant_id: UUID | None = None
    code: str = ""
