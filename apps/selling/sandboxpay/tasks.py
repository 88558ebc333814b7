"""Celery entries of the pretend company."""

from __future__ import annotations

import datetime as dt
import logging

from celery import shared_task
from django.conf import settings

log = logging.getLogger(__name__)

SCHEDULE = {
    "sandboxpay.deliver_due_events": {
        "task": "sandboxpay.deliver_due_events",
        "every": dt.timedelta(seconds=5),
    },
}


@shared_task(name="sandboxpay.deliver_due_events", ignore_result=True)
def deliver_due_events() -> int:
    """Tell the shops what they have not heard yet."""
    from .delivery import deliver_due

    return deliver_due()


def wake_delivery() -> None:
    """Have a worker tell the shops now. Failing to ask is harmless: the scheduled run comes anyway."""
    if not getattr(settings, "OUTBOX_WAKE", True):
        return
    try:
        deliver_due_events.apply_async(retry=False, expires=5)  # the scheduled run has come by then
    except Exception:
        log.warning("No worker could be woken; the scheduled run will deliver.", exc_info=True)
