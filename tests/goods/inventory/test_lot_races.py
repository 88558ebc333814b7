"""People who want the last pieces of a lot in the same instant. Each race has a control without the lock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection

from apps.goods.catalog.models import Variant
from apps.goods.inventory.lines import AdjustLine, LotDraft, LotPick, Owner, ReserveLine, StockLine
from apps.goods.inventory.models import Lot, LotBalance, StockBalance
from apps.goods.inventory.selectors import list_across_broken_balances, list_across_broken_lots
from apps.goods.inventory.services import (
    adjust_stock,
    block_lot,
    choose_tracking,
    consume_stock,
    receive_stock,
    reserve_stock,
)
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, DomainError
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business, Location
from tests.factories.goods import make_variant
from tests.goods.inventory.crowd import at_once
from tests.goods.warehouse.test_warehouse_races import without_lock  # noqa: F401
from tests.owner import owners_rights

pytestmark = pytest.mark.django_db(transaction=True)


def person(business: Business) -> Actor:
    return Actor.system("crowd", business.pk)


def two_lots(business: Business) -> tuple[Variant, Location]:
    """Three pieces that expire first, thirty that expire later."""
    cream = make_variant(business, title="Cream", cost="2.00")
    shop = Location.unscoped.get(business=business, is_default=True)
    choose_tracking(person(business), variant_id=cream.pk, mode="expiry")
    for code, count, days in (("FIRST", 3, 10), ("LATER", 30, 90)):
        draft = LotDraft(code, None, clock.today() + dt.timedelta(days=days))
        receive_stock(person(business), location_id=shop.pk, lines=[StockLine(cream.pk, count, lots=[draft])])
    return cream, shop


def promised(business: Business, cream: Variant) -> tuple[Owner, Any]:
    owner, line = Owner("order", new_id()), new_id()
    reserve_stock(person(business), owner=owner, lines=[ReserveLine(line, cream.pk, 1)])
    return owner, line


def send_first(business: Business, promise: tuple[Owner, Any]) -> Any:
    """A person who insists on the first lot."""
    owner, line = promise
    picks = {line: [LotPick(1, code="FIRST")]}
    return consume_stock(person(business), owner=owner, lines=[(line, 1)], lots=picks)


def count_none(business: Business, cream: Variant, shop: Location) -> Any:
    first = Lot.unscoped.get(code="FIRST")
    gone = [AdjustLine(cream.pk, counted=0, lot_id=first.pk)]
    return adjust_stock(person(business), location_id=shop.pk, lines=gone)


def left() -> dict[str, int]:
    return {row.lot.code: row.on_hand for row in LotBalance.unscoped.select_related("lot")}


@pytest.fixture
def without_checks(transactional_db: None) -> Iterator[None]:
    """The mutation: the database no longer says that a lot has no fewer than none."""
    names = ("inventory_lotbalance_never_below_zero", "inventory_lotbalance_withheld_is_there")
    rules = [rule for rule in LotBalance._meta.constraints if rule.name in names]
    with owners_rights(), connection.schema_editor() as editor:
        for rule in rules:
            editor.remove_constraint(LotBalance, rule)
    yield
    with owners_rights(), connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE inventory_lotbalance, inventory_stockbalance, inventory_stockmovement, inventory_reservation"
        )
    with owners_rights(), connection.schema_editor() as editor:
        for rule in rules:
            editor.add_constraint(LotBalance, rule)


def test_ten_parcels_want_the_last_three_of_a_lot_while_it_is_counted(business: Business) -> None:
    cream, shop = two_lots(business)
    promises = [promised(business, cream) for _parcel in range(10)]
    counting = partial(count_none, business, cream, shop)
    results = at_once(
        [partial(send_first, business, promise) for promise in promises[:5]]
        + [counting]
        + [partial(send_first, business, promise) for promise in promises[5:]],
        threads=11,
    )
    sent = sum(not isinstance(result, DomainError) for result in results) - 1
    assert 0 <= sent <= 3
    assert left() == {"FIRST": 0, "LATER": 30}
    assert StockBalance.unscoped.get(variant=cream).on_hand == 30
    assert list_across_broken_balances() == list_across_broken_lots() == []


def test_a_lot_is_blocked_while_it_is_sold(business: Business) -> None:
    cream, _shop = two_lots(business)
    promises = [promised(business, cream) for _parcel in range(6)]
    first = Lot.unscoped.get(code="FIRST")
    work = [partial(send_first, business, promise) for promise in promises]
    blocking = partial(block_lot, person(business), lot_id=first.pk, reason="Glass")
    results = at_once([*work[:3], blocking, *work[3:]], threads=7)
    sent = sum(not isinstance(result, DomainError) for result in results) - 1
    row = LotBalance.unscoped.get(lot=first)
    assert (row.on_hand, row.withheld) == (3 - sent, 3 - sent)
    assert all(isinstance(result, Conflict) for result in results if isinstance(result, DomainError))
    assert list_across_broken_balances() == list_across_broken_lots() == []


@pytest.mark.mutation
def test_control_without_lock_and_check_a_lot_is_sold_twice(
    business: Business,
    without_lock: None,  # noqa: F811
    without_checks: None,
) -> None:
    cream, _shop = two_lots(business)
    promises = [promised(business, cream) for _parcel in range(6)]
    at_once([partial(send_first, business, promise) for promise in promises], threads=6)
    assert left()["FIRST"] < 0, "the control must sell pieces that are not there, or the races prove nothing"
