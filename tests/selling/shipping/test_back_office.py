"""Delivery rates in the back office."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from apps.platform.businesses.models import Business
from apps.selling.shipping.models import ShippingRate
from tests.factories.businesses import make_business, make_member, sign_in

LIST = "admin:shipping_shippingrate_changelist"
FORM = {
    "name": "Express",
    "price": "9.50",
    "free_over": "",
    "countries": ["GB", "IE"],
    "delivery_days_min": "1",
    "delivery_days_max": "2",
    "position": "3",
}


@pytest.fixture
def shop(db: None) -> Business:
    return make_business()


@pytest.fixture
def staff(shop: Business) -> Client:
    return sign_in(Client(), make_member(shop, "owner"), shop)


def test_add_change_and_take_out(shop: Business, staff: Client) -> None:
    add = reverse("admin:list_verb", args=["shipping", "shippingrate", "add"])
    assert staff.get(add).status_code == 200
    assert staff.post(add, {**FORM, "idempotency_key": "k1"}).status_code == 302
    assert staff.post(add, {**FORM, "idempotency_key": "k1"}).status_code == 302
    rate = ShippingRate.unscoped.get(name="Express")
    assert (rate.price, rate.countries, rate.free_over) == (Decimal("9.50"), ["GB", "IE"], None)
    assert "Express" in staff.get(reverse(LIST)).content.decode()

    change = reverse("admin:verb", args=["shipping", "shippingrate", rate.pk, "change"])
    assert 'value="9.50"' in staff.get(change).content.decode()
    staff.post(change, {**FORM, "price": "8", "idempotency_key": "k2"})
    take_out = reverse("admin:verb", args=["shipping", "shippingrate", rate.pk, "take-out"])
    staff.post(take_out, {"idempotency_key": "k3"})
    rate.refresh_from_db()
    assert (rate.price, rate.active) == (Decimal(8), False)


def test_a_mistake_keeps_what_was_typed(shop: Business, staff: Client) -> None:
    add = reverse("admin:list_verb", args=["shipping", "shippingrate", "add"])
    answer = staff.post(add, {**FORM, "delivery_days_min": "5", "idempotency_key": "k1"})
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "The slowest day comes not before the fastest" in text
    assert 'value="Express"' in text
    assert not ShippingRate.unscoped.filter(name="Express").exists()


def test_only_those_who_may(shop: Business) -> None:
    seller = sign_in(Client(), make_member(shop, "sales"), shop)
    assert seller.get(reverse(LIST)).status_code == 200
    add = reverse("admin:list_verb", args=["shipping", "shippingrate", "add"])
    assert seller.post(add, FORM).status_code == 403
