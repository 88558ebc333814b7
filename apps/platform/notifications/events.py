"""What notifications announce."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from apps.kernel.events import Event, event


@event("notifications.advertising_chosen", version=1)
@dataclass(frozen=True, kw_only=True)
class AdvertisingChosen(Event):
    """Whoever got this message wants no more advertising on its channel, or wants it again.

    The message says who that is: what is published names nobody.
    """

    channel: str
    message_id: UUID
    wanted: bool

    @property
    def owner(self) -> str:
        return f"message:{self.message_id}"
