"""What the clock starts."""

from __future__ import annotations

import datetime as dt

from celery import shared_task

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.platform.access.selectors import list_across_ending_keys, list_across_old_families
from apps.platform.access.services import forget_old_families, warn_of_ending
from apps.platform.access.services.tokens import KEPT_FOR

WARNED_BEFORE = dt.timedelta(days=7)
BATCH = 200
SCHEDULE = {
    "access.warn_of_ending_keys": {"task": "access.warn_of_ending_keys", "every": dt.timedelta(hours=1)},
    "access.forget_old_sign_ins": {"task": "access.forget_old_sign_ins", "every": dt.timedelta(hours=24)},
}


@shared_task(name="access.warn_of_ending_keys")
def warn_of_ending_keys() -> int:
    """A mail a week before a key ends, to whoever made it; returns how many."""
    told = 0
    for key_id, business_id in list_across_ending_keys(clock.now() + WARNED_BEFORE, BATCH):
        told += warn_of_ending(Actor.system("access", business_id), key_id=key_id)
    return told


@shared_task(name="access.forget_old_sign_ins")
def forget_old_sign_ins() -> int:
    """Drop sign-ins of programs that ended a month ago; returns how many."""
    businesses = list_across_old_families(clock.now() - KEPT_FOR, BATCH)
    return sum(forget_old_families(Actor.system("access", business_id)) for business_id in businesses)
