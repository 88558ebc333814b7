"""What closed days answer is what the whole ledger says: age, movements, last sales, for all places and for one."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest

from apps.goods.inventory import ageing
from apps.goods.inventory.ageing import list_aged
from apps.goods.inventory.lines import AdjustLine, LandLine, MoveLine, Owner, ReserveLine, StockLine
from apps.goods.inventory.models import StockBalance, StockDay, StockMovement, StockSnapshot
from apps.goods.inventory.reporting import list_idle, list_moved, list_worth
from apps.goods.inventory.services import (
    adjust_stock,
    close_stock_days,
    consume_stock,
    land_stock,
    receive_stock,
    reserve_stock,
    send_stock,
)
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.kernel.limits import Limit
from apps.platform.businesses.models import Location
from tests.factories.businesses import make_business
from tests.factories.goods import make_location, make_variant

pytestmark = pytest.mark.django_db
BEGIN = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DAYS = 24


class Trade:
    """Weeks of chance: deliveries, some written down days later, sales, losses, moves between two places."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.business = make_business(currency="GBP", time_zone="Pacific/Auckland")
        self.actor = Actor.system("t", self.business.pk)
        self.shop = Location.unscoped.get(business=self.business, is_default=True)
        with clock.travel(BEGIN):
            self.things = [make_variant(self.business, title=f"Thing {number}").pk for number in range(3)]
            self.depot = make_location(self.business, name="Depot")
        for number in range(DAYS):
            for hour in range(self.chance.randint(0, 4)):
                with clock.travel(BEGIN + dt.timedelta(days=number, hours=hour * 5)):
                    self.act(number)

    def act(self, number: int) -> None:
        thing, place = self.chance.choice(self.things), self.chance.choice((self.shop, self.depot)).pk
        balance = StockBalance.unscoped.filter(variant_id=thing, location_id=place).first()
        have = balance.on_hand if balance else 0
        units = self.chance.randint(1, 6)
        if not have or self.chance.random() < 0.5:
            late = self.chance.random() < 0.3 and number > 4
            at = clock.now() - dt.timedelta(days=self.chance.randint(1, 4)) if late else None
            receive_stock(
                self.actor, location_id=place, lines=[StockLine(thing, units, Decimal(3))], occurred_at=at
            )
            return
        units, owner, line = min(units, have), Owner("order", new_id()), new_id()
        what = self.chance.choice(("sell", "sell", "lose", "move"))
        if what == "sell":
            reserve_stock(self.actor, owner=owner, lines=[ReserveLine(line, thing, units, location_id=place)])
            consume_stock(self.actor, owner=owner, lines=[(line, units)])
        elif what == "lose":
            lines = [AdjustLine(thing, delta=-units)]
            adjust_stock(self.actor, location_id=place, lines=lines, reason_code="damage")
        else:
            other = (self.depot if place == self.shop.pk else self.shop).pk
            moving = [MoveLine(line, thing, units)]
            (moved,) = send_stock(
                self.actor, owner=owner, source_id=place, destination_id=other, lines=moving
            )
            landing = [LandLine(line, thing, units, moved.value)]
            land_stock(self.actor, owner=owner, destination_id=other, lines=landing)

    def reports(self) -> list[Any]:
        begin, said = BEGIN.date(), []
        for limit in (None, Limit(location_ids=frozenset({self.shop.pk}))):
            with tenancy.bind(self.business.pk, limit):
                for number in (6, 13, DAYS, DAYS + 1):
                    day = begin + dt.timedelta(days=number)
                    middle = day - dt.timedelta(days=5)
                    said += [
                        sorted((one.variant.pk, one.ages, one.oldest_days) for one in list_aged(day)),
                        list_moved(begin, day),
                        list_moved(middle, day),
                        [(one.variant.pk, one.units, one.last_sold_on) for one in list_idle(middle, day)],
                        [(one.variant.pk, one.units, one.value) for one in list_worth(day)],
                    ]
        return said


@pytest.mark.parametrize("seed", [1, 2])
def test_closed_days_say_what_the_ledger_says(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ageing, "AGES", (1, 2, 5, 9))
    trade = Trade(seed)
    with tenancy.bind(trade.business.pk):
        opened = StockMovement.objects.order_by("created_at").values_list("created_at", flat=True)[0]
    slowly = trade.reports()
    bands = [
        sum(band) for band in zip(*(ages for aged in slowly[::5] for _key, ages, _days in aged), strict=True)
    ]
    assert all(bands), "units of every age lie there"
    end = BEGIN + dt.timedelta(days=DAYS)
    with tenancy.bind(trade.business.pk):
        for moment in (opened + dt.timedelta(days=1), end):
            with clock.travel(moment):
                close_stock_days(trade.actor)
    asked: list[Any] = []
    whole = ageing._from_ledger
    monkeypatch.setattr(ageing, "_from_ledger", lambda *given: asked.append(given) or whole(*given))
    assert trade.reports() == slowly
    assert all(len(given) == 2 for given in asked), "only what was recorded late is looked up in the ledger"
    # Days that were closed before flows were kept: the ledger is asked, and the next day adds up what came once more.
    with tenancy.bind(trade.business.pk):
        StockDay.objects.update(since=None)
        StockSnapshot.objects.filter(day=end.date() - dt.timedelta(days=1)).delete()
        assert trade.reports()[0:2] == slowly[0:2]
