"""Celery entries: drop old alerts, and tell of events that were parked."""

from __future__ import annotations

import datetime as dt

from celery import shared_task

from apps.kernel.actors import Actor
from apps.platform.alerts.selectors import list_across_parked, list_across_with_old_alerts
from apps.platform.alerts.services import forget_old_alerts
from apps.platform.alerts.services import tell_parked as tell

SCHEDULE = {
    "alerts.forget_old": {"task": "alerts.forget_old", "every": dt.timedelta(hours=6)},
    "alerts.tell_parked": {"task": "alerts.tell_parked", "every": dt.timedelta(minutes=1)},
}


@shared_task(name="alerts.forget_old")
def forget_old() -> int:
    """Drop read alerts older than thirty days, business by business; returns how many."""
    return sum(forget_old_alerts(Actor.system("alerts", pk)) for pk in list_across_with_old_alerts())


@shared_task(name="alerts.tell_parked")
def tell_parked() -> int:
    """Tell the operators of each business with parked events; returns how many businesses."""
    found = list_across_parked()
    for business_id, newest in found:
        tell(Actor.system("alerts", business_id), newest=newest)
    return len(found)
