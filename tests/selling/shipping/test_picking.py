"""From the desk to the door: hold, pick list, pack check, two parcels of one order, a courier's files."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.catalog.services import set_kit_parts
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, WrongState
from apps.platform.businesses.models import Business, Location
from apps.selling.orders.models import Fulfilment, TimelineEntry
from apps.selling.orders.services import hold_order, mark_ready, release_order, unpack_order
from apps.selling.shipping.models import Package, PickLine, PickList, Shipment
from apps.selling.shipping.services import (
    ParcelDraft,
    add_package,
    buy_label,
    finish_picking,
    open_pick_list,
    pack_order,
    read_courier_states,
    set_up_carrier,
    use_carrier,
    write_courier_list,
)
from apps.selling.shipping.services.picking import Wanted, list_wanted
from tests.factories.businesses import make_business, make_member, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import ADA, QUAY, lines_of, make_order, reread, ship


def wanted_of(business: Business, order_ids: list[Any]) -> list[Wanted]:
    """What the orders want, as a page of the business reads it."""
    with tenancy.bind(business.pk):
        return list_wanted(order_ids)


def _place(business: Business) -> Location:
    return Location.unscoped.get(business=business, is_default=True)


def test_held_orders_stay_and_come_back_to_where_they_were(business: Business, actor: Actor) -> None:
    kaftan = make_variant(business, title="Kaftan", stock=60)
    order = make_order(business, lines=[(kaftan, 60)], paid=True)
    with pytest.raises(InvalidInput):
        hold_order(actor, order_id=order.pk, reason=" ")
    hold_order(actor, order_id=order.pk, reason="address looks wrong")
    with pytest.raises(WrongState):
        ship(order)
    release_order(actor, order_id=order.pk)
    (line,) = lines_of(order)
    order = ship(order, [(line.pk, 40)])
    hold_order(actor, order_id=order.pk, reason="waits for its papers")
    assert release_order(actor, order_id=order.pk).fulfilment_state == "part_fulfilled"
    assert mark_ready(actor, order_id=order.pk).fulfilment_state == "ready"
    assert unpack_order(actor, order_id=order.pk).fulfilment_state == "part_fulfilled"
    mark_ready(actor, order_id=order.pk)
    order = ship(order, [(line.pk, 20)])
    first, second = Fulfilment.unscoped.filter(order=order).order_by("number")
    assert order.fulfilment_state == "fulfilled"
    assert first.gross + second.gross == order.total == order.recognised_total
    kinds = list(TimelineEntry.unscoped.filter(order=order, is_public=False).values_list("kind", flat=True))
    assert kinds.count("held_because") == 2


def test_one_walk_for_two_orders_and_a_check_of_each_box(business: Business, actor: Actor) -> None:
    mug = make_variant(business, title="Mug", stock=9)
    tea = make_variant(business, title="Tea", stock=9)
    gift = make_variant(business, title="Gift", stock=0)
    set_kit_parts(actor, variant_id=gift.pk, parts={mug.pk: 1, tea.pk: 2})
    one = make_order(business, lines=[(mug, 2)], paid=True)
    two = make_order(business, lines=[(mug, 1), (gift, 1)], paid=True)
    place = _place(business)
    made = open_pick_list(actor, order_ids=[two.pk, one.pk], location_id=place.pk, key="once")
    assert open_pick_list(actor, order_ids=[two.pk, one.pk], location_id=place.pk, key="once").pk == made.pk
    lines = list(PickLine.unscoped.filter(pick_list=made).order_by("position"))
    shelf = [(line.variant.product.title, line.quantity) for line in lines]
    assert sorted(shelf) == [("Mug", 1), ("Mug", 1), ("Mug", 2), ("Tea", 2)]
    assert [title for title, _count in shelf] == ["Mug", "Mug", "Mug", "Tea"]
    with pytest.raises(Conflict, match="PICK-"):
        open_pick_list(actor, order_ids=[one.pk], location_id=place.pk)
    with pytest.raises(InvalidInput):
        finish_picking(actor, pick_list_id=made.pk, picked={lines[0].pk: 9})
    finish_picking(actor, pick_list_id=made.pk, picked={line.pk: line.quantity for line in lines})
    with pytest.raises(WrongState):
        finish_picking(actor, pick_list_id=made.pk, picked={})

    wanted = {(w.line.title, w.variant.product.title): w for w in wanted_of(business, [two.pk])}
    alone = wanted["Mug", "Mug"]
    kit_mug, kit_tea = wanted["Gift", "Mug"], wanted["Gift", "Tea"]
    box = {alone.key: 1, kit_mug.key: 1, kit_tea.key: 2}
    with pytest.raises(InvalidInput, match="Tea: only 1 of 2 are in the box"):
        pack_order(actor, order_id=two.pk, counted={**box, kit_tea.key: 1})
    with pytest.raises(InvalidInput, match="Mug: 2 are in the box, 1 belong in"):
        pack_order(actor, order_id=two.pk, counted={**box, alone.key: 2}, send=True, rest_follows=True)
    half = {alone.key: 1, kit_mug.key: 1, kit_tea.key: 1}
    with pytest.raises(InvalidInput, match="together"):
        pack_order(actor, order_id=two.pk, counted=half, send=True, rest_follows=True)
    with pytest.raises(InvalidInput, match="not of this order"):
        pack_order(actor, order_id=two.pk, counted={**box, "other": 1})
    assert pack_order(actor, order_id=two.pk, counted=box).fulfilment_state == "ready"
    assert pack_order(actor, order_id=two.pk, counted=box, send=True, key="s").fulfilment_state == "fulfilled"
    assert pack_order(actor, order_id=two.pk, counted=box, send=True, key="s").fulfilment_state == "fulfilled"

    (mine,) = wanted_of(business, [one.pk])
    part = pack_order(actor, order_id=one.pk, counted={mine.key: 1}, send=True, rest_follows=True)
    assert part.fulfilment_state == "part_fulfilled"
    (rest,) = wanted_of(business, [one.pk])
    assert rest.pieces == 1


def test_a_courier_takes_a_list_and_sends_one_back(business: Business, actor: Actor) -> None:
    add_package(actor, name="Box", length_mm=300, width_mm=200, height_mm=105)
    set_up_carrier(actor, carrier="courier", values={"company": "Harbour Bikes"}, secrets={})
    use_carrier(actor, carrier="courier", active=True)
    evil = QUAY.__class__(name="=HYPERLINK(1)", line1="1 Quay", city="Bristol", country="GB")
    order = ship(make_order(business, paid=True, address=evil, contact=ADA))
    parcel = Fulfilment.unscoped.get(order=order)
    with pytest.raises(WrongState):
        write_courier_list(actor)
    label = buy_label(
        actor, fulfilment_id=parcel.pk, carrier="courier", service="standard", draft=ParcelDraft(500)
    )
    text = write_courier_list(actor)
    assert text.splitlines()[0].startswith("tracking_number,order,name")
    assert f"{label.tracking_number},{order.number},'=HYPERLINK(1),1 Quay" in text
    with pytest.raises(WrongState):
        write_courier_list(actor)  # it stands on a list already

    when = clock.now().replace(microsecond=0) - dt.timedelta(minutes=5)
    rows = [
        "tracking_number,status,at,place,note",
        f"{label.tracking_number},picked_up,{when.isoformat()},Depot,",
        f"{label.tracking_number},delivered,{when.isoformat()},,With the neighbour",
        f"{label.tracking_number},vanished,{when.isoformat()},,",
        f"LCUNKNOWN,delivered,{when.isoformat()},,",
        f"{label.tracking_number},delivered,yesterday,,",
    ]
    for _time in range(2):
        done = read_courier_states(actor, content="\n".join(rows).encode())
        assert done.parcels == 1
        assert [problem[:6] for problem in done.problems] == ["Row 4:", "Row 5:", "Row 6:"]
    assert reread(order).fulfilment_state == "delivered"
    assert Shipment.unscoped.get().delivered_at == when
    for bad in (b"", b"\xff\xfe", b"a,b\n1,2\n"):
        with pytest.raises(InvalidInput):
            read_courier_states(actor, content=bad)


def test_the_desk_leads_from_order_to_label(db: None, django_assert_max_num_queries: Any) -> None:
    shop = make_business()
    staff = sign_in(Client(), make_member(shop, "owner"), shop)
    desk = reverse("admin:shipping_desk")
    assert "Nothing waits to be packed." in staff.get(desk).content.decode()
    sides = {"weight_grams": 400, "length_mm": 120, "width_mm": 100, "height_mm": 100}
    mug = make_variant(shop, title="Mug", stock=9, variant=sides)
    order = make_order(shop, lines=[(mug, 2)], paid=True)
    carriers = reverse("admin:shipping_carriers")
    assert staff.post(f"{carriers}?carrier=sandbox", {"use": "1"}).status_code == 302
    add = reverse("admin:list_verb", args=["shipping", "package", "add"])
    sizes = {"length_mm": "300", "width_mm": "200", "height_mm": "100", "empty_grams": "150"}
    assert staff.post(add, {"name": "Box", **sizes, "idempotency_key": "p"}).status_code == 302

    place = _place(shop)
    answer = staff.post(desk, {"pick": "1", "order": [str(order.pk)], "place": str(place.pk)})
    made = PickList.unscoped.get()
    assert answer["Location"] == reverse("admin:shipping_picklist_change", args=[made.pk])
    pick = reverse("admin:verb", args=["shipping", "picklist", made.pk, "pick"])
    assert "Mug" in staff.get(pick).content.decode()
    line = PickLine.unscoped.get()
    assert staff.post(pick, {f"line_{line.pk}": "2", "idempotency_key": "k"}).status_code == 302
    (wanted,) = wanted_of(shop, [order.pk])
    pack = reverse("admin:shipping_pack", args=[order.pk])
    short = staff.post(pack, {f"box_{wanted.key}": "1", "ready": "1"})
    assert short.status_code == 400
    assert "Mug: only 1 of 2 are in the box." in short.content.decode()
    assert staff.post(pack, {f"box_{wanted.key}": "2", "send": "1"}).status_code == 302
    parcel = Fulfilment.unscoped.get(order=order)
    label = reverse("admin:shipping_label", args=[parcel.pk])
    assert label in staff.get(desk).content.decode()
    asked = staff.get(label).content.decode()
    assert "The smallest that holds the goods" in asked
    assert 'value="950"' in asked
    form = {"package": str(_package(shop)), "grams": "900", "direction": "out", "key": "once"}
    assert "Express" in staff.post(label, {**form, "ask": "1"}).content.decode()
    bought = staff.post(label, {**form, "buy": "sandbox:express"})
    shipment = Shipment.unscoped.get()
    assert bought["Location"] == reverse("admin:shipping_shipment_change", args=[shipment.pk])
    with django_assert_max_num_queries(40):
        assert shipment.tracking_number in staff.get(desk).content.decode()
    printing = reverse("admin:verb", args=["shipping", "shipment", shipment.pk, "print"])
    paper = staff.post(printing, {"idempotency_key": "x"})
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")
    assert shipment.tracking_number not in staff.get(desk).content.decode()
    track = f"/store/{shop.slug}/track/{reread(order).public_token}/"
    assert shipment.tracking_number in Client().get(track).content.decode()
    seller = sign_in(Client(), make_member(shop, "accountant"), shop)
    assert seller.get(desk).status_code == 403


def _package(shop: Business) -> Any:
    return Package.unscoped.get(business=shop).pk
