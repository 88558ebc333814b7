"""Goods that are told apart: what comes, which leaves first, what stays, and that the lots always add up."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError, InternalError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.goods.catalog.models import Variant
from apps.goods.inventory.lines import (
    AdjustLine,
    LandLine,
    LotDraft,
    LotPick,
    MoveLine,
    Owner,
    ReserveLine,
    ReturnLine,
    StockLine,
)
from apps.goods.inventory.lot_pages import lot_url, with_pieces
from apps.goods.inventory.models import UNMARKED, Lot, LotBalance, StockBalance, StockMovement, Tracking
from apps.goods.inventory.selectors import (
    availability,
    list_across_broken_balances,
    list_across_broken_lots,
)
from apps.goods.inventory.services import (
    adjust_stock,
    block_lot,
    change_lot,
    choose_tracking,
    consume_stock,
    land_stock,
    open_lot,
    recall_lot,
    receive_stock,
    reserve_stock,
    return_stock,
    send_stock,
    withhold_expired,
)
from apps.goods.inventory.services.lots import lots_to_settle
from apps.goods.inventory.tracing import trace_lot
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, OutOfStock, WrongState
from apps.kernel.ids import new_id
from apps.kernel.limits import Limit
from apps.platform.businesses.models import Business, Location
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.certificates import make_certificate
from tests.factories.goods import make_location, make_variant
from tests.owner import owners_rights

pytestmark = pytest.mark.django_db


@pytest.fixture
def business(db: None) -> Business:
    """With people, who may sign in."""
    return make_business()


@pytest.fixture
def shop(bound: Business) -> Location:
    return Location.objects.get(is_default=True)


@pytest.fixture
def cream(actor: Actor, business: Business, shop: Location) -> Variant:
    """A cream with an expiry date; three lots, the first to expire came last."""
    cream = make_variant(business, title="Cream", cost="2.00")
    choose_tracking(actor, variant_id=cream.pk, mode="expiry")
    for code, days, count in (("L-60", 60, 5), ("L-90", 90, 5), ("L-30", 30, 5)):
        take_in(actor, shop, cream, code, count, days)
    return cream


def day(offset: int) -> dt.date:
    return clock.today() + dt.timedelta(days=offset)


def take_in(actor: Actor, shop: Location, variant: Variant, code: str, count: int, days: int | None) -> None:
    draft = LotDraft(code, None, day(days) if days is not None else None)
    receive_stock(actor, location_id=shop.pk, lines=[StockLine(variant.pk, count, lots=[draft])])


def lying(variant: Variant, place: Location | None = None) -> dict[str, tuple[int, int]]:
    rows = LotBalance.unscoped.filter(variant=variant, on_hand__gt=0).select_related("lot")
    return {
        row.lot.code: (row.on_hand, row.withheld) for row in rows if not place or row.location_id == place.pk
    }


def sell(actor: Actor, variant: Variant, count: int, **chosen: Any) -> tuple[Owner, UUID]:
    owner, line = Owner("order", new_id()), new_id()
    reserve_stock(actor, owner=owner, lines=[ReserveLine(line, variant.pk, count)])
    picks = {line: chosen["lots"]} if chosen else None
    consume_stock(actor, owner=owner, lines=[(line, count)], lots=picks)
    return owner, line


def assert_adds_up() -> None:
    assert list_across_broken_balances() == []
    assert list_across_broken_lots() == []


def test_first_to_expire_leaves_first_and_comes_back_to_its_lot(
    actor: Actor, shop: Location, cream: Variant
) -> None:
    owner, line = sell(actor, cream, 7)
    assert lying(cream) == {"L-60": (3, 0), "L-90": (5, 0)}
    return_stock(actor, owner=owner, lines=[ReturnLine(line, cream.pk, 6, Decimal(2))])
    assert lying(cream) == {"L-30": (5, 0), "L-60": (4, 0), "L-90": (5, 0)}
    named = ReturnLine(line, cream.pk, 1, Decimal(2), lots=[LotPick(1, code="L-90")])
    with pytest.raises(Conflict) as refused:
        return_stock(actor, owner=owner, lines=[named])
    assert refused.value.code == "lot_not_out"
    other = sell(actor, cream, 2, lots=[LotPick(2, code="l-90")])
    assert lying(cream)["L-90"] == (3, 0)
    assert StockMovement.objects.filter(reference_id=other[0].id, lot__code="L-90", reason="consume").exists()
    with pytest.raises(Conflict):
        sell(actor, cream, 4, lots=[LotPick(4, code="L-90")])
    with pytest.raises(InvalidInput):
        sell(actor, cream, 2, lots=[LotPick(1, code="L-90")])
    assert_adds_up()


def test_what_expired_or_was_blocked_is_neither_promised_nor_sent(
    actor: Actor, business: Business, shop: Location, cream: Variant
) -> None:
    depot = make_location(business)
    waiting = Owner("order", new_id())
    line = new_id()
    reserve_stock(actor, owner=waiting, lines=[ReserveLine(line, cream.pk, 12)])
    thirty = Lot.objects.get(code="L-30")
    block_lot(actor, lot_id=thirty.pk, reason="Smells")
    # Twelve are promised, so only the three free ones can be withheld; none of the lot leaves all the same.
    assert lying(cream)["L-30"] == (5, 3)
    assert availability([cream.pk])[cream.pk].quantity == 0
    with pytest.raises(Conflict) as refused:
        consume_stock(actor, owner=waiting, lines=[(line, 12)])
    assert refused.value.code == "lots_withheld"
    consume_stock(actor, owner=waiting, lines=[(line, 10)])
    assert lying(cream) == {"L-30": (5, 3)}
    with pytest.raises(OutOfStock):
        send_stock(
            actor, owner=Owner("transfer", new_id()), source_id=shop.pk, destination_id=depot.pk,
            lines=[MoveLine(new_id(), cream.pk, 1)],
        )  # fmt: skip
    with pytest.raises(WrongState):
        block_lot(actor, lot_id=thirty.pk, reason="Again")
    open_lot(actor, lot_id=thirty.pk, reason="It was the cheese")
    assert lying(cream)["L-30"] == (5, 0)
    assert availability([cream.pk])[cream.pk].quantity == 3
    with clock.travel(dt.timedelta(days=31)):
        assert lots_to_settle(clock.today()) == [thirty.pk]
        assert withhold_expired(actor, lot_ids=[thirty.pk]) == 3
        assert lying(cream)["L-30"] == (5, 3)
        with pytest.raises(Conflict):
            consume_stock(actor, owner=waiting, lines=[(line, 2)])
        adjust_stock(
            actor, location_id=shop.pk, lines=[AdjustLine(cream.pk, delta=-3)], reason_code="expired"
        )
        assert lying(cream)["L-30"] == (2, 0), "what is left is what two people were promised"
        change_lot(actor, lot_id=thirty.pk, expires_on=day(40))
        consume_stock(actor, owner=waiting, lines=[(line, 2)])
    assert StockBalance.objects.get(variant=cream, location=shop).reserved == 0
    assert_adds_up()


def test_a_transfer_takes_lots_along_and_loses_what_was_lost(
    actor: Actor, business: Business, shop: Location, cream: Variant
) -> None:
    depot, move = make_location(business), Owner("transfer", new_id())
    ends = {"source_id": shop.pk, "destination_id": depot.pk}
    (moved,) = send_stock(actor, owner=move, **ends, lines=[MoveLine(new_id(), cream.pk, 7)])
    recall_lot(actor, lot_id=Lot.objects.get(code="L-30").pk, reason="Glass in it")
    parts = [
        LandLine(moved.line_id, cream.pk, 1, Decimal(2), cause="damage"),
        LandLine(moved.line_id, cream.pk, 6, moved.value - 2),
    ]
    land_stock(actor, owner=move, destination_id=depot.pk, lines=parts)
    assert lying(cream, depot) == {"L-30": (4, 4), "L-60": (2, 0)}
    assert lying(cream, shop) == {"L-60": (3, 0), "L-90": (5, 0)}
    assert_adds_up()


def test_dates_and_codes_that_cannot_be_meant(actor: Actor, shop: Location, cream: Variant) -> None:
    def refused(draft: LotDraft, quantity: int = 1) -> str:
        with pytest.raises((InvalidInput, Conflict)) as error:
            receive_stock(actor, location_id=shop.pk, lines=[StockLine(cream.pk, quantity, lots=[draft])])
        return error.value.code

    assert refused(LotDraft("X")) == "expiry_needed"
    assert refused(LotDraft("X", None, day(-1))) == "already_expired"
    assert refused(LotDraft("X", None, day(36500))) == "absurd_date"
    assert refused(LotDraft(" ", None, day(5))) == "wrong_lot_code"
    assert refused(LotDraft("X", 2, day(5))) == "lots_do_not_add_up"
    assert refused(LotDraft("L-30", 1, day(31))) == "lot_date_differs"
    with pytest.raises(InvalidInput) as bare:
        receive_stock(actor, location_id=shop.pk, lines=[StockLine(cream.pk, 1)])
    assert bare.value.code == "lot_needed"
    assert not Lot.objects.filter(code="X").exists()


def test_a_serial_number_is_one_piece_in_one_place(actor: Actor, business: Business, shop: Location) -> None:
    camera, depot = make_variant(business, title="Camera", cost="100"), make_location(business)
    choose_tracking(actor, variant_id=camera.pk, mode="serial")
    pieces = [LotDraft("sn-1"), LotDraft("SN-2")]
    receive_stock(actor, location_id=shop.pk, lines=[StockLine(camera.pk, 2, lots=pieces)])
    again = [StockLine(camera.pk, 1, lots=[LotDraft("SN-1")])]
    with pytest.raises(Conflict) as refused:
        receive_stock(actor, location_id=depot.pk, lines=again)
    assert refused.value.code == "serial_twice"
    lot = Lot.objects.get(code="SN-1")
    facts = {"variant": camera, "lot": lot, "on_hand_delta": 1, "reason": "receive"}
    for place in (shop, depot):
        with pytest.raises(IntegrityError, match="serial_"), transaction.atomic():
            StockMovement.objects.create(location=place, **facts)
    move = Owner("transfer", new_id())
    ends = {"source_id": shop.pk, "destination_id": depot.pk}
    (moved,) = send_stock(actor, owner=move, **ends, lines=[MoveLine(new_id(), camera.pk, 1)])
    land_stock(
        actor, owner=move, destination_id=depot.pk, lines=[LandLine(moved.line_id, camera.pk, 1, moved.value)]
    )
    assert lying(camera, depot) == {"SN-1": (1, 0)}
    owner, line = sell(actor, camera, 1, lots=[LotPick(1, code="SN-2")])
    assert lying(camera) == {"SN-1": (1, 0)}
    return_stock(actor, owner=owner, lines=[ReturnLine(line, camera.pk, 1, Decimal(100))])
    assert lying(camera) == {"SN-1": (1, 0), "SN-2": (1, 0)}
    assert_adds_up()


def test_switching_on_and_off_moves_nothing(actor: Actor, business: Business, shop: Location) -> None:
    soap = make_variant(business, title="Soap", cost="1.10", stock=3)
    owner, line = Owner("order", new_id()), new_id()
    reserve_stock(actor, owner=owner, lines=[ReserveLine(line, soap.pk, 1)])
    before = StockBalance.objects.values("on_hand", "reserved", "value").get(variant=soap, location=shop)
    choose_tracking(actor, variant_id=soap.pk, mode="lot")
    assert lying(soap) == {UNMARKED: (3, 0)}
    take_in(actor, shop, soap, "S-1", 2, None)
    adjust_stock(actor, location_id=shop.pk, lines=[AdjustLine(soap.pk, delta=1)], reason_code="found")
    lot = Lot.objects.get(code="S-1")
    adjust_stock(actor, location_id=shop.pk, lines=[AdjustLine(soap.pk, counted=1, lot_id=lot.pk)])
    assert lying(soap) == {UNMARKED: (4, 0), "S-1": (1, 0)}
    block_lot(actor, lot_id=lot.pk, reason="Look first")
    assert_adds_up()
    choose_tracking(actor, variant_id=soap.pk, mode="")
    assert lying(soap) == {}
    after = StockBalance.objects.values("on_hand", "reserved", "value").get(variant=soap, location=shop)
    assert (after["on_hand"], after["reserved"]) == (5, 1)
    assert before["value"] == Decimal("3.30")
    assert after["value"] == Decimal("5.50")
    assert not Tracking.objects.exists()
    consume_stock(actor, owner=owner, lines=[(line, 1)])
    assert_adds_up()


def test_the_database_keeps_lots_by_itself(
    actor: Actor, business: Business, shop: Location, cream: Variant
) -> None:
    lot, tea = Lot.objects.get(code="L-30"), make_variant(business, title="Tea")
    bad: list[Any] = [
        lambda: LotBalance.objects.update(on_hand=9),
        lambda: LotBalance.objects.filter(on_hand__gt=0).delete(),
        lambda: LotBalance.objects.create(
            lot=lot, variant=cream, location=make_location(business), on_hand=1
        ),
        lambda: StockMovement.objects.create(variant=cream, location=shop, on_hand_delta=1, reason="receive"),
        lambda: StockMovement.objects.create(
            variant=tea, lot=lot, location=shop, on_hand_delta=1, reason="receive"
        ),
        lambda: StockMovement.objects.create(
            variant=cream, lot=lot, location=shop, on_hand_delta=-6, reason="adjust"
        ),
        lambda: Lot.objects.filter(pk=lot.pk).update(variant=tea),
    ]
    for act in bad:
        with pytest.raises((IntegrityError, InternalError, DatabaseError)), transaction.atomic():
            act()
    call_command("reconcile_stock")
    with owners_rights(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE inventory_lotbalance DISABLE TRIGGER USER")
        cursor.execute("UPDATE inventory_lotbalance SET on_hand = on_hand + 1 WHERE lot_id = %s", [lot.pk])
        cursor.execute("ALTER TABLE inventory_lotbalance ENABLE TRIGGER USER")
    with pytest.raises(CommandError, match="2 balances differ"):
        call_command("reconcile_stock")


def test_untracked_goods_cost_no_more_and_lots_one_query(
    actor: Actor, business: Business, shop: Location, cream: Variant
) -> None:
    mug = make_variant(business, stock=5)

    def queries_of(variant: Variant) -> int:
        owner, line = Owner("order", new_id()), new_id()
        reserve_stock(actor, owner=owner, lines=[ReserveLine(line, variant.pk, 2)])
        with CaptureQueriesContext(connection) as asked:
            consume_stock(actor, owner=owner, lines=[(line, 2)])
        return len(asked)

    with tenancy.bind(business.pk):
        plain = queries_of(mug)
        assert queries_of(cream) <= plain + 2


def test_who_is_limited_to_a_place_sees_the_lots_pieces_there(
    business: Business, shop: Location, cream: Variant
) -> None:
    depot = make_location(business)
    lot = Lot.objects.get(code="L-30")
    for places, seen in (({depot.pk}, 0), ({shop.pk}, 5)):
        with tenancy.bind(business.pk, Limit(location_ids=frozenset(places))):
            assert with_pieces(Lot.objects.filter(pk=lot.pk)).get().lying == seen
            assert trace_lot(Actor.system("t", business.pk), lot).lying == list(
                LotBalance.objects.filter(lot=lot)
            )
            assert len(trace_lot(Actor.system("t", business.pk), lot).receipts) == bool(seen)


def test_a_lot_and_its_certificate_lead_to_each_other(
    actor: Actor, business: Business, shop: Location, cream: Variant
) -> None:
    take_in(actor, shop, cream, "HH-2603-01", 4, 40)
    lot = Lot.objects.get(code="HH-2603-01")
    paper = make_certificate(cream.product, approved=True)
    other = make_certificate(make_variant(business, title="Oil").product)
    client = sign_in(Client(), owner_of(business), business)
    of_lot = client.get(lot_url(lot.pk)).content.decode()
    address = reverse("admin:catalog_certificate_change", args=[paper.pk])
    assert address in of_lot
    assert "Green Leaf Analytics" in of_lot
    assert str(other.pk) not in of_lot, "another product's paper may have the same code"
    of_paper = client.get(address).content.decode()
    assert lot_url(lot.pk) in of_paper
    assert (
        "Certificates of analysis"
        not in client.get(lot_url(Lot.objects.get(code="L-30").pk)).content.decode()
    )
    unknown = client.get(reverse("admin:catalog_certificate_change", args=[other.pk])).content.decode()
    assert "No delivery of a lot with this code" in unknown


def test_a_scanner_fills_the_forms(actor: Actor, business: Business, shop: Location, cream: Variant) -> None:
    camera = make_variant(
        business, title="Camera", cost="100", variant={"sku": "CAM", "barcode": "5901234123457"}
    )
    choose_tracking(actor, variant_id=camera.pk, mode="serial")
    client = sign_in(Client(), owner_of(business), business)
    page = reverse("admin:verb", args=["catalog", "variant", camera.pk, "receive"])
    typed = {"location_id": str(shop.pk), f"quantity_{camera.pk}": "", f"cost_{camera.pk}": "", "note": ""}
    answer = client.post(page, {**typed, f"lots_{camera.pk}": "sn-1 sn-2\nsn-3", "idempotency_key": "a"})
    assert answer.status_code == 302
    whole = reverse("admin:list_verb", args=["inventory", "stockbalance", "receive"])
    last = day(70)
    Variant.objects.filter(pk=cream.pk).update(sku="CREAM")
    rows = f"(01)05901234123457(21)SN-4\nCREAM, 3, 2.10, L-70, {last}\nCREAM, 2, , L-60, {day(61)}"
    body = {"location_id": str(shop.pk), "lines": rows, "note": "", "idempotency_key": "b"}
    refused = client.post(whole, body)
    assert (refused.status_code, "is known with" in refused.content.decode()) == (409, True)
    assert client.post(whole, {**body, "lines": rows.rsplit("\n", 1)[0]}).status_code == 302
    assert set(lying(camera)) == {"SN-1", "SN-2", "SN-3", "SN-4"}
    assert lying(cream)["L-70"] == (3, 0)
    labels = reverse("admin:verb", args=["inventory", "lot", Lot.objects.get(code="L-70").pk, "labels"])
    assert "L-70" in client.get(labels).content.decode()
    assert_adds_up()
