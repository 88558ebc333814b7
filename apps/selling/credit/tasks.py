"""Celery entries: cards whose last day is over."""

from __future__ import annotations

import datetime as dt
import logging

from celery import shared_task

from apps.kernel import clock
from apps.kernel.actors import Actor

from . import selectors
from .services import expire_credit

log = logging.getLogger(__name__)

SCHEDULE = {"credit.expire_due": {"task": "credit.expire_due", "every": dt.timedelta(minutes=10)}}
_BATCH = 200


@shared_task(name="credit.expire_due", ignore_result=True)
def expire_due() -> int:
    """Take what is left off the cards that are over, each on its own: one that fails keeps no other waiting."""
    due = selectors.list_across_due_credit(clock.today(), _BATCH)
    for business_id, account_id in due:
        try:
            expire_credit(Actor.system("credit", business_id), account_id=account_id)
        except Exception:
            log.exception("A gift card that is over could not be closed: %s", account_id)
    return len(due)
