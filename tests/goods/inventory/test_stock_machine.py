"""Any sequence of stock verbs against a slow model that counts units and cents one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from apps.goods.inventory.lines import AdjustLine, Owner, ReserveLine, ReturnLine, StockLine
from apps.goods.inventory.models import StockBalance, StockMovement
from apps.goods.inventory.selectors import availability, list_across_broken_balances
from apps.goods.inventory.services import (
    adjust_stock,
    consume_stock,
    receive_stock,
    release_stock,
    reserve_stock,
    return_stock,
)
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, OutOfStock, WrongState
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Location
from tests.conftest import build_business
from tests.factories.goods import make_variant

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass
class SlowShelf:
    """What the ledger should say, worked out again from nothing but the words of the rules."""

    on_hand: int = 0
    value: Decimal = Decimal(0)
    held: dict[UUID, int] = field(default_factory=dict)

    @property
    def reserved(self) -> int:
        return sum(self.held.values())

    def take(self, quantity: int) -> Decimal:
        cost = self.value if quantity == self.on_hand else cents(self.value * quantity / self.on_hand)
        self.on_hand -= quantity
        self.value -= cost
        return cost


class StockMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        business = build_business(f"machine-{new_id()}", currency="GBP")
        self.business_id = business.pk
        self.actor = Actor.system("machine", business.pk)
        self.shop = Location.unscoped.get(business=business)
        self.variants = [make_variant(business, title=f"Thing {n}", cost="2.50").pk for n in range(2)]
        self.model = {variant_id: SlowShelf() for variant_id in self.variants}
        self.owners: dict[UUID, Owner] = {}
        self.gone: list[tuple[Owner, UUID, UUID, int, Decimal]] = []

    @rule(which=st.integers(0, 1), quantity=st.integers(1, 9), cost=st.integers(0, 99999))
    def receive(self, which: int, quantity: int, cost: int) -> None:
        unit_cost = Decimal(cost) / 10_000
        shelf = self.model[self.variants[which]]
        lines = [StockLine(self.variants[which], quantity, unit_cost)]
        receive_stock(self.actor, location_id=self.shop.pk, lines=lines)
        shelf.on_hand += quantity
        shelf.value += cents(unit_cost * quantity)

    @rule(which=st.integers(0, 1), delta=st.integers(-9, 9).filter(bool))
    def adjust(self, which: int, delta: int) -> None:
        variant_id = self.variants[which]
        shelf = self.model[variant_id]
        lines = [AdjustLine(variant_id, delta=delta)]
        if shelf.on_hand + delta < shelf.reserved:
            with pytest.raises(Conflict):
                adjust_stock(self.actor, location_id=self.shop.pk, lines=lines)
            return
        adjust_stock(self.actor, location_id=self.shop.pk, lines=lines)
        if delta < 0:
            shelf.take(-delta)
        else:
            each = shelf.value / shelf.on_hand if shelf.on_hand else Decimal("2.50")
            found = shelf.value * delta / shelf.on_hand if shelf.on_hand else each * delta
            shelf.on_hand += delta
            shelf.value += cents(found)

    @rule(which=st.integers(0, 1), quantity=st.integers(1, 6))
    def reserve(self, which: int, quantity: int) -> None:
        variant_id, line, owner = self.variants[which], new_id(), Owner("order", new_id())
        shelf = self.model[variant_id]
        lines = [ReserveLine(line, variant_id, quantity)]
        if shelf.on_hand - shelf.reserved < quantity:
            with pytest.raises(OutOfStock):
                reserve_stock(self.actor, owner=owner, lines=lines)
            return
        reserve_stock(self.actor, owner=owner, lines=lines)
        shelf.held[line] = quantity
        self.owners[line] = owner

    @precondition(lambda self: self.owners)
    @rule(data=st.data(), quantity=st.integers(1, 6))
    def release(self, data: Any, quantity: int) -> None:
        line, _variant_id, shelf = self._held_line(data)
        act = lambda: release_stock(self.actor, owner=self.owners[line], line_quantities={line: quantity})  # noqa: E731
        if shelf.held.get(line, 0) < quantity:
            with pytest.raises(WrongState):
                act()
            return
        act()
        shelf.held[line] -= quantity

    @precondition(lambda self: self.owners)
    @rule(data=st.data(), quantity=st.integers(1, 6))
    def consume(self, data: Any, quantity: int) -> None:
        line, variant_id, shelf = self._held_line(data)
        if shelf.held.get(line, 0) < quantity:
            with pytest.raises(WrongState):
                consume_stock(self.actor, owner=self.owners[line], lines=[(line, quantity)])
            return
        (left,) = consume_stock(self.actor, owner=self.owners[line], lines=[(line, quantity)])
        shelf.held[line] -= quantity
        assert left.cost == shelf.take(quantity)
        self.gone.append((self.owners[line], line, variant_id, quantity, left.cost))

    @precondition(lambda self: self.gone)
    @rule(data=st.data())
    def give_back(self, data: Any) -> None:
        owner, line, variant_id, quantity, cost = self.gone.pop(data.draw(st.integers(0, len(self.gone) - 1)))
        unit_cost = (cost / quantity).quantize(Decimal("0.0001"))
        (back,) = return_stock(
            self.actor, owner=owner, lines=[ReturnLine(line, variant_id, quantity, unit_cost)]
        )
        assert back.value == cents(unit_cost * quantity)
        self.model[variant_id].on_hand += quantity
        self.model[variant_id].value += back.value

    @invariant()
    def balances_equal_the_model(self) -> None:
        with tenancy.bind(self.business_id):
            rows = {row.variant_id: row for row in StockBalance.objects.all()}
            sellable = availability(self.variants)
        for variant_id, shelf in self.model.items():
            row = rows.get(variant_id)
            seen = (row.on_hand, row.reserved, row.value) if row else (0, 0, 0)
            assert seen == (shelf.on_hand, shelf.reserved, shelf.value)
            assert sellable[variant_id].quantity == shelf.on_hand - shelf.reserved

    @invariant()
    def ledger_equals_balances(self) -> None:
        assert list_across_broken_balances() == []
        assert not StockMovement.unscoped.filter(
            business_id=self.business_id, on_hand_delta=0, reserved_delta=0
        ).exists()

    def _held_line(self, data: Any) -> tuple[UUID, UUID, SlowShelf]:
        line = data.draw(st.sampled_from(sorted(self.owners)))
        variant_id = next(key for key, shelf in self.model.items() if line in shelf.held)
        return line, variant_id, self.model[variant_id]


class TestStockMachine(TestCase, StockMachine.TestCase):  # type: ignore[misc, name-defined]
    settings = settings(
        max_examples=25,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
