"""Any sequence of trade against a slow model that keeps each delivery by itself: average, and first in first out.

Quantities, the worth at the end of every past day (also after later and back-dated entries), and the inventory account.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from apps.goods.inventory.lines import (
    AdjustLine,
    LandLine,
    LotDraft,
    MoveLine,
    Owner,
    ReserveLine,
    ReturnLine,
    StockLine,
)
from apps.goods.inventory.models import StockBalance, StockDay, StockMovement
from apps.goods.inventory.reporting import list_worth
from apps.goods.inventory.selectors import list_across_broken_balances, list_across_broken_lots
from apps.goods.inventory.services import (
    adjust_stock,
    choose_tracking,
    choose_valuation,
    close_stock_days,
    consume_stock,
    land_stock,
    receive_stock,
    reserve_stock,
    return_stock,
    send_stock,
)
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.money.ledger.selectors import trial_balance
from apps.platform.businesses.models import Location
from tests.conftest import build_business
from tests.factories.goods import make_location, make_variant

CENT = Decimal("0.01")
BEGIN = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass
class Delivery:
    """Pieces that came together: so many, for so much, of which some are left."""

    came: int
    cost: Decimal
    left: int

    @property
    def worth(self) -> Decimal:
        return cents(self.cost * self.left / self.came)


@dataclass
class SlowShelf:
    """One place: the average keeps one number, first in first out every delivery by itself."""

    is_fifo: bool
    on_hand: int = 0
    value: Decimal = Decimal(0)
    deliveries: list[Delivery] = field(default_factory=list)

    def put(self, units: int, value: Decimal) -> None:
        self.on_hand += units
        self.value += value
        self.deliveries.append(Delivery(units, value, units))

    def take(self, units: int) -> Decimal:
        cost = self.value if units == self.on_hand else cents(self.value * units / self.on_hand)
        taken = Decimal(0)
        missing = units
        for delivery in self.deliveries:
            part = min(missing, delivery.left)
            before = delivery.worth
            delivery.left -= part
            missing -= part
            taken += before - delivery.worth
        cost = taken if self.is_fifo else cost
        self.on_hand -= units
        self.value -= cost
        return cost


class ValuationMachine(RuleBasedStateMachine):
    is_fifo = False

    def __init__(self) -> None:
        super().__init__()
        business = build_business(f"worth-{new_id()}", currency="GBP")
        self.business_id = business.pk
        self.actor = Actor.system("machine", business.pk)
        self.moment = BEGIN
        self.said: list[tuple[dt.date, dict[UUID, tuple[int, Decimal]]]] = []
        self.sold: list[tuple[Owner, UUID, UUID, int, Decimal]] = []
        self.left, self.back = Decimal(0), Decimal(0)
        with clock.travel(BEGIN):
            self.shop = Location.unscoped.get(business=business, is_default=True).pk
            self.depot = make_location(business, name="Depot").pk
            plain, tracked = (make_variant(business, title=f"Thing {n}", cost="2.50").pk for n in range(2))
            choose_tracking(self.actor, variant_id=tracked, mode="lot")
            if self.is_fifo:
                choose_valuation(self.actor, method="fifo")
        self.tracked = tracked
        self.things = [plain, tracked]
        self.model = {
            (thing, place): SlowShelf(self.is_fifo)
            for thing in self.things
            for place in (self.shop, self.depot)
        }

    def on_a_day(self, act: Any) -> Any:
        """Do it on a day of its own, and remember what the day ended with."""
        self.moment += dt.timedelta(days=1)
        with clock.travel(self.moment):
            return act()

    def note(self) -> None:
        sums: dict[UUID, tuple[int, Decimal]] = {}
        for (thing, _place), shelf in self.model.items():
            units, value = sums.get(thing, (0, Decimal(0)))
            sums[thing] = (units + shelf.on_hand, value + shelf.value)
        kept = {thing: both for thing, both in sums.items() if both != (0, 0)}
        self.said.append((self.moment.date(), kept))

    @rule(
        which=st.integers(0, 1),
        units=st.integers(1, 9),
        cost=st.integers(0, 99999),
        back=st.integers(0, 20),
        at_depot=st.booleans(),
    )
    def receive(self, which: int, units: int, cost: int, back: int, at_depot: bool) -> None:
        thing, place = self.things[which], self.depot if at_depot else self.shop
        unit_cost = Decimal(cost) / 10_000
        lots = [_lot()] if thing == self.tracked else []
        lines = [StockLine(thing, units, unit_cost, lots=lots)]
        self.on_a_day(
            lambda: receive_stock(
                self.actor,
                location_id=place,
                lines=lines,
                occurred_at=self.moment - dt.timedelta(days=back),
            )
        )
        self.model[thing, place].put(units, cents(unit_cost * units))
        self.note()

    @rule(which=st.integers(0, 1), counted=st.integers(0, 12))
    def count(self, which: int, counted: int) -> None:
        thing = self.things[which]
        shelf = self.model[thing, self.shop]
        lines = [AdjustLine(thing, counted=counted)]
        self.on_a_day(lambda: adjust_stock(self.actor, location_id=self.shop, lines=lines))
        if counted < shelf.on_hand:
            self._pieces("adjust", thing, shelf.on_hand - counted, shelf)
        elif counted > shelf.on_hand:
            found = counted - shelf.on_hand
            each = shelf.value / shelf.on_hand if shelf.on_hand else Decimal("2.50")
            exact = shelf.value * found / shelf.on_hand if shelf.on_hand else each * found
            shelf.put(found, cents(exact))
        self.note()

    @rule(which=st.integers(0, 1), units=st.integers(1, 6))
    def sell(self, which: int, units: int) -> None:
        thing, line, owner = self.things[which], new_id(), Owner("order", new_id())
        shelf = self.model[thing, self.shop]
        if shelf.on_hand < units:
            return

        def act() -> Decimal:
            lines = [ReserveLine(line, thing, units)]
            reserve_stock(self.actor, owner=owner, lines=lines, location_id=self.shop)
            return consume_stock(self.actor, owner=owner, lines=[(line, units)])[0].cost

        cost = self.on_a_day(act)
        assert cost == self._pieces("consume", thing, units, shelf)
        self.left += cost
        self.sold.append((owner, line, thing, units, cost))
        self.note()

    @precondition(lambda self: self.sold)
    @rule(data=st.data())
    def give_back(self, data: Any) -> None:
        owner, line, thing, units, cost = self.sold.pop(data.draw(st.integers(0, len(self.sold) - 1)))
        each = (cost / units).quantize(Decimal("0.0001"))
        if thing == self.tracked:
            # The value of a return is split over its lots; the model keeps it whole, so one piece comes back.
            units = 1
        lines = [ReturnLine(line, thing, units, each)]
        (back,) = self.on_a_day(
            lambda: return_stock(self.actor, owner=owner, lines=lines, location_id=self.shop)
        )
        assert back.value == cents(each * units)
        self.back += back.value
        self.model[thing, self.shop].put(units, back.value)
        self.note()

    @rule(units=st.integers(1, 5))
    def move(self, units: int) -> None:
        thing, owner = self.things[0], Owner("transfer", new_id())
        shelf = self.model[thing, self.shop]
        if shelf.on_hand < units:
            return

        def act() -> Decimal:
            (moved,) = send_stock(
                self.actor, owner=owner, source_id=self.shop, destination_id=self.depot,
                lines=[MoveLine(new_id(), thing, units)],
            )  # fmt: skip
            arrived = [LandLine(moved.line_id, thing, units, moved.value)]
            land_stock(self.actor, owner=owner, destination_id=self.depot, lines=arrived)
            return moved.value

        value = self.on_a_day(act)
        assert value == shelf.take(units)
        self.model[thing, self.depot].put(units, value)
        self.note()

    @rule()
    def close(self) -> None:
        """Days are closed at any time, by whoever comes first: what reports say stays the same."""
        with clock.travel(self.moment + dt.timedelta(hours=30)), tenancy.bind(self.business_id):
            close_stock_days(self.actor)
            assert close_stock_days(self.actor) == 0
        self.moment += dt.timedelta(days=1)

    def _pieces(self, reason: str, thing: UUID, units: int, shelf: SlowShelf) -> Decimal:
        """Lots leave one after the other, each rounded by itself; the ledger says which."""
        rows = StockMovement.unscoped.filter(business_id=self.business_id, reason=reason, variant_id=thing)
        newest = rows.order_by("-id").values_list("reference_id", flat=True).first()
        parts = rows.filter(reference_id=newest).order_by("id").values_list("on_hand_delta", flat=True)
        assert sum(parts) == -units
        return sum((shelf.take(-part) for part in parts), Decimal(0))

    def teardown(self) -> None:
        with clock.travel(self.moment + dt.timedelta(days=2)):
            outbox.drain()
            with tenancy.bind(self.business_id):
                rows = {
                    (row.variant_id, row.location_id): (row.on_hand, row.value)
                    for row in StockBalance.objects.all()
                }
                for place, shelf in self.model.items():
                    assert rows.get(place, (0, Decimal(0))) == (shelf.on_hand, shelf.value)
                for day, kept in self.said:
                    found = {one.variant.pk: (one.units, one.value) for one in list_worth(day)}
                    assert found == kept, day
                if StockDay.objects.exists():
                    assert StockDay.objects.count() <= (self.moment.date() - BEGIN.date()).days + 2
                until = (self.moment + dt.timedelta(days=2)).date()
                booked = {row.account.system_key: row.debit - row.credit for row in trial_balance(until).rows}
            worth = sum((shelf.value for shelf in self.model.values()), Decimal(0))
            assert booked.get("inventory", Decimal(0)) == worth + self.left - self.back
            assert list_across_broken_balances() == list_across_broken_lots() == []


def _lot() -> LotDraft:
    return LotDraft(f"L-{str(new_id())[-12:]}")


class FifoMachine(ValuationMachine):
    is_fifo = True


FEW = settings(
    max_examples=12,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class TestAverage(TestCase, ValuationMachine.TestCase):  # type: ignore[misc, name-defined]
    settings = FEW


class TestFifo(TestCase, FifoMachine.TestCase):  # type: ignore[misc, name-defined]
    settings = FEW
