"""What this context tells."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from apps.kernel.events import Event, event


@dataclass(frozen=True, kw_only=True)
class MediaEvent(Event):
    media_id: UUID

    @property
    def owner(self) -> str:
        return f"media:{self.media_id}"


@event("media.processed", version=1)
@dataclass(frozen=True, kw_only=True)
class MediaProcessed(MediaEvent):
    """The file is ready, its derived files are there."""


@event("media.deleted", version=1)
@dataclass(frozen=True, kw_only=True)
class MediaDeleted(MediaEvent):
    """Nobody may use the file any more; its objects are being removed."""
