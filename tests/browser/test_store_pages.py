# ruff: noqa: E501 - outlines and tables read better in one line
"""Every store page in a real browser: nothing serious for axe, nothing sideways, nothing the policy refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.goods.catalog.services import create_collection, set_collection_products, show_collection
from apps.kernel import outbox
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business
from apps.selling.orders.models import Order
from apps.selling.sandboxpay.delivery import deliver_due
from tests.browser.conftest import faults_of, grave_findings, runs_over
from tests.factories.goods import make_product
from tests.factories.orders import make_order, make_rate, pay


@pytest.fixture
def goods(shop: Business) -> Business:
    make_product(shop, title="Stoneware mug, moss", slug="mug", price="18.00", stock=5)
    make_product(shop, title="Oak tray", price="34.00", stock=2, variant={"compare_at_price": Decimal("42")})
    jumper = make_product(
        shop,
        title="Wool jumper",
        vendor_name="Loom",
        slug="jumper",
        price="84.00",
        option="Size",
        values=["S", "M", "L"],
        stock=3,
    )
    make_product(shop, title="Clay vase", slug="vase", price="28.00", stock=0)
    actor = Actor.system("tests", shop.pk)
    shelf = create_collection(actor, name="For the house", description="What makes a room warm.")
    set_collection_products(actor, collection_id=shelf.pk, product_ids=[jumper.pk])
    show_collection(actor, collection_id=shelf.pk, published=True)
    return shop


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_no_page_has_a_serious_finding(
    open_browser: Callable[..., Page], goods: Business, size: str, scheme: str
) -> None:
    page = open_browser(size, scheme)
    waiting = make_order(goods, checkout_id=new_id())
    paid = pay(make_order(goods))
    paths = [
        "/",
        "/store/harbour/",
        "/store/harbour/products/",
        "/store/harbour/products/?q=zzzzqq",
        "/store/harbour/products/mug/",
        "/store/harbour/products/jumper/",
        "/store/harbour/products/vase/",
        "/store/harbour/brands/",
        "/store/harbour/brands/loom/",
        "/store/harbour/collections/",
        "/store/harbour/collections/for-the-house/",
        "/store/harbour/cart/",
        f"/store/harbour/checkout/return/{waiting.public_token}/",
        f"/store/harbour/track/{waiting.public_token}/",
        f"/store/harbour/track/{paid.public_token}/",
        f"/store/harbour/orders/{waiting.public_token}/change/",
        f"/store/harbour/orders/{paid.public_token}/change/",
        "/store/harbour/offline/",
        "/store/harbour/nothing-here/",
        "/store/nowhere/",
    ]
    findings: dict[str, Any] = {}
    for path in paths:
        page.goto(path)
        findings[path] = grave_findings(page) + (["runs over"] if runs_over(page) else [])
    page.goto("/store/harbour/products/")
    page.get_by_text("Filters", exact=False).first.click()
    findings["filters"] = grave_findings(page)
    page.goto("/store/harbour/products/mug/")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    findings["drawer"] = grave_findings(page)
    page.goto("/store/harbour/cart/")
    findings["cart"] = grave_findings(page) + (["runs over"] if runs_over(page) else [])
    page.goto("/store/harbour/checkout/")
    findings["checkout"] = grave_findings(page) + (["runs over"] if runs_over(page) else [])
    page.get_by_role("button", name="Place order and pay").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    findings["checkout with errors"] = grave_findings(page)
    assert {path: found for path, found in findings.items() if found} == {}


def test_small_things_are_big_enough_to_touch(open_browser: Callable[..., Page], goods: Business) -> None:
    page = open_browser("phone")
    for path in (
        "/store/harbour/",
        "/store/harbour/products/",
        "/store/harbour/products/jumper/",
        "/store/harbour/cart/",
    ):
        page.goto(path)
        small = page.evaluate(
            """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
              .filter((one) => one.checkVisibility() && !one.closest(".visually-hidden, .prose, footer p, footer div > p"))
              .filter((one) => !one.matches(".skip, .card a, .thumbs a, .footer p a"))
              .map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
              .filter(([, box]) => box.height < 24 || box.width < 24).map(([text]) => text)"""
        )
        assert small == [], path


def buy(page: Page) -> None:
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Full name").fill("Ada Obi")
    page.get_by_label("Street and number").fill("1 Quay Street")
    page.get_by_label("Town or city").fill("Bristol")
    page.get_by_label("Postcode").fill("BS1 4DJ")
    page.get_by_role("button", name="Place order and pay").click()


def test_a_buyer_changes_her_order_and_cancels_it(open_browser: Callable[..., Page], goods: Business) -> None:
    page, order = open_browser("phone"), make_order(goods, checkout_id=new_id())
    page.goto(f"/store/harbour/track/{order.public_token}/")
    page.get_by_role("link", name="Change or cancel").click()
    page.get_by_label("Quantity").fill("1")
    page.get_by_role("button", name="Work out the total").click()
    expect(page.get_by_text("£15.00")).to_be_visible()
    assert grave_findings(page) + (["runs over"] if runs_over(page) else []) == []
    page.get_by_role("button", name="Change the order").click()
    expect(page.get_by_text("Your order is changed.")).to_be_visible()
    page.get_by_role("link", name="Change or cancel").click()
    page.get_by_label("What would you like?").fill("Please leave it at the neighbour's.")
    page.get_by_role("button", name="Ask the shop").click()
    expect(page.get_by_text("Please leave it at the neighbour's.")).to_be_visible()
    page.get_by_role("link", name="Change or cancel").click()
    page.get_by_role("button", name="Cancel the whole order").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This order is cancelled")


def test_a_stranger_buys_on_a_phone(open_browser: Callable[..., Page], goods: Business) -> None:
    page = open_browser("phone")
    page.goto("/store/harbour/")
    page.get_by_label("Search products").fill("jump")
    page.locator("#suggest a").first.click()
    expect(page).to_have_url("http://" + page.url.split("/")[2] + "/store/harbour/products/jumper/")
    page.get_by_label("M", exact=True).check()
    expect(page.locator("#stock")).to_contain_text("3 left")
    page.get_by_role("button", name="Add to cart").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("button", name="One more of Wool jumper").click()
    expect(page.locator("#cart-count")).to_have_text("2")
    drawer.get_by_role("link", name="Check out").click()
    buy(page)
    page.wait_for_url("**/sandbox-pay/**")
    page.get_by_role("button", name="Pay").first.click()
    page.wait_for_url("**/checkout/return/**")
    deliver_due()
    outbox.drain()
    page.wait_for_url("**/track/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for your order")
    assert Order.unscoped.get().payment_state == "paid"


def test_sums_follow_each_way_of_delivery_that_is_chosen(
    open_browser: Callable[..., Page], goods: Business
) -> None:
    make_rate(goods, name="Courier", price="9.00")
    make_rate(goods, name="By bicycle", price="12.00")
    page = open_browser("phone")
    page.goto("/store/harbour/products/mug/")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.goto("/store/harbour/checkout/")
    for name, total in (("Courier", "£27.00"), ("By bicycle", "£30.00"), ("Courier", "£27.00")):
        page.get_by_label(re.compile(name)).check()
        expect(page.locator("#pay-total")).to_have_text(total)
        expect(page.get_by_label(re.compile(name))).to_be_checked()
    # By the keys of arrows: the choice that was drawn anew still has the focus.
    page.get_by_label(re.compile("Courier")).focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#pay-total")).to_have_text("£30.00")
    expect(page.get_by_label(re.compile("By bicycle"))).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#pay-total")).to_have_text("£27.00")


def test_everything_works_without_javascript(open_browser: Callable[..., Page], goods: Business) -> None:
    page = open_browser("phone", java_script_enabled=False)
    page.goto("/store/harbour/products/")
    page.get_by_label("Search products").fill("mug")
    page.get_by_label("Search products").press("Enter")
    page.get_by_role("link", name="Stoneware mug, moss").click()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="One more of Stoneware mug").click()
    expect(page.locator(".sum .total")).to_contain_text("£36.00")
    page.get_by_role("link", name="Check out").click()
    buy(page)
    page.wait_for_url("**/sandbox-pay/**")
    order = Order.unscoped.get()
    assert order.state == "placed"


def test_live_search_changes_results_and_address_without_leaving(
    open_browser: Callable[..., Page], goods: Business
) -> None:
    page = open_browser("desk")
    page.goto("/store/harbour/products/")
    page.get_by_label("Search products").press_sequentially("vase")
    # The address comes with the last answer: "vas" finds the same card, and its answer is not waited for.
    expect(page).to_have_url(re.compile(r"\?q=vase$"))
    expect(page.locator("#results .card")).to_have_count(1)
    page.reload()
    expect(page.get_by_label("Search products")).to_have_value("vase")
    page.get_by_role("link", name="Clear all").click()
    expect(page.locator("#results .card")).to_have_count(4)


def test_a_list_page_weighs_little(open_browser: Callable[..., Page], goods: Business) -> None:
    page = open_browser("phone")
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.update({answer.url: len(answer.body()) if answer.ok else 0}))
    page.goto("/store/harbour/products/", wait_until="networkidle")
    weight = sum(size for url, size in sizes.items() if "/picture/" not in url)
    assert weight < 150 * 1024, sizes


def test_the_check_itself_finds_what_is_wrong(open_browser: Callable[..., Page]) -> None:
    page = open_browser("phone")
    page.set_content(
        '<html lang="en"><body><p>pale</p><input><style>p { color: #ddd; background: #fff }</style></body></html>'
    )
    for look in (grave_findings, faults_of):
        found = " ".join(look(page))
        assert "color-contrast" in found
        assert "label" in found
