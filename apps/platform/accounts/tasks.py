"""Celery entries: forget what is too old to matter."""

from __future__ import annotations

import datetime as dt

from celery import shared_task

from apps.kernel.actors import Actor
from apps.platform.accounts.services.guarding import forget_old_guards

SCHEDULE = {
    "accounts.forget_old_guards": {"task": "accounts.forget_old_guards", "every": dt.timedelta(hours=6)},
}


@shared_task(name="accounts.forget_old_guards", ignore_result=True)
def forget_old_guards_task() -> int:
    """Drop the counts of failed sign-ins nobody repeated; returns how many."""
    return forget_old_guards(Actor.system("accounts", None))
