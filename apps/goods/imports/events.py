"""What imports tell: each product and movement tells its own story through catalog and inventory."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from apps.kernel.events import Event, event


@event("imports.job_finished", version=1)
@dataclass(frozen=True, kw_only=True)
class ImportFinished(Event):
    """An import came to its end, with the numbers of products."""

    job_id: UUID
    created: int
    updated: int
    unchanged: int
    rejected: int

    @property
    def owner(self) -> str:
        return f"import:{self.job_id}"


@event("imports.batch_undone", version=1)
@dataclass(frozen=True, kw_only=True)
class BatchUndone(Event):
    """An import or a bulk edit was taken back: how many changes were, and how many were left as others made them."""

    batch_id: UUID
    undone: int
    kept: int

    @property
    def owner(self) -> str:
        return f"batch:{self.batch_id}"
