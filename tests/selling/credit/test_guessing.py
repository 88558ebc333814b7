"""Codes of gift cards are not guessed: counted by network, and by shop for many networks together."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from apps.kernel import tenancy
from apps.kernel.models import RateCount
from apps.platform.businesses.models import Business
from apps.selling.credit import guessing
from apps.selling.credit.services import issue_credit
from tests.factories.businesses import actor_of, make_business
from tests.factories.goods import make_variant
from tests.factories.orders import make_cart, make_order, make_rate

pytestmark = pytest.mark.django_db

OF_A_NETWORK, OF_A_SHOP = 3, 6
WRONG = "AAAA-BBBB-CCCC-DDDD"
Door = Callable[[str, str], int]


@pytest.fixture(autouse=True)
def _rates(settings: LazySettings) -> None:
    settings.STORE_RATES = {"gift_card": f"{OF_A_NETWORK}/h", "gift_cards": f"{OF_A_SHOP}/h"}


@pytest.fixture(params=["balance", "order", "checkout", "api"])
def door(request: pytest.FixtureRequest, shop: Business, client: Client) -> Door:
    """Types a code from a network, by one of the ways there are; the status of the answer."""
    cart = make_cart(shop, [(make_variant(shop, price="24.00", stock=30), 1)])
    order = make_order(shop)
    store = f"/store/{shop.slug}"

    def at_balance(code: str, network: str) -> int:
        return client.post(f"{store}/gift-card/", {"code": code}, REMOTE_ADDR=network).status_code

    def at_order(code: str, network: str) -> int:
        way = f"{store}/orders/{order.public_token}/card/"
        return client.post(way, {"code": code}, REMOTE_ADDR=network).status_code

    def at_checkout(code: str, network: str) -> int:
        client.cookies["cart"] = cart.cookie_value
        asked = {"put_code": "1", "code": code}
        return client.post(f"{store}/checkout/", asked, REMOTE_ADDR=network).status_code

    def at_api(code: str, network: str) -> int:
        address = {"name": "Ada", "line1": "1 Quay", "city": "Bristol", "postcode": "BS1", "country": "GB"}
        asked = {
            "quote_id": "01890000-0000-7000-8000-000000000001",
            "contact": {"email": "a@example.com"},
            "address": address,
            "credit_codes": [code],
        }
        return client.post(
            f"/api/v1/stores/{shop.slug}/checkout/",
            json.dumps(asked),
            "application/json",
            headers={"X-Cart": cart.cookie_value, "Idempotency-Key": "k"},
            REMOTE_ADDR=network,
        ).status_code

    doors: dict[str, Door] = {
        "balance": at_balance, "order": at_order, "checkout": at_checkout, "api": at_api,
    }  # fmt: skip
    return doors[request.param]


def networks() -> Any:
    """Ever new addresses, none of whose networks is another's."""
    return (f"203.0.{number}.9" for number in itertools.count(1))


def test_a_network_guesses_a_few_times_and_another_one_goes_on(door: Door) -> None:
    said = [door(WRONG, "203.0.113.9") for _n in range(OF_A_NETWORK + 1)]
    assert 429 not in said[:-1]
    assert said[-1] == 429
    assert door(WRONG, "198.51.100.9") != 429


def test_many_networks_together_guess_no_more_than_a_shop_lets_them(door: Door, shop: Business) -> None:
    """Each comes once: none of them is too fast, all together are; who has a card waits with them."""
    card = issue_credit(actor_of(shop), amount=Decimal(10), reason="Prize")
    address = networks()
    said = [door(WRONG, next(address)) for _n in range(OF_A_SHOP)]
    assert 429 not in said
    assert [door(code, next(address)) for code in (WRONG, card.shown_code)] == [429, 429]
    assert shop.slug not in repr(RateCount.objects.values())
    # Another shop is not closed with it.
    other = make_business(slug="neighbour", name="Neighbour")
    make_rate(other)
    with tenancy.bind(other.pk):
        guessing.note_guess(next(address))


@pytest.mark.mutation
def test_without_the_count_of_the_shop_many_networks_guess_for_ever(
    door: Door, shop: Business, settings: LazySettings
) -> None:
    """Proof that the crowd of networks is one that only the shop's own count stops."""
    del settings.STORE_RATES["gift_cards"]
    address = networks()
    assert 429 not in [door(WRONG, next(address)) for _n in range(2 * OF_A_SHOP)]
