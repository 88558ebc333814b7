"""A buyer and her shop at the same instant: an order is sent or cancelled, changed or approved, never both."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.people.customers.models import Customer
from apps.platform.businesses.models import Business
from apps.selling.checkout.services import changing
from apps.selling.orders.models import Fulfilment, Order, TimelineEntry
from apps.selling.orders.services import (
    approve_order,
    buying,
    fulfil_order,
    withdraw_order,
)
from tests.factories.businesses import make_business, make_user
from tests.factories.goods import make_variant
from tests.factories.orders import lines_of, make_order, system_of
from tests.goods.inventory.crowd import at_once
from tests.money.receivables.furnished import make_company, order_on_account

from .test_buyers import EMAIL, change

D = Decimal


@pytest.fixture
def shop(transactional_db: None) -> Business:
    return make_business()


def _wins(shop: Business, *, against_shop: bool, rounds: int = 5) -> list[int]:
    """For each order: the buyer cancels it twice at once, or while the shop sends it; how many of the two succeeded."""
    won = []
    for _round in range(rounds):
        order = make_order(shop, lines=[(make_variant(shop, stock=3), 2)], paid=against_shop)
        withdraw = partial(withdraw_order, Actor.guest(shop.pk), order_id=order.pk)
        rival = partial(fulfil_order, system_of(shop), order_id=order.pk) if against_shop else withdraw
        results = at_once([withdraw, rival], threads=2)
        won.append(sum(isinstance(one, Order | Fulfilment) for one in results))
    return won


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_instant_one_wins(shop: Business) -> None:
    assert _wins(shop, against_shop=True) == [1] * 5
    assert _wins(shop, against_shop=False) == [1] * 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.mutation
def test_without_the_lock_an_order_is_cancelled_twice(
    shop: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proof that they meet: the order is read and not locked, and each goes on when both have read it."""
    both = threading.Barrier(2)

    def unlocked(order_id: Any) -> Order:
        order = Order.objects.select_related("business").get(pk=order_id)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(5)
        return order

    monkeypatch.setattr(buying, "lock_order", unlocked)
    assert 2 in _wins(shop, against_shop=False, rounds=3)


def _changed_after_approval(
    shop: Business, rounds: int = 4, approve: Callable[..., Any] = approve_order
) -> list[bool]:
    """For each order: whether the buyer's change came after the shop had taken it on, both at the same instant."""
    make_company(shop, email=EMAIL, limit="10.00")
    user, after = make_user("tess@example.com"), []
    with tenancy.bind(shop.pk):
        Customer.objects.filter(email=EMAIL).update(user=user)
    board = make_variant(shop, price="60.00", stock=90)
    for _round in range(rounds):
        order = order_on_account(shop, EMAIL, [(board, 3)], checkout_id=new_id())
        (line,) = lines_of(order)
        at_once(
            [
                partial(change, order, {line.pk: 2}, D(120), user_id=user.pk),
                partial(approve, system_of(shop), order_id=order.pk),
            ],
            threads=2,
        )
        kinds = TimelineEntry.unscoped.filter(order=order, kind__in=("approved", "amended"))
        after.append(list(kinds.order_by("id").values_list("kind", flat=True)) == ["approved", "amended"])
    return after


@pytest.mark.django_db(transaction=True)
def test_nothing_is_changed_by_the_buyer_once_the_shop_has_approved_it(shop: Business) -> None:
    assert not any(_changed_after_approval(shop))


@pytest.mark.django_db(transaction=True)
@pytest.mark.mutation
def test_without_the_lock_the_buyer_changes_what_was_approved(
    shop: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is read and not locked: the shop approves it when the buyer has read it, who goes on after that."""
    read, approved = threading.Event(), threading.Event()

    def unlocked(order_id: Any) -> Order:
        order = Order.objects.select_related("business", "company").get(pk=order_id)
        read.set()
        assert approved.wait(10)
        return order

    def approve(*arguments: Any, **named: Any) -> Any:
        assert read.wait(10)
        try:
            return approve_order(*arguments, **named)
        finally:
            approved.set()

    monkeypatch.setattr(changing, "lock_order", unlocked)
    assert _changed_after_approval(shop, rounds=1, approve=approve) == [True]
