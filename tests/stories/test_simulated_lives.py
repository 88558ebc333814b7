"""Simulated lives of a shop: a seed is one run of fake clock and crash points over real orders, stock, money, books.

Each step is a real service or the outbox; one in eight is killed just before it commits and done once more. Nothing is
faked below: the database keeps its constraints and triggers. A life is taken back afterwards: the next is fresh. Five
hundred seeds run with every build, in portions that the processes share; `make soak` takes the thousands after them.
A failure names its seed: `SIMULATION_FROM=431 SIMULATION_SEEDS=1` is that life alone.
"""

from __future__ import annotations

import datetime as dt
import os
import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

from apps.goods.catalog.models import Variant
from apps.goods.inventory.models import StockBalance, StockMovement
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.models import Delivery
from apps.money.ledger.verification import verify_books
from apps.platform.businesses.models import Business
from apps.selling.orders.models import Order, OrderLine, OrderPayment
from apps.selling.orders.services import (
    cancel_order,
    expire_order,
    fulfil_order,
    mark_delivered,
    refund_order,
)
from apps.selling.orders.states import OrderState
from tests.factories.goods import make_variant, stock_up
from tests.factories.orders import capture, make_order

pytestmark = pytest.mark.django_db
SEEDS = int(os.environ.get("SIMULATION_SEEDS", "500"))
PORTION = 50
FIRST = int(os.environ.get("SIMULATION_FROM", "1"))
STEPS = 22
PRICES = ("9.99", "12.00", "0.35")
ZERO = Decimal(0)


class Killed(Exception):
    """The process died before it could commit."""


Shelf = list[dict[str, Variant]]


def make_shelf(business: Business) -> Shelf:
    """Three things a life may sell, each at every price and without stock: all lives of a portion begin with them."""
    return [{price: make_variant(business, price=price) for price in PRICES} for _each in range(3)]


