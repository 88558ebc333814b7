"""What pricing tells."""

from __future__ import annotations

from dataclasses import dataclass

from apps.kernel.events import Event, event


@event("pricing.lists_changed", version=1)
@dataclass(frozen=True, kw_only=True)
class PriceListsChanged(Event):
    """Price lists of the business, or what stands on them, changed."""

    @property
    def owner(self) -> str:
        return f"prices:{self.business_id}"
