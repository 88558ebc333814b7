"""What the clock starts."""

from __future__ import annotations

import datetime as dt
import logging

from celery import shared_task

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError

from .selectors import list_across_left_carts, list_across_old_quotes, list_across_unopenable_carts
from .services import drop_old, note_abandoned
from .services.leaving import IDLE_AFTER

log = logging.getLogger(__name__)

BATCH = 200
MOST_DROPPED = 5_000
QUOTES_KEPT_FOR = dt.timedelta(days=2)
# As long as the visitor's cookie: afterwards nobody can open the cart any more.
CARTS_KEPT_FOR = dt.timedelta(days=60)
SCHEDULE = {
    "checkout.note_abandoned_carts": {
        "task": "checkout.note_abandoned_carts",
        "every": dt.timedelta(minutes=5),
    },
    "checkout.purge_old": {"task": "checkout.purge_old", "every": dt.timedelta(hours=1)},
}


@shared_task(name="checkout.note_abandoned_carts", ignore_result=True)
def note_abandoned_carts() -> int:
    """Note the carts that were left behind, in one bounded batch over all businesses; returns how many."""
    noted = 0
    for cart_id, business_id in list_across_left_carts(clock.now() - IDLE_AFTER, BATCH):
        try:
            noted += note_abandoned(Actor.system("carts", business_id), cart_id=cart_id)
        except DomainError as error:
            log.warning("Cart %s could not be noted: %s", cart_id, error, extra={"cart": str(cart_id)})
    return noted


@shared_task(name="checkout.purge_old", ignore_result=True)
def purge_old() -> None:
    """Drop quotes that ran out two days ago and open carts that nobody can open any more, a few thousand a run."""
    now = clock.now()
    quotes = list_across_old_quotes(now - QUOTES_KEPT_FOR, MOST_DROPPED)
    carts = list_across_unopenable_carts(now - CARTS_KEPT_FOR, MOST_DROPPED)
    for business_id in quotes.keys() | carts.keys():
        drop_old(
            Actor.system("carts", business_id),
            quote_ids=quotes.get(business_id, []),
            cart_ids=carts.get(business_id, []),
            untouched_since=now - CARTS_KEPT_FOR,
        )
