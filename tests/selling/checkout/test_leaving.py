"""Carts that are left behind: told once, kept for who comes back, dropped when nobody can open them."""

from __future__ import annotations

import datetime as dt

import pytest

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused
from apps.kernel.models import OutboxEvent
from apps.selling.checkout.models import Cart, Quote
from apps.selling.checkout.selectors import list_across_left_carts
from apps.selling.checkout.services import add_to_cart, drop_old, note_abandoned, quote_cart, remember_details
from apps.selling.checkout.services.leaving import IDLE_AFTER
from apps.selling.checkout.tasks import CARTS_KEPT_FOR, note_abandoned_carts, purge_old
from tests.factories.goods import make_variant
from tests.factories.orders import make_cart, make_rate, submit

pytestmark = pytest.mark.django_db
LATER = IDLE_AFTER + dt.timedelta(minutes=1)


@pytest.fixture
def cart(business):
    return make_cart(business, [(make_variant(business, stock=10), 2)])


def leave_address(business, cart, email="ada@example.com"):
    guest = Actor.guest(business.pk)
    return remember_details(guest, cart_token=cart.cookie_value, email=email, details={}, rate_id=None)


def told():
    return OutboxEvent.objects.filter(name="checkout.cart_abandoned").count()


def test_a_cart_with_an_address_is_told_once_and_stays_open(business, cart):
    leave_address(business, cart)
    assert note_abandoned_carts() == 0  # he is still here
    with clock.travel(LATER):
        assert note_abandoned_carts() == 1
        assert note_abandoned_carts() == 0
    assert told() == 1
    cart = Cart.unscoped.get(pk=cart.pk)
    assert (cart.state, cart.abandoned_at is not None) == ("active", True)
    assert OutboxEvent.objects.get(name="checkout.cart_abandoned").payload["pieces"] == 2


def test_who_comes_back_and_leaves_again_is_told_again(business, cart):
    leave_address(business, cart)
    with clock.travel(LATER):
        note_abandoned_carts()
        add_to_cart(
            Actor.guest(business.pk),
            cart_token=cart.cookie_value,
            variant_id=make_variant(business, stock=1).pk,
        )
        assert note_abandoned_carts() == 0
    with clock.travel(2 * LATER):
        assert note_abandoned_carts() == 1
    assert told() == 2


def test_nobody_is_told_of_a_cart_without_address_or_goods_or_that_was_ordered(business, cart):
    with clock.travel(LATER):
        assert note_abandoned_carts() == 0
    leave_address(business, cart)
    make_rate(business)
    submit(business, cart)
    with clock.travel(LATER):
        assert note_abandoned_carts() == 0
    assert told() == 0


def test_a_visitor_who_came_back_meanwhile_is_not_told(business, cart):
    leave_address(business, cart)
    with clock.travel(LATER):
        ((found, _business),) = list_across_left_carts(clock.now() - IDLE_AFTER, 5)
        leave_address(business, cart, "other@example.com")
        assert note_abandoned(Actor.system("carts", business.pk), cart_id=found) is False
    with pytest.raises(PermissionRefused):
        note_abandoned(Actor.guest(business.pk), cart_id=cart.pk)


def test_old_quotes_and_carts_are_dropped_and_ordered_ones_kept(business, cart):
    make_rate(business)
    ordered = make_cart(business, [(make_variant(business, stock=10), 1)])
    submit(business, ordered)
    quote_cart(Actor.guest(business.pk), cart_id=cart.pk)
    purge_old()
    assert Quote.unscoped.filter(cart=cart).count() == 1
    with clock.travel(dt.timedelta(days=3)):
        purge_old()
    assert Quote.unscoped.count() == 0
    assert set(Cart.unscoped.values_list("pk", flat=True)) == {cart.pk, ordered.pk}
    with clock.travel(CARTS_KEPT_FOR + dt.timedelta(days=1)):
        purge_old()
    assert list(Cart.unscoped.values_list("pk", flat=True)) == [ordered.pk]


def test_a_cart_touched_after_it_was_found_old_is_kept(business, cart):
    with clock.travel(CARTS_KEPT_FOR + dt.timedelta(days=1)):
        since = clock.now() - CARTS_KEPT_FOR
        leave_address(business, cart)  # after the task has looked, before it drops
        drop_old(Actor.system("carts", business.pk), quote_ids=[], cart_ids=[cart.pk], untouched_since=since)
    assert Cart.unscoped.filter(pk=cart.pk).exists()


def test_a_key_adds_once(business, cart):
    variant = make_variant(business, stock=10)
    guest = Actor.guest(business.pk)
    for _ in range(2):
        add_to_cart(guest, cart_token=cart.cookie_value, variant_id=variant.pk, quantity=3, key="k")
    items = Cart.unscoped.get(pk=cart.pk).groups(manager="unscoped").get().items(manager="unscoped")
    assert sorted(items.values_list("quantity", flat=True)) == [2, 3]
