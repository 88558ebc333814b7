"""Celery entries of the catalogue: certificates that wait to be read."""

from __future__ import annotations

import datetime as dt
import logging

from celery import shared_task

from apps.goods.catalog.due import list_across_to_read
from apps.goods.catalog.services import read_certificate_file
from apps.kernel.actors import Actor
from apps.platform.media.stores import StorageUnavailable

log = logging.getLogger(__name__)
SCHEDULE = {
    "catalog.read_certificates": {"task": "catalog.read_certificates", "every": dt.timedelta(seconds=20)},
}
BATCH = 20


@shared_task(name="catalog.read_certificates", ignore_result=True)
def read_certificates() -> int:
    """Read certificates whose file is ready; returns how many were read."""
    done = 0
    for business_id, certificate_id in list_across_to_read(BATCH):
        try:
            read_certificate_file(Actor.system("catalog", business_id), certificate_id=certificate_id)
            done += 1
        except StorageUnavailable as error:
            log.warning("Certificate %s could not be read yet: %s", certificate_id, error)
    return done
