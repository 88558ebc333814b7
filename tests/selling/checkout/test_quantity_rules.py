"""What is sold by the dozen is sold by the dozen at every door, and a cart that no longer fits is explained."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from apps.goods.catalog.amounts import QuantityRule
from apps.goods.catalog.services import update_product
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.platform.businesses.models import Business
from apps.selling.checkout.models import CartItem
from apps.selling.checkout.selectors import cart_view
from apps.selling.checkout.services import add_to_cart, fill_cart, quote_cart, set_quantity
from apps.selling.orders.models import Order
from tests.factories.goods import make_product, make_variant, variants_of
from tests.factories.orders import QUAY, make_cart, make_order, make_rate, submit

pytestmark = pytest.mark.django_db
SIX = {"order_min": 6, "order_step": 6, "order_max": 18}
WORDS = "Sold from 6 pieces, in steps of 6, up to 18 at once."


def test_what_a_rule_lets_through() -> None:
    rule = QuantityRule(6, 18, 6)
    assert [n for n in range(30) if rule.allows(n)] == [6, 12, 18]
    assert [rule.fit(n) for n in (5, 6, 11, 12, 40)] == [0, 6, 6, 12, 18]
    assert [rule.below(n) for n in (6, 12, 7, 40)] == [0, 6, 6, 18]
    assert [rule.above(n) for n in (0, 2, 6, 7, 18, 40)] == [6, 6, 12, 12, 18, 18]
    assert rule.words == WORDS
    assert QuantityRule().words == ""
    assert QuantityRule(1, None, 4).fit(7) == 4


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"order_min": 4, "order_step": 6}, "order_min"),
        ({**SIX, "order_max": 20}, "order_max"),
        ({**SIX, "order_max": 5}, "order_max"),
        ({"order_min": 0}, "order_min"),
        ({"order_step": 1000}, "order_step"),
    ],
)
def test_a_rule_that_cannot_be_met_is_refused(
    business: Business, owner: Actor, given: dict[str, Any], field: str
) -> None:
    product = make_product(business)
    with pytest.raises(InvalidInput) as refused:
        update_product(owner, product_id=product.pk, **given)
    assert list(refused.value.fields) == [field]


def test_every_door_keeps_to_it(business: Business, owner: Actor) -> None:
    make_rate(business)
    product = make_product(business, title="Candle", slug="candle", stock=40, **SIX)
    (candle,), mug = variants_of(product), make_variant(business, stock=5)
    guest = Actor.guest(business.pk)
    with pytest.raises(InvalidInput, match="in steps of 6") as refused:
        add_to_cart(guest, cart_token=None, variant_id=candle.pk, quantity=2)
    assert refused.value.code == "quantity_rule"
    cart = add_to_cart(guest, cart_token=None, variant_id=candle.pk, quantity=6)
    add_to_cart(guest, cart_token=cart.cookie_value, variant_id=candle.pk, quantity=12)
    with pytest.raises(InvalidInput):
        add_to_cart(guest, cart_token=cart.cookie_value, variant_id=candle.pk, quantity=6)
    item = CartItem.unscoped.get()
    assert item.quantity == 18
    with pytest.raises(InvalidInput):
        set_quantity(guest, cart_token=cart.cookie_value, item_id=item.pk, quantity=7)
    # A list is put in as far as it can be, and the rest is told.
    filled = fill_cart(guest, cart_token=None, wanted={candle.pk: 15, mug.pk: 2})
    assert filled.short == {candle.pk: 12}
    # Staff and programs place orders without a cart; two lines of one variant count together.
    with pytest.raises(InvalidInput, match="Candle"):
        make_order(business, lines=[(candle, 7), (mug, 1)])
    assert not Order.unscoped.exists()
    assert make_order(business, lines=[(candle, 4), (candle, 8)]).pk


def test_a_cart_that_no_longer_fits_is_explained_and_kept(business: Business, owner: Actor) -> None:
    make_rate(business)
    product = make_product(business, title="Candle", stock=40)
    cart = make_cart(business, [(variants_of(product)[0], 2)])
    guest = Actor.guest(business.pk)
    before = quote_cart(guest, cart_id=cart.pk, address=QUAY)
    update_product(owner, product_id=product.pk, **SIX)

    with tenancy.bind(business.pk):
        view = cart_view(cart)
    assert (view.can_check_out, view.lines[0].problem, view.lines[0].quantity) == (False, "quantity_rule", 2)
    assert view.warnings == [f"“Candle”: {WORDS} Please change the quantity."]
    # The quote from before the change does not get past the order's own check.
    with pytest.raises(InvalidInput, match="in steps of 6"):
        submit(business, cart, before.pk)
    errors = quote_cart(guest, cart_id=cart.pk, address=QUAY).snapshot["errors"]
    assert [(one["code"], one["message"]) for one in errors] == [("quantity_rule", f"“Candle”: {WORDS}")]
    assert CartItem.unscoped.get().quantity == 2


def test_the_page_says_it_and_the_field_counts_in_steps(client: Client, business: Business) -> None:
    make_product(business, title="Candle", slug="candle", stock=10, **SIX)
    make_product(business, title="Lantern", slug="lantern", stock=4, **SIX)
    page = client.get("/store/harbour/products/candle/").content.decode()
    field = re.search(r'<input[^>]+id="quantity"[^>]+>', page)
    assert field is not None
    assert all(text in field[0] for text in ('min="6"', 'max="18"', 'step="6"', 'value="6"'))
    assert f'id="quantity-words">{WORDS}' in page
    sold_out = client.get("/store/harbour/products/lantern/").content.decode()
    assert "Too few left to order" in sold_out
    answer = client.post("/store/harbour/cart/add/", {"product": "candle", "quantity": "7"})
    assert answer.status_code == 400
    assert WORDS in answer.content.decode()
    client.post("/store/harbour/cart/add/", {"product": "candle", "quantity": "6"})
    cart = client.get("/store/harbour/cart/").content.decode()
    assert re.findall(r'name="step" value="(-?\d+)"', cart) == ["-6", "6"]
