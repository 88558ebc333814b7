"""A seller's decision on an order and its lines, reminders, another attempt; the same act on many orders."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from apps.goods.inventory.models import StockBalance
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused, WrongState
from apps.kernel.models import OutboxEvent
from apps.selling.orders.models import Order, OrderVersion
from apps.selling.orders.services import (
    decide_order,
    expire_order,
    nudge_order,
    retry_order,
    run_bulk,
    tag_order,
)
from apps.selling.pricing.services import save_list, set_entries
from apps.selling.pricing.services.entries import EntryDraft
from tests.factories.goods import make_variant
from tests.factories.orders import lines_of, make_order, pay, reread, ship, system_of

pytestmark = pytest.mark.django_db


def reserved(variant) -> int:
    return StockBalance.unscoped.get(variant=variant).reserved


def told(order: Order, name: str) -> list[dict]:
    return [row.payload for row in OutboxEvent.objects.filter(owner=f"order:{order.pk}", name=name)]


def test_a_seller_takes_a_part_of_an_order_on(business, make_actor):
    """S8: ten at 30 less 10 %, and of 4 × 25 and 2 × 25 the last are rejected."""
    plain, fancy = (make_variant(business, price=price, stock=9) for price in ("40.00", "25.00"))
    order = pay(make_order(business, lines=[(plain, 5), (fancy, 2)], shipping=None), "100.00")
    assert order.state == "placed"
    first, second = lines_of(order)
    vendor = make_actor(business, permissions=frozenset({"orders.confirm"}))
    with pytest.raises(InvalidInput):
        decide_order(vendor, order_id=order.pk, accept=False, rejected_lines=[second.pk])
    order = decide_order(
        vendor, order_id=order.pk, accept=True, rejected_lines=[second.pk], reason="Out of it"
    )
    order = reread(order)
    assert (order.state, order.payment_state, order.total) == ("confirmed", "part_paid", Decimal(200))
    assert (order.outstanding, reserved(plain), reserved(fancy)) == (Decimal(100), 5, 0)
    made = OrderVersion.unscoped.get(order=order, number=2)
    assert [(one["what"], one["line_id"]) for one in made.changes] == [("removed", str(second.pk))]
    with pytest.raises(WrongState):
        decide_order(vendor, order_id=order.pk, accept=True)
    assert lines_of(order) == [first]


def test_a_seller_rejects_an_order_as_a_whole(business):
    mug = make_variant(business, price="10.00", stock=9)
    order = pay(make_order(business, lines=[(mug, 3)], shipping=None), "10.00")
    lines = [line.pk for line in lines_of(order)]
    decide_order(system_of(business), order_id=order.pk, accept=True, rejected_lines=lines, reason="Too far")
    outbox.drain()
    order = reread(order)
    assert (order.state, order.payment_state, order.refunded_total) == ("rejected", "refunded", Decimal(10))
    assert (reserved(mug), order.has_ended) == (0, True)
    (event,) = told(order, "orders.rejected")
    assert event["lines"] == {str(lines[0]): 3}
    # Money that comes too late goes back, as for any order that came to nothing.
    assert pay(order, "20.00").refunded_total == Decimal(30)


def test_a_buyer_reminds_and_tries_an_expired_order_again(business):
    mug = make_variant(business, price="10.00", stock=9)
    order = make_order(business, lines=[(mug, 3)])
    system = system_of(business)
    nudge_order(system, order_id=order.pk)
    with pytest.raises(WrongState):
        nudge_order(system, order_id=order.pk)
    with pytest.raises(WrongState):
        retry_order(system, order_id=order.pk)
    with clock.travel(dt.timedelta(days=9)):
        nudge_order(system, order_id=order.pk)
        expire_order(system, order_id=order.pk)
        type(mug).unscoped.filter(pk=mug.pk).update(price=Decimal(11))
        attempt = retry_order(system, order_id=order.pk)
        assert retry_order(system, order_id=order.pk).pk == attempt.pk
    assert (attempt.total, attempt.state, attempt.retry_of_id) == (Decimal(36), "placed", order.pk)
    assert (reserved(mug), Order.unscoped.count(), len(told(order, "orders.nudged"))) == (3, 2, 2)


def test_another_try_believes_no_address_that_a_visitor_typed(business, make_actor):
    """Whoever orders in the name of a customer with a contract must not come by her prices this way."""
    mug, system = make_variant(business, price="10.00", stock=9), system_of(business)
    order = make_order(business, lines=[(mug, 1)], shipping=None)
    with tenancy.bind(business.pk):
        agreed = save_list(
            system, name="Agreed", level="contract", customer_id=order.customer_id, reference="7"
        )
        set_entries(system, list_id=agreed.pk, entries=[EntryDraft(variant_id=mug.pk, price=Decimal(6))])
    with clock.travel(dt.timedelta(days=9)):
        expire_order(system, order_id=order.pk)
        again = retry_order(Actor.guest(business.pk), order_id=order.pk)
    assert again.total == Decimal(10)
    by_staff = make_order(business, lines=[(mug, 1)], shipping=None)
    assert by_staff.total == Decimal(6), "the control: the contract is there, and staff know who buys"


def test_many_orders_at_once_skip_what_cannot_be_done_and_say_why(business, make_actor):
    mug = make_variant(business, price="10.00", stock=40)
    waiting, paid, sent = (make_order(business, lines=[(mug, 1)], paid=is_paid) for is_paid in (0, 1, 1))
    ship(sent)
    owner = make_actor(business)
    ids = [waiting.pk, paid.pk, sent.pk]
    result = run_bulk(owner, act="confirm", order_ids=ids)
    assert ([one.pk for one in result.done], len(result.skipped)) == ([waiting.pk], 2)
    assert "cannot be confirmed" in result.skipped[0][1]
    for _twice in range(2):
        result = run_bulk(owner, act="tag", order_ids=ids, tags=["Fair", "fair", "Rush"])
    assert reread(paid).tags == ["Fair", "Rush"]
    assert tag_order(owner, order_id=paid.pk, remove=["RUSH"]).tags == ["Fair"]
    result = run_bulk(owner, act="cancel", order_ids=ids, reason="Flood", key="k")
    assert [one.pk for one in result.done] == [waiting.pk, paid.pk]
    assert result.skipped[0][1] == "Everything of it has left."
    assert (reread(paid).refunded_total, reread(sent).state) == (paid.total, "confirmed")
    reader = make_actor(business, permissions=frozenset({"orders.read"}))
    assert not run_bulk(reader, act="cancel", order_ids=[sent.pk], reason="x").done
    with pytest.raises(PermissionRefused):
        tag_order(reader, order_id=paid.pk, add=["No"])
