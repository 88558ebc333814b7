"""Goods between two locations: what lies where and at which value after each step, and who may take it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from apps.goods.catalog.models import Variant
from apps.goods.inventory.lines import Owner, ReserveLine
from apps.goods.inventory.models import StockBalance, StockMovement
from apps.goods.inventory.selectors import availability, list_across_broken_balances, list_balances
from apps.goods.inventory.services import reserve_stock
from apps.goods.warehouse.lines import LandedLine, WantedLine
from apps.goods.warehouse.models import Transfer, TransferLine, TransferStep
from apps.goods.warehouse.services import cancel_transfer, receive_transfer, request_transfer, ship_transfer
from apps.kernel import outbox
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, OutOfStock, PermissionRefused, WrongState
from apps.kernel.ids import new_id
from apps.kernel.models import AuditEntry
from apps.money.ledger.verification import verify_books
from apps.platform.businesses.models import Business, Location
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_location, make_variant, stock_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(bound: Business) -> Location:
    return Location.objects.get(is_default=True)


@pytest.fixture
def depot(bound: Business) -> Location:
    return make_location(bound, name="Depot", code="DEP")


def lying(variant: Variant) -> dict[str, tuple[int, Decimal]]:
    """Pieces and value by place, where there are any."""
    rows = StockBalance.objects.filter(variant=variant).exclude(on_hand=0, value=0).select_related("location")
    return {row.location.name: (row.on_hand, row.value) for row in rows}


def ask(
    actor: Actor, source: Location, destination: Location, *lines: tuple[Variant, int], **more: Any
) -> Transfer:
    return request_transfer(
        actor,
        source_id=source.pk,
        destination_id=destination.pk,
        lines=[WantedLine(variant.pk, quantity) for variant, quantity in lines],
        **more,
    )


def line_of(transfer: Transfer, variant: Variant) -> TransferLine:
    return TransferLine.objects.get(transfer=transfer, variant=variant)


def only_at(actor: Actor, place: Location) -> Actor:
    return replace(actor, location_ids=frozenset({place.pk}))


def test_a_transfer_in_parts_with_damage_and_shortage(
    actor: Actor, business: Business, shop: Location, depot: Location
) -> None:
    """Ten at 10.00 together are 3.33 a piece: the cent that does not divide must not be lost on the way."""
    mug = make_variant(business)
    stock_up(business, [mug.pk], 3, unit_cost=Decimal("3.33"), location_id=depot.pk)
    stock_up(business, [mug.pk], 6, unit_cost=Decimal("3.35"), location_id=depot.pk)
    transfer = ask(actor, depot, shop, (mug, 4), (mug, 3), note="For Saturday")
    assert (transfer.number, transfer.state, line_of(transfer, mug).requested_quantity) == (
        "T-00001", "requested", 7,
    )  # fmt: skip
    assert lying(mug) == {"Depot": (9, Decimal("30.09"))}, "a request moves nothing"

    ship_transfer(actor, transfer_id=transfer.pk)
    # 30.09 × 7 / 9 = 23.403: 23.40 travels, 6.69 stays.
    assert lying(mug) == {"Depot": (2, Decimal("6.69")), "On the way": (7, Decimal("23.40"))}
    assert availability([mug.pk])[mug.pk].quantity == 2, "what is on its way cannot be sold"
    coming = {row.location.name: row.incoming for row in list_balances([mug.pk])}
    assert coming == {"Depot": 0, "Main shop": 7, "On the way": 0}

    line = line_of(transfer, mug)
    with pytest.raises(InvalidInput) as refused:
        receive_transfer(actor, transfer_id=transfer.pk, lines=[LandedLine(line.pk, 3, damaged=1)])
    assert "reason" in refused.value.fields
    part = receive_transfer(
        actor,
        transfer_id=transfer.pk,
        lines=[LandedLine(line.pk, 3, damaged=1)],
        reason="Wet box",
        key="part-1",
    )
    again = receive_transfer(
        actor,
        transfer_id=transfer.pk,
        lines=[LandedLine(line.pk, 3, damaged=1)],
        reason="Wet box",
        key="part-1",
    )
    assert (part.state, again.pk) == ("part_received", part.pk)
    # 23.40 × 3 / 7 = 10.0286 arrives; of the 13.37 left one of four is broken: 3.3425.
    assert lying(mug) == {
        "Depot": (2, Decimal("6.69")),
        "Main shop": (3, Decimal("10.03")),
        "On the way": (3, Decimal("10.03")),
    }
    with pytest.raises(Conflict) as refused_too:
        receive_transfer(actor, transfer_id=transfer.pk, lines=[LandedLine(line.pk, 4)])
    assert refused_too.value.context["on_the_way"] == 3
    done = receive_transfer(
        actor, transfer_id=transfer.pk, lines=[LandedLine(line.pk, 2, missing=1)], reason="Never came"
    )
    assert done.state == "received"
    assert done.closed_at is not None
    assert lying(mug) == {"Depot": (2, Decimal("6.69")), "Main shop": (5, Decimal("16.72"))}
    lost = StockMovement.objects.filter(reason="adjust").order_by("id")
    assert [(m.reason_code, m.on_hand_delta, m.value_delta) for m in lost] == [
        ("damage", -1, Decimal("-3.34")),
        ("loss", -1, Decimal("-3.34")),
    ]
    steps = TransferStep.objects.order_by("id").values_list(
        "kind", "quantity", "damaged_quantity", "missing_quantity"
    )
    assert list(steps) == [
        ("requested", 7, 0, 0),
        ("sent", 7, 0, 0),
        ("received", 3, 1, 0),
        ("received", 2, 0, 1),
    ]
    assert list_across_broken_balances() == []
    entered = AuditEntry.objects.filter(action__startswith="stock.transfer_").order_by("sequence")
    assert [entry.action.rpartition("_")[2] for entry in entered] == [
        "requested",
        "sent",
        "received",
        "received",
    ]
    outbox.drain()
    assert verify_books().is_right, "what was written off is in the books, and they hold"
    for verb in (ship_transfer, cancel_transfer):
        with pytest.raises(WrongState):
            verb(actor, transfer_id=transfer.pk)


def test_two_consignments_of_the_same_goods_keep_their_own_values(
    actor: Actor, business: Business, shop: Location, depot: Location
) -> None:
    """On the way they lie in one heap; the dear ones must not arrive at the average of the heap."""
    mug = make_variant(business)
    stock_up(business, [mug.pk], 2, unit_cost=Decimal(1), location_id=depot.pk)
    stock_up(business, [mug.pk], 2, unit_cost=Decimal(9))
    cheap, dear = ask(actor, depot, shop, (mug, 2)), ask(actor, shop, depot, (mug, 2))
    for transfer in (cheap, dear):
        ship_transfer(actor, transfer_id=transfer.pk)
    assert lying(mug) == {"On the way": (4, Decimal(20))}
    for transfer in (cheap, dear):
        receive_transfer(actor, transfer_id=transfer.pk, lines=[LandedLine(line_of(transfer, mug).pk, 2)])
    assert lying(mug) == {"Main shop": (2, Decimal(2)), "Depot": (2, Decimal(18))}
    assert Location.objects.filter(kind="transit").count() == 1


def test_promised_pieces_stay_and_less_may_be_sent(
    actor: Actor, business: Business, shop: Location, depot: Location
) -> None:
    mug = make_variant(business, stock=5)
    reserve_stock(actor, owner=Owner("order", new_id()), lines=[ReserveLine(new_id(), mug.pk, 3)])
    transfer = ask(actor, shop, depot, (mug, 3))
    with pytest.raises(OutOfStock) as refused:
        ship_transfer(actor, transfer_id=transfer.pk)
    assert refused.value.context["lines"][0]["available"] == 2
    line = line_of(transfer, mug)
    for quantity in (0, -1, 4):
        with pytest.raises(InvalidInput):
            ship_transfer(actor, transfer_id=transfer.pk, quantities={line.pk: quantity})
    ship_transfer(actor, transfer_id=transfer.pk, quantities={line.pk: 2})
    line.refresh_from_db()
    assert (line.sent_quantity, line.open_quantity) == (2, 2)
    idle = ask(actor, shop, depot, (mug, 1))
    assert cancel_transfer(actor, transfer_id=idle.pk, reason="Not needed").state == "cancelled"
    for bad in ({"source_id": shop.pk, "destination_id": shop.pk}, {"lines": []}):
        given = {"source_id": shop.pk, "destination_id": depot.pk, "lines": [WantedLine(mug.pk, 1)], **bad}
        with pytest.raises(InvalidInput):
            request_transfer(actor, **given)
    way = Location.objects.get(kind="transit")
    with pytest.raises(NotFound):
        ask(actor, way, shop, (mug, 1))


def test_each_end_does_its_own_part(
    actor: Actor, business: Business, shop: Location, depot: Location, make_actor: Callable[..., Actor]
) -> None:
    mug = make_variant(business)
    stock_up(business, [mug.pk], 5, location_id=depot.pk)
    keeper = make_actor(business, role="stock_keeper")
    van = make_location(business, name="Van", code="VAN")
    at_shop, at_depot, stranger = (only_at(keeper, place) for place in (shop, depot, van))
    transfer = ask(at_shop, depot, shop, (mug, 2))
    with pytest.raises(PermissionRefused):
        ask(stranger, depot, shop, (mug, 1))
    with pytest.raises(PermissionRefused):
        ship_transfer(at_shop, transfer_id=transfer.pk)
    with pytest.raises(NotFound):
        ship_transfer(stranger, transfer_id=transfer.pk)
    ship_transfer(at_depot, transfer_id=transfer.pk)
    line = line_of(transfer, mug)
    with pytest.raises(PermissionRefused):
        receive_transfer(at_depot, transfer_id=transfer.pk, lines=[LandedLine(line.pk, 2)])
    receive_transfer(at_shop, transfer_id=transfer.pk, lines=[LandedLine(line.pk, 2)])
    with pytest.raises(PermissionRefused):
        ask(make_actor(business, permissions=frozenset({"stock.read"})), depot, shop, (mug, 1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"arrived_quantity": 3},
        {"sent_quantity": 9},
        {"landed_value": Decimal(99)},
        {"arrived_quantity": 2},
    ],
)
def test_the_database_refuses_what_cannot_be(
    actor: Actor, business: Business, shop: Location, depot: Location, wrong: dict[str, Any]
) -> None:
    """More landed than sent, more sent than asked for, more value than left, all pieces without their value."""
    mug = make_variant(business, stock=4)
    transfer = ask(actor, shop, depot, (mug, 2))
    ship_transfer(actor, transfer_id=transfer.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        TransferLine.objects.filter(transfer=transfer).update(**wrong)


def test_the_place_on_the_way_is_never_open(
    actor: Actor, business: Business, shop: Location, depot: Location
) -> None:
    mug = make_variant(business, stock=4)
    ship_transfer(actor, transfer_id=ask(actor, shop, depot, (mug, 2)).pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Location.objects.filter(kind="transit").update(active=True)


def test_a_transfer_through_the_pages(client: Client) -> None:
    business = make_business()
    staff = sign_in(client, owner_of(business), business)
    mug = make_variant(business, stock=5, variant={"sku": "MUG-1"})
    shop = Location.unscoped.get(business=business, is_default=True)
    depot = make_location(business, name="Depot", code="DEP")

    def do(address: str, **data: Any) -> Any:
        page = staff.get(address)
        assert page.status_code == 200, page.content.decode()[:500]
        return staff.post(address, {"idempotency_key": page.context["idempotency_key"], **data})

    new = reverse("admin:list_verb", args=["warehouse", "transfer", "request"])
    ends = {"source_id": str(shop.pk), "destination_id": str(depot.pk)}
    wrong = do(new, **ends, lines="MUG-1, 3\nnothing, 2\nMUG-1, many")
    assert wrong.status_code == 400
    assert "Line 2" in wrong.content.decode()
    assert "Line 3" in wrong.content.decode()
    assert do(new, **ends, lines="mug-1, 3").status_code == 302
    transfer = Transfer.unscoped.get()
    line = TransferLine.unscoped.get()
    verb = lambda name: reverse("admin:verb", args=["warehouse", "transfer", transfer.pk, name])  # noqa: E731
    assert do(verb("ship"), **{f"send_{line.pk}": "3"}).status_code == 302
    short = do(verb("receive"), **{f"arrived_{line.pk}": "2", f"missing_{line.pk}": "1"})
    assert "Say what happened" in short.content.decode()
    landed = {f"arrived_{line.pk}": "2", f"missing_{line.pk}": "1", "reason": "Never came"}
    assert do(verb("receive"), **landed).status_code == 302
    page = staff.get(reverse("admin:warehouse_transfer_change", args=[transfer.pk])).content.decode()
    assert "missing 1: Never came" in page
    assert "Received" in page
    log = staff.get(reverse("admin:warehouse_transferstep_changelist")).content.decode()
    assert log.count(transfer.number) >= 3
    stock = staff.get(reverse("admin:inventory_stockbalance_changelist") + "?tab=all").content.decode()
    assert "Depot" in stock
    assert "Coming" in stock
    assert StockBalance.unscoped.get(location=depot, variant=mug).on_hand == 2


def test_what_is_on_its_way_lands_although_the_place_was_closed_meanwhile(
    actor: Actor, business: Business, shop: Location, depot: Location
) -> None:
    mug = make_variant(business, stock=4)
    transfer = ask(actor, shop, depot, (mug, 3))
    ship_transfer(actor, transfer_id=transfer.pk)
    Location.objects.filter(pk=depot.pk).update(active=False)
    line = line_of(transfer, mug)
    assert (
        receive_transfer(actor, transfer_id=transfer.pk, lines=[LandedLine(line.pk, 3)]).state == "received"
    )
    assert lying(mug)["Depot"][0] == 3
    assert availability([mug.pk])[mug.pk].quantity == 1, "a closed place sells nothing"
