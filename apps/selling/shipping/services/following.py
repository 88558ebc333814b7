"""Where parcels are: carriers are asked by the clock, couriers send files; the order learns what matters."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from uuid import UUID

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.prepared import insert
from apps.kernel.tenancy import bind
from apps.kernel.use_cases import use_case
from apps.selling.orders.models import Fulfilment
from apps.selling.orders.services import mark_delivered, note_on_its_way
from apps.selling.orders.services.moves import lock_order
from apps.selling.shipping.carriers import CarrierRefused, CarrierUnavailable, TrackFact, get_carrier
from apps.selling.shipping.models import Shipment, ShipmentEvent
from apps.selling.shipping.services.credentials import open_account
from apps.selling.shipping.services.labels import refuse_inside_use_case

log = logging.getLogger(__name__)

_S, _K = Shipment.State, ShipmentEvent.Kind
ASK_EVERY = dt.timedelta(hours=2)
ASK_OFTEN = dt.timedelta(minutes=30)
# A parcel that nobody has heard of for so long is for people to ask about.
STOP_AFTER = dt.timedelta(days=60)


def follow_shipment(actor: Actor, *, shipment_id: UUID) -> Shipment:
    """Ask the carrier where a parcel is and record what it says. Never raises for a carrier that does not answer.

    Not inside a use case. Raises `NotFound`.
    """
    refuse_inside_use_case()
    with bind(actor.business_id):
        shipment = Shipment.objects.filter(pk=shipment_id).first()
    if shipment is None:
        raise NotFound()
    adapter = get_carrier(shipment.carrier)
    if shipment.state not in (_S.READY, _S.IN_TRANSIT, _S.FAILED) or not adapter.tells:
        return shipment
    _note_asking(actor, shipment_id=shipment_id)
    try:
        account = open_account(actor, shipment.carrier, purpose="follow a parcel")
        facts = adapter.track(account=account, tracking_number=shipment.tracking_number)
    except (CarrierUnavailable, CarrierRefused) as error:
        log.warning("Shipment %s could not be followed: %s", shipment_id, error)
        return shipment
    return record_tracking(actor, shipment_id=shipment_id, facts=facts)


@use_case(unaudited="says when a carrier is asked next")
def _note_asking(actor: Actor, *, shipment_id: UUID) -> Shipment:
    """Said before the call, so that a worker that dies in it does not make the next one ask at once."""
    shipment = lock_one(Rank.ROOT, Shipment.objects.filter(pk=shipment_id))
    began = shipment.bought_at or shipment.asked_at
    pause = ASK_OFTEN if shipment.state == _S.IN_TRANSIT else ASK_EVERY
    shipment.check_at = clock.now() + pause if clock.now() < began + STOP_AFTER else None
    shipment.save(update_fields=["check_at", "updated_at"])
    return shipment


@use_case(audits=("orders.closed", "orders.delivered"))
def record_tracking(actor: Actor, *, shipment_id: UUID, facts: Sequence[TrackFact]) -> Shipment:
    """Keep what a carrier says, each thing once, and move the parcel and its order by it; by the product itself only.

    The newest word counts, whatever order the words come in; a delivered parcel stays delivered. The buyer reads the
    first scan, the way to the door and what goes wrong. Raises `NotFound`.
    """
    found = Shipment.objects.filter(pk=shipment_id).values_list("order_id", flat=True).first()
    if found is None:
        raise NotFound()
    order = lock_order(found)
    shipment = lock_one(Rank.ROOT, Shipment.objects.filter(pk=shipment_id))
    known = {(one.at, one.kind, one.text) for one in ShipmentEvent.objects.filter(shipment=shipment)}
    fresh = []
    for fact in sorted(facts, key=lambda one: one.at):
        mark = (fact.at, fact.kind, fact.text)
        if mark not in known:
            known.add(mark)
            fresh.append(
                ShipmentEvent(
                    business_id=shipment.business_id, shipment=shipment, at=fact.at, kind=fact.kind,
                    text=fact.text[:200], place=fact.place[:120],
                )
            )  # fmt: skip
    if not fresh or shipment.state in (_S.DELIVERED, _S.VOID, _S.REFUSED, _S.ASKED):
        if fresh and shipment.state == _S.DELIVERED:
            insert(fresh)
        return shipment
    had_moved = shipment.state in (_S.IN_TRANSIT, _S.FAILED)
    insert(fresh)
    last = (
        ShipmentEvent.objects.filter(shipment=shipment).exclude(kind=_K.LABEL).order_by("-at", "-id").first()
    )
    arrived = [one for one in fresh if one.kind == _K.DELIVERED]
    if arrived:
        shipment.state, shipment.delivered_at = _S.DELIVERED, arrived[0].at
        shipment.check_at, shipment.problem = None, ""
    elif last is not None:
        bad = last.kind in (_K.FAILED, _K.RETURNED)
        shipment.state = _S.FAILED if bad else _S.IN_TRANSIT
        shipment.problem = last.text if bad else ""
    shipment.save()
    if shipment.direction == Shipment.Direction.OUT:
        _tell_order(actor, order.pk, shipment, fresh, had_moved)
    return shipment


def _tell_order(
    actor: Actor, order_id: UUID, shipment: Shipment, fresh: list[ShipmentEvent], had_moved: bool
) -> None:
    parcel = Fulfilment.objects.get(pk=shipment.fulfilment_id)
    system = Actor.system("shipping", shipment.business_id, actor.request_id)
    told_moving = had_moved
    for event in fresh:
        if event.kind == _K.LABEL or event.kind == _K.DELIVERED:
            continue
        if event.kind == _K.MOVING and told_moving:
            continue
        told_moving = True
        where = f"{event.text or event.get_kind_display()} ({event.place})" if event.place else event.text
        note_on_its_way(
            system,
            order_id=order_id,
            fulfilment_id=parcel.pk,
            number=parcel.number,
            text=where or str(event.get_kind_display()),
            trouble=event.kind in (_K.FAILED, _K.RETURNED),
        )
    if shipment.state == _S.DELIVERED and parcel.state == Fulfilment.State.SHIPPED:
        try:
            mark_delivered(system, order_id=order_id, fulfilment_id=parcel.pk)
        except WrongState:  # somebody said so by hand in the same moment
            log.info("Parcel %s had arrived already.", parcel.pk)
