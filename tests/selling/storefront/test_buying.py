# ruff: noqa: E501 - outlines and tables read better in one line
"""From the product page to the order's secret link, by plain forms without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.urls.resolvers import RoutePattern

from apps.goods.inventory.models import StockBalance
from apps.kernel import clock, outbox
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.selling.checkout.models import Cart, CartItem
from apps.selling.orders.models import Order
from apps.selling.orders.services import expire_order
from apps.selling.payments.models import Payment
from apps.selling.storefront import urls
from tests.factories.goods import make_product, make_variant, variants_of
from tests.factories.orders import make_order, pay, ship

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
ADDRESS = {
    "email": "ada@example.com", "phone": "", "country": "GB", "name": "Ada Obi", "line1": "1 Quay Street",
    "line2": "", "city": "Bristol", "region": "", "postcode": "BS1 4DJ",
}  # fmt: skip


@pytest.fixture
def mug(store: Business) -> Any:
    return make_product(store, title="Stoneware mug", slug="mug", price="18.00", stock=5)


def add(client: Client, quantity: object = 1, slug: str = "mug", **more: str) -> Any:
    return client.post("/store/harbour/cart/add/", {"product": slug, "quantity": quantity, **more})


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def fill(client: Client, **changes: str) -> dict[str, str]:
    page = client.get("/store/harbour/checkout/").content.decode()
    rate = re.search(r'name="rate" value="([^"]+)" checked', page)
    return {
        **ADDRESS, "key": hidden(page, "key"), "quote": hidden(page, "quote"), "provider": "sandbox",
        "rate": rate[1] if rate else "", **changes,
    }  # fmt: skip


def test_add_change_and_remove_without_javascript(client: Client, mug: Any) -> None:
    answer = add(client, 2)
    assert (answer.status_code, answer["Location"]) == (302, "/store/harbour/cart/")
    cookie = answer.cookies["cart"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/store/harbour/")
    assert "£36.00" in client.get("/store/harbour/cart/").content.decode()
    item = CartItem.unscoped.get()
    client.post(f"/store/harbour/cart/items/{item.pk}/", {"quantity": "2", "step": "1"})
    assert CartItem.unscoped.get().quantity == 3
    client.post(f"/store/harbour/cart/items/{item.pk}/remove/")
    again = client.post(f"/store/harbour/cart/items/{item.pk}/remove/")
    assert again.status_code == 302, "pressing twice is no error"
    assert "Your cart is empty" in client.get("/store/harbour/cart/").content.decode()


def test_the_drawer_answers_htmx_with_count_and_announcement(client: Client, mug: Any) -> None:
    page = client.post(
        "/store/harbour/cart/add/", {"product": "mug", "quantity": "2"}, headers=HTMX
    ).content.decode()
    assert "<html" not in page
    assert re.search(r'id="cart-count" hx-swap-oob="true">2<', page)
    assert 'aria-live="polite" hx-swap-oob="true">Added to your cart.' in page


@pytest.mark.parametrize("quantity", ["-1", "0", "abc", "", "1.5", "1000", "9" * 400, "\x00", "1e5", "٣٣٣٣"])
def test_absurd_quantities_get_a_sentence_and_change_nothing(client: Client, mug: Any, quantity: str) -> None:
    answer = add(client, quantity)
    assert answer.status_code == 400
    assert b'role="alert"' in answer.content
    assert not CartItem.unscoped.exists()
    add(client, 1)
    item = CartItem.unscoped.get()
    if quantity not in {"0", ""}:
        client.post(f"/store/harbour/cart/items/{item.pk}/", {"quantity": quantity})
        assert CartItem.unscoped.get().quantity == 1


def test_options_choose_the_variant(client: Client, store: Business) -> None:
    made = make_product(store, title="Hat", slug="hat", option="Size", values=["S", "M"], stock=2)
    add(client, slug="hat", option1="M")
    assert CartItem.unscoped.get().variant_id == variants_of(made)[1].pk
    refused = add(client, slug="hat", option1="XXL")
    assert refused.status_code == 400
    assert "not made in this combination" in refused.content.decode()


def test_another_stores_product_cannot_be_put_into_the_cart(
    client: Client, store: Business, other_business: Business
) -> None:
    foreign = make_variant(other_business, stock=3)
    for variant in (str(foreign.pk), "nonsense"):
        assert (
            client.post("/store/harbour/cart/add/", {"variant": variant, "quantity": "1"}).status_code == 404
        )
    assert not Cart.unscoped.exists()


@pytest.mark.parametrize("field", ["product", "variant", "pack", "quantity", "option1"])
def test_a_character_that_no_database_keeps_is_no_fault(client: Client, mug: Any, field: str) -> None:
    sent = {"product": "mug", "quantity": "1", field: "mu\x00g"}
    assert client.post("/store/harbour/cart/add/", sent).status_code in {302, 400, 404}


def test_a_forged_cart_cookie_counts_as_none(client: Client, mug: Any) -> None:
    client.cookies["cart"] = "forged"
    assert "Your cart is empty" in client.get("/store/harbour/cart/").content.decode()
    assert client.get("/store/harbour/checkout/")["Location"] == "/store/harbour/cart/"


def test_errors_stand_at_their_field_and_nothing_typed_is_lost(client: Client, mug: Any) -> None:
    add(client)
    answer = client.post(
        "/store/harbour/checkout/", fill(client, email="ada", city="", line1="7 Kept Street")
    )
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Enter an address such as name@example.com." in page
    assert 'aria-describedby="id_email_helptext id_email_error"' in page
    assert "Enter the town or city." in page
    assert 'value="7 Kept Street"' in page
    assert not Order.unscoped.exists()
    assert "7 Kept Street" in client.get("/store/harbour/checkout/").content.decode(), (
        "kept for the next visit too"
    )


@pytest.mark.parametrize(
    "change",
    [{"country": "XX"}, {"name": "x" * 5000}, {"line1": "a\x00b"}, {"rate": "nonsense"}, {"rate": "0" * 8 + "-0000-7000-8000-000000000000"},
     {"email": "a" * 300 + "@example.com"}, {"phone": "<script>"}, {"provider": "nobody"}, {"quote": "x"}, {"key": "k" * 9000}, {"city": "a\nb"}],
)  # fmt: skip
def test_bad_input_is_refused_politely(client: Client, mug: Any, change: dict[str, str]) -> None:
    add(client)
    answer = client.post("/store/harbour/checkout/", fill(client, **change))
    assert answer.status_code in {302, 400, 404, 409}
    if answer.status_code != 302:
        assert b'role="alert"' in answer.content or answer.status_code == 404
        assert not Order.unscoped.exists()


def test_sold_out_while_typing_is_polite_and_keeps_the_cart(
    client: Client, mug: Any, store: Business
) -> None:
    add(client, 3)
    typed = fill(client)
    make_order(store, lines=[(variants_of(mug)[0], 4)])
    answer = client.post("/store/harbour/checkout/", typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert (
        "your cart and everything you typed are kept" in page
        or "Prices or availability" in page
        or "left" in page
    )
    assert 'value="1 Quay Street"' in page
    assert CartItem.unscoped.get().quantity == 3
    assert Order.unscoped.count() == 1


def test_a_changed_price_is_shown_before_anything_is_ordered(client: Client, mug: Any) -> None:
    add(client)
    typed = fill(client)
    type(variants_of(mug)[0]).unscoped.update(price=20)
    answer = client.post("/store/harbour/checkout/", typed)
    assert answer.status_code == 409
    assert "Please look once more" in answer.content.decode()
    assert not Order.unscoped.exists()


def test_country_changes_delivery_and_sum(client: Client, mug: Any) -> None:
    add(client)
    typed = fill(client, country="FR")
    page = client.post("/store/harbour/checkout/?part=money", typed, headers=HTMX).content.decode()
    assert "<html" not in page
    assert "International" in page
    assert 'id="quote"' in page
    whole = client.post("/store/harbour/checkout/", {**typed, "refresh": "1"}).content.decode()
    assert "International" in whole
    assert "<html" in whole


def test_sums_asked_for_while_the_order_comes_about_disturb_nothing(
    client: Client, mug: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A field is left and the button pressed at once: the sums are computed when the cart has become an order."""
    from apps.selling.storefront.views import checkout as page

    add(client)
    typed = fill(client)
    keep = page.remember

    def order_first(*given: Any) -> None:
        keep(*given)
        monkeypatch.setattr(page, "remember", keep)
        assert client.post("/store/harbour/checkout/", typed).status_code == 302

    monkeypatch.setattr(page, "remember", order_first)
    answer = client.post("/store/harbour/checkout/?part=money", typed, headers=HTMX)
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.post("/store/harbour/checkout/?part=money", typed, headers=HTMX).status_code == 204
    order = Order.unscoped.get()
    late = client.post("/store/harbour/checkout/", {**typed, "refresh": "1"})
    assert late["Location"] == f"/store/harbour/orders/{order.public_token}/pay/"


