"""Buying a label: what is asked is written first, the carrier is called without any lock, its answer is recorded.

No answer is never taken for a no. A shipment whose answer was lost stays *asked*; it is looked for at the carrier by
our reference, soon and again, before it counts as never bought. A carrier that gives a label out only once gets what
it made back, and a new one is bought: there are never two labels that cost.
"""

from __future__ import annotations

import io
import logging
import zoneinfo
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound
from apps.kernel.idempotency import was_replayed
from apps.kernel.tenancy import bind
from apps.kernel.work import current_work
from apps.platform.media.services import announce_media
from apps.platform.media.states import MediaKind
from apps.platform.media.stores import StorageUnavailable
from apps.platform.media.taking import carry_through
from apps.selling.orders.models import FulfilmentLine, Order
from apps.selling.shipping.carriers import (
    CarrierRefused,
    CarrierUnavailable,
    Label,
    LiveRate,
    Parcel,
    Party,
    get_carrier,
)
from apps.selling.shipping.customs import goods_of_parcel
from apps.selling.shipping.models import CarrierAccount, Shipment
from apps.selling.shipping.services.credentials import open_account
from apps.selling.shipping.services.recording import (
    LOOK_AFTER,
    ParcelDraft,
    ask,
    begin_anew,
    check_void,
    draft_shipment,
    note_kept,
    note_looking,
    record_bought,
    record_no_answer,
    record_refused,
    record_void,
)

log = logging.getLogger(__name__)

_S = Shipment.State


def quote_rates(
    actor: Actor, *, fulfilment_id: UUID, draft: ParcelDraft
) -> tuple[list[tuple[str, LiveRate]], list[str]]:
    """What each carrier in use would take for the parcel now, and what carriers said instead. Not inside a use case.

    Raises `NotFound`, `InvalidInput`, `PermissionRefused`.
    """
    refuse_inside_use_case()
    shipment = draft_shipment(actor, fulfilment_id=fulfilment_id, draft=draft)
    parcel = parcel_of(actor, shipment)
    found: list[tuple[str, LiveRate]] = []
    said: list[str] = []
    with bind(actor.business_id):
        codes = list(CarrierAccount.objects.filter(active=True).values_list("carrier", flat=True))
    for code in codes:
        adapter = get_carrier(code)
        try:
            account = open_account(actor, code, purpose="ask for rates")
            found += [(code, rate) for rate in adapter.rates(account=account, parcel=parcel)]
        except (CarrierUnavailable, CarrierRefused) as error:
            said.append(f"{adapter.name}: {error.message}")
    return found, said


def buy_label(
    actor: Actor,
    *,
    fulfilment_id: UUID,
    carrier: str,
    service: str,
    draft: ParcelDraft,
    key: str | None = None,
) -> Shipment:
    """Buy a label for a parcel that left, or for its way back. Under one key one label is bought.

    Not inside a use case: it calls the carrier. Raises `NotFound`, `InvalidInput`, `Conflict` for a parcel that has a
    label, `CarrierRefused` when it says no, `CarrierUnavailable` when it does not answer: then the shipment is kept and
    looked for.
    """
    refuse_inside_use_case()
    shipment = ask(actor, fulfilment_id=fulfilment_id, carrier=carrier, service=service, draft=draft, key=key)
    if shipment.state != _S.ASKED:
        return shipment
    if was_replayed():
        # Asked before, and the answer was lost or is on its way: looked for, never bought a second time.
        return settle_asked(actor, shipment_id=shipment.pk)
    return _buy(actor, shipment)


def settle_asked(actor: Actor, *, shipment_id: UUID) -> Shipment:
    """Look for a label whose answer was lost: recorded, bought anew, or never bought.

    Not inside a use case. Raises `NotFound`.
    """
    refuse_inside_use_case()
    with bind(actor.business_id):
        shipment = Shipment.objects.filter(pk=shipment_id).first()
    if shipment is None:
        raise NotFound()
    if shipment.state != _S.ASKED:
        return shipment
    shipment = note_looking(actor, shipment_id=shipment_id)
    adapter = get_carrier(shipment.carrier)
    account = open_account(actor, shipment.carrier, purpose="look for a label")
    try:
        label = adapter.find(account=account, parcel=parcel_of(actor, shipment))
        if label is None:
            if shipment.tries >= len(LOOK_AFTER):
                return record_refused(actor, shipment_id=shipment_id, said=_("It never reached the carrier."))
            return shipment
        if label.pdf is not None:
            return _keep_label(actor, record_bought(actor, shipment_id=shipment_id, label=label))
        # Given out once only: that one goes back before another one is bought.
        adapter.void(account=account, label=label)
    except (CarrierUnavailable, CarrierRefused) as error:
        log.warning("Shipment %s could not be looked for: %s", shipment_id, error)
        return shipment
    return _buy(actor, begin_anew(actor, shipment_id=shipment_id))


