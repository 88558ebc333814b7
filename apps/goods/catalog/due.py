"""What the clock finds to do in the catalogue, of all businesses."""

from __future__ import annotations

from uuid import UUID

from apps.goods.catalog.models import Certificate
from apps.kernel.tenancy import across
from apps.platform.media.states import MediaState

DONE_WITH_FILE = (MediaState.READY, MediaState.FAILED, MediaState.DELETED)


@across("tasks.due")
def list_across_to_read(limit: int) -> list[tuple[UUID, UUID]]:
    """(business, certificate) of what waits to be read and whose file is there, or will never be."""
    waiting = Certificate.unscoped.filter(state=Certificate.State.READING, media__state__in=DONE_WITH_FILE)
    return list(waiting.order_by("created_at").values_list("business_id", "pk")[:limit])
