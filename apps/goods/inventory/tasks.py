"""What the clock starts: days that are over, lots whose last day is over, and those whose last day comes near."""

from __future__ import annotations

import datetime as dt
import logging
from uuid import UUID

from celery import shared_task
from django.db.models import Sum

from apps.goods.inventory.alerts import tell_expiring
from apps.goods.inventory.models import Lot
from apps.goods.inventory.selectors import list_across_businesses_with_lots, list_across_businesses_with_stock
from apps.goods.inventory.services import close_stock_days, settle_alerts, withhold_expired
from apps.goods.inventory.services.lots import lots_to_settle
from apps.goods.inventory.services.piles import local_today
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError

log = logging.getLogger(__name__)

# Days before the last one on which people are told.
WARN_BEFORE = (30, 7)
SCHEDULE = {
    "inventory.watch_low_stock": {"task": "inventory.watch_low_stock", "every": dt.timedelta(hours=1)},
    "inventory.close_days": {"task": "inventory.close_days", "every": dt.timedelta(hours=1)},
    "inventory.watch_expiry": {"task": "inventory.watch_expiry", "every": dt.timedelta(hours=1)},
}


@shared_task(name="inventory.watch_expiry")
def watch_expiry() -> int:
    """Take what is over out of what can be sold and tell of what soon will be; returns the pieces taken out."""
    withheld = 0
    for business_id in list_across_businesses_with_lots():
        try:
            withheld += _watch(business_id)
        except DomainError as error:
            log.warning("Lots could not be looked through: %s", error, extra={"business": str(business_id)})
    return withheld


@shared_task(name="inventory.close_days")
def close_days() -> int:
    """Write what lay where at the end of each day that is over, for all businesses; returns the days written."""
    closed = 0
    for business_id in list_across_businesses_with_stock():
        try:
            with tenancy.bind(business_id):
                closed += close_stock_days(Actor.system("inventory", business_id))
        except DomainError as error:
            log.warning("A stock day could not be closed: %s", error, extra={"business": str(business_id)})
    return closed


@shared_task(name="inventory.watch_low_stock")
def watch_low_stock() -> int:
    """Open and resolve what events did not: goods that were withdrawn, locations that closed; returns the changes."""
    changed = 0
    for business_id in list_across_businesses_with_stock():
        try:
            with tenancy.bind(business_id):
                changed += sum(settle_alerts(Actor.system("inventory", business_id)))
        except DomainError as error:
            log.warning("Low stock could not be looked at: %s", error, extra={"business": str(business_id)})
    return changed


def _watch(business_id: UUID) -> int:
    actor = Actor.system("inventory", business_id)
    with tenancy.bind(business_id):
        today = local_today()
        due = lots_to_settle(today)
        soon = list(
            Lot.objects.filter(
                expires_on__gte=today,
                expires_on__lte=today + dt.timedelta(days=max(WARN_BEFORE)),
                state=Lot.State.OPEN,
                balances__on_hand__gt=0,
            )
            .select_related("variant__product")
            .annotate(lying=Sum("balances__on_hand"))
            .order_by("expires_on", "pk")
        )
    withheld = withhold_expired(actor, lot_ids=due) if due else 0
    with tenancy.bind(business_id):
        for lot in soon:
            left = (lot.expires_on - today).days if lot.expires_on else 0
            days = min(number for number in WARN_BEFORE if left <= number)
            tell_expiring(actor, lot, days=days, left=left, pieces=lot.lying)
    return withheld
