"""A card at checkout with JavaScript, its balance page, and the form to send something back."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from apps.kernel import outbox
from apps.platform.businesses.models import Business
from apps.platform.media.models import Media
from tests.factories.businesses import actor_of, make_business
from tests.factories.goods import make_product, variants_of
from tests.factories.orders import deliver, make_order, make_rate, pay, ship

from .conftest import faults_of, runs_over

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("CREDIT_SHOTS", "")


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    settings.FILES_ROOT = tmp_path / "files"


@pytest.fixture
def harbour(transactional_db: None) -> Business:
    """With its roles, an owner and a way of delivery."""
    business = make_business(slug="harbour", name="Harbour Goods")
    make_rate(business)
    return business


def look(page: Page, name: str) -> list[str]:
    """The faults of the page as it stands, and what a demanding eye wants to see of it."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    return [*faults_of(page), *(["runs over"] if runs_over(page) else [])]


@pytest.mark.parametrize(("size", "scheme"), [("phone", "dark"), ("desk", "light")])
def test_cards_and_returns_in_the_store(
    open_browser: Callable[..., Page], harbour: Business, size: str, scheme: str
) -> None:
    from apps.selling.credit.services import issue_credit

    shirt = make_product(
        harbour, title="Linen shirt", slug="shirt", price="48.00", option="Size", values=["S", "M"], stock=5
    )
    card: Any = issue_credit(actor_of(harbour), amount=Decimal(24), reason="Prize")
    order = deliver(ship(pay(make_order(harbour, lines=[(variants_of(shirt)[0], 2)]))))
    outbox.drain()
    page = open_browser(size, scheme)

    page.goto("/store/harbour/gift-card/")
    page.get_by_label("Code").fill(card.shown_code.lower())
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_text("£24.00")).to_be_visible()
    found = look(page, f"balance-{size}")

    page.goto(f"/store/harbour/orders/{order.public_token}/return/")
    page.get_by_label("Linen shirt · S: how many").fill("1")
    page.get_by_role("button", name="Ask to send it back").click()
    expect(page.get_by_text("Choose a reason.").first).to_be_visible()
    found += look(page, f"return-{size}")
    page.get_by_label("Linen shirt · S: why it comes back").select_option("size")
    page.get_by_label("What is wanted for it").select_option("exchange")
    page.get_by_label("Linen shirt · S: exchange for").select_option(label="M")
    torn = BytesIO()
    Image.new("RGB", (300, 200), "teal").save(torn, "PNG")
    photo: Any = {"name": "torn.png", "mimeType": "image/png", "buffer": torn.getvalue()}
    page.get_by_label("Pictures (optional)").set_input_files([photo])
    page.get_by_role("button", name="Ask to send it back").click()
    expect(page.get_by_text(f"{order.number}-R1").first).to_be_visible()
    assert Media.unscoped.get().name == "torn.png"
    found += look(page, f"track-{size}")

    page.evaluate(
        """async ([variant]) => {
            const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
            const body = new URLSearchParams({product: "shirt", variant, quantity: "1", csrfmiddlewaretoken: token});
            await fetch("/store/harbour/cart/add/", {method: "POST", body});
        }""",
        [str(variants_of(shirt)[1].pk)],
    )
    page.goto("/store/harbour/checkout/")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Gift card").fill(card.shown_code)
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".chip", has_text=card.last4)).to_be_visible()
    expect(page.locator("#pay-total")).to_have_text("£27.00")
    expect(page.get_by_label("E-mail")).to_have_value("ada@example.com")
    found += look(page, f"checkout-{size}")
    assert found == []