class Life:
    """One shop, its orders, and a die that says what happens next."""

    def __init__(self, business: Business, seed: int, shelf: Shelf) -> None:
        self.business, self.dice = business, random.Random(seed)
        self.system = Actor.system("simulation", business.pk)
        self.done: Counter[str] = Counter()
        self.variants = []
        for prices in shelf:
            stock, variant = self.dice.randint(2, 9), prices[self.dice.choice(PRICES)]
            stock_up(business, [variant.pk], stock)
            self.variants.append(variant)
        self.orders: list[Any] = []
        self.steps: list[tuple[int, Callable[[], Any]]] = [
            (3, self.place), (6, self.pay), (1, self.pay_in_part), (6, self.ship), (1, self.cancel), (1, self.expire),
            (4, self.refund_pieces), (2, self.refund_amount), (2, self.deliver), (2, self.receive),
            (5, self.dispatch), (1, self.wait),
        ]  # fmt: skip

    def step(self) -> None:
        """Something happens, perhaps killed before its commit and then done again; refusals are fine."""
        act = self.dice.choices(
            [one for _weight, one in self.steps], [weight for weight, _one in self.steps]
        )[0]
        state = self.dice.getstate()
        if self.dice.random() < 0.125:
            self._be_killed(act, state)
            self.dice.setstate(state)
            self.done["killed"] += 1
        self._try(act)

    def _be_killed(self, act: Callable[[], Any], state: Any) -> None:
        known = list(self.orders)
        try:
            with transaction.atomic():
                self.dice.setstate(state)
                self._try(act)
                raise Killed
        except Killed:
            self.orders = known

    def _try(self, act: Callable[[], Any]) -> None:
        known = list(self.orders)
        try:
            with transaction.atomic():
                act()
            self.done[act.__name__] += 1
        except DomainError as refusal:
            # An order that was placed on the way to a refusal is gone with it.
            self.orders = known
            self.done[refusal.code] += 1

    def _order(self) -> Order:
        if not self.orders:
            self.place()
        # Mostly the newest: an order is to get as far as its refund within a short life.
        chosen = self.orders[-1] if self.dice.random() < 0.7 else self.dice.choice(self.orders)
        order: Order = Order.objects.select_related("business").get(pk=chosen)
        return order

    def place(self) -> None:
        chosen = self.dice.sample(self.variants, self.dice.randint(1, 3))
        order = make_order(self.business, lines=[(variant, self.dice.randint(1, 3)) for variant in chosen])
        self.orders.append(order.pk)

    def pay(self) -> None:
        order = self._order()
        capture(order, order.total)

    def pay_in_part(self) -> None:
        order = self._order()
        capture(order, max(order.total / 2, Decimal("0.01")).quantize(Decimal("0.01")))

    def _see(self) -> Order:
        """An order as staff see it: mostly after all has been told that happened to it."""
        order = self._order()
        if self.dice.random() < 0.6:
            outbox.dispatch_pending(limit=100, business_id=self.business.pk)
            order.refresh_from_db()
        return order

    def ship(self) -> None:
        order = self._see()
        rows = OrderLine.objects.filter(order=order).order_by("position")
        wanted = [
            (row.pk, self.dice.randint(1, row.waiting_quantity)) for row in rows if row.waiting_quantity
        ]
        fulfil_order(self.system, order_id=order.pk, lines=wanted if self.dice.random() < 0.6 else None)

    def cancel(self) -> None:
        cancel_order(self.system, order_id=self._order().pk, reason="Thought better of it")

    def expire(self) -> None:
        order = self._order()
        with clock.travel(dt.timedelta(days=3)):
            expire_order(self.system, order_id=order.pk)

    def refund_pieces(self) -> None:
        order = self._see()
        rows = list(OrderLine.objects.filter(order=order).order_by("position"))
        row = self.dice.choice(rows)
        most = row.quantity - row.cancelled_quantity - row.refunded_quantity
        refund_order(
            self.system, order_id=order.pk, lines=[(row.pk, self.dice.randint(1, max(1, most)))],
            restock=self.dice.random() < 0.5, reason="Came back",
        )  # fmt: skip

    def refund_amount(self) -> None:
        order = self._see()
        amount = Decimal(self.dice.randint(1, max(1, int(order.total * 50)))) / 100
        refund_order(self.system, order_id=order.pk, amount=amount, reason="For the trouble")

    def deliver(self) -> None:
        mark_delivered(self.system, order_id=self._see().pk)

    def receive(self) -> None:
        variant = self.dice.choice(self.variants)
        stock_up(self.business, [variant.pk], self.dice.randint(1, 4))

    def dispatch(self) -> None:
        """The dispatcher takes a few deliveries, or all."""
        outbox.dispatch_pending(limit=self.dice.choice([1, 10, 100]), business_id=self.business.pk)

    def wait(self) -> None:
        """Nobody does anything."""

    def check(self) -> None:
        """What must hold at any moment, asked of the rows."""
        for balance in StockBalance.objects.filter(variant__in=self.variants):
            moved = StockMovement.objects.filter(variant_id=balance.variant_id).aggregate(
                on_hand=Sum("on_hand_delta"), reserved=Sum("reserved_delta")
            )
            assert (balance.on_hand, balance.reserved) == (moved["on_hand"], moved["reserved"])
            assert 0 <= balance.reserved <= balance.on_hand
        for order in Order.objects.filter(pk__in=self.orders):
            assert order.deposit >= ZERO
            came = OrderPayment.objects.filter(order=order).aggregate(total=Sum("amount"))["total"] or ZERO
            assert order.paid_total == came
            if order.state in (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.CLOSED):
                assert order.deposit == ZERO
        assert [finding.text for finding in verify_books().findings] == []

    def settle(self) -> None:
        """All is told, also what an expiry days ahead began: nothing parked, no promise left for what has ended."""
        with clock.travel(dt.timedelta(days=9)):
            outbox.drain(seconds=60, business_id=self.business.pk)
        left = Delivery.objects.exclude(state=Delivery.State.DONE)
        assert list(left.values_list("subscriber", "state", "available_at", "last_error")) == []
        promised = sum(
            line.waiting_quantity * line.pack_quantity
            for line in OrderLine.objects.filter(
                order__in=self.orders, order__state__in=(OrderState.PLACED, OrderState.CONFIRMED)
            )
        )
        held = StockBalance.objects.filter(variant__in=self.variants).aggregate(total=Sum("reserved"))[
            "total"
        ]
        assert held == promised


def live(business: Business, seed: int, shelf: Shelf) -> Counter[str]:
    """One life from the first order to the last event, then as if it had never been."""
    life = Life(business, seed, shelf)
    for _step in range(STEPS):
        life.step()
    life.check()
    life.settle()
    life.check()
    return life.done


def run_lives(business: Business, seeds: range) -> Counter[str]:
    happened: Counter[str] = Counter()
    shelf = make_shelf(business)
    outbox.drain()
    with tenancy.bind(business.pk):
        for seed in seeds:
            try:
                with transaction.atomic():
                    happened += live(business, seed, shelf)
                    transaction.set_rollback(True)
            except Exception as error:
                raise AssertionError(f"SIMULATION_FROM={seed} SIMULATION_SEEDS=1 {error!r}") from error
    return happened


def portions(first: int, seeds: int) -> list[range]:
    last = first + seeds
    return [range(begin, min(begin + PORTION, last)) for begin in range(first, last, PORTION)]


@pytest.mark.parametrize("seeds", portions(FIRST, SEEDS), ids=lambda seeds: f"from-{seeds[0]}")
def test_lives_of_a_shop(business: Business, seeds: range) -> None:
    happened = run_lives(business, seeds)
    print(dict(happened))
    if len(seeds) == PORTION:
        expected = {
            "place",
            "pay",
            "ship",
            "cancel",
            "expire",
            "deliver",
            "refund_pieces",
            "refund_amount",
            "killed",
        }
        missing = expected - happened.keys()
        assert not missing, f"these never happened: {missing}"


@pytest.mark.soak
@pytest.mark.parametrize("seeds", portions(501, 1000), ids=lambda seeds: f"from-{seeds[0]}")
def test_a_thousand_more_lives_of_a_shop(business: Business, seeds: range) -> None:
    print(dict(run_lives(business, seeds)))
