"""Taking an order from one state to the next, by its tables only."""

from __future__ import annotations

from uuid import UUID

from apps.kernel.errors import NotFound
from apps.kernel.limits import is_visible
from apps.kernel.locks import Rank, lock
from apps.kernel.work import current_work
from apps.selling.orders.models import Order, OrderLine
from apps.selling.orders.states import FIELDS, Axis, Transition, step


def lock_order(order_id: UUID) -> Order:
    """The order as it stands after locking; raises `NotFound` also for another business's, and for one that the
    actor is not to see: whoever is limited to locations or customers acts on the orders of these only."""
    rows: list[Order] = lock(Rank.ROOT, Order.objects.filter(pk=order_id).select_related("business"))
    work = current_work()
    if not rows or (work is not None and not is_visible(rows[0], work.actor.limit)):
        raise NotFound()
    return rows[0]


def lines_of(order: Order) -> list[OrderLine]:
    """The lines with their variants, read after the order was locked: whoever changes a line holds the order."""
    return list(OrderLine.objects.filter(order=order).select_related("variant").order_by("position"))


def move(order: Order, axis: Axis, verb: str) -> Transition:
    """Put the order into the next state of `axis`; raises `WrongState` when the table has no such row.

    The caller saves the order and writes the timeline entry and the event.
    """
    row = step(axis, getattr(order, FIELDS[axis]), verb)
    setattr(order, FIELDS[axis], row.next)
    return row


STANDING = (
    "state",
    "payment_state",
    "fulfilment_state",
    "paid_total",
    "refunded_total",
    "recognised_total",
    "returned_total",
    "deposit_refunded_total",
    "excess_total",
    "settled_total",
    "over_limit_by",
    "change_asked_at",
    "shipping_recognised_net",
    "shipping_recognised_tax",
    "shipping_released_net",
    "shipping_released_tax",
    "shipping_returned_net",
    "shipping_returned_tax",
    "paid_at",
    "closed_at",
    "updated_at",
)
PROGRESS = (
    "fulfilled_quantity",
    "cancelled_quantity",
    "refunded_quantity",
    "recognised_net",
    "recognised_tax",
    "released_net",
    "released_tax",
    "returned_net",
    "returned_tax",
    "cost_total",
    "returned_cost",
    "updated_at",
)


def save_standing(order: Order) -> None:
    """Write where the order stands; what was promised is never written again."""
    order.save(update_fields=STANDING)


def save_progress(lines: list[OrderLine]) -> None:
    """Write how far each line has come, in one statement for any number of lines."""
    if lines:
        OrderLine.objects.bulk_update(lines, [field for field in PROGRESS if field != "updated_at"])
