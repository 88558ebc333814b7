"""Promotions on what staff write: drafts, sent quotes, orders placed for somebody; the same figures as a cart."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.goods.catalog.models import Brand, Collection
from apps.goods.catalog.services import create_collection, set_collection_products
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import StaleQuote
from apps.people.customers.models import Customer
from apps.platform.businesses.models import Business
from apps.selling.checkout.services import quote_cart
from apps.selling.orders.drafts import LineDraft
from apps.selling.orders.models import Order
from apps.selling.orders.services import cancel_order, place_order
from apps.selling.promotions.engine import evaluate
from apps.selling.promotions.models import (
    AppliedPromotion,
    Promotion,
    PromotionCode,
    PromotionTest,
    TestArm,
    TestBuyer,
)
from apps.selling.promotions.values import Known, Line, Moment, Rule
from apps.selling.quotes.drafts import QuoteDraft
from apps.selling.quotes.models import Quote, QuoteLine
from apps.selling.quotes.selectors import paper_of
from apps.selling.quotes.services import accept_quote, place_quote, send_quote, write_quote
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_product, make_variant, variants_of
from tests.factories.orders import ADA, QUAY, make_cart, make_rate, system_of
from tests.factories.promotions import make_promotion
from tests.selling.checkout.test_submitting import statements

D = Decimal
pytestmark = pytest.mark.django_db


@pytest.fixture
def business(db: None) -> Business:
    """With its roles and an owner."""
    return make_business(slug="staff", name="Staff Goods")


def write(business: Business, lines: list[LineDraft], **fields: Any) -> Quote:
    fields = {"contact": ADA, "address": QUAY, **fields}
    return write_quote(system_of(business), draft=QuoteDraft(lines=lines, **fields))


def used(promotion: Promotion) -> int:
    return int(Promotion.unscoped.get(pk=promotion.pk).used)


def test_a_quote_its_paper_its_link_and_its_order_say_the_same(business: Business, client: Client) -> None:
    """Two mugs at 30.00: a tenth off by itself, a code for five, free delivery up to 2.00 of a way that costs 3.00."""
    system = system_of(business)
    mug = make_variant(business, title="Mug", price="30.00", stock=50)
    rate = make_rate(business, price="3.00")
    make_promotion(business, value="10", name="Tenth", priority=1)
    last = make_promotion(business, "amount", "5", name="Five", code="FIVE", use_limit=1, priority=2)
    make_promotion(business, "delivery", "2", name="Cheap post", priority=3)
    cart = make_cart(business, [(mug, 2)])
    type(cart).unscoped.filter(pk=cart.pk).update(codes=["FIVE"])
    offer = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY, email="ada@example.com")
    assert (offer.total, D(offer.snapshot["discount"]), D(offer.snapshot["shipping"])) == (D(50), D(11), D(1))

    quote = write(business, [LineDraft(mug.pk, 2)], codes=["five", "nonsense"], may_change=True)
    assert quote.total == D(49)  # the delivery is to be chosen
    sign_in(client, owner_of(business), business)
    page = client.get(f"/admin/quotes/quote/{quote.pk}/").content.decode()
    for words in (
        "Tenth",
        "Five (FIVE)",
        "£6.00",
        "£5.00",
        "as the delivery that is chosen",
        "“NONSENSE” is not a code",
    ):
        assert words in page
    client.logout()

    send_quote(system, quote_id=quote.pk)
    quote = Quote.unscoped.get(pk=quote.pk)
    assert quote.snapshot["promotions"] == ["Tenth", "Five (FIVE)"]
    assert quote.snapshot["delivery_promotions"] == ["Cheap post"]
    assert quote.snapshot["totals"]["total"] == "49.00"
    with tenancy.bind(business.pk):
        assert (paper_of(quote) or b"").startswith(b"%PDF")
    link = f"/store/{business.slug}/quotes/{quote.token}/"
    shown = client.get(link).content.decode()
    assert "£50.00" in shown
    assert "Discount · Tenth, Five (FIVE)" in shown
    assert "Standard · Cheap post" in shown

    # Somebody else has the last use of the code meanwhile. What was sent holds; the count never passes the limit.
    other = place_order(system, lines=[LineDraft(mug.pk, 1)], contact=ADA, codes=["FIVE"], channel="link")
    assert (other.total, used(last)) == (D(22), 1)
    (line,) = QuoteLine.unscoped.filter(quote=quote)
    order = accept_quote(
        system, quote_id=quote.pk, contact=ADA, address=QUAY, rate_id=rate.pk, quantities={line.pk: 1},
        expected_total=D("25.50"),
    )  # fmt: skip
    assert (order.total, order.discount_total, order.shipping_total) == (D("25.50"), D("5.50"), D(1))
    assert [(one["name"], one["code"], one["amount"]) for one in order.promotions] == [
        ("Tenth", "", "3.00"), ("Five", "FIVE", "2.50"), ("Cheap post", "", "2.00"),
    ]  # fmt: skip
    rows = {row.name: row for row in AppliedPromotion.unscoped.filter(owner_id=order.pk)}
    assert {name: (row.amount, row.counted) for name, row in rows.items()} == {
        "Tenth": (D(3), False), "Five": (D("2.50"), False), "Cheap post": (D(2), False),
    }  # fmt: skip
    cancel_order(system, order_id=order.pk)
    assert used(last) == 1, "a use that was not counted gives nobody's back"
    cancel_order(system, order_id=other.pk)
    assert used(last) == 0

    # A draft that staff place takes the use under the lock, and is refused when it has gone.
    drafts = [write(business, [LineDraft(mug.pk, 2)], codes=["FIVE"]) for _each in range(2)]
    placed = place_quote(system, quote_id=drafts[0].pk, rate_id=rate.pk)
    assert (placed.total, placed.shipping_total, used(last)) == (D(50), D(1), 1)
    with tenancy.bind(business.pk):
        assert place_quote(system, quote_id=drafts[1].pk, rate_id=rate.pk).total == D(55)


def test_who_is_vouched_for_gets_what_is_for_marked_customers(business: Business) -> None:
    """A tag counts when staff name the buyer, not when the address was only typed by whoever holds a cart."""
    mug = make_variant(business, price="30.00", stock=50)
    make_promotion(business, value="50", name="Friends", customer_tags=["friend"])
    with tenancy.bind(business.pk):
        Customer.objects.create(email="ada@example.com", name="Ada", tags=["friend"])
    staff = Actor(
        "user",
        owner_of(business).pk,
        "Staff",
        business.pk,
        permissions=frozenset({"orders.place", "customers.write"}),
    )
    assert place_order(staff, lines=[LineDraft(mug.pk, 1)], contact=ADA).total == D(15)
    assert place_order(system_of(business), lines=[LineDraft(mug.pk, 1)], contact=ADA).total == D(30)
    own = place_order(staff, lines=[LineDraft(mug.pk, 1)], contact=ADA, with_promotions=False)
    assert (own.total, own.promotions) == (D(30), [])
    assert write(business, [LineDraft(mug.pk, 1)]).total == D(15)
    cart = make_cart(business, [(mug, 1)])
    make_rate(business, price="3.00")
    offer = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY, email="ada@example.com")
    assert offer.total == D(33)


GOODS = {
    # title, price, tags, brand
    "a": ("Oak tray", "12.50", ["wood"], "Loom"),
    "b": ("Oak bowl", "19.99", ["wood", "new"], "Kiln"),
    "c": ("Clay bowl", "7.35", ["new"], "Kiln"),
    "d": ("Linen cloth", "31.10", [], "Loom"),
}
BY_RULES = {
    "oak": ([("title", "oak")], "all", {"a", "b"}),
    "cheap or new": ([("price_below", "10"), ("tag", "new")], "any", {"b", "c"}),
    "new wood": ([("tag", "new"), ("tag", "wood")], "all", {"b"}),
    "nobody": ([("title", "zinc")], "all", set()),
}
BY_HAND = {"picked": {"a", "d"}, "empty": set()}
MEMBERS = {**{name: found for name, (_rules, _match, found) in BY_RULES.items()}, **BY_HAND}
BRANDS = {"Loom": {"a", "d"}, "Kiln": {"b", "c"}}


@pytest.fixture
def goods(business: Business) -> dict[str, Any]:
    """Four products, two brands, collections by hand and by rules."""
    system = system_of(business)
    made: dict[str, Any] = {}
    for key, (title, price, tags, brand) in GOODS.items():
        product = make_product(
            business, title=title, price=price, tags=tags, vendor_name=brand, stock=100_000
        )
        made[key] = variants_of(product)[0]
    for name, (rules, match, _found) in BY_RULES.items():
        asked = [{"field": field, "value": value} for field, value in rules]
        create_collection(system, name=name, kind="rules", rules=asked, match=match)
    for name, keys in BY_HAND.items():
        chosen = create_collection(system, name=name)
        set_collection_products(
            system, collection_id=chosen.pk, product_ids=[made[key].product_id for key in sorted(keys)]
        )
    return made


@st.composite
def shops(draw: st.DrawFn) -> dict[str, Any]:
    """Promotions of collections, brands and everything; some divided by a test; and a basket."""
    some = st.lists(st.sampled_from(sorted(MEMBERS)), max_size=2, unique=True)
    promotions = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "kind": st.sampled_from(["percent", "amount"]),
                    "value": st.decimals("0.5", 40, places=2),
                    "collections": some,
                    "brands": st.lists(st.sampled_from(sorted(BRANDS)), max_size=1),
                    "exclusive": st.sampled_from([False, False, True]),
                    "code": st.booleans(),
                }
            ),
            min_size=1,
            max_size=4,
        )
    )
    pieces = st.dictionaries(st.sampled_from(sorted(GOODS)), st.integers(1, 5), min_size=1)
    return {"promotions": promotions, "pieces": draw(pieces), "nothing": draw(st.booleans())}


def set_up(business: Business, shop: dict[str, Any]) -> tuple[list[Promotion], list[str]]:
    """The promotions as rows, those without a code divided by a test."""
    collections = {one.name: one.pk for one in Collection.objects.all()}
    brands = {one.name: one.pk for one in Brand.objects.all()}
    rows, codes = [], []
    for number, said in enumerate(shop["promotions"]):
        row = Promotion.objects.create(
            name=f"no {number}", kind=said["kind"], value=said["value"], priority=number, exclusive=said["exclusive"],
            collections=[collections[name] for name in said["collections"]],
            brands=[brands[name] for name in said["brands"]], needs_code=said["code"],
        )  # fmt: skip
        if said["code"]:
            codes.append(f"CODE{number}")
            PromotionCode.objects.create(promotion=row, code=codes[-1])
        rows.append(row)
    tested = [row for row in rows if not row.needs_code]
    if len(tested) + shop["nothing"] > 1 and tested:
        test = PromotionTest.objects.create(name="Which")
        arms = [*tested, *([None] if shop["nothing"] else [])]
        for place, row in enumerate(arms):
            first, last = 10_000 * place // len(arms), 10_000 * (place + 1) // len(arms)
            TestArm.objects.create(test=test, promotion=row, position=place, first=first, last=last)
    return rows, codes[:5]


def expected(shop: dict[str, Any], rows: list[Promotion], goods: dict[str, Any], unit: str) -> D:
    """By hand: what each promotion is for from the table above, whose turn it is by the whole digest."""
    arms = {arm.promotion_id: arm for arm in TestArm.objects.select_related("test")}
    keys = {goods[key].pk: key for key in goods}
    lines = [
        Line(goods[key].pk, goods[key].pk, count, D(GOODS[key][1]) * count)
        for key, count in shop["pieces"].items()
    ]
    rules = []
    for said, row in zip(shop["promotions"], rows, strict=True):
        scope = [MEMBERS[name] for name in said["collections"]] + [BRANDS[name] for name in said["brands"]]
        targets = frozenset(pk for pk, key in keys.items() if key in set().union(*scope)) if scope else None
        arm = arms.get(row.pk)
        part = (
            int(hashlib.sha256(f"{arm.test.seed}:{unit}".encode()).hexdigest()[:16], 16) % 10_000
            if arm
            else 0
        )
        if arm is None or arm.first <= part < arm.last:
            rules.append(
                Rule(
                    promotion_id=row.pk, name=row.name, kind=row.kind, value=said["value"], targets=targets,
                    priority=row.priority, exclusive=row.exclusive,
                )
            )  # fmt: skip
    now = clock.now()
    moment = Moment(now, now.astimezone(dt.UTC))
    verdicts = evaluate(rules, lines, currency="GBP", buyer=Known(), moment=moment)
    return sum((line.amount for line in lines), D(0)) - sum(
        (one.amount for one in verdicts if one.applies), D(0)
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shops())
def test_cart_draft_and_order_agree_with_what_is_worked_out_by_hand(
    business: Business, goods: dict[str, Any], shop: dict[str, Any]
) -> None:
    system = system_of(business)
    with tenancy.bind(business.pk):
        AppliedPromotion.objects.all().delete()
        TestBuyer.objects.all().delete()
        TestArm.objects.all().delete()
        PromotionTest.objects.all().delete()
        Promotion.objects.all().delete()
        rows, codes = set_up(business, shop)
        cart = make_cart(business, [(goods[key], count) for key, count in shop["pieces"].items()])
        type(cart).objects.filter(pk=cart.pk).update(codes=codes)
    offer = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    lines = [LineDraft(goods[key].pk, count) for key, count in shop["pieces"].items()]
    quote = write(business, lines, codes=codes, shipping_price=D(0))
    placed = place_order(system, lines=lines, contact=ADA, address=QUAY, codes=codes)
    ordered = place_quote(system, quote_id=quote.pk)
    with tenancy.bind(business.pk):
        assert offer.total == expected(shop, rows, goods, str(cart.pk))
        # Nobody has vouched for a mere address: all of these are one and the same part of a test.
        assert placed.total == expected(shop, rows, goods, "")
        assert quote.total == ordered.total == expected(shop, rows, goods, "ada@example.com")
        for order in (placed, ordered):
            shares = sum((D(one["amount"]) for one in order.promotions), D(0))
            assert (shares, order.subtotal - shares) == (order.discount_total, order.total)


def test_the_last_use_is_not_taken_twice_by_staff(business: Business, monkeypatch: Any) -> None:
    """A draft priced before somebody else took the last use is refused under the lock, and nothing is placed."""
    mug = make_variant(business, price="30.00", stock=50)
    last = make_promotion(business, "amount", "5", name="Last", use_limit=1)
    system = system_of(business)
    from apps.selling.orders.services import promoting

    real = promoting.apply

    def seen_before(*arguments: Any, **fields: Any) -> Any:
        answer = real(*arguments, **fields)
        Promotion.unscoped.filter(pk=last.pk).update(used=1)
        return answer

    monkeypatch.setattr(promoting, "apply", seen_before)
    with pytest.raises(StaleQuote):
        place_order(system, lines=[LineDraft(mug.pk, 1)], contact=ADA)
    assert not Order.unscoped.exists()


def test_what_promotions_ask_of_the_database(business: Business, goods: dict[str, Any]) -> None:
    """A staff order: two statements more with promotions, one more for collections by rules, whatever the lines."""
    system = system_of(business)

    def count(*keys: str) -> int:
        lines = [LineDraft(goods[key].pk, 1) for key in keys]
        with CaptureQueriesContext(connection) as seen:
            place_order(system, lines=lines, contact=ADA, address=QUAY)
        return len(statements(seen))

    count("a")
    bare = count("a")
    make_promotion(business, name="All")
    assert count("a") == count("a", "b", "c", "d") == bare + 2
    with tenancy.bind(business.pk):
        found = Collection.objects.get(name="oak")
    for _several in range(2):
        make_promotion(business, name="Oak", collections=[found.pk])
    assert count("a") == count("a", "b", "c", "d") == bare + 3
