"""Carts: filling, changing, finding again, merging; a fixed number of queries for every size."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.goods.catalog.models import Product, Variant
from apps.goods.inventory.models import Reservation
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, OutOfStock, PermissionRefused
from apps.kernel.ids import new_id
from apps.platform.accounts.models import User
from apps.selling.checkout.models import Cart, CartItem
from apps.selling.checkout.selectors import cart_view, find_cart, find_cart_of_user, find_checkout_of_cart
from apps.selling.checkout.services import (
    add_to_cart,
    keep_available,
    merge_carts,
    quote_cart,
    remember_details,
    remove_item,
    set_quantity,
)
from apps.selling.checkout.tokens import read_token, sign_token
from tests.factories.goods import make_variant, stock_up
from tests.factories.orders import QUAY, make_cart, make_order, make_rate, submit
from tests.selling.checkout.test_submitting import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest(business):
    return Actor.guest(business.pk)


def put(guest, variant, quantity=1, cart=None, **fields):
    token = cart.cookie_value if cart else None
    return add_to_cart(guest, cart_token=token, variant_id=variant.pk, quantity=quantity, **fields)


def view(business, cart):
    with tenancy.bind(business.pk):
        return cart_view(find_cart(cart.cookie_value))


def test_pieces_add_up_and_nothing_is_reserved(business, guest):
    variant = make_variant(business, stock=10, price="4.50", title="Blue mug")
    cart = put(guest, variant, 2)
    assert put(guest, variant, 3, cart).pk == cart.pk
    shown = view(business, cart)
    (line,) = shown.lines
    assert (line.quantity, line.amount, line.available, line.title) == (
        5,
        line.unit_price * 5,
        10,
        "Blue mug",
    )
    assert (shown.count, shown.can_check_out, str(shown.subtotal)) == (5, True, "22.50")
    assert not Reservation.unscoped.exists()


def test_add_to_cart_takes_the_same_few_queries_for_any_cart(business, guest):
    counts = {}
    cart = None
    for size in range(1, 31):
        variant = make_variant(business, stock=5)
        with CaptureQueriesContext(connection) as captured:
            cart = put(guest, variant, 1, cart)
        if size in (2, 10, 30):
            counts[size] = len(statements(captured))
    assert len(set(counts.values())) == 1, counts
    assert counts[2] <= 10, counts


def test_cart_page_takes_the_same_few_queries_for_any_cart(business):
    counts = set()
    for size in (1, 3, 20):
        cart = make_cart(business, [(make_variant(business, stock=5), 1) for _ in range(size)])
        with CaptureQueriesContext(connection) as captured:
            shown = view(business, cart)
            assert [line.product.slug for line in shown.lines]
            assert shown.warnings == []
        counts.add(len(captured))
    assert counts == {3}


@pytest.mark.parametrize("quantity", [0, -1, 1000, 10**12, True, 1.5, "2", None])
def test_absurd_quantities_are_refused_clearly(business, guest, quantity):
    variant = make_variant(business, stock=5)
    with pytest.raises(InvalidInput) as refused:
        put(guest, variant, quantity)
    assert refused.value.fields["quantity"] == ["Enter a whole number from 1 to 999."]
    assert not Cart.unscoped.exists()


def test_bound_holds_for_the_sum_too(business, guest):
    variant = make_variant(business, variant={"track_stock": False})
    cart = put(guest, variant, 999)
    with pytest.raises(InvalidInput):
        put(guest, variant, 1, cart)
    assert CartItem.unscoped.get().quantity == 999


def test_more_than_there_is_is_refused_and_the_cart_stays(business, guest):
    variant = make_variant(business, stock=3)
    cart = put(guest, variant, 2)
    with pytest.raises(OutOfStock) as refused:
        put(guest, variant, 2, cart)
    assert "Only 3 are left." in str(refused.value)
    assert CartItem.unscoped.get().quantity == 2
    with pytest.raises(OutOfStock) as refused:
        put(guest, make_variant(business, stock=0))
    assert refused.value.code == "sold_out"


def test_hidden_foreign_and_unknown_items_are_not_found(business, other_business, guest):
    hidden = make_variant(business, stock=5, published=False)
    foreign = make_variant(other_business, stock=5)
    for variant_id in (hidden.pk, foreign.pk, new_id()):
        with pytest.raises(NotFound):
            add_to_cart(guest, cart_token=None, variant_id=variant_id)


def test_changing_and_removing(business, guest):
    variant, other = make_variant(business, stock=5), make_variant(business, stock=5)
    cart = make_cart(business, [(variant, 2), (other, 1)])
    first, second = CartItem.unscoped.filter(group__cart=cart).order_by("id")
    arguments = {"cart_token": cart.cookie_value, "item_id": first.pk}
    set_quantity(guest, **arguments, quantity=4)
    with pytest.raises(OutOfStock):
        set_quantity(guest, **arguments, quantity=6)
    with pytest.raises(InvalidInput):
        set_quantity(guest, **arguments, quantity=-3)
    assert [line.quantity for line in view(business, cart).lines] == [4, 1]
    set_quantity(guest, **arguments, quantity=0)
    remove_item(guest, **arguments)
    assert [line.item_id for line in view(business, cart).lines] == [second.pk]
    remove_item(guest, cart_token=cart.cookie_value, item_id=second.pk)
    assert view(business, cart).is_empty


def test_what_changed_in_the_shop_becomes_a_warning(business):
    gone, few, none = (make_variant(business, stock=5, title=title) for title in ("Gone", "Few", "None"))
    cart = make_cart(business, [(gone, 1), (few, 4), (none, 2)])
    Product.unscoped.filter(pk=gone.product_id).update(published=False)
    make_rate(business)
    submit(business, make_cart(business, [(few, 3), (none, 5)]))
    shown = view(business, cart)
    assert [line.problem for line in shown.lines] == ["unpublished", "too_many", "sold_out"]
    assert len(shown.warnings) == 3
    assert not shown.can_check_out
    quote = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    assert [error["code"] for error in quote.snapshot["errors"]] == ["item_gone", "too_many", "sold_out"]
    stock_up(business, [few.pk, none.pk], 9)
    assert [line.problem for line in view(business, cart).lines] == ["unpublished", "", ""]


def test_forged_foreign_and_finished_tokens_find_nothing(business, other_business, guest):
    variant = make_variant(business, stock=9)
    cart = put(guest, variant)
    forged = [
        cart.token,
        sign_token(cart.token)[:-1] + "x",
        "",
        "x" * 5000,
        "\x00",
        None,
        sign_token("nobody"),
    ]
    with tenancy.bind(business.pk):
        assert find_cart(cart.cookie_value).item_count == 1
        assert [find_cart(token) for token in forged] == [None] * len(forged)
    with tenancy.bind(other_business.pk):
        assert find_cart(cart.cookie_value) is None
    assert add_to_cart(guest, cart_token=forged[1], variant_id=variant.pk).pk != cart.pk
    make_rate(business)
    checkout = submit(business, cart)
    with tenancy.bind(business.pk):
        assert find_cart(cart.cookie_value) is None
        assert find_checkout_of_cart(cart.cookie_value).pk == checkout.pk
    with pytest.raises(NotFound):
        set_quantity(guest, cart_token=cart.cookie_value, item_id=new_id(), quantity=2)
    assert put(guest, variant, 1, cart).pk != cart.pk


def test_signed_token_reads_back():
    assert read_token(sign_token("abc")) == "abc"
    assert read_token("abc") is None


def test_what_was_typed_is_kept_valid_or_not(business, guest):
    cart = put(guest, make_variant(business, stock=5))
    typed = {"name": "Ada", "line1": "x" * 500, "city": "Bad\x00", "unknown": "no", "country": "GB"}
    remember_details(guest, cart_token=cart.cookie_value, email="not-an-address", details=typed)
    cart.refresh_from_db()
    assert cart.email == "not-an-address"
    assert cart.details == {"name": "Ada", "line1": "x" * 120, "city": "Bad", "country": "GB"}


def test_guest_cart_becomes_the_users_at_sign_in(business, guest):
    user = User.objects.create_user(email="ada@example.com", password="long enough 1")
    first, second = make_variant(business, stock=50), make_variant(business, stock=50)
    cart = put(guest, first, 2)
    assert merge_carts(guest, cart_token=cart.cookie_value, user_id=user.pk).pk == cart.pk
    elsewhere = make_cart(business, [(first, 3), (second, 1)])
    own = merge_carts(guest, cart_token=elsewhere.cookie_value, user_id=user.pk)
    assert own.pk == cart.pk
    assert sorted(line.quantity for line in view(business, own).lines) == [1, 5]
    assert Cart.unscoped.get(pk=elsewhere.pk).state == "merged"
    with tenancy.bind(business.pk):
        assert find_cart_of_user(user.pk).item_count == 6
    assert merge_carts(guest, cart_token="forged", user_id=user.pk).pk == cart.pk
    assert (
        merge_carts(guest, cart_token=None, user_id=User.objects.create_user(email="b@example.com").pk)
        is None
    )
    assert put(guest, second, 1, user_id=user.pk).pk == cart.pk


def test_cart_is_full_at_two_hundred_items(business, guest):
    cart = put(guest, make_variant(business, stock=5))
    group = cart.groups(manager="unscoped").get()
    template = make_variant(business, stock=5)
    many = [
        Variant(business=business, product=template.product, price=1, option_values=[str(n)])
        for n in range(199)
    ]
    Variant.unscoped.bulk_create(many)
    CartItem.unscoped.bulk_create(
        CartItem(business=business, group=group, variant=one, quantity=1) for one in many
    )
    with pytest.raises(InvalidInput) as refused:
        put(guest, template, 1, cart)
    assert refused.value.code == "cart_full"


def test_staff_need_the_permission_to_shop(business, make_actor):
    clerk = make_actor(business, role="analyst", permissions=frozenset({"orders.read"}))
    with pytest.raises(PermissionRefused):
        put(clerk, make_variant(business, stock=5))


def test_the_buyer_goes_on_with_what_is_there(business, guest):
    """What is short is named, one call brings the cart down to what is there, the next changes nothing."""
    few, gone = make_variant(business, stock=9, title="Few"), make_variant(business, stock=5, title="Gone")
    much = make_variant(business, stock=50, title="Much")
    cart = make_cart(business, [(few, 8), (gone, 2), (much, 3)])
    make_rate(business)
    quote = quote_cart(guest, cart_id=cart.pk, address=QUAY)
    make_order(business, lines=[(few, 4), (gone, 5)])
    with pytest.raises(OutOfStock) as refused:
        submit(business, cart, quote.pk)
    assert {line["title"] for line in refused.value.context["lines"]} == {"Few", "Gone"}
    cuts = keep_available(guest, cart_token=cart.cookie_value)
    assert [(cut.title, cut.before, cut.after) for cut in cuts] == [("Few", 8, 5), ("Gone", 2, 0)]
    assert keep_available(guest, cart_token=cart.cookie_value) == []
    assert [(line.title, line.quantity) for line in view(business, cart).lines] == [("Few", 5), ("Much", 3)]
    with pytest.raises(NotFound):
        keep_available(guest, cart_token="forged")
