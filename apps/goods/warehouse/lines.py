"""What goes into the warehouse's services, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class WantedLine:
    """Units of a variant that are asked for."""

    variant_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class LandedLine:
    """What became of units of a transfer's line: they arrived, arrived broken, or never came."""

    line_id: UUID
    arrived: int = 0
    damaged: int = 0
    missing: int = 0

    @property
    def quantity(self) -> int:
        return self.arrived + self.damaged + self.missing
