"""Discounts from the cart to the refund: the same figures everywhere, uses taken and given back."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.goods.catalog.models import Product
from apps.goods.catalog.services import create_category, create_collection, set_collection_products
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, StaleQuote
from apps.people.customers.models import Customer
from apps.platform.notifications.models import Message
from apps.selling.checkout.models import Cart, Checkout
from apps.selling.checkout.selectors import cart_view
from apps.selling.checkout.services import drop_code, put_code, quote_cart
from apps.selling.orders.drafts import Contact
from apps.selling.orders.models import Order
from apps.selling.orders.services import cancel_order, expire_order, refund_order
from apps.selling.payments.services.accounts import ensure_account
from apps.selling.promotions.applying import apply
from apps.selling.promotions.models import AppliedPromotion, Promotion, PromotionCode
from apps.selling.promotions.services import (
    consuming,
    end_promotion,
    generate_codes,
    pause_promotion,
    release_uses,
)
from apps.selling.promotions.values import STRANGER, Basket, BasketLine, Buyer
from tests.factories.businesses import make_business, make_user
from tests.factories.goods import make_product, make_variant, variants_of
from tests.factories.orders import (
    QUAY,
    lines_of,
    make_cart,
    make_order,
    make_rate,
    orders_of,
    pay,
    reread,
    ship,
    submit,
    system_of,
)
from tests.factories.promotions import make_promotion
from tests.goods.inventory.crowd import at_once
from tests.owner import owners_rights
from tests.selling.checkout.test_submitting import BUDGET, ensure_account_of, statements

D = Decimal


def see(business, cart: Cart) -> Any:
    with tenancy.bind(business.pk):
        return cart_view(Cart.objects.get(pk=cart.pk))


def put(business, cart: Cart, code: str) -> None:
    put_code(Actor.guest(business.pk), cart_token=cart.cookie_value, code=code)


def quote(business, cart: Cart, **fields: Any) -> Any:
    return quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY, **fields)


@pytest.mark.django_db
def test_one_story_from_the_cart_to_the_refund(business):
    """A sale of mugs, a code for everything, free delivery: 3 mugs at 12.00 and a bowl at 25.00, delivery 3.00."""
    rate = make_rate(business)
    mug = variants_of(make_product(business, title="Mug", price="12.00", stock=9))[0]
    bowl = variants_of(make_product(business, title="Bowl", price="25.00", stock=9))[0]
    sale = make_promotion(business, value="20", name="Mug week", products=[mug.product_id], priority=10)
    welcome = make_promotion(
        business, "amount", "5", name="Welcome", code="welcome10", minimum_amount=D(40), per_customer_limit=1
    )
    free = make_promotion(business, "delivery", None, name="Free delivery", minimum_amount=D(50))
    cart = make_cart(business, [(mug, 3), (bowl, 1)])

    view = see(business, cart)
    assert (view.subtotal, view.discount, view.total) == (D(61), D("7.20"), D("53.80"))
    assert [one.name for one in view.promotions] == ["Mug week", "Free delivery"]
    assert view.takes_codes
    for code in (" Welcome10 ", "nonsense"):
        put(business, cart, code)
    view = see(business, cart)
    assert view.codes == ["WELCOME10", "NONSENSE"]
    assert view.code_warnings == ["“NONSENSE” is not a code of this shop."]
    assert view.can_check_out
    assert view.total == D("48.80")

    # Mugs 28.80 and bowl 25.00 bear 2.68 and 2.32 of the five; delivery is free of 53.80, more than 50 before.
    offer = quote(business, cart)
    facts = offer.snapshot
    assert (facts["subtotal"], facts["discount"], facts["shipping"], facts["total"]) == (
        "61.00", "12.20", "0.00", "48.80",
    )  # fmt: skip
    assert [(one["name"], one["code"], one["amount"]) for one in facts["groups"][0]["promotions"]] == [
        ("Mug week", "", "7.20"), ("Welcome", "WELCOME10", "5.00"), ("Free delivery", "", "3.00"),
    ]  # fmt: skip
    assert facts["groups"][0]["offers"][0]["price"] in ("0.00", "0.0000")
    assert facts["warnings"] == view.code_warnings
    assert AppliedPromotion.unscoped.count() == 0

    checkout = submit(business, cart, offer.pk, rate_id=rate.pk)
    (order,) = orders_of(checkout)
    assert (order.subtotal, order.discount_total, order.shipping_total, order.total) == (
        D(61), D("12.20"), D(0), D("48.80"),
    )  # fmt: skip
    mugs, bowls = lines_of(order)
    assert [line.discount for line in (mugs, bowls)] == [D("9.88"), D("2.32")]
    assert [(one["name"], one["amount"], list(one["lines"].values())) for one in order.promotions] == [
        ("Mug week", "7.20", ["7.20"]), ("Welcome", "5.00", ["2.68", "2.32"]), ("Free delivery", "3.00", []),
    ]  # fmt: skip
    assert order.promotions[0]["lines"] == {str(mugs.pk): "7.20"}
    rows = AppliedPromotion.unscoped.filter(owner_id=order.pk).order_by("amount")
    assert [(row.promotion_id, row.amount, row.revenue, row.customer_id) for row in rows] == [
        (free.pk, D(3), D("48.80"), order.customer_id),
        (welcome.pk, D(5), D("48.80"), order.customer_id),
        (sale.pk, D("7.20"), D("48.80"), order.customer_id),
    ]

    # What was given for each piece goes back, neither more nor less.
    order = ship(pay(order))
    refund = refund_order(system_of(business), order_id=order.pk, lines=[(mugs.pk, 1)])
    assert refund.amount == D("8.71")  # (36.00 - 9.88) / 3
    refund_order(system_of(business), order_id=order.pk, lines=[(mugs.pk, 2), (bowls.pk, 1)])
    assert reread(order).refunded_total == D("48.80")

    outbox.drain()
    with tenancy.bind(business.pk):
        mail = Message.objects.filter(template="order_placed").first()
    for words in (mail.text, mail.html):
        assert "Mug week" in words
        assert "-£7.20" in words
        assert "Welcome (WELCOME10)" in words

    # The second time she has used it; nobody else has. An ended promotion does nothing.
    end_promotion(system_of(business), promotion_id=sale.pk)
    again = make_cart(business, [(bowl, 2)])
    put(business, again, "WELCOME10")
    assert quote(business, again, email="Ada@example.com").snapshot["warnings"] == [
        "“WELCOME10”: you have used it already."
    ]
    stranger = quote(business, again, email="eve@example.com")
    assert stranger.snapshot["discount"] == "5.00"
    # At the submission she is known: she agrees to another total first, and nothing is placed.
    with pytest.raises(StaleQuote) as refused:
        submit(business, again, stranger.pk)
    assert (refused.value.context["total_before"], refused.value.context["total_now"]) == (D(45), D(50))
    assert {change["what"] for change in refused.value.context["changes"]} == {"discount", "tax"} - (
        {"tax"} if not business.tax_rate else set()
    )
    drop_code(Actor.guest(business.pk), cart_token=again.cookie_value, code="welcome10")
    assert see(business, again).codes == []
    for number in range(5):
        put(business, again, f"CODE{number}")
    with pytest.raises(InvalidInput):
        put(business, again, "CODE5")


@pytest.mark.django_db
def test_what_and_whom_a_promotion_is_for(business):
    """Categories with what lies below, brands, collections, variants, gifts; tags and countries. One query each."""
    system = system_of(business)
    kitchen = create_category(system, name="Kitchen")
    shelf = create_category(system, name="Mugs", parent_id=kitchen.pk)
    other = create_category(system, name="Kitchenware")
    mug = make_product(business, title="Mug", stock=9, category_id=shelf.pk, vendor_name="Loom")
    pot = make_product(business, title="Pot", stock=9, category_id=other.pk)
    chosen = create_collection(system, name="Ours")
    set_collection_products(system, collection_id=chosen.pk, product_ids=[pot.pk])
    found = create_collection(system, name="All", kind="rules", rules=[{"field": "title", "value": "o"}])
    mugs, pots = (variants_of(product)[0] for product in (mug, pot))
    with tenancy.bind(business.pk):
        brand = Product.objects.get(pk=mug.pk).brand_id
    lines = [BasketLine("mug", mugs, 2, D(12), D(24)), BasketLine("pot", pots, 1, D(12), D(12))]

    def off(buyer: Buyer = STRANGER, country: str = "GB", queries: int = 1, **fields: Any) -> dict[Any, Any]:
        promotion = make_promotion(business, value="50", **fields)
        with CaptureQueriesContext(connection) as captured:
            applied = apply(business, Basket(lines), buyer=buyer, country=country)
        assert len(statements(captured)) == queries
        end_promotion(system, promotion_id=promotion.pk)
        return applied.line_discounts

    assert off(categories=[kitchen.pk]) == off(categories=[shelf.pk]) == {"mug": 12}
    assert off(brands=[brand]) == off(products=[mug.pk]) == off(variants=[mugs.pk]) == {"mug": 12}
    assert off(collections=[chosen.pk]) == {"pot": 6}
    assert off(collections=[chosen.pk], products=[mug.pk]) == off() == {"mug": 12, "pot": 6}
    gift = {"kind": "get", "buy_quantity": 2, "get_quantity": 1}
    assert off(products=[mug.pk], gift_variants=[pots.pk], **gift) == {"pot": 6}
    # What the rules find is asked apart: one query more, for any number of such collections.
    assert off(queries=2, collections=[found.pk]) == {"pot": 6}
    assert off(queries=2, collections=[found.pk, chosen.pk], brands=[brand]) == {"mug": 12, "pot": 6}
    with pytest.raises(InvalidInput):
        off(products=[make_product(make_business(slug="elsewhere")).pk])
    make_order(business, lines=[(mugs, 1)])
    member = make_user()
    with tenancy.bind(business.pk):
        Customer.objects.filter(email="ada@example.com").update(tags=["vip"], user=member)
    ada = Buyer(email=" Ada@Example.com")
    signed_in = Buyer(email="ada@example.com", user_id=member.pk)
    assert off(signed_in, customer_tags=["vip"], variants=[pots.pk]) == {"pot": 6}
    assert off(ada, customer_tags=["vip"]) == {}, "her address alone could be typed by anybody"
    assert off(customer_tags=["vip"]) == off(ada, first_order_only=True) == off(countries=["DE"]) == {}
    assert off(first_order_only=True, country="DE", countries=["DE"], variants=[pots.pk]) == {"pot": 6}


@pytest.mark.django_db
def test_uses_go_back_once_when_an_order_ends(business):
    make_rate(business)
    bowl = make_variant(business, price="25.00", stock=50)
    promotion = make_promotion(business, needs_code=True, use_limit=2, first_order_only=True)
    generate_codes(system_of(business), promotion_id=promotion.pk, count=3, prefix="vip")
    codes = list(PromotionCode.unscoped.order_by("id"))
    assert all(code.code.startswith("VIP-") and code.use_limit == 1 for code in codes)

    def order_with(code: PromotionCode, email: str) -> Order:
        cart = make_cart(business, [(bowl, 1)])
        put(business, cart, code.code.lower())
        offer = quote(business, cart, email=email)
        return orders_of(submit(business, cart, offer.pk, contact=Contact(email=email)))[0]

    def used() -> tuple[int, list[int]]:
        counted = PromotionCode.unscoped.order_by("id").values_list("used", flat=True)
        return Promotion.unscoped.get(pk=promotion.pk).used, list(counted)

    first = order_with(codes[0], "a@example.com")
    second = order_with(codes[1], "b@example.com")
    assert first.discount_total == second.discount_total == D("2.50")
    assert used() == (2, [1, 1, 0])
    assert order_with(codes[2], "c@example.com").discount_total == 0  # used up in total, said as a warning
    assert order_with(codes[0], "d@example.com").discount_total == 0  # a code works once

    cancel_order(system_of(business), order_id=first.pk)
    assert used() == (1, [0, 1, 0])
    with clock.travel(dt.timedelta(hours=2)):
        assert expire_order(system_of(business), order_id=second.pk)
        assert used() == (0, [0, 0, 0])
        assert release_uses(system_of(business), owner=consuming.Owner("order", second.pk)) == 0
        assert used() == (0, [0, 0, 0])
        # An order that ended is none: for a first order she is new again.
        third = order_with(codes[0], "a@example.com")
        assert third.discount_total == D("2.50")
        assert order_with(codes[1], "a@example.com").discount_total == 0
        # Paid and given back as a whole before anything left: the use is free again.
        refund_order(system_of(business), order_id=pay(third).pk, lines=[(lines_of(third)[0].pk, 1)])
        assert reread(third).state == "cancelled"
        assert used() == (0, [0, 0, 0])
    pause_promotion(system_of(business), promotion_id=promotion.pk)
    cart = make_cart(business, [(bowl, 1)])
    put(business, cart, codes[0].code)
    assert see(business, cart).code_warnings == [f"“{codes[0].code}”: it cannot be used at the moment."]


@pytest.mark.django_db(transaction=True)
def test_statements(business):
    """Without promotions none more than before; with them one on cart and quote, two on submit."""
    ensure_account_of(business)
    make_rate(business)
    variants = [make_variant(business, stock=50) for _n in range(30)]

    def count(size: int, codes: tuple[str, ...] = ()) -> list[int]:
        cart = make_cart(business, [(variant, 1) for variant in variants[:size]])
        for code in codes:
            put(business, cart, code)
        counts = []
        with CaptureQueriesContext(connection) as captured, tenancy.bind(business.pk):
            cart_view(Cart(pk=cart.pk, business=business, codes=list(codes)))
        counts.append(len(statements(captured)))
        with CaptureQueriesContext(connection) as captured:
            offer = quote(business, cart)
        counts.append(len(statements(captured)))
        with CaptureQueriesContext(connection) as captured:
            submit(business, cart, offer.pk)
        sent = statements(captured)
        assert len(sent) <= BUDGET, "\n".join(sql[:150] for sql in sent)
        return [*counts, len(sent)]

    count(1)
    bare = count(1)
    assert not AppliedPromotion.unscoped.exists()
    make_promotion(business)
    assert [after - before for after, before in zip(count(1), bare, strict=True)] == [1, 1, 2]
    make_promotion(business, "amount", "1", code="ONE", use_limit=500, per_customer_limit=100)
    limited = count(1, ("ONE",))
    assert [after - before for after, before in zip(limited, bare, strict=True)] == [1, 1, 2]
    assert count(30, ("ONE",)) == limited
    assert AppliedPromotion.unscoped.count() == 5


@pytest.mark.django_db
def test_a_code_counts_for_the_goods_of_its_seller_alone(business):
    """A cart with goods of two sellers: what one of them gives away, the other does not pay."""
    from apps.selling.checkout.models import CartGroup, CartItem

    other = make_business(slug="neighbour", name="Neighbour")
    for shop in (business, other):
        make_rate(shop)
    make_promotion(other, "percent", "50", code="HALF")
    cart = make_cart(business, [(make_variant(business, price="10.00", stock=5), 1)])
    theirs = make_variant(other, price="10.00", stock=5)
    group = CartGroup.unscoped.create(business=business, cart=cart, seller=other)
    CartItem.unscoped.create(business=business, group=group, variant=theirs, quantity=1)
    for code in ("HALF", "NONE"):
        put(business, cart, code)
    offer = quote(business, cart)
    by_seller = {part["seller"]: part["discount"] for part in offer.snapshot["groups"]}
    assert {name: D(amount) for name, amount in by_seller.items()} == {business.name: 0, "Neighbour": 5}
    assert sorted(offer.snapshot["warnings"]) == [
        "“HALF” counts for the goods of Neighbour only.", "“NONE” is not a code of this shop.",
    ]  # fmt: skip
    orders = orders_of(submit(business, cart, offer.pk))
    assert {order.business_id: order.discount_total for order in orders} == {business.pk: 0, other.pk: 5}
    assert AppliedPromotion.unscoped.get().business_id == other.pk


@pytest.fixture
def last_coupon(business):
    make_rate(business)
    with tenancy.bind(business.pk):
        ensure_account("sandbox")
    variant = make_variant(business, price="20.00", stock=1000)

    def crowd(code: str, size: int) -> Counter[str]:
        """Buyers who all hold a quote with the discount and submit at once."""
        carts = []
        for _number in range(size):
            cart = make_cart(business, [(variant, 1)])
            put(business, cart, code)
            carts.append((cart, quote(business, cart).pk))
        contacts = [Contact(email=f"{code}{number}@example.com") for number in range(size)]
        results = at_once(
            [
                partial(submit, business, cart, pk, contact=contact)
                for (cart, pk), contact in zip(carts, contacts, strict=True)
            ],
            threads=16,
        )
        return Counter(type(result).__name__ for result in results)

    return crowd


@pytest.mark.django_db(transaction=True)
def test_fifty_buyers_and_the_last_coupon(business, last_coupon):
    promotion = make_promotion(business, code="LAST", use_limit=1)
    assert last_coupon("LAST", 50) == {"Checkout": 1, "StaleQuote": 49}
    assert Promotion.unscoped.get(pk=promotion.pk).used == AppliedPromotion.unscoped.count() == 1
    assert Order.unscoped.count() == Checkout.unscoped.count() == 1
    assert Cart.unscoped.filter(state="active").count() == 49


@pytest.mark.django_db(transaction=True)
@pytest.mark.mutation
def test_without_the_condition_and_the_check_it_goes_twice(business, last_coupon, monkeypatch):
    """Proof that the crowd is a crowd: the limit as the quote saw it, and the same coupon goes several times."""
    naive = consuming.TAKE.replace("AND p.used < p.use_limit", "")
    assert naive != consuming.TAKE
    monkeypatch.setattr(consuming, "TAKE", naive)
    name, table = "promotion_never_used_too_often", "promotions_promotion"
    with owners_rights(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    try:
        for number in range(5):
            make_promotion(business, code=f"LAST{number}", use_limit=1)
            if last_coupon(f"LAST{number}", 16)["Checkout"] > 1:
                return
        pytest.fail("the crowd was too tame to prove anything")
    finally:
        with owners_rights(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE promotions_promotion, promotions_appliedpromotion CASCADE")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
