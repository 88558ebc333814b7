"""Each carrier over its documented protocol: rates, label, lost answer, wrong keys, refusal, the way of the parcel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from apps.kernel import clock, outbox
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, WrongState
from apps.platform.businesses.models import Business
from apps.platform.media.stores import get_store
from apps.selling.orders.models import Fulfilment, Order, TimelineEntry
from apps.selling.shipping.carriers import CarrierRefused, CarrierUnavailable, needs_customs, registry
from apps.selling.shipping.models import Shipment, ShipmentEvent
from apps.selling.shipping.services import (
    GoodsDraft,
    ParcelDraft,
    add_package,
    buy_label,
    describe_goods,
    quote_rates,
    set_up_carrier,
    try_connection,
    use_carrier,
    void_label,
)
from apps.selling.shipping.tasks import look_after_shipments
from tests.factories.goods import make_product, variants_of
from tests.factories.orders import QUAY, make_order, reread, ship

from .servers import PDF, Depot, Dhl, Fedex

D = Decimal
BOX = ParcelDraft(grams=1200)


@pytest.fixture(params=(Fedex, Dhl), ids=lambda kind: kind.code)
def there(request: pytest.FixtureRequest) -> Iterator[Depot]:
    """A carrier that is reached, in place of the real one."""
    registry._load()
    place: Depot = request.param()
    before = registry._carriers[place.code]
    registry.register(place.adapter())
    yield place
    registry.register(before)
    place.close()


def _use(actor: Actor, there: Depot) -> None:
    add_package(actor, name="Box", length_mm=300, width_mm=200, height_mm=105, empty_grams=150)
    set_up_carrier(actor, carrier=there.code, values=there.values, secrets=there.secrets)
    use_carrier(actor, carrier=there.code, active=True)


def _parcel(business: Business, **fields: Any) -> Fulfilment:
    order = ship(make_order(business, paid=True, **fields))
    return Fulfilment.unscoped.get(order=order)


def _kinds(order: Order) -> list[str]:
    return list(TimelineEntry.unscoped.filter(order=order).order_by("id").values_list("kind", flat=True))


def test_from_rates_to_the_door(business: Business, actor: Actor, there: Depot) -> None:
    with pytest.raises(WrongState):
        use_carrier(actor, carrier=there.code, active=True)  # nothing was entered
    _use(actor, there)
    try_connection(actor, carrier=there.code)
    parcel = _parcel(business)
    found, said = quote_rates(actor, fulfilment_id=parcel.pk, draft=BOX)
    assert said == []
    code, cheapest = found[0]
    assert (code, cheapest.service, cheapest.price) == (there.code, there.service, D("9.2"))

    bought = buy_label(
        actor, fulfilment_id=parcel.pk, carrier=there.code, service=there.service, draft=BOX, key="one"
    )
    again = buy_label(
        actor, fulfilment_id=parcel.pk, carrier=there.code, service=there.service, draft=BOX, key="one"
    )
    assert again.pk == bought.pk
    assert there.live == [bought.tracking_number]
    assert bought.state == "ready"
    assert bought.label is not None
    with get_store().open(bought.label.object_key) as file:
        assert file.read() == PDF
    parcel.refresh_from_db()
    assert (parcel.tracking_number, parcel.carrier) == (bought.tracking_number, str(there.adapter().name))
    with pytest.raises(Conflict):
        buy_label(actor, fulfilment_id=parcel.pk, carrier=there.code, service=there.service, draft=BOX)

    number = bought.tracking_number
    now = clock.now().replace(microsecond=0)
    hours = lambda n: (now + dt.timedelta(hours=n)).isoformat()  # noqa: E731
    there.scan(number, "moving", hours(2), "Picked up")
    there.scan(number, "moving", hours(3), "Departed")
    with clock.travel(dt.timedelta(hours=4)):
        assert look_after_shipments() == 1
        assert look_after_shipments() == 0  # not due yet
    order = reread(parcel.order)
    assert (order.fulfilment_state, order.state) == ("in_transit", "confirmed")
    assert _kinds(order)[-1] == "parcel_moved"
    there.scan(number, "failed", hours(5), "Nobody at home")
    with clock.travel(dt.timedelta(hours=6)):
        look_after_shipments()
    bought.refresh_from_db()
    assert (bought.state, bought.problem) == ("failed", "Nobody at home")
    there.scan(number, "delivered", hours(8), "Signed for by Ada")
    for _time in range(2):
        with clock.travel(dt.timedelta(hours=12)):
            look_after_shipments()
    outbox.drain()
    order = reread(order)
    assert (order.fulfilment_state, order.state) == ("delivered", "closed")
    assert _kinds(order)[-4:] == ["parcel_moved", "parcel_trouble", "delivered", "closed"]
    assert ShipmentEvent.unscoped.count() == 4
    with pytest.raises(WrongState):
        void_label(actor, shipment_id=bought.pk)


def test_a_label_whose_answer_was_lost_is_found_and_never_costs_twice(
    business: Business, actor: Actor, there: Depot
) -> None:
    _use(actor, there)
    parcel = _parcel(business)
    there.loses = 1
    asking: dict[str, Any] = {
        "fulfilment_id": parcel.pk, "carrier": there.code, "service": there.service, "draft": BOX, "key": "k",
    }  # fmt: skip
    with pytest.raises(CarrierUnavailable):
        buy_label(actor, **asking)
    lost = Shipment.unscoped.get()
    assert (lost.state, lost.tracking_number, len(there.live)) == ("asked", "", 1)
    with clock.travel(dt.timedelta(minutes=2)):
        assert look_after_shipments() == 1
    lost.refresh_from_db()
    assert (lost.state, lost.round) == ("ready", 1)
    if there.code == "fedex":
        assert there.live == [lost.tracking_number]
    else:  # DHL charges what is scanned: the first one is never used
        assert lost.tracking_number == there.live[-1]
    assert buy_label(actor, **asking).tracking_number == lost.tracking_number

    void_label(actor, shipment_id=lost.pk)
    parcel.refresh_from_db()
    assert parcel.tracking_number == ""
    anew = buy_label(actor, **{**asking, "key": "k2"})
    assert (anew.state, anew.pk != lost.pk) == ("ready", True)


def test_what_never_arrived_there_counts_as_not_bought(
    business: Business, actor: Actor, there: Depot
) -> None:
    _use(actor, there)
    parcel = _parcel(business)
    there.loses = 1
    with pytest.raises(CarrierUnavailable):
        buy_label(actor, fulfilment_id=parcel.pk, carrier=there.code, service=there.service, draft=BOX)
    there.shipments.clear()
    for hours in (1, 3, 6, 9):
        with clock.travel(dt.timedelta(hours=hours)):
            look_after_shipments()
    shipment = Shipment.unscoped.get()
    assert (shipment.state, shipment.problem) == ("refused", "It never reached the carrier.")


def test_refusals_and_wrong_keys_are_said_in_the_carriers_words(
    business: Business, actor: Actor, there: Depot
) -> None:
    _use(actor, there)
    belfast = QUAY.__class__(name="Ada", line1="1 Quay", city="Belfast", postcode="BT1 5AB", country="GB")
    parcel = _parcel(business, address=belfast)
    with pytest.raises(CarrierRefused, match="not serviced"):
        buy_label(actor, fulfilment_id=parcel.pk, carrier=there.code, service=there.service, draft=BOX)
    assert Shipment.unscoped.get().state == "refused"
    abroad = _parcel(business, address=QUAY.__class__(name="Ada", line1="1", city="Oslo", country="NO"))
    with pytest.raises(CarrierRefused, match="Customs ask for the HS code"):
        buy_label(actor, fulfilment_id=abroad.pk, carrier=there.code, service=there.service, draft=BOX)
    wrong = dict.fromkeys(there.secrets, "not the secret")
    set_up_carrier(actor, carrier=there.code, values=there.values, secrets=wrong)
    with pytest.raises(CarrierRefused, match=r"(?i)credentials"):
        try_connection(actor, carrier=there.code)
    found, said = quote_rates(actor, fulfilment_id=parcel.pk, draft=BOX)
    if there.code == "dhl":
        assert found == []
        assert "Invalid Credentials" in said[0]


def test_a_parcel_across_a_border_tells_customs_what_is_in_it(
    business: Business, actor: Actor, there: Depot
) -> None:
    """Two mugs of a product whose code counts for its variants, and a bowl that says where it comes from itself."""
    _use(actor, there)
    mug = variants_of(make_product(business, title="Mug", price="12.00", stock=9, variant={"sku": "MUG"}))[0]
    bowl = variants_of(make_product(business, title="Bowl", price="25.00", stock=9, variant={"sku": "BOWL"}))[
        0
    ]
    oslo = QUAY.__class__(name="Ada", line1="1", city="Oslo", postcode="BS1", country="NO")
    parcel = _parcel(business, lines=[(mug, 2), (bowl, 1)], address=oslo)
    asking: dict[str, Any] = {
        "fulfilment_id": parcel.pk,
        "carrier": there.code,
        "service": there.service,
        "draft": BOX,
    }
    describe_goods(
        actor,
        drafts=[
            GoodsDraft(
                product_id=mug.product_id, hs_code="6912.00 23 10", origin="pt", customs_text="Mugs, clay"
            )
        ],
    )
    with pytest.raises(CarrierRefused, match="BOWL") as refused:
        buy_label(actor, **asking)
    assert (refused.value.code, "MUG" in str(refused.value.message)) == ("customs_incomplete", False)
    assert there.live == []
    describe_goods(
        actor,
        drafts=[
            GoodsDraft(product_id=bowl.product_id, hs_code="691200", origin="CN"),
            GoodsDraft(variant_id=bowl.pk, origin="GB"),
        ],
    )
    assert quote_rates(actor, fulfilment_id=parcel.pk, draft=BOX)[1] == []
    assert buy_label(actor, **asking).state == "ready"
    pieces = {
        one.order_line.sku: one.net for one in parcel.lines(manager="unscoped").select_related("order_line")
    }
    assert there.declared == [
        ("Mugs, clay", 2, "6912002310", "PT", float(pieces["MUG"])),
        ("Bowl", 1, "691200", "GB", float(pieces["BOWL"])),
    ]
    assert there.worth == float(sum(pieces.values()))

    # Within one customs territory, and at home, nothing is declared.
    home = _parcel(business)
    buy_label(actor, **{**asking, "fulfilment_id": home.pk})
    assert (there.declared, there.worth) == ([], 0)
    assert not needs_customs("DE", "FR")
    assert needs_customs("DE", "GB")


def test_the_sandbox_and_a_courier_need_no_network(business: Business, actor: Actor) -> None:
    add_package(actor, name="Box", length_mm=300, width_mm=200, height_mm=105)
    use_carrier(actor, carrier="sandbox", active=True)
    set_up_carrier(actor, carrier="courier", values={"company": "Harbour Bikes", "price": "4"}, secrets={})
    use_carrier(actor, carrier="courier", active=True)
    parcel = _parcel(business)
    found, _said = quote_rates(actor, fulfilment_id=parcel.pk, draft=BOX)
    assert [(code, rate.service) for code, rate in found] == [
        ("courier", "standard"),
        ("sandbox", "standard"),
        ("sandbox", "express"),
    ]
    back = ParcelDraft(grams=900, direction="back")
    label = buy_label(actor, fulfilment_id=parcel.pk, carrier="courier", service="standard", draft=back)
    assert label.label is not None
    with get_store().open(label.label.object_key) as file:
        assert file.read().startswith(b"%PDF")
    parcel.refresh_from_db()
    assert parcel.tracking_number == ""  # the way back is not the buyer's parcel
    out = buy_label(actor, fulfilment_id=parcel.pk, carrier="sandbox", service="express", draft=BOX)
    for hours in (2, 11, 24):
        with clock.travel(dt.timedelta(hours=hours, minutes=1)):
            look_after_shipments()
    out.refresh_from_db()
    assert out.state == "delivered"
    assert reread(parcel.order).fulfilment_state == "delivered"
    heavy = _parcel(business)
    with pytest.raises(CarrierRefused):
        buy_label(
            actor,
            fulfilment_id=heavy.pk,
            carrier="sandbox",
            service="express",
            draft=ParcelDraft(grams=30_001),
        )
