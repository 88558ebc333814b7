"""Many buyers at once, on real connections: nothing sold twice, nothing doubled, nobody stuck."""

from __future__ import annotations

import random
from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db import connection

from apps.goods.inventory.models import Reservation, StockBalance, StockMovement
from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, IdempotencyMismatch, OutOfStock
from apps.kernel.models import OutboxEvent
from apps.money.ledger.verification import verify_books
from apps.selling.checkout.models import Cart, CartGroup, CartItem, Checkout
from apps.selling.checkout.services import quote_cart
from apps.selling.checkout.tokens import new_token
from apps.selling.orders.drafts import Contact
from apps.selling.orders.models import Order, OrderPayment, TimelineEntry
from apps.selling.orders.services import cancel_order, expire_order
from apps.selling.payments.models import Payment
from apps.selling.payments.services.accounts import ensure_account
from tests.factories.goods import make_variant
from tests.factories.orders import (
    QUAY,
    capture,
    lines_of,
    make_cart,
    make_order,
    make_rate,
    reread,
    submit,
    system_of,
)
from tests.goods.inventory.crowd import at_once
from tests.owner import owners_rights

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(business):
    make_rate(business)
    with tenancy.bind(business.pk):
        ensure_account("sandbox")
    return business


def quoted_carts(shop, wanted: list[list[tuple[Any, int]]]) -> list[tuple[Cart, Any]]:
    """A cart with a quote for each list of pieces."""
    guest, carts = Actor.guest(shop.pk), []
    for pieces in wanted:
        cart = Cart.unscoped.create(business=shop, token=new_token())
        group = CartGroup.unscoped.create(business=shop, cart=cart, seller=shop)
        CartItem.unscoped.bulk_create(
            CartItem(business=shop, group=group, variant=variant, quantity=quantity)
            for variant, quantity in pieces
        )
        carts.append((cart, quote_cart(guest, cart_id=cart.pk, address=QUAY).pk))
    return carts


def buy(shop, cart: Cart, quote_id: Any, number: int = 0, **fields: Any) -> Checkout:
    contact = Contact(email=f"buyer{number}@example.com", name="Buyer")
    return submit(shop, cart, quote_id, **{"contact": contact, **fields})


def test_hundred_buyers_and_the_last_ten(shop):
    """Also the counterpart of the mutation tests below, which take the safeguards out."""
    variant = make_variant(shop, stock=10)
    carts = quoted_carts(shop, [[(variant, 1)]] * 100)
    results = at_once([partial(buy, shop, *cart, number) for number, cart in enumerate(carts)], threads=16)
    assert Counter(type(result) for result in results) == {Checkout: 10, OutOfStock: 90}
    assert all(result.context["lines"][0]["title"] for result in results if isinstance(result, OutOfStock))
    shelf = StockBalance.unscoped.get(variant=variant)
    assert (shelf.on_hand, shelf.reserved) == (10, 10)
    assert sum(StockMovement.unscoped.filter(variant=variant).values_list("reserved_delta", flat=True)) == 10
    assert Order.unscoped.count() == Payment.unscoped.count() == 10
    numbers = sorted(int(number) for number in Order.unscoped.values_list("number", flat=True))
    assert numbers == list(range(1001, 1011))
    assert Cart.unscoped.filter(state="active").count() == 90


