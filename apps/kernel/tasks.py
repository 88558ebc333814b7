"""Celery entries of the kernel."""

from __future__ import annotations

import datetime as dt

from celery import shared_task

from . import clock, tenancy
from .circuits import forget_old_circuits
from .models import IdempotencyKey, RateCount, Remembered
from .outbox import drain
from .retention import forget_delivered

SCHEDULE = {
    "kernel.dispatch_outbox": {"task": "kernel.dispatch_outbox", "every": dt.timedelta(seconds=2)},
    "kernel.purge_old_rows": {"task": "kernel.purge_old_rows", "every": dt.timedelta(hours=1)},
}


@shared_task(name="kernel.dispatch_outbox", ignore_result=True)
def dispatch_outbox() -> int:
    """Deliver what waits, for at most 20 seconds."""
    return drain(seconds=20)


@shared_task(name="kernel.purge_old_rows", ignore_result=True)
@tenancy.across("kernel.purge")
def purge_old_rows() -> None:
    """Drop idempotency keys after 7 days, delivered events after 30, and counts, codes and silences of long ago."""
    RateCount.objects.filter(ends_at__lt=clock.now()).delete()
    Remembered.objects.filter(ends_at__lt=clock.now()).delete()
    IdempotencyKey.objects.filter(created_at__lt=clock.now() - dt.timedelta(days=7)).delete()
    forget_old_circuits()
    forget_delivered()
