"""Goods arrive."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.events import publish
from apps.kernel.limits import is_visible
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_note
from apps.selling.orders.events import FulfilmentDelivered
from apps.selling.orders.models import Fulfilment, Order
from apps.selling.orders.services.ending import close_when_settled
from apps.selling.orders.services.moves import lock_order, move, save_standing
from apps.selling.orders.services.telling import enter
from apps.selling.orders.states import UNDERWAY, Axis

LONGEST_NOTE = 300


@use_case(permission="orders.fulfil", idempotent=True, audits=("orders.closed", "orders.delivered"))
def mark_delivered(
    actor: Actor, *, order_id: UUID, fulfilment_id: UUID | None = None, key: str | None = None
) -> Order:
    """One parcel, or all that are on their way, reached the buyer. An order that is settled closes.

    Publishes `fulfilment.delivered` for each parcel. Raises `WrongState` when none is on its way, `NotFound`.
    """
    order = lock_order(order_id)
    _arrive(actor, order, fulfilment_id, note="")
    return order


@use_case(permission="deliveries.deliver", idempotent=True, audits=("orders.closed", "orders.delivered"))
def hand_over(actor: Actor, *, fulfilment_id: UUID, note: str = "", key: str | None = None) -> Fulfilment:
    """Whoever carries a parcel has handed it over; `note` says where it is, and the buyer reads it.

    Otherwise as `mark_delivered`. Raises `WrongState` for a parcel that arrived before, `NotFound` for one that is
    not the actor's to see, `InvalidInput` for a note that is too long.
    """
    note = clean_note(note)
    if len(note) > LONGEST_NOTE:
        message = _("Write at most %(most)s characters.") % {"most": LONGEST_NOTE}
        raise InvalidInput(message, fields={"note": [message]})
    parcel = Fulfilment.objects.filter(pk=fulfilment_id).first()
    if parcel is None or not is_visible(parcel, actor.limit):
        raise NotFound()
    _arrive(actor, lock_order(parcel.order_id), parcel.pk, note=note)
    parcel.refresh_from_db()
    return parcel


def _arrive(actor: Actor, order: Order, fulfilment_id: UUID | None, *, note: str) -> None:
    parcels = list(Fulfilment.objects.filter(order=order).order_by("number"))
    if fulfilment_id is not None and all(parcel.pk != fulfilment_id for parcel in parcels):
        raise NotFound()
    on_their_way = [parcel for parcel in parcels if parcel.state == Fulfilment.State.SHIPPED]
    arriving = [parcel for parcel in on_their_way if fulfilment_id in (None, parcel.pk)]
    if not arriving:
        raise WrongState(
            _("No parcel of this order is on its way."), code="orders.fulfilment_deliver_refused"
        )
    for parcel in arriving:
        parcel.state = Fulfilment.State.DELIVERED
        parcel.delivered_at = clock.now()
        on_their_way.remove(parcel)
        is_last = not on_their_way and order.fulfilment_state in UNDERWAY
        move(order, Axis.FULFILMENT, "deliver_all" if is_last else "deliver_part")
        enter(actor, order, "delivered", parcel=parcel.number)
        publish(
            FulfilmentDelivered(
                business_id=order.seller_id, order_id=order.pk, number=order.number, fulfilment_id=parcel.pk
            )
        )
    if note:
        enter(actor, order, "handed_over", text=note)
    Fulfilment.objects.bulk_update(arriving, ["state", "delivered_at"])
    after = {"parcels": [parcel.number for parcel in arriving]}
    audit.record(actor, "orders.delivered", order, after=after, reason=note)
    close_when_settled(actor, order)
    save_standing(order)
