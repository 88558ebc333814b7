"""Sold before it is there: the day is said, nobody sells beyond the limit, who ordered first is served first."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.goods.catalog.models import Variant
from apps.goods.inventory.models import StockBalance
from apps.kernel import clock, outbox
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, OutOfStock, WrongState
from apps.platform.businesses.models import Business
from apps.platform.notifications.models import Message
from apps.selling.checkout.services import quote_cart
from apps.selling.orders.models import LaterSale, Order, TimelineEntry, WaitingLine
from apps.selling.orders.services import cancel_order, end_later, sell_later, settle_waiting
from tests.factories.businesses import make_business, make_member, sign_in
from tests.factories.goods import make_variant, stock_up
from tests.factories.orders import QUAY, lines_of, make_cart, make_order, make_rate, ship, system_of
from tests.goods.inventory.crowd import at_once
from tests.owner import owners_rights
from tests.selling.shipping.test_picking import wanted_of


def _receive(business: Business, variant: Variant, count: int) -> None:
    stock_up(business, [variant.pk], count)


def _open(order: Order) -> list[tuple[int, Any]]:
    rows = WaitingLine.unscoped.filter(order=order, arrived_at__isnull=True)
    return list(rows.values_list("quantity", "promised_on"))


def test_who_ordered_first_is_served_first(business: Business, actor: Actor) -> None:
    kaftan = make_variant(business, title="Kaftan", stock=5)
    day = clock.now().date() + dt.timedelta(days=20)
    sell_later(actor, variant_id=kaftan.pk, kind="backorder", limit=20, promised_on=day)
    whole = make_order(business, lines=[(kaftan, 4)], paid=True)
    first = make_order(business, lines=[(kaftan, 6)], paid=True)
    second = make_order(business, lines=[(kaftan, 3)], paid=True)
    with pytest.raises(OutOfStock):
        make_order(business, lines=[(kaftan, 13)])
    assert [_open(order) for order in (whole, first, second)] == [[], [(5, day)], [(3, day)]]
    mails = Message.unscoped.filter(template="order_placed", channel="email").order_by("id")
    said = ["on backorder, expected" in mail.text for mail in mails]
    assert said == [False, True, True]

    # The second cannot take what the first is promised; what is here may leave.
    with pytest.raises(WrongState, match="Nothing of this order is here yet"):
        ship(second)
    with pytest.raises(WrongState, match="Not here yet: Kaftan"):
        ship(first, [(lines_of(first)[0].pk, 2)])
    assert [one.pieces for one in wanted_of(business, [first.pk, second.pk, whole.pk])] in ([4, 1], [1, 4])
    first = ship(first)
    assert (lines_of(first)[0].fulfilled_quantity, first.fulfilment_state) == (1, "part_fulfilled")

    _receive(business, kaftan, 6)
    for _time in range(2):
        outbox.drain()
        assert settle_waiting(system_of(business), variant_ids=[kaftan.pk]) == []
    assert [_open(order) for order in (first, second)] == [[], [(2, day)]]
    told = TimelineEntry.unscoped.filter(kind="goods_arrived").values_list("order_id", flat=True)
    assert list(told) == [first.pk]
    assert Message.unscoped.filter(template="order_goods_arrived").count() == 1
    cancel_order(system_of(business), order_id=whole.pk)
    outbox.drain()
    assert _open(second) == []
    for order in (first, second):
        assert ship(order).fulfilment_state == "fulfilled"
    shelf = StockBalance.unscoped.get(variant=kaftan)
    assert (shelf.on_hand, shelf.reserved) == (2, 0)


def test_a_pre_order_says_its_day_everywhere(business: Business, actor: Actor) -> None:
    lamp = make_variant(business, title="Lamp", stock=0)
    make_rate(business)
    with pytest.raises(InvalidInput) as refused:
        sell_later(actor, variant_id=lamp.pk, kind="preorder", limit=2)
    assert list(refused.value.fields) == ["promised_on"]
    sell_later(
        actor, variant_id=lamp.pk, kind="preorder", limit=2, promised_on=clock.today() + dt.timedelta(days=90)
    )
    store = f"/store/{business.slug}"
    page = Client().get(f"{store}/products/{lamp.product.slug}/").content.decode()
    assert "Pre-order: leaves from" in page
    cart = make_cart(business, [(lamp, 2)])
    shopper = Client()
    shopper.cookies["cart"] = cart.cookie_value
    assert "is a pre-order: it is sent from" in shopper.get(f"{store}/cart/").content.decode()
    quote = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    assert ["pre-order" in words for words in quote.snapshot["warnings"]] == [True]
    order = make_order(business, lines=[(lamp, 1)], paid=True)
    track = shopper.get(f"{store}/track/{order.public_token}/").content.decode()
    assert "1 pre-ordered, expected" in track
    sale = LaterSale.unscoped.get()
    end_later(actor, sale_id=sale.pk)
    outbox.drain()
    with pytest.raises(OutOfStock):
        make_order(business, lines=[(lamp, 1)])
    _receive(business, lamp, 1)
    outbox.drain()
    assert ship(order).fulfilment_state == "fulfilled"


def test_the_back_office_shows_who_waits(db: None) -> None:
    shop = make_business()
    staff = sign_in(Client(), make_member(shop, "owner"), shop)
    lamp = make_variant(shop, title="Lamp", stock=0, variant={"sku": "LAMP-1"})
    add = reverse("admin:list_verb", args=["orders", "latersale", "add"])
    form = {"kind": "backorder", "limit": "3", "promised_on": "", "idempotency_key": "k"}
    assert staff.post(add, {**form, "code": "nothing"}).status_code == 400
    assert staff.post(add, {**form, "code": "lamp-1"}).status_code == 302
    order = make_order(shop, lines=[(lamp, 2)], paid=True)
    listed = staff.get(reverse("admin:orders_order_changelist"), {"tab": "waiting"}).content.decode()
    assert order.number in listed
    assert "waits for goods" in listed
    sale = LaterSale.unscoped.get()
    detail = staff.get(reverse("admin:orders_latersale_change", args=[sale.pk])).content.decode()
    assert order.number in detail
    assert (
        "Waits for goods" in staff.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    )


def _order_one(business: Business, variant: Variant, _number: int) -> Order:
    return make_order(business, lines=[(variant, 1)])


@pytest.mark.django_db(transaction=True)
def test_a_crowd_never_buys_beyond_the_limit(business: Business, actor: Actor) -> None:
    lamp = make_variant(business, stock=0)
    day = clock.now().date() + dt.timedelta(days=9)
    sell_later(actor, variant_id=lamp.pk, kind="preorder", limit=7, promised_on=day)
    calls = [partial(_order_one, business, lamp, number) for number in range(24)]
    results = at_once(calls, threads=12)
    assert Counter(type(result) for result in results) == {Order: 7, OutOfStock: 17}
    outbox.drain()
    assert sum(WaitingLine.unscoped.values_list("quantity", flat=True)) == 7
    _receive(business, lamp, 4)
    at_once([partial(_settle, business, lamp) for _number in range(6)], threads=6)
    waiting = WaitingLine.unscoped.filter(arrived_at__isnull=True).order_by("line_id")
    assert waiting.count() == 3
    assert TimelineEntry.unscoped.filter(kind="goods_arrived").count() == 4
    served = WaitingLine.unscoped.filter(arrived_at__isnull=False)
    assert max(row.order.number for row in served) < min(row.order.number for row in waiting)


def _settle(business: Business, variant: Variant) -> Any:
    return settle_waiting(system_of(business), variant_ids=[variant.pk])


@pytest.mark.mutation
@pytest.mark.django_db(transaction=True)
def test_without_lock_and_check_the_crowd_buys_more(
    business: Business, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: the crowd above is a crowd."""
    from apps.goods.inventory.services import asking, reserving

    def unlocked(variant_ids: Any, channel: str, **places: Any) -> list[StockBalance]:
        return list(asking.at_open_places(list(variant_ids), channel).filter(**places).order_by("pk"))

    monkeypatch.setattr(reserving, "lock_for_promise", unlocked)
    check = "inventory_balance_never_oversold"
    with owners_rights(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [check])
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE inventory_stockbalance DROP CONSTRAINT {check}")
    try:
        sold = 0
        for _round in range(5):
            lamp = make_variant(business, stock=0)
            day = clock.now().date() + dt.timedelta(days=9)
            sell_later(actor, variant_id=lamp.pk, kind="preorder", limit=7, promised_on=day)
            _order_one(business, lamp, 0)  # the row to lock is there
            calls = [partial(_order_one, business, lamp, number) for number in range(24)]
            sold = 1 + sum(isinstance(result, Order) for result in at_once(calls, threads=12))
            if sold > 7:
                break
        assert sold > 7, "the crowd was too tame to prove anything"
    finally:
        with owners_rights(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE inventory_stockbalance, inventory_stockmovement CASCADE")
            cursor.execute(f"ALTER TABLE inventory_stockbalance ADD CONSTRAINT {check} {definition}")
