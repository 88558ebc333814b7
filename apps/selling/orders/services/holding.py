"""An order is held back and released; it is packed, and unpacked again; its parcels are seen on their way."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.events import publish
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_text
from apps.selling.orders.events import (
    FulfilmentHeld,
    FulfilmentInTransit,
    FulfilmentReady,
    FulfilmentReleased,
    FulfilmentUnpacked,
)
from apps.selling.orders.models import Order
from apps.selling.orders.policies import check_system
from apps.selling.orders.services.moves import lines_of, lock_order, move, save_standing
from apps.selling.orders.services.telling import enter
from apps.selling.orders.states import TO_PACK, Axis, FulfilmentState, OrderState
from apps.selling.orders.timeline import with_reason

LONGEST_REASON = 200


@use_case(permission="orders.fulfil", idempotent=True, audits="orders.held")
def hold_order(actor: Actor, *, order_id: UUID, reason: str, key: str | None = None) -> Order:
    """Nothing of the order leaves until it is released; its stock stays promised. The reason is for staff.

    Publishes `fulfilment.held`. Raises `InvalidInput` without a reason, `WrongState`, `NotFound`.
    """
    reason = clean_text(reason, LONGEST_REASON, "reason")
    if not reason:
        message = _("Say why, so that whoever looks next knows.")
        raise InvalidInput(message, fields={"reason": [message]})
    order = _open_order(order_id)
    move(order, Axis.FULFILMENT, "hold")
    enter(actor, order, with_reason("held", reason), is_public=False, reason=reason)
    audit.record(actor, "orders.held", order, reason=reason)
    publish(FulfilmentHeld(**_facts(order), reason=reason))
    save_standing(order)
    return order


@use_case(permission="orders.fulfil", idempotent=True, audits="orders.released")
def release_order(actor: Actor, *, order_id: UUID, key: str | None = None) -> Order:
    """The order goes on where it stood. Publishes `fulfilment.released`. Raises `WrongState`, `NotFound`."""
    order = _open_order(order_id)
    move(order, Axis.FULFILMENT, "release_rest" if _has_sent(order) else "release")
    enter(actor, order, "released", is_public=False)
    audit.record(actor, "orders.released", order)
    publish(FulfilmentReleased(**_facts(order)))
    save_standing(order)
    return order


@use_case(permission="orders.fulfil", idempotent=True, audits="orders.packed")
def mark_ready(actor: Actor, *, order_id: UUID, key: str | None = None) -> Order:
    """What can leave is packed. Publishes `fulfilment.ready`.

    Raises `WrongState` for an order without money, on hold, or with nothing to send, `NotFound`.
    """
    order = _open_order(order_id)
    if order.payment_state not in TO_PACK or order.needs_approval:
        raise WrongState(_("Only a paid order is packed."), code="orders.fulfilment_needs_payment")
    move(order, Axis.FULFILMENT, "make_ready")
    enter(actor, order, "packed")
    audit.record(actor, "orders.packed", order)
    publish(FulfilmentReady(**_facts(order)))
    save_standing(order)
    return order


@use_case(permission="orders.fulfil", idempotent=True, audits="orders.unpacked")
def unpack_order(actor: Actor, *, order_id: UUID, key: str | None = None) -> Order:
    """What was packed goes back. Publishes `fulfilment.unpacked`. Raises `WrongState`, `NotFound`."""
    order = _open_order(order_id)
    move(order, Axis.FULFILMENT, "unpack_rest" if _has_sent(order) else "unpack")
    enter(actor, order, "unpacked", is_public=False)
    audit.record(actor, "orders.unpacked", order)
    publish(FulfilmentUnpacked(**_facts(order)))
    save_standing(order)
    return order


@use_case(unaudited="what a carrier says is kept with its shipment")
def note_on_its_way(
    actor: Actor, *, order_id: UUID, fulfilment_id: UUID, number: int, text: str, trouble: bool = False
) -> Order:
    """A carrier has seen a parcel (or says why it does not arrive): the buyer reads it. By the product itself only.

    The order is on its way once all of it has left. Publishes `fulfilment.in_transit` then. Raises `NotFound`.
    """
    check_system(actor)
    order = lock_order(order_id)
    enter(actor, order, "parcel_trouble" if trouble else "parcel_moved", parcel=number, text=text)
    if order.state == OrderState.CONFIRMED and order.fulfilment_state == FulfilmentState.FULFILLED:
        move(order, Axis.FULFILMENT, "set_out")
        publish(FulfilmentInTransit(**_facts(order), fulfilment_id=fulfilment_id))
        save_standing(order)
    return order


def _open_order(order_id: UUID) -> Order:
    order = lock_order(order_id)
    if order.state not in (OrderState.PLACED, OrderState.CONFIRMED):
        raise WrongState(
            _("This order is “%(state)s”: nothing of it waits.") % {"state": order.get_state_display()},
            code="orders.fulfilment_needs_open",
        )
    return order


def _has_sent(order: Order) -> bool:
    return any(line.fulfilled_quantity for line in lines_of(order))


def _facts(order: Order) -> dict[str, Any]:
    return {"business_id": order.seller_id, "order_id": order.pk, "number": order.number}
