"""What the clock starts."""

from __future__ import annotations

import datetime as dt
import logging

from celery import shared_task
from django.db import Error

from apps.kernel.errors import DomainError
from apps.platform.media.stores import StorageUnavailable
from apps.platform.records.selectors import list_across_chains
from apps.platform.records.services import archive_chain

log = logging.getLogger(__name__)
SCHEDULE = {"records.archive_old": {"task": "records.archive_old", "every": dt.timedelta(hours=24)}}


@shared_task(name="records.archive_old")
def archive_old() -> int:
    """Move what is older than each business's time into archives; returns how many entries.

    One chain that cannot be moved does not hold up the others; the next night tries again.
    """
    moved = 0
    for chain in list_across_chains():
        try:
            moved += archive_chain(chain)
        except (DomainError, StorageUnavailable, Error, ValueError):
            log.exception("archive_failed", extra={"chain": str(chain)})
    return moved
