"""Sellers who can deliver do so without one who cannot, when the buyer said so: whole for each, once, to the cent."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import Client

from apps.goods.inventory.models import Reservation, StockBalance
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import OutOfStock, StaleQuote
from apps.kernel.models import AuditEntry, OutboxEvent
from apps.platform.businesses.models import Business
from apps.selling.checkout.models import Cart, CartGroup, CartItem, Checkout
from apps.selling.checkout.selectors import cart_view, find_cart
from apps.selling.checkout.services import put_code, quote_cart
from apps.selling.checkout.tokens import new_token
from apps.selling.credit.models import CreditAccount, CreditChoice
from apps.selling.credit.services import choose_credit, issue_credit
from apps.selling.orders.models import Order
from apps.selling.payments.models import Payment
from apps.selling.payments.services.accounts import ensure_account
from apps.selling.promotions.models import AppliedPromotion
from apps.selling.shipping.models import ShippingRate
from tests.factories.goods import make_variant
from tests.factories.orders import QUAY, make_cart, make_order, make_rate, orders_of, submit, system_of
from tests.factories.promotions import make_promotion
from tests.goods.inventory.crowd import at_once

ADDRESS = {"name": "Ada", "line1": "1 Quay Street", "city": "Bristol", "postcode": "BS1 4DJ", "country": "GB"}


@pytest.fixture
def goods(business: Business, other_business: Business) -> Any:
    make_rate(business)
    make_rate(other_business, price="5.00")
    return {
        "Mug": make_variant(business, title="Mug", price="10.00", stock=5),
        "Pot": make_variant(other_business, title="Pot", price="20.00", stock=2),
        "Lid": make_variant(other_business, title="Lid", price="4.00", stock=50),
    }


def cart_of(
    business: Business, other: Business, goods: Any, mugs: int = 2, pots: int = 2, lids: int = 1
) -> Cart:
    cart = Cart.unscoped.create(business=business, token=new_token())
    for seller, wanted in ((business, {"Mug": mugs}), (other, {"Pot": pots, "Lid": lids})):
        group = CartGroup.unscoped.create(business=business, cart=cart, seller=seller)
        for title, count in wanted.items():
            CartItem.unscoped.create(business=business, group=group, variant=goods[title], quantity=count)
    return cart


def quote_of(business: Business, cart: Cart) -> Any:
    return quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)


def left_in(business: Business, cart: Cart) -> dict[str, int]:
    with tenancy.bind(business.pk):
        return {line.title: line.quantity for line in cart_view(find_cart(cart.cookie_value)).lines}


def told(name: str) -> int:
    return OutboxEvent.objects.filter(name=name).count()


@pytest.mark.django_db
def test_one_seller_orders_and_the_other_stays_with_its_reasons(business, other_business, goods):
    cart = cart_of(business, other_business, goods)
    quote = quote_of(business, cart)
    part = next(one for one in quote.snapshot["groups"] if one["business_id"] == str(business.pk))
    make_order(other_business, lines=[(goods["Pot"], 1)])
    before = Counter(OutboxEvent.objects.values_list("name", flat=True))
    numbers, entries = Order.unscoped.count(), AuditEntry.objects.filter(action="orders.placed").count()
    done = submit(business, cart, quote.pk, partial=True, key="one")
    (order,) = orders_of(done)
    assert (order.business_id, order.total) == (business.pk, Decimal(part["total"]))
    assert (done.total, [Decimal(one["total"]) for one in done.placed]) == (order.total, [order.total])
    # Whole per seller: the lid was there, and is neither ordered nor promised to anybody.
    assert not Reservation.unscoped.filter(variant=goods["Lid"]).exists()
    assert StockBalance.unscoped.get(variant=goods["Pot"]).reserved == 1
    (left,) = done.left
    assert (left["seller"], left["order_id"]) == (other_business.name, None)
    assert {one["title"]: (one["code"], one["quantity"]) for one in left["reasons"]} == {
        "Pot": ("too_many", 2), "Lid": ("waits", 1)
    }  # fmt: skip
    assert left_in(business, cart) == {"Pot": 2, "Lid": 1}, "in the cart the buyer has"
    assert Payment.unscoped.get(owner_id=order.pk).amount == order.total
    assert Payment.unscoped.filter(amount=order.total).count() == Payment.unscoped.count()
    after = Counter(OutboxEvent.objects.values_list("name", flat=True)) - before
    assert (after["orders.placed"], after["checkout.completed"]) == (1, 1)
    assert Order.unscoped.count() == numbers + 1
    assert AuditEntry.objects.filter(action="orders.placed").count() == entries + 1
    said = OutboxEvent.objects.filter(name="checkout.completed").latest("id").payload
    assert Decimal(said["total"]) == order.total
    assert len(said["order_ids"]) == 1
    # The same key says the same again; another submission of what was agreed for the whole is asked to look again.
    again = submit(business, cart, quote.pk, partial=True, key="one")
    assert (again.pk, again.placed, again.left) == (done.pk, done.placed, done.left)
    with pytest.raises(StaleQuote):
        submit(business, cart, quote.pk, partial=True)
    assert Order.unscoped.count() == numbers + 1
    # What was left is ordered later, as a checkout of its own.
    CartItem.unscoped.filter(variant=goods["Pot"]).update(quantity=1)
    rest = submit(business, cart, partial=True)
    assert [order.business_id for order in orders_of(rest)] == [other_business.pk]
    assert rest.left == []
    assert Cart.unscoped.filter(state="active").count() == 0


@pytest.mark.django_db
def test_without_the_word_it_is_all_or_nothing(business, other_business, goods):
    cart = cart_of(business, other_business, goods, pots=3)
    with pytest.raises(OutOfStock):
        submit(business, cart)
    assert left_in(business, cart) == {"Mug": 2, "Pot": 3, "Lid": 1}
    assert not Checkout.unscoped.exists()


@pytest.mark.django_db
def test_nothing_at_all_is_the_refusal_that_names_everything(business, other_business, goods):
    cart = cart_of(business, other_business, goods, mugs=9, pots=3)
    with pytest.raises(OutOfStock) as refused:
        submit(business, cart, partial=True)
    assert {line["title"] for line in refused.value.context["lines"]} == {"Mug", "Pot"}
    assert not Order.unscoped.exists()
    assert Cart.unscoped.get().state == "active"


@pytest.mark.django_db
def test_uses_of_promotions_and_sums_are_those_of_what_came_about(business, other_business, goods):
    make_promotion(business, kind="percent", value="10", code="OURS")
    theirs = make_promotion(other_business, kind="percent", value="50", code="THEIRS")
    alone = make_cart(business, [(goods["Mug"], 2)])
    both = cart_of(business, other_business, goods, pots=3)
    for cart in (alone, both):
        for code in ("OURS", "THEIRS"):
            with tenancy.bind(business.pk):
                put_code(Actor.guest(business.pk), cart_token=cart.cookie_value, code=code)
    (one,) = orders_of(submit(business, alone))
    (other,) = orders_of(submit(business, both, partial=True))
    sums = ("subtotal", "discount_total", "shipping_total", "tax_total", "total")
    assert {name: getattr(one, name) for name in sums} == {name: getattr(other, name) for name in sums}
    assert one.discount_total > 0
    assert not AppliedPromotion.unscoped.filter(promotion=theirs).exists(), (
        "the code of who could not deliver is unused"
    )
    with tenancy.bind(business.pk):
        assert find_cart(both.cookie_value).codes == ["OURS", "THEIRS"]


@pytest.mark.django_db
def test_cards_pay_what_came_about_and_keep_the_rest(business, other_business, goods):
    guest = Actor.guest(business.pk)
    card: Any = issue_credit(system_of(business), amount=Decimal(100), reason="Prize")
    for mugs, pots, spent in ((2, 3, True), (9, 1, False)):
        cart = cart_of(business, other_business, goods, mugs=mugs, pots=pots)
        owner = type("Owner", (), {"type": "cart", "id": cart.pk})
        with tenancy.bind(business.pk):
            choose_credit(guest, owner=owner, account=card)
            before = CreditAccount.objects.get(pk=card.pk).balance
        own = next(
            one
            for one in quote_of(business, cart).snapshot["groups"]
            if one["business_id"] == str(business.pk)
        )
        done = submit(
            business,
            cart,
            partial=True,
            credit_ids=[card.pk],
            credit_agreed=min(before, Decimal(own["total"])),
        )
        with tenancy.bind(business.pk):
            after = CreditAccount.objects.get(pk=card.pk).balance
        (order,) = orders_of(done)
        if spent:
            assert (order.business_id, before - after) == (business.pk, order.total)
            assert done.payment_ids == []
        else:
            assert (order.business_id, after) == (other_business.pk, before)
            assert Payment.unscoped.get(owner_id=order.pk).amount == order.total
        assert CreditChoice.unscoped.filter(owner_id=cart.pk).exists() is not spent


@pytest.mark.django_db
def test_a_seller_that_does_not_send_there_or_sells_it_no_more_stays_behind(business, other_business, goods):
    far = cart_of(business, other_business, goods)
    ShippingRate.unscoped.filter(business=other_business).update(countries=["US"])
    done = submit(business, far, partial=True)
    assert {one["code"] for one in done.left[0]["reasons"]} == {"no_delivery"}
    ShippingRate.unscoped.filter(business=other_business).update(countries=[])
    gone = cart_of(business, other_business, goods)
    goods["Lid"].published = False
    goods["Lid"].save()
    with pytest.raises(StaleQuote):
        submit(business, gone)
    done = submit(business, gone, partial=True)
    assert {one["title"]: one["code"] for one in done.left[0]["reasons"]} == {
        "Pot": "waits",
        "Lid": "item_gone",
    }
    assert [order.business_id for order in orders_of(done)] == [business.pk]


@pytest.mark.django_db
def test_a_price_that_changed_is_asked_for_the_whole(business, other_business, goods):
    cart = cart_of(business, other_business, goods, pots=3)
    quote = quote_of(business, cart)
    goods["Pot"].price = Decimal(21)
    goods["Pot"].save()
    with pytest.raises(StaleQuote):
        submit(business, cart, quote.pk, partial=True)


@pytest.mark.django_db
def test_a_program_is_told_what_was_ordered_and_what_was_not(business, other_business, goods):
    cart = cart_of(business, other_business, goods, pots=3)
    shop = f"/api/v1/stores/{business.slug}"
    headers = {"X-Cart": cart.cookie_value, "Idempotency-Key": "mixed"}
    asked: dict[str, Any] = {"headers": headers, "content_type": "application/json"}
    quote = Client().post(f"{shop}/cart/quote/", {"address": {"country": "GB"}}, **asked).json()
    body = {
        "quote_id": quote["id"],
        "contact": {"email": "ada@example.com", "name": "Ada"},
        "address": ADDRESS,
    }
    assert Client().post(f"{shop}/checkout/", body, **asked).status_code == 409
    answers = [Client().post(f"{shop}/checkout/", {**body, "partial": True}, **asked) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    said, again = (answer.json() for answer in answers)
    assert said["orders"][0]["number"] == again["orders"][0]["number"]
    assert said["left"] == again["left"]
    assert [(one["title"], one["code"]) for one in said["left"][0]["reasons"]] == [
        ("Pot", "too_many"), ("Lid", "waits")
    ]  # fmt: skip
    kept = Client().get(f"{shop}/cart/", headers={"X-Cart": cart.cookie_value}).json()
    assert [(line["title"], bool(line["problem"])) for line in kept["lines"]] == [
        ("Pot", True),
        ("Lid", False),
    ]


@pytest.mark.django_db
def test_the_page_asks_and_says_what_became_of_it(business, other_business, goods):
    single = Client()
    alone = make_cart(business, [(goods["Mug"], 1)])
    client, cart = Client(), cart_of(business, other_business, goods, pots=3)
    url = f"/store/{business.slug}/checkout/"
    pages = []
    for visitor, held in ((single, alone), (client, cart)):
        visitor.cookies["cart"] = held.cookie_value
        pages.append(visitor.get(url).content.decode())
    assert 'name="partial"' not in pages[0]
    assert 'name="partial" value="yes">' in pages[1], "asked, and not answered for her"
    with tenancy.bind(business.pk):
        shown = cart.quotes.latest("id")
    posted = {
        **ADDRESS,
        "email": "ada@example.com",
        "quote": str(shown.pk),
        "partial": "yes",
        "provider": "sandbox",
    }
    answer = client.post(url, posted)
    (order,) = Order.unscoped.all()
    assert (answer.status_code, order.public_token in answer["Location"]) == (302, True)
    page = client.get(f"/store/{business.slug}/track/{order.public_token}/").content.decode()
    assert f"Ordered: {order.number}." in page
    assert f"{other_business.name}: Only 2 of “Pot” are left." in page


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("parts", [True, False])
def test_two_buyers_and_the_last_piece_of_the_second_seller(business, other_business, goods, parts):
    """Both get the first seller's goods, one the last pot. The control: without the word the slower gets nothing."""
    for shop in (business, other_business):
        with tenancy.bind(shop.pk):
            ensure_account("sandbox")
    carts = [cart_of(business, other_business, goods, mugs=1, pots=2, lids=1) for _ in range(2)]
    quotes = [quote_of(business, cart).pk for cart in carts]
    work = [partial(submit, business, *pair, partial=parts) for pair in zip(carts, quotes, strict=True)]
    results = at_once(work, threads=2)
    sellers = Counter(Order.unscoped.values_list("business_id", flat=True))
    assert sellers == {business.pk: 2 if parts else 1, other_business.pk: 1}
    kinds = {Checkout: 2} if parts else {Checkout: 1, OutOfStock: 1}
    assert Counter(type(result) for result in results) == kinds
    shelf = StockBalance.unscoped.get(variant=goods["Pot"])
    assert (shelf.on_hand, shelf.reserved) == (2, 2)
    assert (told("orders.placed"), told("checkout.completed")) == (
        len(sellers) and sum(sellers.values()),
        len(kinds) and kinds[Checkout],
    )
