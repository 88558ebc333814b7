"""What the clock starts: lost labels are looked for, parcels followed, labels carried into the file store, old
prices of carriers dropped."""

from __future__ import annotations

import datetime as dt
import logging
from uuid import UUID

from celery import shared_task

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError

from .models import Shipment
from .selectors import list_across_due_shipments, list_across_old_answers, list_across_waiting_labels
from .services import follow_shipment, forget_answers, keep_waiting_label, settle_asked
from .services.asking import KEPT_FOR

log = logging.getLogger(__name__)

BATCH = 100
MOST_FORGOTTEN = 5_000
SCHEDULE = {
    "shipping.look_after_shipments": {
        "task": "shipping.look_after_shipments",
        "every": dt.timedelta(minutes=1),
    },
    "shipping.forget_answers": {"task": "shipping.forget_answers", "every": dt.timedelta(hours=1)},
}


@shared_task(name="shipping.look_after_shipments")
def look_after_shipments() -> int:
    """One bounded batch over all businesses, each shipment by itself: a carrier that is silent keeps no other one.

    Returns how many were looked after.
    """
    done = 0
    moment = clock.now()
    for shipment_id, business_id, state in list_across_due_shipments(moment, BATCH):
        settle = settle_asked if state == Shipment.State.ASKED else follow_shipment
        done += _tried(settle, shipment_id, business_id)
    for shipment_id, business_id in list_across_waiting_labels(moment, BATCH):
        done += _tried(keep_waiting_label, shipment_id, business_id)
    return done


@shared_task(name="shipping.forget_answers", ignore_result=True)
def forget_old_answers() -> None:
    """Drop what carriers said of parcels an hour after it ran out: nobody is shown it any more."""
    before = clock.now() - KEPT_FOR
    for business_id in list_across_old_answers(before, MOST_FORGOTTEN):
        forget_answers(Actor.system("shipping", business_id), before=before)


def _tried(service: object, shipment_id: UUID, business_id: UUID) -> bool:
    try:
        service(Actor.system("shipping", business_id), shipment_id=shipment_id)  # type: ignore[operator]
    except DomainError as error:
        log.warning("Shipment %s: %s", shipment_id, error, extra={"shipment": str(shipment_id)})
        return False
    return True
