"""What the clock starts: lots whose last day is over, and those whose last day comes near."""

from __future__ import annotations

import datetime as dt
import logging
from uuid import UUID

from celery import shared_task
from django.db.models import Sum

from apps.goods.inventory.alerts import tell_expiring
from apps.goods.inventory.models import Lot
from apps.goods.inventory.selectors import list_across_businesses_with_lots
from apps.goods.inventory.services import withhold_expired
from apps.goods.inventory.services.lots import lots_to_settle
from apps.goods.inventory.services.piles import local_today
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError

log = logging.getLogger(__name__)

# Days before the last one on which people are told.
WARN_BEFORE = (30, 7)
SCHEDULE = {
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
