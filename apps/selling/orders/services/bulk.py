"""The same act on many orders: each in a transaction of its own, so that one refusal stops nobody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, InvalidInput
from apps.kernel.use_cases import use_case
from apps.kernel.web import sentence
from apps.people.customers.addresses import clean_text
from apps.selling.orders.bulk_plan import ACTS, why_not
from apps.selling.orders.models import Order
from apps.selling.orders.services.ending import cancel_order
from apps.selling.orders.services.moves import lock_order
from apps.selling.orders.services.paying import confirm_order
from apps.selling.orders.services.telling import enter

MOST_TAGS = 20
MOST_ORDERS = 200


@dataclass(slots=True)
class BulkResult:
    """What became of each: done, and skipped with the sentence that says why."""

    done: list[Order] = field(default_factory=list)
    skipped: list[tuple[Order, str]] = field(default_factory=list)


@use_case(permission="orders.note", audits="orders.tagged")
def tag_order(actor: Actor, *, order_id: UUID, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Order:
    """Put tags on an order and take some off, in any capitals. Raises `InvalidInput` for too many, `NotFound`."""
    order = lock_order(order_id)
    off = {clean_text(tag, 40, "tags").casefold() for tag in remove}
    wanted = [*order.tags, *(clean_text(tag, 40, "tags") for tag in add)]
    kept: dict[str, str] = {}
    for tag in filter(None, wanted):
        if tag.casefold() not in off:
            kept.setdefault(tag.casefold(), tag)
    if len(kept) > MOST_TAGS:
        message = _("At most %(most)s tags.") % {"most": MOST_TAGS}
        raise InvalidInput(message, fields={"tags": [message]})
    before, order.tags = order.tags, list(kept.values())
    if order.tags != before:
        order.save(update_fields=["tags", "updated_at"])
        enter(actor, order, "tagged", is_public=False, text=", ".join(order.tags) or "–")
        audit.record(actor, "orders.tagged", order, before={"tags": before}, after={"tags": order.tags})
    return order


def run_bulk(
    actor: Actor,
    *,
    act: str,
    order_ids: Sequence[UUID],
    reason: str = "",
    tags: Sequence[str] = (),
    key: str = "",
) -> BulkResult:
    """Confirm, cancel or tag many orders, the oldest first. What cannot be done is skipped and said, never half done.

    Each order's service asks for its own permission, and for the approval of money that goes back. Raises
    `InvalidInput` for an unknown act or too many orders.
    """
    if act not in ACTS or len(order_ids) > MOST_ORDERS:
        raise InvalidInput(_("At most %(most)s orders at once.") % {"most": MOST_ORDERS}, code="bulk_refused")
    calls: dict[str, Callable[[Order], Any]] = {
        "confirm": lambda order: confirm_order(actor, order_id=order.pk),
        "cancel": lambda order: cancel_order(
            actor, order_id=order.pk, reason=reason, key=f"{key}:{order.pk}" if key else None
        ),
        "tag": lambda order: tag_order(actor, order_id=order.pk, add=tags),
    }
    result = BulkResult()
    with tenancy.bind(actor.business_id, actor.limit):
        orders = list(Order.objects.filter(pk__in=list(order_ids)).order_by("placed_at", "id"))
        for order in orders:
            refusal = why_not(actor, act, order)
            if not refusal:
                try:
                    calls[act](order)
                except DomainError as error:
                    refusal = sentence(error)
            if refusal:
                result.skipped.append((order, refusal))
            else:
                result.done.append(order)
    return result
