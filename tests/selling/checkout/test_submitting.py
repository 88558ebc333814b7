"""Submitting a cart: one order, under the quote, in a fixed number of statements."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.goods.catalog.models import Product, Variant
from apps.goods.inventory.models import Reservation
from apps.kernel import clock, metrics, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import IdempotencyMismatch, InvalidInput, NotFound, OutOfStock, StaleQuote
from apps.kernel.models import OutboxEvent
from apps.selling.checkout.models import Cart, Checkout
from apps.selling.checkout.services import quote_cart, submit_checkout
from apps.selling.orders.drafts import Address, Contact
from apps.selling.orders.models import Order, OrderLine
from apps.selling.payments.models import Payment
from apps.selling.payments.services.accounts import ensure_account
from apps.selling.shipping.models import ShippingRate
from tests.factories.goods import make_variant, stock_up
from tests.factories.orders import ADA, QUAY, make_cart, make_rate, orders_of, submit

BUDGET = 20


def statements(captured) -> list[str]:
    """The statements that reached the database, those of the transaction itself left out."""
    frame = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
    return [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(frame)]


def ensure_account_of(business) -> None:
    """A business made by sign-up has its account at the payment company; one made by a test has not yet."""
    with tenancy.bind(business.pk):
        ensure_account("sandbox")


@pytest.fixture
def rate(business):
    return make_rate(business)


@pytest.fixture
def cart(business, rate):
    return make_cart(business, [(make_variant(business, stock=10), 2)])


@pytest.mark.django_db(transaction=True)
def test_place_order_takes_the_same_few_statements_for_any_number_of_lines(business, rate):
    ensure_account_of(business)
    counts = {}
    for size in (1, 3, 10, 100):
        cart = make_cart(business, [(make_variant(business, stock=5), 1) for _ in range(size)])
        quote = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
        with CaptureQueriesContext(connection) as captured:
            checkout = submit(business, cart, quote.pk, key=f"size-{size}")
        sent = statements(captured)
        counts[size] = len(sent)
        assert not [query for query in captured.captured_queries if "SAVEPOINT" in query["sql"]]
        assert OrderLine.unscoped.filter(order__checkout_id=checkout.pk).count() == size
    assert set(counts.values()) == {counts[1]}, counts
    assert counts[1] <= BUDGET, "\n".join(sql[:120] for sql in sent)


@pytest.mark.django_db
def test_checkout_gives_order_payment_and_link(business, cart):
    checkout = submit(business, cart, return_url="https://shop.example/o/{token}/")
    (order,) = orders_of(checkout)
    assert (order.total, checkout.total, checkout.currency) == (Decimal(27), Decimal(27), "GBP")
    assert checkout.first_order["number"] == order.number
    payment = Payment.unscoped.get(pk=checkout.payment_ids[0])
    assert (payment.amount, payment.owner_id, payment.reference) == (order.total, order.pk, order.number)
    assert payment.return_url == f"https://shop.example/o/{order.public_token}/"
    assert len(order.public_token) >= 43
    assert payment.expires_at == order.expires_at
    assert Cart.unscoped.get(pk=cart.pk).state == "converted"
    (told,) = OutboxEvent.objects.filter(name="checkout.completed")
    sums = {
        name: Decimal(told.payload[name]) for name in ("subtotal", "discount", "shipping", "tax", "total")
    }
    assert sums == {"subtotal": 24, "discount": 0, "shipping": 3, "tax": order.tax_total, "total": 27}
    assert (told.payload["channel"], told.payload["attribution"]) == ("storefront", {})


@pytest.mark.django_db
def test_a_quote_is_counted_by_what_came_of_it(business, cart, caplog):
    def counted(outcome):
        return metrics.registry.get_sample_value("monidesk_quotes_total", {"outcome": outcome}) or 0

    before = counted("clean"), counted("hindered")
    quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    with tenancy.bind(business.pk):
        ShippingRate.objects.all().delete()
    with caplog.at_level("INFO", logger="apps.selling.checkout.services.quoting"):
        quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    assert (counted("clean"), counted("hindered")) == (before[0] + 1, before[1] + 1)
    *_before, line = [one for one in caplog.records if one.getMessage() == "checkout.quoted"]
    assert (line.items, line.sellers, line.errors) == (1, 1, ["no_delivery"])


@pytest.mark.django_db
def test_second_submission_gets_the_same_order_without_a_key(business, cart):
    quote = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    first, second = submit(business, cart, quote.pk), submit(business, cart, quote.pk)
    assert first.pk == second.pk
    assert first.orders == second.orders
    assert Order.unscoped.count() == Checkout.unscoped.count() == 1


@pytest.mark.django_db
def test_same_key_gives_the_same_answer_and_another_body_is_refused(business, cart):
    quote = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    first, second = (submit(business, cart, quote.pk, key="k") for _ in range(2))
    assert first.orders == second.orders
    with pytest.raises(IdempotencyMismatch):
        submit(business, cart, quote.pk, key="k", contact=Contact(email="eve@example.com"))
    assert Order.unscoped.count() == 1


@pytest.mark.django_db
def test_key_of_another_business_never_matches(business, other_business, cart):
    make_rate(other_business)
    theirs = make_cart(other_business, [(make_variant(other_business, stock=5), 1)])
    mine = submit(business, cart, key="shared")
    other = submit(other_business, theirs, key="shared")
    assert mine.pk != other.pk
    assert {order.business_id for order in Order.unscoped.all()} == {business.pk, other_business.pk}


@pytest.mark.django_db
def test_cart_of_another_business_is_not_found(business, other_business, cart):
    guest = Actor.guest(other_business.pk)
    with pytest.raises(NotFound):
        quote_cart(guest, cart_id=cart.pk)
    with pytest.raises(NotFound):
        submit_checkout(guest, cart_id=cart.pk, quote_id=cart.pk, contact=ADA, address=QUAY)


@pytest.mark.django_db
def test_quote_is_over_after_fifteen_minutes_and_says_the_sums(business, cart):
    quote = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    with clock.travel(dt.timedelta(minutes=14, seconds=50)):
        assert not quote.has_expired
    with clock.travel(dt.timedelta(minutes=16)), pytest.raises(StaleQuote) as refused:
        submit(business, cart, quote.pk)
    assert refused.value.context["total_now"] == refused.value.context["total_before"] == Decimal(27)
    assert Cart.unscoped.get(pk=cart.pk).state == "active"
    assert not Order.unscoped.exists()


@pytest.mark.django_db
def test_changed_price_is_shown_before_anything_is_placed(business, rate):
    variant = make_variant(business, title="Teapot", stock=10, price="12.00")
    cart = make_cart(business, [(variant, 2)])
    quote = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    Variant.unscoped.filter(pk=variant.pk).update(price=Decimal("15.00"))
    with pytest.raises(StaleQuote) as refused:
        submit(business, cart, quote.pk)
    changes = {change["what"]: change for change in refused.value.context["changes"]}
    assert (changes["price"]["before"], changes["price"]["after"]) == (Decimal(12), Decimal(15))
    assert changes["price"]["title"] == "Teapot"
    assert refused.value.context["total_now"] == Decimal(33)
    assert not Order.unscoped.exists()
    assert submit(business, cart).total == Decimal(33)


@pytest.mark.django_db
def test_changed_quantity_rate_and_tax_make_the_quote_stale(business, rate, cart):
    guest = Actor.guest(business.pk)
    for change, what in (
        (lambda: make_cart_bigger(business, cart), "quantity"),
        (lambda: type(rate).unscoped.update(price=Decimal("4.00")), "shipping"),
        (lambda: type(business).objects.filter(pk=business.pk).update(tax_rate=Decimal("0.1")), "tax"),
    ):
        quote = quote_cart(guest, cart_id=cart.pk, address=QUAY)
        change()
        with pytest.raises(StaleQuote) as refused:
            submit(business, cart, quote.pk)
        assert what in {one["what"] for one in refused.value.context["changes"]}


def make_cart_bigger(business, cart):
    from apps.selling.checkout.models import CartItem
    from apps.selling.checkout.services import set_quantity

    item = CartItem.unscoped.get(group__cart=cart)
    set_quantity(Actor.guest(business.pk), cart_token=cart.cookie_value, item_id=item.pk, quantity=3)


@pytest.mark.django_db
def test_unpublished_item_is_a_hard_error_and_keeps_the_cart(business, cart):
    quote = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    Product.unscoped.update(published=False)
    with pytest.raises(StaleQuote) as refused:
        submit(business, cart, quote.pk)
    assert refused.value.context["changes"][0]["what"] == "gone"
    again = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    assert not again.can_be_submitted
    assert again.snapshot["errors"][0]["code"] == "item_gone"


@pytest.mark.django_db
def test_what_was_sold_meanwhile_is_named(business, rate):
    variant = make_variant(business, title="Lamp", stock=2)
    first, second = (make_cart(business, [(variant, 2)]) for _ in range(2))
    guest = Actor.guest(business.pk)
    quotes = [quote_cart(guest, cart_id=one.pk, address=QUAY).pk for one in (first, second)]
    submit(business, first, quotes[0])
    with pytest.raises(OutOfStock) as refused:
        submit(business, second, quotes[1])
    (line,) = refused.value.context["lines"]
    assert (line["title"], line["available"]) == ("Lamp", 0)
    assert refused.value.kept
    assert Cart.unscoped.get(pk=second.pk).state == "active"
    stock_up(business, [variant.pk], 2)
    assert submit(business, second, quotes[1]).orders


@pytest.mark.django_db
def test_missing_details_are_named_all_at_once(business, cart):
    with pytest.raises(InvalidInput) as refused:
        submit(business, cart, contact=Contact(), address=Address(country="XX"))
    assert {"email", "country"} <= set(refused.value.fields)
    with pytest.raises(InvalidInput) as refused:
        submit(business, cart, contact=Contact(), address=Address())
    assert {"email", "name", "line1", "city", "country"} == set(refused.value.fields)
    assert not Order.unscoped.exists()


@pytest.mark.django_db
def test_country_that_is_not_served_is_refused(business):
    make_rate(business, countries=["GB"])
    cart = make_cart(business, [(make_variant(business, stock=5), 1)])
    france = Address(name="A", line1="1 rue", city="Paris", country="FR")
    quote = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=france)
    assert quote.snapshot["errors"][0]["code"] == "no_delivery"
    with pytest.raises(InvalidInput) as refused:
        submit(business, cart, quote.pk, address=france)
    assert "country" in refused.value.fields


@pytest.mark.django_db
def test_quote_never_touches_stock_and_another_carts_quote_is_refused(business, cart):
    other = make_cart(business, [(make_variant(business, stock=5), 1)])
    quote = quote_cart(Actor.guest(business.pk), cart_id=other.pk, address=QUAY)
    assert not Reservation.unscoped.exists()
    with pytest.raises(NotFound):
        submit(business, cart, quote.pk)


@pytest.mark.django_db
def test_money_columns_of_the_quote_add_up_in_both_tax_modes(business, other_business):
    for shop in (business, other_business):
        make_rate(shop, price="4.00")
        cart = make_cart(shop, [(make_variant(shop, stock=5, price="9.99"), 3)])
        quote = quote_cart(Actor.guest(shop.pk), cart_id=cart.pk, address=QUAY)
        sums = {
            name: Decimal(quote.snapshot[name])
            for name in ("subtotal", "discount", "shipping", "tax", "total")
        }
        above = sums["subtotal"] - sums["discount"] + sums["shipping"]
        assert sums["total"] == above + (0 if shop.tax_inclusive else sums["tax"])
        with tenancy.bind(shop.pk):
            assert submit(shop, cart, quote.pk).total == sums["total"]


@pytest.mark.django_db
def test_group_per_seller_makes_an_order_per_seller(business, other_business, cart):
    """Two sellers in one cart: two orders under one checkout id, each with its own number and payment."""
    from apps.selling.checkout.models import CartGroup, CartItem

    make_rate(other_business, price="5.00")
    theirs = make_variant(other_business, price="10.00", stock=5)
    group = CartGroup.unscoped.create(business=business, cart=cart, seller=other_business)
    CartItem.unscoped.create(business=business, group=group, variant=theirs, quantity=1)
    checkout = submit(business, cart)
    orders = {order.business_id: order for order in orders_of(checkout)}
    assert set(orders) == {business.pk, other_business.pk}
    assert (orders[business.pk].currency, orders[other_business.pk].currency) == ("GBP", "USD")
    assert len(checkout.payment_ids) == 2
    assert {reservation.business_id for reservation in Reservation.unscoped.all()} == set(orders)


@pytest.mark.django_db
def test_odd_texts_do_no_harm(business, cart):
    with pytest.raises(InvalidInput):
        submit(business, cart, channel="carrier pigeon" * 9)
    with pytest.raises(NotFound):
        submit(business, cart, provider="no such company")
    checkout = submit(business, cart, note="Ring\x00 twice\ud800\n" + "x" * 9000, language="x" * 99)
    (order,) = orders_of(checkout)
    assert order.note.startswith("Ring twice\nxxx")
    assert len(order.note) == 2000
