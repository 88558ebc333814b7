"""Changing how stock is valued, back-dating, and closing days, with exact figures in stock, reports and books."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.inventory.lines import Owner, ReserveLine, StockLine
from apps.goods.inventory.models import StockBalance, StockDay, StockMovement, StockSnapshot
from apps.goods.inventory.reporting import list_worth
from apps.goods.inventory.services import (
    choose_valuation,
    close_stock_days,
    consume_stock,
    receive_stock,
    reserve_stock,
)
from apps.goods.inventory.services.layers import read_layers
from apps.goods.inventory.tasks import close_days
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.ids import new_id
from apps.money.ledger.selectors import trial_balance
from apps.platform.businesses.models import Business, Location
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_variant

pytestmark = pytest.mark.django_db
D = Decimal
BEGIN = dt.datetime(2026, 5, 1, 10, tzinfo=dt.UTC)


def sell(actor: Actor, variant_id: object, units: int) -> Decimal:
    owner, line = Owner("order", new_id()), new_id()
    reserve_stock(actor, owner=owner, lines=[ReserveLine(line, variant_id, units)])  # type: ignore[arg-type]
    return consume_stock(actor, owner=owner, lines=[(line, units)])[0].cost


def booked(business: Business) -> Decimal:
    outbox.drain()
    with tenancy.bind(business.pk):
        rows = trial_balance(clock.now().date()).rows
        return sum((row.debit - row.credit for row in rows if row.account.system_key == "inventory"), D(0))


def test_the_change_is_booked_and_the_oldest_leaves_first() -> None:
    business = make_business(currency="GBP")
    actor = Actor.system("t", business.pk)
    shop = Location.unscoped.get(business=business, is_default=True).pk
    mug = make_variant(business, title="Mug").pk
    for cost in (4, 6):
        receive_stock(actor, location_id=shop, lines=[StockLine(mug, 10, D(cost))])
    assert sell(actor, mug, 5) == 25
    assert booked(business) == 100  # no order stands behind this sale, so the books still have its 25
    page = reverse("admin:list_verb", args=["inventory", "stockbalance", "valuation"])
    client = sign_in(Client(), owner_of(business), business)
    assert client.post(page, {"method": "fifo", "idempotency_key": "v"}).status_code == 302
    # Fifteen are left: ten of the second delivery at 6.00 and five of the first at 4.00.
    assert StockBalance.unscoped.get(variant=mug).value == 80
    assert booked(business) == 105
    assert sell(actor, mug, 7) == 5 * 4 + 2 * 6
    receive_stock(actor, location_id=shop, lines=[StockLine(mug, 3, value=D("10.00"), unit_cost=D("3.3333"))])
    assert [sell(actor, mug, 8), sell(actor, mug, 1), sell(actor, mug, 1)] == [48, D("3.33"), D("3.34")]
    choose_valuation(actor, method="average")
    assert StockBalance.unscoped.get(variant=mug).value == D("3.33")
    with pytest.raises(InvalidInput):
        choose_valuation(actor, method="lifo")
    with tenancy.bind(business.pk):
        assert read_layers({(mug, shop): 14}, look=1)[mug, shop] == [(3, 10), (10, 60), (10, 40)]


def test_a_back_dated_delivery_changes_no_day_that_was_told() -> None:
    business = make_business(currency="GBP", time_zone="Pacific/Auckland")
    actor = Actor.system("t", business.pk)
    with clock.travel(BEGIN):
        shop = Location.unscoped.get(business=business, is_default=True).pk
        mug = make_variant(business, title="Mug").pk
        receive_stock(actor, location_id=shop, lines=[StockLine(mug, 10, D(4))])
    with clock.travel(BEGIN + dt.timedelta(days=3)):
        assert close_days() == 1, "the first day that is closed is yesterday"
    with clock.travel(BEGIN + dt.timedelta(days=40)):
        lines = [StockLine(mug, 5, D(6))]
        then = BEGIN + dt.timedelta(days=1)
        receive_stock(actor, location_id=shop, lines=lines, occurred_at=then)
        for wrong in (BEGIN + dt.timedelta(days=41), BEGIN - dt.timedelta(days=400)):
            with pytest.raises(InvalidInput):
                receive_stock(actor, location_id=shop, lines=lines, occurred_at=wrong)
    with clock.travel(BEGIN + dt.timedelta(days=41, hours=4)):
        assert (close_days(), close_days(), close_days()) == (31, 8, 0)
        with tenancy.bind(business.pk):
            assert close_stock_days(actor) == 0
            assert StockMovement.objects.get(value_delta=30).occurred_at == then
            days = (BEGIN + dt.timedelta(days=2)).date(), (BEGIN + dt.timedelta(days=40)).date()
            assert [(w.units, w.value) for day in days for w in list_worth(day)] == [(10, 40), (15, 70)]
            StockSnapshot.objects.all().delete()
            StockDay.objects.all().delete()
            assert [(w.units, w.value) for day in days for w in list_worth(day)] == [(10, 40), (15, 70)]
