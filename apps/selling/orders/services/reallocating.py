"""An order is sent from elsewhere than was planned."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.lines import Owner
from apps.goods.inventory.services import reallocate_stock
from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound, WrongState
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_note
from apps.platform.businesses.models import Location
from apps.selling.orders.models import Order
from apps.selling.orders.policies import has_waiting
from apps.selling.orders.services.moves import lines_of, lock_order
from apps.selling.orders.services.telling import enter
from apps.selling.orders.timeline import with_reason

OWNER_TYPE = "order"
LONGEST_REASON = 200


@use_case(permission="orders.fulfil", idempotent=True, audits="orders.reallocated")
def reallocate_order(
    actor: Actor,
    *,
    order_id: UUID,
    location_id: UUID,
    line_ids: Sequence[UUID] | None = None,
    reason: str = "",
    key: str | None = None,
) -> Order:
    """Take what has not left yet (all of it, or of some lines) from another location. All of it moves, or nothing.

    Order, then promises, then shelves are locked. Raises `WrongState` for an order of which nothing waits or where
    all of it lies there already, `NotFound` for a foreign line or location, `OutOfStock`, `PermissionRefused` for who
    does not work at both ends.
    """
    order = lock_order(order_id)
    if not has_waiting(order):
        raise WrongState(_("Nothing of this order waits to be sent."))
    if line_ids is not None and set(line_ids) - {line.pk for line in lines_of(order)}:
        raise NotFound()
    moved = reallocate_stock(
        actor, owner=Owner(OWNER_TYPE, order.pk), location_id=location_id, line_ids=line_ids
    )
    if not moved:
        raise WrongState(_("All of it is taken from there already."), code="nothing_to_move")
    reason = clean_note(reason)[:LONGEST_REASON]
    place = Location.objects.get(pk=location_id).name
    pieces = sum(row.quantity for row in moved)
    enter(
        actor,
        order,
        with_reason("reallocated", reason),
        is_public=False,
        place=place,
        pieces=pieces,
        reason=reason,
    )
    audit.record(
        actor,
        "orders.reallocated",
        order,
        after={"location": place, "pieces": pieces, "lines": sorted({str(row.line_id) for row in moved})},
        reason=reason,
    )
    return order
