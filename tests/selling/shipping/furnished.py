"""Zones, packages, labels in each state, pick lists and what is sold before it is there."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from apps.goods.catalog.models import Variant
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business, Location
from apps.selling.orders.models import Fulfilment, Order, OrderLine, WaitingLine
from apps.selling.orders.services import hold_order, mark_ready, sell_later
from apps.selling.shipping.carriers import TrackFact
from apps.selling.shipping.models import CarrierAnswer, PickLine, PickList, Shipment
from apps.selling.shipping.services import (
    CarrierPrice,
    GoodsDraft,
    ParcelDraft,
    add_package,
    add_rate,
    add_zone,
    buy_label,
    cancel_picking,
    describe_goods,
    open_pick_list,
    record_tracking,
    set_up_carrier,
    use_carrier,
    use_package,
)
from apps.selling.shipping.services.asking import keep_answers

BOX: dict[str, Any] = {"length_mm": 300, "width_mm": 200, "height_mm": 105, "empty_grams": 150}


def send_parcels(business: Business, system: Actor, order: Order, variant: Variant, marker: str) -> Shipment:
    """One row of every kind, for an order of which a part has left."""
    drafts = [
        GoodsDraft(variant_id=variant.pk, shipping_class=f"{marker} bulky", hs_code="691200", origin="GB")
    ]
    describe_goods(system, drafts=drafts)
    add_zone(system, name=f"{marker} islands", countries=["GB"], postcodes=["BT*"])
    add_package(system, name=f"{marker} box", **BOX)
    set_up_carrier(system, carrier="courier", values={"company": f"{marker} bikes"}, secrets={})
    account = use_carrier(system, carrier="sandbox", active=True)
    live = CarrierPrice("sandbox", "express", fallback=Decimal(9))
    days = {"delivery_days_min": 1, "delivery_days_max": 2}
    add_rate(
        system,
        name=f"{marker} live",
        price=Decimal(0),
        countries=["NO"],
        measure="carrier",
        carrier=live,
        **days,
    )
    said = {"service": "express", "name": f"{marker} fast", "price": "9.80", "currency": "GBP", "days": 2}
    now = clock.now()
    answer = CarrierAnswer(
        business=business,
        account=account,
        question=marker,
        services=[said],
        valid_until=now,
        ask_again_at=now,
    )
    keep_answers(Actor.system("tests", business.pk), answers=[answer])
    with tenancy.bind(business.pk):
        parcel = Fulfilment.objects.filter(order=order).order_by("number").first()
        line = OrderLine.objects.filter(order=order).order_by("position").first()
        place = Location.objects.get(is_default=True)
    assert parcel is not None
    shipment = buy_label(
        system, fulfilment_id=parcel.pk, carrier="sandbox", service="standard", draft=ParcelDraft(900)
    )
    fact = TrackFact("moving", clock.now(), f"{marker} picked up", f"{marker} depot")
    record_tracking(system, shipment_id=shipment.pk, facts=[fact])
    sell_later(
        system,
        variant_id=variant.pk,
        kind="preorder",
        limit=3,
        promised_on=clock.now().date() + dt.timedelta(days=30),
    )
    with tenancy.bind(business.pk):
        # All of this order has left: what waited for it is written as it once was.
        WaitingLine.objects.create(order=order, line=line, variant=variant, kind="backorder", quantity=1)
        walk = PickList.objects.create(number=f"{marker}-1", location=place, opened_by_label=marker)
        PickLine.objects.create(
            pick_list=walk, position=1, order=order, order_line=line, variant=variant, quantity=1
        )
    return shipment


def furnish_shipping(actor: Actor, orders: list[Order], sent: Order, variant: Variant) -> None:
    """For the walk through the back office: three paid orders, one that has left, a variant to sell later."""
    said: dict[str, Any] = {"hs_code": "691200", "origin": "GB", "customs_text": "Stoneware mug"}
    describe_goods(
        actor,
        drafts=[
            GoodsDraft(variant_id=variant.pk, **said),
            GoodsDraft(product_id=variant.product_id, shipping_class="Fragile", **said),
        ],
    )
    add_zone(actor, name="Islands", countries=["GB"], regions=["Isle of Man"], postcodes=["BT*", "IM*"])
    add_package(actor, name="Box, 30 × 20 × 10.5 cm, double-walled", **BOX)
    crate = add_package(actor, name="Crate", **BOX)
    use_package(actor, package_id=crate.pk, active=False)
    add_package(actor, name="Bag", **{**BOX, "height_mm": 20})
    use_carrier(actor, carrier="sandbox", active=True)
    set_up_carrier(actor, carrier="courier", values={"company": "Harbour Bikes"}, secrets={})
    use_carrier(actor, carrier="courier", active=True)
    live = CarrierPrice("sandbox", "express", percent=Decimal(10), fallback=Decimal(15))
    days = {"delivery_days_min": 1, "delivery_days_max": 2}
    add_rate(
        actor,
        name="Express to Norway",
        price=Decimal(0),
        countries=["NO"],
        measure="carrier",
        carrier=live,
        **days,
    )
    parcel = Fulfilment.objects.get(order=sent)
    buying: dict[str, Any] = {"fulfilment_id": parcel.pk, "service": "standard"}
    out = buy_label(actor, carrier="courier", draft=ParcelDraft(900), **buying)
    buy_label(actor, carrier="sandbox", draft=ParcelDraft(900, direction="back"), **buying)
    system = Actor.system("tests", actor.business_id)
    facts = [
        TrackFact("moving", clock.now() - dt.timedelta(hours=3), "Picked up", "Harbour depot"),
        TrackFact("failed", clock.now() - dt.timedelta(hours=1), "Nobody at home", "Bristol"),
    ]
    record_tracking(system, shipment_id=out.pk, facts=facts)
    place = Location.objects.get(is_default=True)
    first, second, third = orders
    off = open_pick_list(actor, order_ids=[first.pk], location_id=place.pk)
    cancel_picking(actor, pick_list_id=off.pk)
    open_pick_list(actor, order_ids=[first.pk], location_id=place.pk)
    hold_order(actor, order_id=second.pk, reason="The address looks wrong")
    mark_ready(actor, order_id=third.pk)
    day = clock.now().date() + dt.timedelta(days=30)
    sell_later(actor, variant_id=variant.pk, kind="preorder", limit=20, promised_on=day)