def void_label(actor: Actor, *, shipment_id: UUID) -> Shipment:
    """Take a label back that nobody has scanned. Not inside a use case.

    Raises `WrongState` for a parcel that moved, `NotFound`, `CarrierRefused`, `CarrierUnavailable` (it is kept then).
    """
    refuse_inside_use_case()
    shipment = check_void(actor, shipment_id=shipment_id)
    if shipment.state == _S.VOID:
        return shipment
    account = open_account(actor, shipment.carrier, purpose="take a label back")
    label = Label(shipment.tracking_number, None, carrier_ref=shipment.carrier_ref)
    get_carrier(shipment.carrier).void(account=account, label=label)
    return record_void(actor, shipment_id=shipment_id)


def keep_waiting_label(actor: Actor, *, shipment_id: UUID) -> Shipment:
    """Carry a label that was paid for into the file store, when that failed before. Not inside a use case."""
    with bind(actor.business_id):
        shipment: Shipment = Shipment.objects.get(pk=shipment_id)
    return _keep_label(actor, shipment)


def parcel_of(actor: Actor, shipment: Shipment) -> Parcel:
    """The parcel as carriers hear of it."""
    with bind(actor.business_id):
        order = Order.objects.select_related("business").get(pk=shipment.order_id)
        pieces = list(
            FulfilmentLine.objects.filter(fulfilment_id=shipment.fulfilment_id).select_related("order_line")
        )
        goods = goods_of_parcel(shipment.fulfilment_id)
    business = order.business
    shop = Party(
        business.name, business.line1, business.city, business.country, business.line2, business.region,
        business.postcode, business.phone, business.email,
    )  # fmt: skip
    buyer = Party(
        order.ship_name, order.ship_line1, order.ship_city, order.ship_country, order.ship_line2,
        order.ship_region, order.ship_postcode, order.phone, order.email,
    )  # fmt: skip
    goes_back = shipment.direction == Shipment.Direction.BACK
    worth = sum((piece.net + piece.tax for piece in pieces), Decimal(0))
    contents = ", ".join(f"{piece.quantity} x {piece.order_line.product_title}" for piece in pieces)
    today = clock.now().astimezone(zoneinfo.ZoneInfo(business.time_zone)).date()
    return Parcel(
        reference=shipment.reference,
        order_number=order.number,
        sender=buyer if goes_back else shop,
        receiver=shop if goes_back else buyer,
        grams=shipment.grams,
        length_mm=shipment.length_mm,
        width_mm=shipment.width_mm,
        height_mm=shipment.height_mm,
        value=worth,
        currency=order.currency,
        contents=contents[:200] or "goods",
        ship_on=today,
        is_return=goes_back,
        goods=tuple(goods),
    )


def _buy(actor: Actor, shipment: Shipment) -> Shipment:
    adapter = get_carrier(shipment.carrier)
    try:
        account = open_account(actor, shipment.carrier, purpose="buy a label")
        label = adapter.buy(account=account, parcel=parcel_of(actor, shipment), service=shipment.service)
    except CarrierUnavailable as error:
        record_no_answer(actor, shipment_id=shipment.pk, said=str(error.context.get("cause", error)))
        raise
    except CarrierRefused as refusal:
        record_refused(actor, shipment_id=shipment.pk, said=str(refusal.message))
        raise
    return _keep_label(actor, record_bought(actor, shipment_id=shipment.pk, label=label))


def _keep_label(actor: Actor, shipment: Shipment) -> Shipment:
    """The label into the library, with the order. What fails stays with the shipment and is tried by the clock."""
    if not shipment.label_waiting or shipment.label_id:
        return shipment
    pdf = bytes(shipment.label_waiting)
    system = Actor.system("shipping", shipment.business_id, actor.request_id)
    try:
        with bind(shipment.business_id):
            media = announce_media(
                system,
                kind=MediaKind.DOCUMENT,
                name=f"{shipment.tracking_number}.pdf",
                content_type="application/pdf",
                size=len(pdf),
                attach_to=("orders.order", shipment.order_id),
                key=f"label:{shipment.pk}:{shipment.round}",
            )
            carry_through(system, media, io.BytesIO(pdf))
    except (StorageUnavailable, OSError) as error:
        log.warning("The label of shipment %s waits: %s", shipment.pk, error)
        return shipment
    return note_kept(system, shipment_id=shipment.pk, media_id=media.pk)


def refuse_inside_use_case() -> None:
    if current_work() is not None:
        raise RuntimeError("A carrier is never called inside a use case: locks would be held.")
