"""Buyers who come in the same instant. Each safeguard is also taken out, to see that the tests would notice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from apps.goods.inventory.lines import Owner, ReserveLine
from apps.goods.inventory.models import Reservation, StockBalance
from apps.goods.inventory.selectors import list_across_broken_balances
from apps.goods.inventory.services import release_stock, reserve_stock, shelves
from apps.kernel import locks
from apps.kernel.actors import Actor
from apps.kernel.errors import Busy, DomainError, OutOfStock
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business
from tests.factories.goods import make_product, make_variant, variants_of
from tests.goods.inventory.crowd import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def buy(business: Business, variant_ids: list[UUID]) -> list[Reservation]:
    return reserve_stock(
        Actor.guest(business.pk),
        owner=Owner("order", new_id()),
        lines=[ReserveLine(new_id(), variant_id, 1) for variant_id in variant_ids],
    )


def promised(results: list[Any]) -> int:
    return sum(not isinstance(result, DomainError) for result in results)


@pytest.fixture
def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutation: balances are read, not locked; and every buyer takes a moment to decide."""
    import time

    def read(rank: locks.Rank, queryset: Any) -> list[Any]:
        queryset.query.select_for_update = False
        rows = list(queryset.order_by("pk"))
        time.sleep(0.05)
        return rows

    def read_prepared(rank: locks.Rank, query: Any, *arguments: Any) -> list[Any]:
        return read(rank, query.queryset(*arguments))

    monkeypatch.setattr(shelves.locks, "lock", read)
    monkeypatch.setattr(shelves.locks, "lock_prepared", read_prepared)


@pytest.fixture
def without_check(transactional_db: None) -> Iterator[None]:
    """The mutation: the database no longer repeats the rule."""
    name = "inventory_balance_never_oversold"
    constraint = next(c for c in StockBalance._meta.constraints if c.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(StockBalance, constraint)
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE inventory_stockbalance, inventory_stockmovement, inventory_reservation")
    with connection.schema_editor() as editor:
        editor.add_constraint(StockBalance, constraint)


def test_twenty_buyers_for_the_last_unit(business: Business) -> None:
    mug = make_variant(business, stock=1)
    results = at_once([partial(buy, business, [mug.pk])] * 20)
    assert promised(results) == 1
    assert sum(isinstance(result, OutOfStock) for result in results) == 19
    row = StockBalance.unscoped.get()
    assert (row.on_hand, row.reserved) == (1, 1)
    assert list_across_broken_balances() == []


@pytest.mark.mutation
def test_without_the_lock_the_check_still_holds(business: Business, without_lock: None) -> None:
    mug = make_variant(business, stock=1)
    results = at_once([partial(buy, business, [mug.pk])] * 20)
    assert promised(results) == 1
    assert StockBalance.unscoped.get().reserved == 1


@pytest.mark.mutation
def test_control_without_lock_and_check_the_shop_oversells(
    business: Business, without_lock: None, without_check: None
) -> None:
    mug = make_variant(business, stock=1)
    results = at_once([partial(buy, business, [mug.pk])] * 20)
    assert promised(results) > 1, "the control must oversell, or the race above proves nothing"


@pytest.mark.mutation
def test_control_with_the_lock_alone_nobody_oversells(business: Business, without_check: None) -> None:
    mug = make_variant(business, stock=1)
    assert promised(at_once([partial(buy, business, [mug.pk])] * 20)) == 1


def test_five_hundred_baskets_in_random_order(business: Business) -> None:
    product = make_product(business, stock=1000, option="Size", values=["1", "2", "3", "4", "5"])
    ids = [variant.pk for variant in variants_of(product)]
    dice = random.Random(20261120)
    baskets = [dice.sample(ids, 3) for _buyer in range(500)]
    results = at_once([partial(buy, business, basket) for basket in baskets], threads=16)
    assert promised(results) == 500, "a deadlock or a time-out reached a person"
    assert sum(row.reserved for row in StockBalance.unscoped.all()) == 1500
    assert list_across_broken_balances() == []


@pytest.mark.mutation
def test_a_generator_of_ids_does_not_pass(business: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutation that oversold another suite: the ids can be read once only."""
    make_ids: Callable[..., Any] = shelves.distinct_ids
    from apps.goods.inventory.services import reserving

    monkeypatch.setattr(reserving, "distinct_ids", lambda ids: (key for key in make_ids(ids)))
    mug = make_variant(business, stock=1)
    results = at_once([partial(buy, business, [mug.pk])] * 5, threads=5)
    assert promised(results) <= 1, "even so the lock names its rows itself: nobody gets a unit twice"
    # What test_ten_buyers_for_the_first_backorder expects is lost: the second read of the ids finds none.
    bowl = make_variant(business, title="Bowl", variant={"backorder_limit": 3})
    assert promised(at_once([partial(buy, business, [bowl.pk])] * 3, threads=3)) == 0


def test_pay_and_expire_in_the_same_instant_release_once(business: Business) -> None:
    mug = make_variant(business, stock=3)
    owner = Owner("order", new_id())
    actor = Actor.system("test", business.pk)
    reserve_stock(actor, owner=owner, lines=[ReserveLine(new_id(), mug.pk, 3)])
    at_once([partial(release_stock, actor, owner=owner)] * 8, threads=8)
    assert StockBalance.unscoped.get().reserved == 0
    assert Reservation.unscoped.get().released_quantity == 3


def test_ten_buyers_for_the_first_backorder(business: Business) -> None:
    """No balance row exists yet: it must be made once, and the cap must hold."""
    mug = make_variant(business, variant={"backorder_limit": 3})
    results = at_once([partial(buy, business, [mug.pk])] * 10, threads=10)
    assert not any(isinstance(result, Busy) for result in results)
    assert promised(results) == 3
    assert StockBalance.unscoped.get().reserved == 3
