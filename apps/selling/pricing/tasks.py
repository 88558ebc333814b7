"""What the clock starts."""

from __future__ import annotations

import datetime as dt
import logging

from celery import shared_task

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError

from .selectors import list_across_kept
from .services import note_prices, refresh_kept_prices

log = logging.getLogger(__name__)
SCHEDULE = {"pricing.keep_prices": {"task": "pricing.keep_prices", "every": dt.timedelta(minutes=1)}}


@shared_task(name="pricing.keep_prices", ignore_result=True)
def keep_prices() -> int:
    """Work out again what products keep of their prices where a sale has begun or ended; returns how many changed."""
    changed = 0
    for business_id in list_across_kept():
        try:
            system = Actor.system("pricing", business_id)
            if refreshed := refresh_kept_prices(system):
                note_prices(system)
            changed += refreshed
        except DomainError as error:
            log.warning("Prices of %s could not be kept: %s", business_id, error)
    return changed
