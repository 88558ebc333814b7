"""Codes in the cart and at checkout with JavaScript, on a phone in the dark; the editor and the tester."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.platform.businesses.models import Business
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_product
from tests.factories.orders import make_rate
from tests.factories.promotions import make_promotion

from .conftest import faults_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def business(transactional_db: None) -> Business:
    """With its roles and an owner."""
    return make_business(slug="harbour", name="Harbour Goods")


@pytest.fixture
def offers(business: Business) -> Any:
    make_rate(business)
    mug = make_product(
        business, title="Stoneware mug", slug="mug", price="18.00", stock=9, variant={"sku": "MUG-1"}
    )
    make_promotion(business, value="15", name="Favourites week", products=[mug.pk], priority=10)
    make_promotion(business, "amount", "5", name="Welcome", code="WELCOME5", minimum_amount=Decimal(30))
    make_promotion(business, "delivery", None, name="Ships free", code="SHIP", minimum_amount=Decimal(500))
    return mug


def test_codes_in_the_cart_and_at_checkout(open_browser: Callable[..., Page], offers: Any) -> None:
    page = open_browser("phone", "dark")
    page.goto("/store/harbour/products/mug/")
    page.evaluate(
        """async () => {
            const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
            const body = new URLSearchParams({product: "mug", quantity: "2", csrfmiddlewaretoken: token});
            await fetch("/store/harbour/cart/add/", {method: "POST", body});
        }"""
    )
    page.goto("/store/harbour/cart/")
    for code in ("welcome5", "ship"):
        page.get_by_label("Discount code").fill(code)
        page.get_by_role("button", name="Apply").click()
        expect(page.locator("#cart-codes .chip", has_text=code.upper())).to_be_visible()
    expect(page.get_by_text("it counts from £500.00 on")).to_be_visible()
    expect(page.locator("#cart-page .sum .total dd")).to_have_text("£25.60")
    assert faults_of(page) == []
    page.get_by_role("button", name="Remove SHIP").click()
    expect(page.get_by_text("it counts from £500.00 on")).to_have_count(0)

    page.goto("/store/harbour/checkout/")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Discount code").fill("nothing")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("“NOTHING” is not a code of this shop.")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("ada@example.com")
    page.get_by_role("button", name="Remove NOTHING").click()
    expect(page.get_by_text("is not a code of this shop")).to_have_count(0)
    expect(page.locator("#pay-total")).to_have_text("£28.60")
    assert faults_of(page) == []
    # Enter in a field sends the form, not the code that stands empty above it.
    page.get_by_label("E-mail").press("Enter")
    expect(page.get_by_text("Everything you typed is kept").first).to_be_visible()


def test_the_editor_and_the_tester(
    open_browser: Callable[..., Page], offers: Any, business: Business, site: Any
) -> None:
    session = sign_in(Client(), owner_of(business), business).cookies[settings.SESSION_COOKIE_NAME].value
    page = open_browser("desk")
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}])
    page.goto(reverse("admin:list_verb", args=["promotions", "promotion", "add"]))
    page.get_by_label("Name").fill("Autumn")
    page.get_by_label("How much").fill("10")
    page.get_by_text("Of what").click()
    page.get_by_label("Products").fill("mug")
    assert faults_of(page) == []
    page.get_by_role("button", name="Add a promotion").click()
    expect(page.get_by_text("10 % off Stoneware mug").first).to_be_visible()
    page.goto("/admin/promotions/try/")
    page.get_by_label("Basket").fill("MUG-1, 3")
    page.get_by_label("Codes").fill("welcome5, ship")
    page.get_by_role("button", name="Try it out").click()
    expect(page.get_by_text("Applies").first).to_be_visible()
    assert faults_of(page) == []
