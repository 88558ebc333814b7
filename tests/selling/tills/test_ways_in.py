"""Many goods at once: a pasted list, a link, a cart left behind and found again, the carts of one person."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from apps.goods.catalog.models import Variant
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from apps.platform.notifications.models import Message
from apps.selling.checkout.attribution import sign_attribution
from apps.selling.checkout.models import Cart, CartItem
from apps.selling.checkout.selectors import find_cart, recovered
from apps.selling.checkout.services import (
    end_link,
    follow_link,
    keep_attribution,
    make_link,
    put_list,
    remember_details,
)
from apps.selling.checkout.tasks import note_abandoned_carts
from tests.factories.businesses import make_user, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import make_cart, make_order, make_rate, orders_of, submit

pytestmark = pytest.mark.django_db


def lying_in(cart: Cart) -> dict[str, int]:
    rows = CartItem.unscoped.filter(group__cart=cart).values_list("variant__sku", "quantity")
    return dict(rows)


def test_a_pasted_list_goes_in_and_nothing_of_it_is_lost(business: Any, bound: Any) -> None:
    for sku, stock in (("TEA-01", 10), ("CUP-03", 3), ("GONE", 0)):
        Variant.objects.filter(pk=make_variant(business, stock=stock).pk).update(sku=sku)
    browser, page = Client(), f"/store/{business.slug}/quick-order/"
    secret = make_variant(business, stock=9, title="Not told yet")
    Variant.objects.filter(pk=secret.pk).update(sku="SOON", published=False)
    text = "tea-01 2\nCUP-03,5\nNOBODY 1\nTEA-01 x1\nGONE 1\nTEA-01 lots\nSOON 1"
    answer = browser.post(page, {"text": text})
    words = answer.content.decode()
    assert answer.status_code == 400
    field = re.search(r"<textarea[^>]*>([^<]*)<", words)
    assert field is not None
    assert field[1].splitlines() == ["CUP-03,5", "NOBODY 1", "GONE 1", "TEA-01 lots", "SOON 1"]
    assert "Not told yet" not in words
    cart = find_cart(browser.cookies["cart"].value)
    assert cart is not None
    assert lying_in(cart) == {"TEA-01": 3, "CUP-03": 3}
    assert browser.post(page, {"text": "TEA-01 1"}).headers["Location"].endswith("/cart/")
    assert lying_in(cart) == {"TEA-01": 4, "CUP-03": 3}
    told = browser.post(
        f"/api/v1/stores/{business.slug}/cart/list/",
        {"text": "TEA-01 1\nNOBODY 2"},
        content_type="application/json",
    ).json()
    assert [(one["put_in"], bool(one["problem"])) for one in told["lines"]] == [(1, False), (0, True)]
    assert told["cart"]["count"] == 1
    with pytest.raises(PermissionRefused):
        put_list(Actor("user", business.pk, "x", business.pk), cart_token=None, text="TEA-01 1")


def test_a_link_fills_a_cart_and_counts_the_orders_it_brought(business: Any, bound: Any, owner: Any) -> None:
    variant = make_variant(business, stock=10)
    make_rate(business)
    for wrong in ({"lines": []}, {"lines": [(variant.pk, 1)], "attribution": {"colour": "red"}}):
        with pytest.raises(InvalidInput):
            make_link(owner, **wrong)
    marked = {"source": "post", "campaign": "spring"}
    link = make_link(owner, lines=[(variant.pk, 2)], name="Spring", attribution=marked, most_uses=1)
    browser, page = Client(), f"/store/{business.slug}/buy/{link.token}/"
    assert variant.product.title in browser.get(page).content.decode()
    assert not Cart.objects.exists()
    assert [browser.post(page).headers["Location"][-10:] for _twice in range(2)] == ["/checkout/"] * 2
    cart = find_cart(browser.cookies["cart"].value)
    assert cart is not None
    assert (lying_in(cart), cart.attribution) == ({variant.sku: 2}, marked)
    late, _short = follow_link(Actor.guest(business.pk), token=link.token, cart_token=None)
    (order,) = orders_of(submit(business, cart))
    link.refresh_from_db()
    assert (order.state, order.attribution, link.uses) == ("placed", marked, 1)
    assert browser.get(page).status_code == 404
    with pytest.raises(Conflict, match="over"):
        submit(business, late)
    assert make_link(owner, lines=[(variant.pk, 1)], codes=["a", "A"]).codes == ["A"]
    ended = make_link(owner, lines=[(variant.pk, 1)])
    end_link(owner, link_id=ended.pk)
    with pytest.raises(NotFound):
        follow_link(Actor.guest(business.pk), token=ended.token, cart_token=None)


def test_a_mark_in_an_address_goes_with_the_cart_to_the_order(business: Any, bound: Any) -> None:
    variant = make_variant(business, stock=10)
    browser, home = Client(), f"/store/{business.slug}/"
    browser.get(home, {"via": "forged"})
    assert "via" not in browser.cookies
    browser.get(home, {"via": sign_attribution({"partner": "Ada"})})
    browser.post(f"{home}cart/add/", {"variant": str(variant.pk), "quantity": "1"})
    cart = find_cart(browser.cookies["cart"].value)
    assert cart is not None
    guest = Actor.guest(business.pk)
    # The first mark stays.
    kept = keep_attribution(guest, cart_token=cart.cookie_value, token=sign_attribution({"partner": "Bob"}))
    assert kept.attribution == {"partner": "Ada"}
    make_rate(business)
    assert orders_of(submit(business, cart))[0].attribution == {"partner": "Ada"}


def test_one_mail_leads_back_to_a_cart_and_only_who_agreed_gets_it(business: Any, bound: Any) -> None:
    guest, variant = Actor.guest(business.pk), make_variant(business, stock=100)
    make_rate(business)

    def leave(email: str, **details: str) -> Cart:
        cart = make_cart(business, [(variant, 2)])
        return remember_details(guest, cart_token=cart.cookie_value, email=email, details=details)

    willing = leave("ada@example.com", name="Ada", reminder="yes")
    leave("quiet@example.com")
    leave("buyer@example.com", reminder="yes")
    bought = make_order(business)
    bought.email = "buyer@example.com"
    bought.save(update_fields=["email"])
    with clock.travel(dt.timedelta(hours=5)):
        assert note_abandoned_carts() == 3
        outbox.drain()
        assert note_abandoned_carts() == 0
    mail = Message.objects.get(template="cart_left")
    assert (mail.to, mail.is_marketing) == ("ada@example.com", True)
    path = re.search(r"/store/\S+/cart/back/\S+", mail.text)
    assert path is not None
    browser = Client()
    assert browser.get(path[0][:-2] + "x/").status_code == 404
    assert browser.get(path[0]).status_code == 302
    assert find_cart(browser.cookies["cart"].value) == willing
    assert recovered().ordered == 0
    (order,) = orders_of(submit(business, willing))
    sums = recovered()
    assert (sums.reminded, sums.came_back, sums.ordered, sums.total) == (1, 1, 1, order.total)
    assert browser.get(path[0]).status_code == 404


def test_who_signs_in_has_one_cart(business: Any, bound: Any) -> None:
    variant, user = make_variant(business, stock=10), make_user("ada@example.com")
    first, second, home = Client(), Client(), f"/store/{business.slug}/"
    for browser in (first, second):
        browser.post(f"{home}cart/add/", {"variant": str(variant.pk), "quantity": "2"})
        sign_in(browser, user)
        browser.get(f"{home}cart/")
    carts = Cart.objects.filter(user=user, state="active")
    assert (carts.count(), lying_in(carts.get())) == (1, {variant.sku: 4})
    with tenancy.bind(business.pk):
        assert find_cart(second.cookies["cart"].value) == carts.get()
