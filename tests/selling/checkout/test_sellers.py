"""Several sellers in one cart: each has its own stock, and what is short at any of them is said and brought down."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.goods.inventory.models import Reservation
from apps.kernel.actors import Actor
from apps.kernel.errors import OutOfStock
from apps.platform.businesses.models import Business
from apps.selling.checkout.models import Cart, CartGroup, CartItem
from apps.selling.checkout.selectors import cart_view, find_cart
from apps.selling.checkout.services import keep_available, quote_cart
from apps.selling.orders.models import Order
from apps.selling.shipping.ways import Goal, Sent, goal_of, ways_of_delivery
from tests.factories.goods import make_variant
from tests.factories.orders import QUAY, make_cart, make_order, make_rate, orders_of, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def market(business: Business, other_business: Business) -> Any:
    """A cart of two sellers: Few and Much of the one, Theirs and Gone of the other."""
    make_rate(business)
    make_rate(other_business, price="5.00")
    goods = {
        title: make_variant(seller, title=title, price="10.00", stock=stock)
        for title, seller, stock in (
            ("Few", business, 5), ("Much", business, 50), ("Theirs", other_business, 5), ("Gone", other_business, 2)
        )
    }  # fmt: skip
    cart = make_cart(business, [(goods["Few"], 4), (goods["Much"], 3)])
    group = CartGroup.unscoped.create(business=business, cart=cart, seller=other_business)
    for title, count in (("Theirs", 4), ("Gone", 2)):
        CartItem.unscoped.create(business=business, group=group, variant=goods[title], quantity=count)
    return cart, goods


def others_buy(business: Business, other: Business, goods: Any) -> None:
    make_order(business, lines=[(goods["Few"], 3)])
    make_order(other, lines=[(goods["Theirs"], 4), (goods["Gone"], 2)])


def counts(business: Business, cart: Cart) -> dict[str, int]:
    from apps.kernel import tenancy

    with tenancy.bind(business.pk):
        return {line.title: line.quantity for line in cart_view(find_cart(cart.cookie_value)).lines}


def test_what_is_short_at_any_seller_is_named_and_brought_down(
    business: Business, other_business: Business, market: Any
) -> None:
    cart, goods = market
    guest = Actor.guest(business.pk)
    quote = quote_cart(guest, cart_id=cart.pk, address=QUAY)
    assert quote.snapshot["errors"] == []
    others_buy(business, other_business, goods)
    before = Order.unscoped.count(), Reservation.unscoped.count()
    with pytest.raises(OutOfStock) as refused:
        submit(business, cart, quote.pk)
    # One refusal for all sellers, by the items of the cart: whose line is short is shown beside it.
    items = {item.variant_id: item.pk for item in CartItem.unscoped.all()}
    short = {line["title"]: (line["item_id"], line["available"]) for line in refused.value.context["lines"]}
    assert short == {
        "Few": (items[goods["Few"].pk], 2),
        "Theirs": (items[goods["Theirs"].pk], 1),
        "Gone": (items[goods["Gone"].pk], 0),
    }
    assert (Order.unscoped.count(), Reservation.unscoped.count()) == before, "all of it, or nothing"
    again = quote_cart(guest, cart_id=cart.pk, address=QUAY)
    assert [(one["code"], one.get("left")) for one in again.snapshot["errors"]] == [
        ("too_many", 2), ("too_many", 1), ("sold_out", None)
    ]  # fmt: skip
    cuts = keep_available(guest, cart_token=cart.cookie_value)
    assert sorted((cut.title, cut.before, cut.after) for cut in cuts) == [
        ("Few", 4, 2), ("Gone", 2, 0), ("Theirs", 4, 1)
    ]  # fmt: skip
    assert keep_available(guest, cart_token=cart.cookie_value) == [], "the same again is nothing more"
    assert counts(business, cart) == {"Few": 2, "Much": 3, "Theirs": 1}
    orders = {order.business_id: order for order in orders_of(submit(business, cart))}
    assert orders[business.pk].subtotal == Decimal(50)
    assert orders[other_business.pk].subtotal == Decimal(10)


def test_a_seller_of_whom_nothing_is_left_drops_out(
    business: Business, other_business: Business, market: Any
) -> None:
    cart, goods = market
    make_order(other_business, lines=[(goods["Theirs"], 5), (goods["Gone"], 2)])
    client = Client()
    shop = f"/api/v1/stores/{business.slug}"
    asked: dict[str, Any] = {"headers": {"X-Cart": cart.cookie_value}, "content_type": "application/json"}
    answer = client.post(f"{shop}/cart/keep-available/", {}, **asked).json()
    assert {cut["title"]: cut["after"] for cut in answer["cuts"]} == {"Theirs": 0, "Gone": 0}
    assert [line["title"] for line in answer["cart"]["lines"]] == ["Few", "Much"]
    assert CartGroup.unscoped.filter(cart=cart).count() == 1
    assert len(orders_of(submit(business, cart))) == 1
    assert client.post(f"{shop}/cart/keep-available/", {}, content_type="application/json").status_code == 404


def test_a_program_reads_which_item_is_short(business: Business) -> None:
    make_rate(business)
    few = make_variant(business, title="Few", stock=5)
    cart = make_cart(business, [(few, 4)])
    client, shop = Client(), f"/api/v1/stores/{business.slug}"
    asked: dict[str, Any] = {"headers": {"X-Cart": cart.cookie_value}, "content_type": "application/json"}
    quote = client.post(f"{shop}/cart/quote/", {"address": {"country": "GB"}}, **asked).json()
    make_order(business, lines=[(few, 4)])
    asked["headers"]["Idempotency-Key"] = "short"
    to = {"name": "Ada", "line1": "1 Quay Street", "city": "Bristol", "postcode": "BS1 4DJ", "country": "GB"}
    body = {"quote_id": quote["id"], "contact": {"email": "ada@example.com", "name": "Ada"}, "address": to}
    refused = client.post(f"{shop}/checkout/", body, **asked)
    item = str(CartItem.unscoped.get().pk)
    told = refused.json()
    assert (refused.status_code, told["code"]) == (409, "out_of_stock")
    assert [(line["item_id"], line["available"]) for line in told["facts"]["lines"]] == [(item, 1)]


def test_weight_pieces_and_place_come_from_one_function(business: Business) -> None:
    from apps.kernel import tenancy

    pot = make_variant(business, stock=9)
    pot.weight_grams = 400
    make_rate(business, name="Letter", measure="weight", steps=[["500", "2"], [None, "9"]], price="0")
    make_rate(business, name="Each", measure="pieces", steps=[["2", "1"], [None, "4"]], price="0")

    def ways(quantity: int, pack: int = 1, goal: Goal | None = None) -> dict[str, Decimal]:
        with tenancy.bind(business.pk):
            found = ways_of_delivery(
                business, [Sent(pot, quantity, pack)], Decimal(10), goal or goal_of(business, "")
            )
        return {way.name: way.price for way in found}

    assert ways(1) == {"Letter": 2, "Each": 1}
    # Two packs of three are six pots to carry and two things to hand over.
    assert ways(2, 3) == {"Letter": 9, "Each": 1}
    assert ways(3) == {"Letter": 9, "Each": 4}
    with tenancy.bind(business.pk):
        assert ways_of_delivery(business, [], Decimal(10), Goal("GB")) == []
    assert goal_of(business, "NO", "Oslo", "0150") == Goal("NO", "Oslo", "0150")
    assert goal_of(business, "") == Goal(business.country, business.region)
