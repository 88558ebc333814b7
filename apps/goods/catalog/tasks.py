"""Celery entries of the catalogue: certificates that wait to be read, drafts whose time has come."""

from __future__ import annotations

import datetime as dt
import logging
from uuid import UUID

from celery import shared_task
from django.db.models import Q

from apps.goods.catalog.models import Certificate, ProductDraft
from apps.goods.catalog.services import (
    give_up_reading,
    publish_due_draft,
    put_off_draft,
    read_certificate_file,
)
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.tenancy import across
from apps.platform.media.states import MediaState
from apps.platform.media.stores import StorageUnavailable

log = logging.getLogger(__name__)
SCHEDULE = {
    "catalog.read_certificates": {"task": "catalog.read_certificates", "every": dt.timedelta(seconds=20)},
    "catalog.publish_drafts": {"task": "catalog.publish_drafts", "every": dt.timedelta(seconds=30)},
}
BATCH = 20
DONE_WITH_FILE = (MediaState.READY, MediaState.FAILED, MediaState.DELETED)


@across("tasks.due")
def list_across_to_read(limit: int) -> list[tuple[UUID, UUID]]:
    """(business, certificate) of what waits to be read and whose file is there, or will never be."""
    waiting = Certificate.unscoped.filter(state=Certificate.State.READING, media__state__in=DONE_WITH_FILE)
    return list(waiting.order_by("created_at").values_list("business_id", "pk")[:limit])


@across("tasks.due")
def list_across_due_drafts(limit: int) -> list[tuple[UUID, UUID]]:
    """(business, draft) of drafts whose time has come."""
    now = clock.now()
    due = ProductDraft.unscoped.filter(
        Q(try_again_at=None) | Q(try_again_at__lte=now),
        state=ProductDraft.State.SCHEDULED,
        publish_at__lte=now,
    )
    # Those that broke come last: twenty of them must not take all the places of a turn.
    return list(due.order_by("failures", "publish_at").values_list("business_id", "pk")[:limit])


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
        except Exception:
            # One file that breaks the reader must not keep the others waiting; a person types what it says.
            log.exception("certificate %s broke the reader", certificate_id)
            give_up_reading(Actor.system("catalog", business_id), certificate_id=certificate_id)
    return done


@shared_task(name="catalog.publish_drafts", ignore_result=True)
def publish_drafts() -> int:
    """Publish drafts whose time has come; returns how many were. One that cannot be says why and waits."""
    done = 0
    for business_id, draft_id in list_across_due_drafts(BATCH):
        try:
            with tenancy.bind(business_id):
                done += publish_due_draft(Actor.system("catalog", business_id), draft_id=draft_id)
        except Exception as error:
            # One that breaks must not keep the others from their time.
            log.exception("draft %s broke off", draft_id)
            _put_off(business_id, draft_id, type(error).__name__)
    return done


def _put_off(business_id: UUID, draft_id: UUID, error: str) -> None:
    try:
        with tenancy.bind(business_id):
            put_off_draft(Actor.system("catalog", business_id), draft_id=draft_id, error=error)
    except Exception:
        # Even this may break with the database; the clock comes again.
        log.exception("draft %s could not be put off", draft_id)
