"""What the clock starts."""

from __future__ import annotations

import datetime as dt
import logging

from celery import shared_task

from apps.kernel.actors import Actor
from apps.platform.media.stores import StorageUnavailable
from apps.platform.privacy.selectors import list_across_ended_exports
from apps.platform.privacy.services import remove_export

log = logging.getLogger(__name__)
BATCH = 200
SCHEDULE = {"privacy.remove_exports": {"task": "privacy.remove_exports", "every": dt.timedelta(hours=1)}}


@shared_task(name="privacy.remove_exports")
def remove_exports() -> int:
    """Remove exports whose week is over; returns how many."""
    removed = 0
    for export_id, business_id in list_across_ended_exports(BATCH):
        try:
            remove_export(Actor.system("privacy", business_id), export_id=export_id)
            removed += 1
        except StorageUnavailable:
            log.exception("export_not_removed", extra={"export": str(export_id)})
    return removed
