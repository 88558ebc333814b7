"""What the clock starts."""

from __future__ import annotations

import datetime as dt
import logging

from celery import shared_task

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError

from .selectors import list_across_due_orders, list_across_unpaid_orders
from .services import expire_order, remind_of_payment

log = logging.getLogger(__name__)

BATCH = 200
SCHEDULE = {
    "orders.expire_due_orders": {"task": "orders.expire_due_orders", "every": dt.timedelta(seconds=30)},
    "orders.remind_unpaid": {"task": "orders.remind_unpaid", "every": dt.timedelta(minutes=5)},
}


@shared_task(name="orders.expire_due_orders")
def expire_due_orders() -> int:
    """End the orders that were not paid in time, in one bounded batch over all businesses.

    Each order is its own transaction, so one that cannot be ended does not keep the others; the next beat takes
    what is left. Returns how many ended.
    """
    ended = 0
    for order_id, business_id in list_across_due_orders(clock.now(), BATCH):
        try:
            ended += expire_order(Actor.system("expiry", business_id), order_id=order_id)
        except DomainError as error:
            log.warning("Order %s could not be expired: %s", order_id, error, extra={"order": str(order_id)})
    return ended


@shared_task(name="orders.remind_unpaid")
def remind_unpaid() -> int:
    """Remind buyers whose orders are half way to expiring, once each, in one bounded batch; returns how many."""
    reminded = 0
    for order_id, business_id in list_across_unpaid_orders(clock.now(), BATCH):
        try:
            reminded += remind_of_payment(Actor.system("expiry", business_id), order_id=order_id)
        except DomainError as error:
            log.warning("No reminder of order %s: %s", order_id, error, extra={"order": str(order_id)})
    return reminded
