"""What notifications announce."""

from __future__ import annotations

from dataclasses import dataclass

from apps.kernel.events import Event, event


@event("notifications.advertising_chosen", version=1)
@dataclass(frozen=True, kw_only=True)
class AdvertisingChosen(Event):
    """Whoever has this address wants no more advertising on the channel, or wants it again."""

    channel: str
    address: str
    wanted: bool

    @property
    def owner(self) -> str:
        return f"{self.channel}:{self.address}"[:120]