def test_submitting_twice_makes_one_order_and_both_land_on_it(
    client: Client, mug: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def must_wait(*_arguments: Any, **_options: Any) -> None:
        raise AssertionError("the payment company is asked in the request that places the order")

    monkeypatch.setattr("apps.selling.storefront.views.paying.start_attempt", must_wait)
    add(client, 2)
    typed = fill(client)
    first = client.post("/store/harbour/checkout/", typed)
    second = client.post("/store/harbour/checkout/", typed)
    order = Order.unscoped.get()
    assert first["Location"] == second["Location"] == f"/store/harbour/orders/{order.public_token}/pay/"
    assert (
        Payment.unscoped.get().return_url
        == f"http://testserver/store/harbour/checkout/return/{order.public_token}/"
    )
    back = client.get("/store/harbour/checkout/")
    assert back["Location"] == first["Location"], "the Back button leads to the order, not to an empty form"


def test_when_the_company_does_not_answer_the_order_is_kept(client: Client, mug: Any, settings: Any) -> None:
    settings.SANDBOX_PAY_URL = "http://127.0.0.1:9"
    add(client)
    answer = client.post("/store/harbour/checkout/", fill(client), follow=True)
    page = answer.content.decode()
    assert "Not paid yet" in page
    assert "does not answer" in page
    assert Order.unscoped.get().state == "placed"


def test_the_return_page_waits_and_then_leads_to_the_order(client: Client, store: Business) -> None:
    order = make_order(store)
    payment_page = f"/store/harbour/checkout/return/{order.public_token}/"
    assert "Waiting for your payment" in client.get(payment_page).content.decode()
    poll = client.get(f"{payment_page}state/?n=9", headers=HTMX)
    assert poll.status_code == 200
    assert "You may close this page" in poll.content.decode()
    pay(order)
    gone_on = client.get(f"{payment_page}state/?n=1", headers=HTMX)
    assert (gone_on.status_code, gone_on["HX-Redirect"]) == (
        204,
        f"/store/harbour/track/{order.public_token}/",
    )
    assert client.get(payment_page)["Location"] == gone_on["HX-Redirect"]


def test_the_secret_link_shows_story_and_sums_and_leaks_nothing(client: Client, store: Business) -> None:
    order = pay(make_order(store))
    response = client.get(f"/store/harbour/track/{order.public_token}/")
    page = response.content.decode()
    assert "Thank you for your order" in page
    assert "Payment of £27.00 received." in page
    assert "United Kingdom" in page
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert client.get(f"/store/harbour/track/{order.public_token[:-1]}x/").status_code == 404


def test_another_stores_order_is_absent(client: Client, store: Business, other_business: Business) -> None:
    order = make_order(other_business)
    assert client.get(f"/store/harbour/track/{order.public_token}/").status_code == 404


def test_an_expired_order_offers_to_order_again(client: Client, store: Business) -> None:
    order = make_order(store)
    with clock.travel(timedelta(minutes=store.unpaid_minutes + 1)):
        expire_order(Actor.system("tests", store.pk), order_id=order.pk)
        page = client.get(f"/store/harbour/track/{order.public_token}/").content.decode()
        assert "This order has expired" in page
        answer = client.post(f"/store/harbour/orders/{order.public_token}/again/")
    assert answer["Location"] == "/store/harbour/cart/"
    assert CartItem.unscoped.get().quantity == 2
    outbox.drain()
    assert StockBalance.unscoped.filter(reserved__gt=0).count() == 0


def test_ordering_again_says_what_is_no_longer_to_be_had(client: Client, store: Business) -> None:
    mug = make_variant(store, stock=3)
    order = make_order(store, lines=[(mug, 3)])
    with clock.travel(timedelta(minutes=store.unpaid_minutes + 1)):
        expire_order(Actor.system("tests", store.pk), order_id=order.pk)
        outbox.drain()
        make_order(store, lines=[(mug, 1)])
        client.post(f"/store/harbour/orders/{order.public_token}/again/")
        cart = client.get("/store/harbour/cart/").content.decode()
    assert "Fewer are left than you had ordered" in cart
    assert CartItem.unscoped.get().quantity == 2


def test_what_was_bought_before_is_ordered_again(client: Client, store: Business) -> None:
    """A regular buyer needs no list: any order goes into the cart again, at today's prices."""
    mug = make_variant(store, price="12.00", stock=9)
    waiting, bought = make_order(store, lines=[(mug, 1)]), ship(pay(make_order(store, lines=[(mug, 3)])))
    for order, offered in ((waiting, False), (bought, True)):
        page = client.get(f"/store/harbour/track/{order.public_token}/").content.decode()
        assert ("Order the same again" in page) is offered
        client.post(f"/store/harbour/orders/{order.public_token}/again/")
    assert CartItem.unscoped.get().quantity == 3


def test_an_unpaid_order_offers_to_pay(client: Client, store: Business) -> None:
    order = make_order(store)
    page = client.get(f"/store/harbour/track/{order.public_token}/").content.decode()
    assert "Pay £27.00" in page
    assert "reserved until" in page


def test_a_postcode_is_asked_for_where_nothing_arrives_without_one(client: Client, mug: Any) -> None:
    add(client, 1)
    form = fill(client, postcode="")
    page = client.post("/store/harbour/checkout/", form)
    assert page.status_code == 400
    assert "Enter the postcode." in page.content.decode()
    assert "Postcode (optional)" not in page.content.decode()
    part = client.post("/store/harbour/checkout/?part=money", {**form, "country": "AE"}, headers=HTMX)
    assert "Postcode (optional)" in part.content.decode()


def test_an_address_that_only_acts_leads_to_its_page_when_it_is_opened(
    client: Client, store: Business, mug: Any
) -> None:
    """Typed, from a bookmark, or reloaded after signing in: the browser asks by GET, and showed an empty page."""
    order = make_order(store, lines=[(variants_of(mug)[0], 1)])
    home, item = "/store/harbour/", "01900000-0000-7000-8000-000000000001"
    leads = {
        f"orders/{order.public_token}/again/": f"track/{order.public_token}/",
        f"orders/{order.public_token}/card/": f"track/{order.public_token}/",
        "quotes/some-token/ask/": "quotes/some-token/",
        **dict.fromkeys(
            (
                "cart/add/", "cart/matrix/", f"cart/items/{item}/", f"cart/items/{item}/remove/", "cart/code/",
                "cart/code/remove/",
            ),
            "cart/",
        ),
    }  # fmt: skip
    for address, page in leads.items():
        answer = client.get(home + address)
        assert (answer.status_code, answer["Location"]) == (302, home + page), address
        assert "no-store" in answer["Cache-Control"]
        assert client.put(home + address).status_code == 405
    assert not Cart.unscoped.exists(), "looking changes nothing"
    assert client.get(f"{home}orders/{order.public_token}/again/", follow=True).status_code == 200
    unknown = client.get(home + "orders/nobody-has-this/again/", follow=True)
    assert unknown.status_code == 404
    assert home.encode() in unknown.content


def test_no_page_of_the_store_answers_a_look_with_nothing(client: Client, store: Business) -> None:
    """Each address of the store but the pages of the worker: opened in a browser it says something."""
    values = {
        "slug": "harbour", "token": "x", "quote_token": "x", "preview_token": "x", "link_token": "x", "signed": "x",
        "item_id": "01900000-0000-7000-8000-000000000001", "product_slug": "x", "brand_slug": "x",
        "collection_slug": "x", "certificate_id": "01900000-0000-7000-8000-000000000001", "branch_slug": "x",
    }  # fmt: skip
    for pattern in urls.store:
        if isinstance(pattern.pattern, RoutePattern):
            kwargs = {name: values[name] for name in ("slug", *pattern.pattern.converters)}
            answer = client.get(reverse(f"storefront:{pattern.name}", kwargs=kwargs))
            assert answer.status_code != 405, pattern.name
