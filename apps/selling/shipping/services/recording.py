"""What is written of a label: that it was asked for, bought, refused, printed, taken back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, WrongState
from apps.kernel.limits import is_visible
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.notifications.services import queue_email
from apps.selling.orders.handlers import mail_context
from apps.selling.orders.models import Fulfilment
from apps.selling.orders.services.moves import lock_order
from apps.selling.orders.services.telling import enter
from apps.selling.shipping import policies
from apps.selling.shipping.carriers import Label, get_carrier
from apps.selling.shipping.models import CarrierAccount, Package, Shipment

_S = Shipment.State
HEAVIEST_GRAMS = 1_000_000
# A carrier may show a shipment in its search only after a while.
LOOK_AFTER = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
FIRST_CHECK = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ParcelDraft:
    """What somebody packed: in which package, or of which size, and how heavy it is with everything."""

    grams: int
    package_id: UUID | None = None
    direction: str = Shipment.Direction.OUT


@use_case(permission=policies.PACK, unaudited="asks for rates; nothing is written")
def draft_shipment(actor: Actor, *, fulfilment_id: UUID, draft: ParcelDraft) -> Shipment:
    return built(actor, fulfilment_id, draft)


def built(actor: Actor, fulfilment_id: UUID, draft: ParcelDraft) -> Shipment:
    fulfilment = Fulfilment.objects.filter(pk=fulfilment_id).first()
    if fulfilment is None or not is_visible(fulfilment, actor.limit):
        raise NotFound()
    packages = Package.objects.filter(active=True)
    package = (
        packages.filter(pk=draft.package_id) if draft.package_id else packages.filter(is_default=True)
    ).first()
    wrong = {}
    if package is None:
        wrong["package"] = [_("Choose what it is packed in.")]
    if not 0 < draft.grams <= HEAVIEST_GRAMS:
        wrong["grams"] = [_("Enter the weight in whole grams.")]
    if draft.direction not in Shipment.Direction.values:
        wrong["direction"] = [_("Choose a direction.")]
    if package is None or wrong:
        raise InvalidInput(fields=wrong)
    return Shipment(
        fulfilment=fulfilment,
        order_id=fulfilment.order_id,
        direction=draft.direction,
        package=package,
        grams=draft.grams,
        length_mm=package.length_mm,
        width_mm=package.width_mm,
        height_mm=package.height_mm,
        asked_at=clock.now(),
    )


@use_case(permission=policies.PACK, idempotent=True, unaudited="the label is entered when it is bought")
def ask(
    actor: Actor,
    *,
    fulfilment_id: UUID,
    carrier: str,
    service: str,
    draft: ParcelDraft,
    key: str | None = None,
) -> Shipment:
    get_carrier(carrier)
    if not CarrierAccount.objects.filter(carrier=carrier, active=True).exists():
        raise WrongState(_("This carrier is not in use."), code="carrier_not_in_use")
    service = service.strip()
    if not 1 <= len(service) <= 60:
        raise InvalidInput(fields={"service": [_("Choose a service.")]})
    shipment = built(actor, fulfilment_id, draft)
    lock_order(shipment.order_id)
    live = Shipment.objects.filter(fulfilment_id=fulfilment_id, direction=draft.direction)
    if live.exclude(state__in=(_S.REFUSED, _S.VOID)).exists():
        raise Conflict(
            _("This parcel has a label already."),
            code="has_a_label",
            remedy=_("Take the label back first, or print it again."),
        )
    shipment.carrier, shipment.service = carrier, service
    # Whoever asked may be gone before the answer: then it is looked for.
    shipment.check_at = clock.now() + LOOK_AFTER[0]
    shipment.save(force_insert=True)
    return shipment


@use_case(unaudited="the carrier's silence is kept with the shipment")
def record_no_answer(actor: Actor, *, shipment_id: UUID, said: str) -> Shipment:
    shipment = lock_shipment(actor, shipment_id)
    if shipment.state == _S.ASKED:
        shipment.problem = said[:300]
        shipment.check_at = clock.now() + LOOK_AFTER[0]
        shipment.save(update_fields=["problem", "check_at", "updated_at"])
    return shipment


@use_case(unaudited="the carrier's refusal is kept with the shipment")
def record_refused(actor: Actor, *, shipment_id: UUID, said: str) -> Shipment:
    shipment = lock_shipment(actor, shipment_id)
    if shipment.state == _S.ASKED:
        shipment.state, shipment.problem, shipment.check_at = _S.REFUSED, said[:300], None
        shipment.save(update_fields=["state", "problem", "check_at", "updated_at"])
    return shipment


@use_case(unaudited="counts how often a carrier was asked")
def note_looking(actor: Actor, *, shipment_id: UUID) -> Shipment:
    """Said before the call, so that a worker that dies in it does not make the next one ask at once."""
    shipment = lock_shipment(actor, shipment_id)
    shipment.tries += 1
    shipment.check_at = clock.now() + LOOK_AFTER[min(shipment.tries, len(LOOK_AFTER) - 1)]
    shipment.save(update_fields=["tries", "check_at", "updated_at"])
    return shipment


@use_case(unaudited="the label that is bought instead is entered")
def begin_anew(actor: Actor, *, shipment_id: UUID) -> Shipment:
    shipment = lock_shipment(actor, shipment_id)
    shipment.round += 1
    shipment.tries = 0
    shipment.save(update_fields=["round", "tries", "updated_at"])
    return shipment


@use_case(audits="shipping.label_bought")
def record_bought(actor: Actor, *, shipment_id: UUID, label: Label) -> Shipment:
    order_id = Shipment.objects.values_list("order_id", flat=True).get(pk=shipment_id)
    order = lock_order(order_id)
    shipment = lock_shipment(actor, shipment_id)
    if shipment.state != _S.ASKED:
        return shipment
    account = CarrierAccount.objects.filter(carrier=shipment.carrier).first()
    name = (account.settings.get("company") if account else "") or str(get_carrier(shipment.carrier).name)
    shipment.state, shipment.problem, shipment.tries = _S.READY, "", 0
    shipment.tracking_number, shipment.tracking_url = label.tracking_number, label.tracking_url
    shipment.carrier_ref, shipment.price, shipment.price_currency = (
        label.carrier_ref,
        label.price,
        label.currency,
    )
    shipment.due_at, shipment.label_waiting = label.due_at, label.pdf
    shipment.bought_at = clock.now()
    shipment.check_at = clock.now() + FIRST_CHECK if get_carrier(shipment.carrier).tells else None
    shipment.save()
    fulfilment = Fulfilment.objects.get(pk=shipment.fulfilment_id)
    if shipment.direction == Shipment.Direction.OUT:
        fulfilment.carrier, fulfilment.tracking_number = name[:80], label.tracking_number
        fulfilment.tracking_url = label.tracking_url
        fulfilment.save(update_fields=["carrier", "tracking_number", "tracking_url", "updated_at"])
    enter(
        actor,
        order,
        "label_bought",
        is_public=shipment.direction == Shipment.Direction.OUT,
        parcel=fulfilment.number,
        carrier=name,
        tracking=label.tracking_number,
    )
    if order.email and shipment.direction == Shipment.Direction.OUT:
        queue_email(
            actor,
            to=order.email,
            template="order_tracking",
            context=mail_context(order)
            | {
                "parcel": {
                    "number": fulfilment.number,
                    "carrier": name,
                    "tracking_number": label.tracking_number,
                    "tracking_url": label.tracking_url,
                }
            },
            dedupe_key=f"order_tracking:{shipment.pk}:{shipment.round}",
            language=order.language,
        )
    after = {
        "order": order.number,
        "parcel": fulfilment.number,
        "tracking": label.tracking_number,
        "price": label.price,
    }
    audit.record(actor, "shipping.label_bought", shipment, after=after)
    return shipment


@use_case(permission=policies.PACK, unaudited="asks whether a label may go back")
def check_void(actor: Actor, *, shipment_id: UUID) -> Shipment:
    shipment = lock_shipment(actor, shipment_id)
    if shipment.state not in (_S.READY, _S.VOID):
        raise WrongState(
            _("Only a label that nobody has scanned can be taken back; this parcel is “%(state)s”.")
            % {"state": shipment.get_state_display()},
            code="label_in_use",
        )
    return shipment


@use_case(permission=policies.PACK, audits="shipping.label_taken_back")
def record_void(actor: Actor, *, shipment_id: UUID) -> Shipment:
    order_id = Shipment.objects.values_list("order_id", flat=True).get(pk=shipment_id)
    order = lock_order(order_id)
    shipment = lock_shipment(actor, shipment_id)
    if shipment.state != _S.READY:
        return shipment
    shipment.state, shipment.check_at, shipment.label_waiting = _S.VOID, None, None
    shipment.save(update_fields=["state", "check_at", "label_waiting", "updated_at"])
    fulfilment = Fulfilment.objects.get(pk=shipment.fulfilment_id)
    if fulfilment.tracking_number == shipment.tracking_number:
        fulfilment.carrier = fulfilment.tracking_number = fulfilment.tracking_url = ""
        fulfilment.save(update_fields=["carrier", "tracking_number", "tracking_url", "updated_at"])
    facts = {"parcel": fulfilment.number, "tracking": shipment.tracking_number}
    enter(actor, order, "label_taken_back", is_public=False, **facts)
    audit.record(actor, "shipping.label_taken_back", shipment, after=facts)
    return shipment


@use_case(permission=policies.PACK, audits="shipping.label_printed")
def print_label(actor: Actor, *, shipment_id: UUID) -> Shipment:
    """Note that the label was opened for printing. Raises `NotFound`, `WrongState` when there is none."""
    shipment = lock_shipment(actor, shipment_id)
    if shipment.label_id is None and not shipment.label_waiting:
        raise WrongState(_("There is no label to print."), code="no_label")
    if shipment.printed_at is None:
        shipment.printed_at = clock.now()
        shipment.save(update_fields=["printed_at", "updated_at"])
        audit.record(actor, "shipping.label_printed", shipment)
    return shipment


@use_case(unaudited="where a label lies; that it was bought is entered")
def note_kept(actor: Actor, *, shipment_id: UUID, media_id: UUID) -> Shipment:
    shipment = lock_shipment(actor, shipment_id)
    shipment.label_id, shipment.label_waiting = media_id, None
    shipment.save(update_fields=["label", "label_waiting", "updated_at"])
    return shipment


def lock_shipment(actor: Actor, shipment_id: UUID) -> Shipment:
    shipment = lock_one(Rank.ROOT, Shipment.objects.filter(pk=shipment_id))
    if not is_visible(shipment, actor.limit):
        raise NotFound()
    return shipment
