"""Celery entries of background work itself."""

from __future__ import annotations

import datetime as dt

from celery import shared_task

from .services import forget_old_records

SCHEDULE = {"jobs.forget_old_records": {"task": "jobs.forget_old_records", "every": dt.timedelta(hours=1)}}


@shared_task(name="jobs.forget_old_records", ignore_result=True)
def forget_old() -> None:
    """Drop old notes of runs and of settled tasks."""
    forget_old_records()
