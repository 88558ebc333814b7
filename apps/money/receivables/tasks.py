"""What the clock starts."""

from __future__ import annotations

import datetime as dt
import logging

from celery import shared_task

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.tenancy import bind
from apps.platform.businesses.selectors import get_business

from .selectors import list_across_overdue, to_remind
from .services import remind

log = logging.getLogger(__name__)

SCHEDULE = {
    "receivables.send_reminders": {"task": "receivables.send_reminders", "every": dt.timedelta(hours=1)},
}


@shared_task(name="receivables.send_reminders")
def send_reminders() -> int:
    """Remind companies of invoices whose next level has come, over all businesses, each by its own day.

    Each invoice is its own transaction; one that cannot be reminded of does not keep the others. Returns how many.
    """
    sent = 0
    for business_id, receivable_ids in list_across_overdue(clock.now()).items():
        with bind(business_id):
            today = clock.today(get_business(business_id).time_zone)
            due = list(to_remind(receivable_ids, today))
        actor = Actor.system("reminders", business_id)
        for receivable_id in due:
            try:
                sent += remind(actor, receivable_id=receivable_id) is not None
            except DomainError as error:
                log.warning("No reminder: %s", error, extra={"receivable": str(receivable_id)})
    return sent
