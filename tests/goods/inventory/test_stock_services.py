"""Every stock verb: what it moves, what it refuses, how many queries it takes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext

from apps.goods.catalog.models import Variant
from apps.goods.inventory.lines import AdjustLine, Owner, ReserveLine, ReturnLine, StockLine
from apps.goods.inventory.models import Reservation, StockBalance, StockMovement
from apps.goods.inventory.selectors import (
    availability,
    in_stock_products,
    list_across_broken_balances,
    list_low_stock,
    product_availability,
)
from apps.goods.inventory.services import (
    adjust_stock,
    consume_stock,
    receive_stock,
    release_stock,
    reserve_stock,
    return_stock,
    set_warning_level,
)
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, OutOfStock, PermissionRefused, WrongState
from apps.kernel.ids import new_id
from apps.kernel.models import AuditEntry, OutboxEvent
from apps.platform.businesses.models import Business, Location
from tests.factories.goods import make_location, make_product, make_variant, stock_up, variants_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(bound: Business) -> Location:
    return Location.objects.get(is_default=True)


def balance_of(variant: Variant, location: Location | None = None) -> StockBalance:
    places = StockBalance.unscoped.filter(variant=variant)
    return places.get(location=location) if location else places.get()


def an_owner() -> Owner:
    return Owner("order", new_id())


def test_received_units_are_on_hand_at_their_cost(actor: Actor, business: Business, shop: Location) -> None:
    mug = make_variant(business)
    receive_stock(actor, location_id=shop.pk, lines=[StockLine(mug.pk, 3, Decimal("4.00"))])
    receive_stock(actor, location_id=shop.pk, lines=[StockLine(mug.pk, 1, Decimal("8.00"))])
    row = balance_of(mug)
    assert (row.on_hand, row.reserved, row.value) == (4, 0, Decimal("20"))
    told = OutboxEvent.objects.filter(name="inventory.stock_received").order_by("occurred_at")
    assert [Decimal(fact.payload["value"]) for fact in told] == [Decimal("12"), Decimal("8")]
    assert AuditEntry.objects.filter(action="stock.received").count() == 2


def test_same_key_receives_once(actor: Actor, business: Business, shop: Location) -> None:
    mug = make_variant(business)
    first = receive_stock(actor, location_id=shop.pk, lines=[StockLine(mug.pk, 3)], key="delivery-7")
    again = receive_stock(actor, location_id=shop.pk, lines=[StockLine(mug.pk, 3)], key="delivery-7")
    assert [m.pk for m in first] == [m.pk for m in again]
    assert balance_of(mug).on_hand == 3


@pytest.mark.parametrize("quantity", [0, -1, 10_000_001])
def test_absurd_quantities_are_refused(
    actor: Actor, business: Business, shop: Location, quantity: int
) -> None:
    mug = make_variant(business)
    with pytest.raises(InvalidInput):
        receive_stock(actor, location_id=shop.pk, lines=[StockLine(mug.pk, quantity)])
    with pytest.raises(InvalidInput):
        reserve_stock(actor, owner=an_owner(), lines=[ReserveLine(new_id(), mug.pk, quantity)])


def test_foreign_variant_and_place_are_not_found(
    actor: Actor, business: Business, other_business: Business, shop: Location
) -> None:
    theirs = make_variant(other_business, stock=5)
    mine = make_variant(business)
    with tenancy.bind(other_business.pk):
        their_shop = Location.objects.get()
    with pytest.raises(NotFound):
        receive_stock(actor, location_id=shop.pk, lines=[StockLine(theirs.pk, 1)])
    with pytest.raises(NotFound):
        receive_stock(actor, location_id=their_shop.pk, lines=[StockLine(mine.pk, 1)])
    with pytest.raises(NotFound):
        reserve_stock(actor, owner=an_owner(), lines=[ReserveLine(new_id(), theirs.pk, 1)])
    assert availability([theirs.pk]) == {}


def test_only_at_own_locations(business: Business, shop: Location, make_actor: Callable[..., Actor]) -> None:
    from dataclasses import replace

    mug = make_variant(business)
    keeper = replace(make_actor(business), location_ids=frozenset([new_id()]))
    with pytest.raises(PermissionRefused):
        receive_stock(keeper, location_id=shop.pk, lines=[StockLine(mug.pk, 1)])


def test_reserve_release_consume_return(actor: Actor, business: Business, shop: Location) -> None:
    mug = make_variant(business)
    receive_stock(actor, location_id=shop.pk, lines=[StockLine(mug.pk, 3, Decimal("3.34"))])
    owner, line = an_owner(), new_id()
    reserve_stock(actor, owner=owner, lines=[ReserveLine(line, mug.pk, 3)])
    assert balance_of(mug).available == 0
    release_stock(actor, owner=owner, line_quantities={line: 1})
    (gone,) = consume_stock(actor, owner=owner, lines=[(line, 2)])
    assert gone.cost == Decimal("6.68")
    (back,) = return_stock(actor, owner=owner, lines=[ReturnLine(line, mug.pk, 1, gone.cost / 2)])
    assert back.value == Decimal("3.34")
    row = balance_of(mug)
    assert (row.on_hand, row.reserved, row.value) == (2, 0, Decimal("6.68"))
    promise = Reservation.objects.get()
    assert (promise.state, promise.consumed_quantity, promise.released_quantity) == ("consumed", 2, 1)
    assert list_across_broken_balances() == []


def test_last_unit_takes_all_of_the_value(actor: Actor, business: Business, shop: Location) -> None:
    mug = make_variant(business)
    receive_stock(actor, location_id=shop.pk, lines=[StockLine(mug.pk, 3, Decimal("0.3333"))])
    owner, line = an_owner(), new_id()
    reserve_stock(actor, owner=owner, lines=[ReserveLine(line, mug.pk, 3)])
    costs = [consume_stock(actor, owner=owner, lines=[(line, 1)])[0].cost for _unit in range(3)]
    assert sum(costs) == Decimal("1.00")
    assert balance_of(mug).value == 0


def test_out_of_stock_names_every_line_and_writes_nothing(actor: Actor, business: Business) -> None:
    some, none = make_variant(business, stock=2), make_variant(business, title="Bowl")
    lines = [ReserveLine(new_id(), some.pk, 3), ReserveLine(new_id(), none.pk, 1)]
    with pytest.raises(OutOfStock) as refusal:
        reserve_stock(actor, owner=an_owner(), lines=lines)
    assert [(s["requested"], s["available"]) for s in refusal.value.context["lines"]] == [(3, 2), (1, 0)]
    assert Reservation.unscoped.count() == 0


def test_two_lines_of_one_variant_share_what_is_there(actor: Actor, business: Business) -> None:
    mug = make_variant(business, stock=3)
    lines = [ReserveLine(new_id(), mug.pk, 2), ReserveLine(new_id(), mug.pk, 2)]
    with pytest.raises(OutOfStock):
        reserve_stock(actor, owner=an_owner(), lines=lines)


def test_default_location_first_then_others_then_backorder(
    actor: Actor, business: Business, bound: Business, shop: Location
) -> None:
    mug = make_variant(business, stock=2, variant={"backorder_limit": 2})
    depot = make_location(business)
    stock_up(business, [mug.pk], 3, location_id=depot.pk)
    assert availability([mug.pk])[mug.pk].sellable == 7
    made = reserve_stock(actor, owner=an_owner(), lines=[ReserveLine(new_id(), mug.pk, 6)])
    assert {row.location_id: row.quantity for row in made} == {shop.pk: 3, depot.pk: 3}
    with pytest.raises(OutOfStock):
        reserve_stock(actor, owner=an_owner(), lines=[ReserveLine(new_id(), mug.pk, 2)])


def test_backorder_before_anything_was_ever_in_stock(actor: Actor, business: Business) -> None:
    mug = make_variant(business, variant={"backorder_limit": 2})
    owner, line = an_owner(), new_id()
    reserve_stock(actor, owner=owner, lines=[ReserveLine(line, mug.pk, 2)])
    with pytest.raises(OutOfStock):
        reserve_stock(actor, owner=an_owner(), lines=[ReserveLine(new_id(), mug.pk, 1)])
    (gone,) = consume_stock(actor, owner=owner, lines=[(line, 2)])
    assert gone.cost == Decimal("10.00")
    assert (balance_of(mug).on_hand, balance_of(mug).value) == (-2, Decimal("-10"))
    stock_up(business, [mug.pk], 2)
    assert (balance_of(mug).on_hand, balance_of(mug).value) == (0, 0)


def test_uncounted_stock_is_promised_without_a_place(actor: Actor, business: Business) -> None:
    card = make_variant(business, title="Gift wrapping", variant={"track_stock": False})
    owner, line = an_owner(), new_id()
    (promise,) = reserve_stock(actor, owner=owner, lines=[ReserveLine(line, card.pk, 500)])
    assert promise.location_id is None
    assert consume_stock(actor, owner=owner, lines=[(line, 500)])[0].cost == 0
    assert return_stock(actor, owner=owner, lines=[ReturnLine(line, card.pk, 1, Decimal(0))])[0].value == 0
    assert StockMovement.unscoped.count() == 0


def test_releasing_twice_does_nothing_and_using_what_was_released_is_refused(
    actor: Actor, business: Business
) -> None:
    mug = make_variant(business, stock=1)
    owner, line = an_owner(), new_id()
    reserve_stock(actor, owner=owner, lines=[ReserveLine(line, mug.pk, 1)])
    release_stock(actor, owner=owner)
    assert release_stock(actor, owner=owner) == []
    with pytest.raises(WrongState):
        consume_stock(actor, owner=owner, lines=[(line, 1)])
    assert balance_of(mug).available == 1


def test_adjusting_by_and_to(actor: Actor, business: Business, shop: Location) -> None:
    mug = make_variant(business, stock=10)
    adjust_stock(actor, location_id=shop.pk, lines=[AdjustLine(mug.pk, delta=-3)], reason_code="damage")
    adjust_stock(actor, location_id=shop.pk, lines=[AdjustLine(mug.pk, counted=9)], reason_code="count")
    row = balance_of(mug)
    assert (row.on_hand, row.value) == (9, Decimal("45"))
    values = OutboxEvent.objects.filter(name="inventory.stock_adjusted").order_by("occurred_at")
    assert [Decimal(fact.payload["value_delta"]) for fact in values] == [Decimal("-15"), Decimal("10")]
    before = StockMovement.unscoped.count()
    assert adjust_stock(actor, location_id=shop.pk, lines=[AdjustLine(mug.pk, counted=9)]) == []
    assert StockMovement.unscoped.count() == before


def test_promised_units_are_not_adjusted_away(actor: Actor, business: Business, shop: Location) -> None:
    mug = make_variant(business, stock=2)
    reserve_stock(actor, owner=an_owner(), lines=[ReserveLine(new_id(), mug.pk, 2)])
    with pytest.raises(Conflict):
        adjust_stock(actor, location_id=shop.pk, lines=[AdjustLine(mug.pk, delta=-1)])
    assert balance_of(mug).on_hand == 2


def test_low_stock_is_told_when_the_level_is_crossed(actor: Actor, business: Business) -> None:
    mug = make_variant(business, stock=8)
    set_warning_level(actor, variant_id=mug.pk, threshold=6)
    for _sale in range(3):
        reserve_stock(actor, owner=an_owner(), lines=[ReserveLine(new_id(), mug.pk, 1)])
    facts = OutboxEvent.objects.filter(name="inventory.stock_low")
    assert [fact.payload["available"] for fact in facts] == [6]
    with tenancy.bind(business.pk):
        assert [row.variant_id for row in list_low_stock()] == [mug.pk]


@pytest.mark.parametrize("count", [1, 10, 40])
def test_the_same_queries_for_any_number_of_lines(actor: Actor, business: Business, count: int) -> None:
    product = make_product(business, stock=5, option="Size", values=[str(n) for n in range(count)])
    lines = [ReserveLine(new_id(), variant.pk, 1) for variant in variants_of(product)]
    owner = an_owner()
    assert _work(lambda: reserve_stock(actor, owner=owner, lines=lines)) == 3
    part = {line.line_id: 1 for line in lines[:1]}
    assert _work(lambda: release_stock(actor, owner=owner, line_quantities=part)) == 4
    if count > 1:
        rest = [(line.line_id, 1) for line in lines[1:]]
        assert _work(lambda: consume_stock(actor, owner=owner, lines=rest)) == 4


def test_a_generator_of_lines_is_as_good_as_a_list(actor: Actor, business: Business) -> None:
    product = make_product(business, stock=1, option="Size", values=["S", "M"])
    lines = (ReserveLine(new_id(), variant.pk, 1) for variant in variants_of(product))
    assert len(reserve_stock(actor, owner=an_owner(), lines=lines)) == 2  # type: ignore[arg-type]


def test_what_the_store_says(business: Business, bound: Business) -> None:
    gone, here = make_product(business, title="Gone"), make_product(business, title="Here", stock=4)
    stock = product_availability([gone.pk, here.pk])
    assert stock[gone.pk].sold_out
    assert stock[here.pk].quantity == 4
    from apps.goods.catalog.models import Product

    assert list(in_stock_products(Product.objects.visible())) == [here]


def test_the_ledger_and_balances_refuse_to_be_edited(business: Business, shop: Location) -> None:
    mug = make_variant(business, stock=2)
    attempts: list[Callable[[], object]] = [
        lambda: StockMovement.unscoped.update(on_hand_delta=9),
        lambda: StockMovement.unscoped.all().delete(),
        lambda: StockBalance.unscoped.update(on_hand=9),
        lambda: StockBalance.unscoped.update(value=0),
        lambda: StockBalance.unscoped.all().delete(),
        lambda: StockBalance.unscoped.create(
            business=business, variant=mug, location=make_location(business), on_hand=5
        ),
    ]
    for attempt in attempts:
        with pytest.raises((InternalError, DatabaseError)), transaction.atomic():
            attempt()
    assert balance_of(mug, shop).on_hand == 2


@pytest.mark.parametrize(("on_hand", "reserved"), [(-3, 0), (0, 3), (0, -1)])
def test_the_database_itself_refuses_to_oversell(
    business: Business, shop: Location, on_hand: int, reserved: int
) -> None:
    mug = make_variant(business, stock=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        StockMovement.objects.create(
            variant=mug, location=shop, on_hand_delta=on_hand, reserved_delta=reserved, reason="adjust"
        )


def test_reconcile_names_a_broken_row(business: Business, bound: Business) -> None:
    import pgtrigger
    from django.core.management import CommandError, call_command

    mug = make_variant(business, stock=2)
    call_command("reconcile_stock")
    with pgtrigger.ignore("inventory.StockBalance:only_by_movement"):
        StockBalance.objects.update(on_hand=5)
    with pytest.raises(CommandError, match="1 balances differ"):
        call_command("reconcile_stock")
    assert list_across_broken_balances()[0][0] == mug.pk


def _work(act: Callable[[], object]) -> int:
    """The number of queries of a service, savepoints and outbox apart."""
    from django.db import connection

    with CaptureQueriesContext(
        connection,
    ) as captured:
        act()
    outside = ("SAVEPOINT", "RELEASE", 'INSERT INTO "kernel_')
    return sum(not query["sql"].startswith(outside) for query in captured.captured_queries)
