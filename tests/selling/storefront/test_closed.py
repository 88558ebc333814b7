"""A store that takes no orders for a while: said in its own words everywhere, nothing lost, opened by one button."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business
from apps.platform.businesses.services import change_settings
from apps.selling.checkout.models import Cart, CartGroup, CartItem
from apps.selling.checkout.selectors import find_cart
from apps.selling.checkout.services import quote_cart
from apps.selling.orders.models import Order
from apps.selling.orders.services import retry_order
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import QUAY, make_cart, make_order, make_rate, orders_of, pay, submit

pytestmark = pytest.mark.django_db
WORDS = "We are at the fair until Monday."


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def closed(business: Business) -> Any:
    make_rate(business)
    mug = make_variant(business, title="Mug", stock=9)
    cart = make_cart(business, [(mug, 2)])
    quote = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    shut = change_settings(actor_of(business), orders_closed=True, closed_words=WORDS)
    return shut, cart, quote, mug


def visitor(cart: Cart) -> Client:
    client = Client()
    client.cookies["cart"] = cart.cookie_value
    return client


def test_pages_say_it_in_the_shops_words_and_the_button_is_gone(closed: Any) -> None:
    shop, cart, quote, mug = closed
    client, home = visitor(cart), f"/store/{shop.slug}/"
    for path in ("", "products/", f"products/{mug.product.slug}/", "cart/", "cart/drawer/"):
        page = client.get(home + path).content.decode()
        assert WORDS in page, path
        assert f'href="{home}checkout/"' not in page, path
    shown = client.get(f"{home}checkout/")
    assert (shown.status_code, WORDS in shown.content.decode()) == (503, True)
    typed = {"name": "Ada Obi", "email": "ada@example.com", "line1": "1 Quay Street", "quote": str(quote.pk)}
    refused = client.post(f"{home}checkout/", typed)
    assert refused.status_code == 503
    assert "Your cart is kept." in refused.content.decode()
    with tenancy.bind(shop.pk):
        kept = find_cart(cart.cookie_value)
        assert (kept.item_count, kept.details["name"]) == (2, "Ada Obi")
    assert not Order.unscoped.exists()


def test_programs_are_answered_with_a_conflict_and_what_was_kept(closed: Any) -> None:
    shop, cart, quote, _mug = closed
    api = f"/api/v1/stores/{shop.slug}"
    asked: dict[str, Any] = {"headers": {"X-Cart": cart.cookie_value, "Idempotency-Key": "k"}}
    to = {"name": "Ada", "line1": "1 Quay Street", "city": "Bristol", "postcode": "BS1 4DJ", "country": "GB"}
    body = {"quote_id": str(quote.pk), "contact": {"email": "ada@example.com", "name": "Ada"}, "address": to}
    answer = Client().post(f"{api}/checkout/", body, content_type="application/json", **asked)
    said = answer.json()
    assert (answer.status_code, said["code"]) == (409, "orders_closed")
    assert WORDS in str(said)
    assert "Your cart is kept" in str(said)
    now = Client().post(f"{api}/cart/quote/", {}, content_type="application/json", **asked).json()
    assert ([one["code"] for one in now["errors"]], now["can_be_submitted"]) == (["orders_closed"], False)
    # The same key is free for when orders are taken again.
    change_settings(actor_of(shop), orders_closed=False)
    again = Client().post(f"{api}/checkout/", body, content_type="application/json", **asked)
    assert again.status_code == 201


def test_orders_that_exist_are_paid_and_staff_still_place_them(business: Business) -> None:
    order = make_order(business)
    change_settings(actor_of(business), orders_closed=True)
    assert pay(order).payment_state == "paid"
    page = Client().get(f"/store/{business.slug}/track/{order.public_token}/")
    assert page.status_code == 200
    assert make_order(business).number


def test_an_expired_order_is_not_tried_again_by_its_buyer_meanwhile(business: Business) -> None:
    order = make_order(business)
    with tenancy.bind(business.pk):
        Order.objects.filter(pk=order.pk).update(state="expired")
    change_settings(actor_of(business), orders_closed=True)
    with pytest.raises(Conflict) as refused:
        retry_order(Actor.guest(business.pk), order_id=order.pk)
    assert refused.value.code == "orders_closed"


def test_a_closed_seller_stays_behind_with_its_part(closed: Any) -> None:
    other_business = make_business(name="Other")
    shop, cart, _quote, _mug = closed
    change_settings(actor_of(shop), orders_closed=False)
    change_settings(actor_of(other_business), orders_closed=True, closed_words=WORDS)
    make_rate(other_business)
    group = CartGroup.unscoped.create(business=shop, cart=cart, seller=other_business)
    CartItem.unscoped.create(
        business=shop, group=group, variant=make_variant(other_business, stock=5), quantity=1
    )
    with pytest.raises(Conflict):
        submit(shop, cart)
    done = submit(shop, cart, partial=True)
    assert [order.business_id for order in orders_of(done)] == [shop.pk]
    (reason,) = done.left[0]["reasons"]
    assert (reason["code"], reason["message"]) == ("orders_closed", WORDS)


def test_staff_see_it_on_today_and_open_by_one_button(closed: Any) -> None:
    shop, _cart, _quote, _mug = closed
    owner = sign_in(Client(), owner_of(shop), shop)
    packer = sign_in(Client(), make_member(shop), shop)
    page = owner.get("/admin/").content.decode()
    assert WORDS in page
    assert 'action="/admin/settings/take-orders/"' in page
    assert "Take orders again" not in packer.get("/admin/").content.decode()
    assert packer.post("/admin/settings/take-orders/").status_code == 403
    assert Business.objects.get(pk=shop.pk).orders_closed
    assert owner.get("/admin/settings/take-orders/").status_code == 302
    assert Business.objects.get(pk=shop.pk).orders_closed, "looking opens nothing"
    assert owner.post("/admin/settings/take-orders/").status_code == 302
    opened = Business.objects.get(pk=shop.pk)
    assert (opened.orders_closed, opened.closed_words) == (False, WORDS)
    entry = AuditEntry.objects.filter(action="business.changed").latest("id")
    assert entry.after == {"orders_closed": False}
    assert WORDS not in owner.get("/admin/").content.decode()
