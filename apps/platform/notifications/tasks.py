"""Celery entries: send what is due."""

from __future__ import annotations

import datetime as dt

from celery import shared_task

from apps.platform.notifications.selectors import list_across_due
from apps.platform.notifications.services import send_message

SCHEDULE = {
    "notifications.send_due_messages": {
        "task": "notifications.send_due_messages",
        "every": dt.timedelta(seconds=5),
    },
}
BATCH = 100


@shared_task(name="notifications.send_due_messages")
def send_due_messages() -> int:
    """Send up to a hundred due messages, each on its own; returns how many went out."""
    return sum(send_message(business_id, message_id) for business_id, message_id in list_across_due(BATCH))
