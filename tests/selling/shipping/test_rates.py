"""Rates: who is served at which price, in one query, and what cannot be a rate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from apps.kernel.events import publish
from apps.kernel.use_cases import use_case
from apps.platform.businesses.events import BusinessCreated
from apps.platform.businesses.models import Business
from apps.selling.shipping.models import ShippingRate
from apps.selling.shipping.selectors import get_offer, list_rates
from apps.selling.shipping.services import add_rate, change_rate, create_default_rates, use_rate

D = Decimal
RATE: dict[str, Any] = {
    "name": "Standard",
    "price": D("3.99"),
    "countries": ["gb"],
    "delivery_days_min": 2,
    "delivery_days_max": 4,
    "free_over": D("50"),
}


def test_free_from_the_sum_on(business: Business, actor: Actor) -> None:
    rate = add_rate(actor, **RATE)
    for subtotal, price in (("49.99", "3.99"), ("50.00", "0"), ("50.01", "0")):
        (offer,) = list_rates(business, "GB", D(subtotal))
        assert (offer.rate_id, offer.price) == (rate.pk, D(price))
    assert offer.is_free
    assert offer.delivery == "2 to 4 days"


def test_countries(business: Business, actor: Actor) -> None:
    add_rate(actor, **RATE)
    add_rate(actor, **{**RATE, "name": "World", "countries": [], "position": 2})
    add_rate(actor, **{**RATE, "name": "Nordic", "countries": ["SE", "NO"], "position": 1})
    assert [offer.name for offer in list_rates(business, "gb", D(0))] == ["Standard", "World"]
    assert [offer.name for offer in list_rates(business, "NO", D(0))] == ["Nordic", "World"]
    assert [offer.name for offer in list_rates(business, "", D(0))] == ["World"]


@pytest.mark.parametrize("rates", [1, 30])
def test_one_query_for_any_number(
    business: Business, actor: Actor, rates: int, django_assert_num_queries: Any
) -> None:
    for number in range(rates):
        add_rate(actor, **{**RATE, "name": f"Rate {number}"})
    with django_assert_num_queries(1):
        assert len(list_rates(business, "GB", D(0))) == rates


def test_another_business_rates_are_not_offered(
    business: Business, other_business: Business, actor: Actor, make_actor: Any
) -> None:
    rate = add_rate(actor, **RATE)
    assert list_rates(other_business, "GB", D(0)) == []
    with pytest.raises(NotFound):
        use_rate(make_actor(other_business), rate_id=rate.pk, active=False)


def test_the_chosen_offer_must_still_stand(business: Business, actor: Actor) -> None:
    rate = add_rate(actor, **RATE)
    assert get_offer(business, rate.pk, "GB", D(10)).price == D("3.99")
    with pytest.raises(InvalidInput):
        get_offer(business, rate.pk, "US", D(10))
    use_rate(actor, rate_id=rate.pk, active=False)
    with pytest.raises(InvalidInput) as refusal:
        get_offer(business, rate.pk, "GB", D(10))
    assert refusal.value.code == "rate_not_offered"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 81),
        ("price", D(-1)),
        ("price", D("NaN")),
        ("price", D("1e30")),
        ("free_over", D(0)),
        ("free_over", D("Infinity")),
        ("countries", ["XX"]),
        ("countries", ["<script>"]),
        ("delivery_days_max", 1),
        ("delivery_days_max", 4000),
        ("position", -1),
    ],
)
def test_what_cannot_be_a_rate(business: Business, actor: Actor, field: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        add_rate(actor, **{**RATE, field: value})
    assert list(refusal.value.fields) == [field]
    assert not ShippingRate.unscoped.exists()


def test_a_name_is_used_once_while_in_use(business: Business, actor: Actor) -> None:
    first = add_rate(actor, **RATE)
    with pytest.raises(Conflict):
        add_rate(actor, **RATE)
    use_rate(actor, rate_id=first.pk, active=False)
    add_rate(actor, **RATE)
    with pytest.raises(Conflict):
        use_rate(actor, rate_id=first.pk, active=True)


def test_changing_is_for_those_who_may(business: Business, actor: Actor, make_actor: Any) -> None:
    rate = add_rate(actor, **RATE)
    changed = change_rate(actor, rate_id=rate.pk, **{**RATE, "price": D("4.50")})
    assert (changed.price, changed.countries) == (D("4.50"), ["GB"])
    reader = make_actor(business, permissions=frozenset({"shipping.read"}))
    with pytest.raises(PermissionRefused):
        change_rate(reader, rate_id=rate.pk, **RATE)


@pytest.mark.parametrize(
    ("currency", "price"), [("GBP", "3.99"), ("JPY", "600"), ("KWD", "1.500"), ("SEK", "3.99")]
)
def test_a_new_business_has_rates_once(business: Business, currency: str, price: str) -> None:
    system = Actor.system("test", business.pk)
    for _time in range(2):
        create_default_rates(system, currency=currency, country="GB")
    home, world = ShippingRate.unscoped.filter(business=business)
    assert (home.price, home.countries, world.countries) == (D(price), ["GB"], [])


def test_the_event_of_a_new_business_makes_them(business: Business, drain_outbox: Any) -> None:
    @use_case()
    def announce(actor: Actor) -> None:
        publish(BusinessCreated(business_id=business.pk, currency="GBP", country="GB"))

    announce(Actor.system("test", business.pk))
    drain_outbox()
    assert len(list_rates(business, "GB", D(0))) == 2
    assert [offer.name for offer in list_rates(business, "US", D(0))] == ["International delivery"]
