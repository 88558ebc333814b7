"""People who count, move and sell the same goods in the same instant. Each race has a control without the lock."""

from __future__ import annotations

import time
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from apps.goods.catalog.models import Variant
from apps.goods.inventory.lines import Owner, ReserveLine
from apps.goods.inventory.models import StockBalance, StockMovement
from apps.goods.inventory.selectors import list_across_broken_balances
from apps.goods.inventory.services import consume_stock, reserve_stock
from apps.goods.warehouse.lines import LandedLine, WantedLine
from apps.goods.warehouse.models import CountLine, StockCount, Transfer, TransferLine
from apps.goods.warehouse.services import (
    approve_count,
    finish_count,
    open_count,
    receive_transfer,
    record_scan,
    request_transfer,
    ship_transfer,
)
from apps.kernel import locks
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business, Location
from tests.factories.goods import make_location, make_variant, stock_up
from tests.goods.inventory.crowd import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutation: rows are read, not locked; and everybody takes a moment to decide."""

    def read(rank: locks.Rank, queryset: Any) -> list[Any]:
        queryset.query.select_for_update = False
        rows = list(queryset.order_by("pk"))
        time.sleep(0.05)
        return rows

    monkeypatch.setattr(locks, "lock", read)
    monkeypatch.setattr(
        locks, "lock_prepared", lambda rank, query, *given: read(rank, query.queryset(*given))
    )


def person(business: Business) -> Actor:
    return Actor.system("crowd", business.pk)


def shop_of(business: Business) -> Location:
    return Location.unscoped.get(business=business, is_default=True)


def transfers(business: Business, mug: Variant, depot: Location, how_many: int, units: int) -> list[Transfer]:
    ends = {"source_id": shop_of(business).pk, "destination_id": depot.pk}
    lines = [WantedLine(mug.pk, units)]
    return [request_transfer(person(business), **ends, lines=lines) for _number in range(how_many)]


def line_id(transfer: Transfer) -> Any:
    return TransferLine.unscoped.get(transfer=transfer).pk


def send(business: Business, transfer: Transfer) -> Any:
    return ship_transfer(person(business), transfer_id=transfer.pk)


def receive(business: Business, transfer: Transfer, units: int) -> Any:
    line = LandedLine(line_id(transfer), units)
    return receive_transfer(person(business), transfer_id=transfer.pk, lines=[line])


def send_and_receive(business: Business, transfer: Transfer) -> Any:
    send(business, transfer)
    return receive(business, transfer, 1)


def sell(business: Business, mug: Variant) -> Any:
    owner, line = Owner("order", new_id()), new_id()
    reserve_stock(person(business), owner=owner, lines=[ReserveLine(line, mug.pk, 1)])
    return consume_stock(person(business), owner=owner, lines=[(line, 1)])


def scan(business: Business, count: StockCount, mug: Variant) -> Any:
    return record_scan(person(business), count_id=count.pk, variant_id=mug.pk)


def trade(business: Business) -> tuple[StockBalance, StockBalance, int]:
    """Thirty mugs worth 100.00: twelve are sold and eighteen moved while ten are counted, all at once."""
    mug, depot = make_variant(business), make_location(business)
    stock_up(business, [mug.pk], 30, unit_cost=Decimal("3.3333"))
    moves = transfers(business, mug, depot, 18, 1)
    count = open_count(person(business))
    scan(business, count, mug)
    work = [
        *(partial(send_and_receive, business, transfer) for transfer in moves),
        *(partial(sell, business, mug) for _number in range(12)),
        *(partial(scan, business, count, mug) for _number in range(10)),
    ]
    results = at_once(work[::2] + work[1::2], threads=12)
    refused = [result for result in results if isinstance(result, DomainError)]
    assert refused == [], "a deadlock or a time-out reached a person"
    rows = StockBalance.unscoped.filter(variant=mug)
    line = CountLine.unscoped.get(count=count)
    return rows.get(location=shop_of(business)), rows.get(location=depot), line.counted_quantity or 0


def test_count_transfer_and_sell_the_same_goods_at_once(business: Business) -> None:
    shop, depot, counted = trade(business)
    assert (shop.on_hand, shop.reserved, depot.on_hand, counted) == (0, 0, 18, 11)
    assert shop.value == 0, "an empty shelf is worth nothing"
    way = StockBalance.unscoped.get(location__kind="transit")
    assert (way.on_hand, way.value) == (0, 0)
    assert list_across_broken_balances() == []


@pytest.mark.mutation
def test_control_without_lock_cents_and_scans_are_lost(business: Business, without_lock: None) -> None:
    try:
        shop, _depot, counted = trade(business)
    except AssertionError:
        return  # a constraint refused somebody: the race is seen as well
    assert shop.value != 0 or counted < 11, "the control must lose something, or the race proves nothing"


def crowd_receives(business: Business) -> int:
    """Two consignments of three are on their way; eight people receive all of the first one at once."""
    mug, depot = make_variant(business, stock=6), make_location(business)
    first, second = transfers(business, mug, depot, 2, 3)
    send(business, first)
    send(business, second)
    results = at_once([partial(receive, business, first, 3)] * 8, threads=8)
    return sum(not isinstance(result, DomainError) for result in results)


def test_eight_people_receive_one_transfer_once(business: Business) -> None:
    assert crowd_receives(business) == 1
    assert StockBalance.unscoped.get(location__kind="transit").on_hand == 3
    assert list_across_broken_balances() == []


@pytest.mark.mutation
def test_control_without_lock_it_is_received_twice(business: Business, without_lock: None) -> None:
    assert crowd_receives(business) > 1, "the control must receive twice, or the race proves nothing"


def crowd_posts(business: Business) -> int:
    """A count found two fewer; six people post it at once."""
    mug = make_variant(business, stock=9)
    count = open_count(person(business))
    record_scan(person(business), count_id=count.pk, variant_id=mug.pk, quantity=7)
    finish_count(person(business), count_id=count.pk)
    at_once([partial(approve_count, person(business), count_id=count.pk)] * 6, threads=6)
    return StockMovement.unscoped.filter(reason="count").count()


def test_a_count_is_posted_once(business: Business) -> None:
    assert crowd_posts(business) == 1
    assert StockBalance.unscoped.get().on_hand == 7


@pytest.mark.mutation
def test_control_without_lock_a_count_is_posted_twice(business: Business, without_lock: None) -> None:
    assert crowd_posts(business) > 1, "the control must post twice, or the race proves nothing"
