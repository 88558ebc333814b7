"""Celery entries: find what is due, call one service for each."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from celery import shared_task
from django.conf import settings

from apps.kernel import clock
from apps.kernel.actors import Actor

from . import selectors
from .services import expire_payment, refresh_attempt, send_refund, warn_of_lapse
from .services.taking import TELL_BEFORE

log = logging.getLogger(__name__)

SCHEDULE = {
    "payments.send_due_refunds": {"task": "payments.send_due_refunds", "every": dt.timedelta(seconds=30)},
    "payments.poll_open_attempts": {"task": "payments.poll_open_attempts", "every": dt.timedelta(seconds=15)},
    "payments.expire_due_payments": {
        "task": "payments.expire_due_payments",
        "every": dt.timedelta(seconds=60),
    },
    "payments.warn_of_lapses": {"task": "payments.warn_of_lapses", "every": dt.timedelta(minutes=10)},
}
_BATCH = 100


@shared_task(name="payments.send_due_refunds", ignore_result=True)
def send_due_refunds() -> int:
    """Send refunds that wait, also those that got no answer."""
    due = selectors.list_across_due_refunds(clock.now(), _BATCH)
    return _for_each(due, lambda actor, refund_id: send_refund(actor, refund_id=refund_id))


@shared_task(name="payments.poll_open_attempts", ignore_result=True)
def poll_open_attempts() -> int:
    """Ask about attempts that have been silent: a message may have been lost."""
    due = selectors.list_across_due_attempts(clock.now(), _BATCH)
    return _for_each(due, lambda actor, attempt_id: refresh_attempt(actor, attempt_id=attempt_id))


@shared_task(name="payments.expire_due_payments", ignore_result=True)
def expire_due_payments() -> int:
    """Close payments whose time is over."""
    due = selectors.list_across_expired_payments(clock.now(), _BATCH)
    return _for_each(due, lambda actor, payment_id: expire_payment(actor, payment_id=payment_id))


@shared_task(name="payments.warn_of_lapses", ignore_result=True)
def warn_of_lapses() -> int:
    """Tell of reserved money that will be free again within two days."""
    due = selectors.list_across_lapsing(clock.now() + TELL_BEFORE, _BATCH)
    return _for_each(due, lambda actor, attempt_id: warn_of_lapse(actor, attempt_id=attempt_id))


def wake_refunds() -> None:
    """Have a worker send refunds now. Failing to ask is harmless: the scheduled run comes anyway."""
    if not getattr(settings, "OUTBOX_WAKE", True):
        return
    try:
        send_due_refunds.apply_async(retry=False, expires=30)  # the scheduled run has come by then
    except Exception:
        log.warning("No worker could be woken; the scheduled run will send refunds.", exc_info=True)


def _for_each(due: list[tuple[UUID, UUID]], act: Callable[[Actor, UUID], Any]) -> int:
    """Each on its own: one that fails does not keep the others waiting."""
    for business_id, thing_id in due:
        try:
            act(Actor.system("payments", business_id), thing_id)
        except Exception:
            log.exception("A due payment task failed for %s", thing_id)
    return len(due)
