"""Many lines into a cart at once: what can be had goes in, the rest is told, for the cost of a short list."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.goods.catalog.models import Variant
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business
from apps.selling.checkout.models import MAX_ITEMS, Cart, CartItem
from apps.selling.checkout.services import fill_cart
from tests.factories.goods import make_variant
from tests.selling.checkout.test_submitting import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest(business: Business) -> Actor:
    return Actor.guest(business.pk)


def fill(guest: Actor, wanted: dict[Any, int], cart: Cart | None = None) -> Any:
    return fill_cart(guest, cart_token=cart.cookie_value if cart else None, wanted=wanted)


def lying_in(cart: Cart) -> dict[Any, int]:
    return dict(CartItem.unscoped.filter(group__cart=cart).values_list("variant_id", "quantity"))


def test_what_can_be_had_goes_in_and_the_rest_is_told(
    business: Business, other_business: Business, guest: Actor
) -> None:
    plenty, few, none = (make_variant(business, stock=stock) for stock in (10, 2, 0))
    hidden, foreign = make_variant(business, stock=5), make_variant(other_business, stock=5)
    Variant.unscoped.filter(pk=hidden.pk).update(published=False)
    unknown = new_id()
    wanted = dict.fromkeys((plenty.pk, few.pk, none.pk, hidden.pk, foreign.pk, unknown), 3)

    filled = fill(guest, wanted)

    assert lying_in(filled.cart) == {plenty.pk: 3, few.pk: 2}
    assert filled.short == {few.pk: 2, none.pk: 0, hidden.pk: 0, foreign.pk: 0, unknown: 0}


def test_it_adds_to_what_lies_there_and_never_beyond_what_can_be_sold(
    business: Business, guest: Actor
) -> None:
    mug, jug = make_variant(business, stock=10), make_variant(business, stock=4)
    cart = fill(guest, {mug.pk: 2, jug.pk: 3}).cart

    again = fill(guest, {mug.pk: 2, jug.pk: 3}, cart)

    assert again.cart.pk == cart.pk
    assert lying_in(cart) == {mug.pk: 4, jug.pk: 4}
    assert again.short == {jug.pk: 1}


def test_nothing_to_be_had_makes_no_cart(business: Business, guest: Actor) -> None:
    sold_out = make_variant(business, stock=0)
    filled = fill(guest, {sold_out.pk: 1})
    assert (filled.cart, filled.short) == (None, {sold_out.pk: 0})
    assert not Cart.unscoped.exists()


@pytest.mark.parametrize("quantity", [0, -1, 1000, True])
def test_quantities_that_cannot_be_meant_are_refused(business: Business, guest: Actor, quantity: int) -> None:
    with pytest.raises(InvalidInput):
        fill(guest, {make_variant(business, stock=5).pk: quantity})


def test_a_full_cart_takes_no_new_item_but_more_of_what_it_holds(business: Business, guest: Actor) -> None:
    first, late = make_variant(business, stock=9), make_variant(business, stock=9)
    cart = fill(guest, {first.pk: 1}).cart
    item = CartItem.unscoped.get()
    others = [make_variant(business, stock=1) for _n in range(3)]
    CartItem.unscoped.bulk_create(
        CartItem(business_id=business.pk, group_id=item.group_id, variant=variant, quantity=1)
        for variant in others
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apps.selling.checkout.services.filling.MAX_ITEMS", 4)
        filled = fill(guest, {late.pk: 1, first.pk: 2}, cart)
    assert MAX_ITEMS > 4
    assert lying_in(cart)[first.pk] == 3
    assert filled.short == {late.pk: 0}


def test_it_takes_the_same_few_queries_for_any_number_of_lines(business: Business, guest: Actor) -> None:
    counts = {}
    for lines in (1, 10, 40):
        there = {make_variant(business, stock=9).pk: 1 for _n in range(lines)}
        cart = fill(guest, there).cart
        wanted = {**there, **{make_variant(business, stock=9).pk: 1 for _n in range(lines)}}
        with CaptureQueriesContext(connection) as captured:
            fill(guest, wanted, cart)
        counts[lines] = len(statements(captured))
    assert len(set(counts.values())) == 1, counts
    assert counts[40] <= 10, counts