@pytest.mark.mutation
def test_without_lock_and_check_the_same_crowd_oversells(shop, monkeypatch):
    """Proof that the crowd is a crowd: with the safeguards out, more is sold than there is."""
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
            variant = make_variant(shop, stock=10)
            carts = quoted_carts(shop, [[(variant, 1)]] * 40)
            results = at_once([partial(buy, shop, *cart, n) for n, cart in enumerate(carts)], threads=16)
            sold = sum(isinstance(result, Checkout) for result in results)
            if sold > 10:
                break
        assert sold > 10, "the crowd was too tame to prove anything"
    finally:
        with owners_rights(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE inventory_stockbalance, inventory_stockmovement CASCADE")
            cursor.execute(f"ALTER TABLE inventory_stockbalance ADD CONSTRAINT {check} {definition}")


def test_fifty_submissions_with_one_key_are_one_order(shop):
    ((cart, quote_id),) = quoted_carts(shop, [[(make_variant(shop, stock=10), 1)]])
    results = at_once([partial(buy, shop, cart, quote_id, key="once") for _ in range(50)], threads=16)
    assert {type(result) for result in results} == {Checkout}
    assert len({result.pk for result in results}) == 1
    assert all(result.orders == results[0].orders for result in results)
    assert Order.unscoped.count() == Payment.unscoped.count() == 1
    assert OutboxEvent.objects.filter(name="orders.placed").count() == 1


def test_double_click_without_a_key_is_one_order_for_both(shop):
    for _round in range(5):
        ((cart, quote_id),) = quoted_carts(shop, [[(make_variant(shop, stock=10), 1)]])
        results = at_once([partial(buy, shop, cart, quote_id)] * 4, threads=4)
        assert {type(result) for result in results} == {Checkout}
        assert len({result.pk for result in results}) == 1
        assert Order.unscoped.filter(checkout_id=results[0].pk).count() == 1


def test_one_key_for_two_carts_at_once_places_one_of_them(shop):
    variant = make_variant(shop, stock=10)
    carts = quoted_carts(shop, [[(variant, 1)]] * 2)
    results = at_once([partial(buy, shop, *cart, key="same") for cart in carts], threads=2)
    assert Counter(type(result) for result in results) == {Checkout: 1, IdempotencyMismatch: 1}
    assert Order.unscoped.count() == 1


def test_crash_between_commit_and_answer_is_healed_by_the_retry(shop):
    """The answer is lost after the commit; the same request again gets it."""
    ((cart, quote_id),) = quoted_carts(shop, [[(make_variant(shop, stock=10), 1)]])
    lost = buy(shop, cart, quote_id, key="k")
    connection.close()
    again = buy(shop, cart, quote_id, key="k")
    assert again.orders == lost.orders
    assert Order.unscoped.count() == 1


def test_failure_before_commit_leaves_the_key_free(shop, monkeypatch):
    from apps.selling.checkout.services import submitting

    ((cart, quote_id),) = quoted_carts(shop, [[(make_variant(shop, stock=10), 1)]])
    with monkeypatch.context() as patch:
        patch.setattr(submitting, "_complete", _crash)
        with pytest.raises(ZeroDivisionError):
            buy(shop, cart, quote_id, key="k")
    assert not Order.unscoped.exists()
    assert not Reservation.unscoped.exists()
    assert buy(shop, cart, quote_id, key="k").first_order["number"] == "1001"


def _crash(*_arguments: Any) -> Any:
    raise ZeroDivisionError


def test_five_hundred_carts_among_five_products_in_any_order(shop):
    chance = random.Random(7)
    variants = [make_variant(shop, stock=100) for _ in range(5)]
    wanted = [[(variant, 1) for variant in chance.sample(variants, 3)] for _ in range(500)]
    carts = quoted_carts(shop, wanted)
    results = at_once([partial(buy, shop, *cart, number) for number, cart in enumerate(carts)], threads=16)
    kinds = Counter(type(result) for result in results)
    assert set(kinds) <= {Checkout, OutOfStock}, kinds
    for variant in variants:
        shelf = StockBalance.unscoped.get(variant=variant)
        ledger = sum(StockMovement.unscoped.filter(variant=variant).values_list("reserved_delta", flat=True))
        assert 0 <= shelf.reserved == ledger <= shelf.on_hand == 100
    pieces = sum(StockBalance.unscoped.values_list("reserved", flat=True))
    assert pieces == 3 * kinds[Checkout]
    assert len(set(Order.unscoped.values_list("number", flat=True))) == kinds[Checkout]


@pytest.mark.parametrize("seed", range(6))
def test_pay_expire_and_cancel_in_the_same_instant_end_in_one_state(shop, seed):
    _one_instant(shop, make_variant(shop, stock=5), seed)


@pytest.mark.soak
def test_a_thousand_instants_end_in_one_state_each(shop):
    ends: Counter[str] = Counter()
    for seed in range(1, 1001):
        # A shelf of its own for every twenty: a long story of one shelf is not what is asked here.
        if seed % 20 == 1:
            variant = make_variant(shop, stock=50)
        try:
            ends[_one_instant(shop, variant, seed)] += 1
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}") from error
    with tenancy.bind(shop.pk):
        assert verify_books().findings == []
    print(dict(ends))


def _one_instant(shop, variant, seed) -> str:
    """Pay, expire and cancel one order at once; the state in which it ends."""
    before = StockBalance.unscoped.get(variant=variant).reserved
    order = make_order(shop, lines=[(variant, 2)])
    Order.unscoped.filter(pk=order.pk).update(expires_at=order.placed_at)
    steps = [
        partial(_pay_and_deliver_events, order),
        partial(expire_order, system_of(shop), order_id=order.pk),
        partial(cancel_order, system_of(shop), order_id=order.pk),
    ]
    random.Random(seed).shuffle(steps)
    results = at_once(steps, threads=3)
    assert all(not isinstance(result, Exception) or isinstance(result, DomainError) for result in results)
    outbox.drain()
    order = reread(order)
    shelf = StockBalance.unscoped.get(variant=variant)
    assert order.state in {"confirmed", "cancelled", "expired"}
    ends = TimelineEntry.unscoped.filter(order=order, kind__in=["cancelled", "expired"]).count()
    if order.state == "confirmed":
        assert (order.payment_state, order.deposit, shelf.reserved - before, ends) == (
            "paid",
            order.total,
            2,
            0,
        )
    else:
        assert (order.payment_state, order.deposit, shelf.reserved - before, ends) == ("refunded", 0, 0, 1)
        assert order.refunded_total == order.paid_total == order.total
    assert OrderPayment.unscoped.filter(order=order).count() == 1
    assert all(line.fulfilled_quantity == 0 for line in lines_of(order))
    return str(order.state)


def _pay_and_deliver_events(order: Order) -> None:
    capture(order, order.total)
    outbox.drain(seconds=10)


def test_two_windows_fill_one_cart_without_losing_a_piece(shop):
    from apps.selling.checkout.services import add_to_cart

    variant = make_variant(shop, stock=500)
    cart = make_cart(shop, [(variant, 1)])
    guest = Actor.guest(shop.pk)
    add = partial(add_to_cart, guest, cart_token=cart.cookie_value, variant_id=variant.pk, quantity=1)
    at_once([add] * 30, threads=8)
    assert CartItem.unscoped.get(group__cart=cart).quantity == 31
