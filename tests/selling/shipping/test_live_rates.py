"""Prices that a carrier names: the same in the list, the cart, at the checkout and on the order, or none at all."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from apps.goods.catalog.models import Variant
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import StaleQuote
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Business
from apps.selling.orders.drafts import Address
from apps.selling.orders.models import Order
from apps.selling.shipping.calculator import Try, try_rates
from apps.selling.shipping.carriers import CarrierRefused, CarrierUnavailable, http, registry
from apps.selling.shipping.carriers.base import carrier_circuit
from apps.selling.shipping.live import Missing
from apps.selling.shipping.models import CarrierAnswer, ShippingRate
from apps.selling.shipping.selectors import judge_rates
from apps.selling.shipping.services import (
    CarrierPrice,
    add_package,
    add_rate,
    ask_carriers,
    change_rate,
    set_up_carrier,
    use_carrier,
)
from apps.selling.shipping.services.asking import SECONDS
from tests.api.world import Caller
from tests.factories.goods import make_variant
from tests.factories.orders import ADA, QUAY, make_cart, orders_of, submit
from tests.owner import owners_rights

from .carriers.servers import Depot, Dhl, Fedex
from .live import DAYS, look, ways

pytestmark = pytest.mark.django_db(transaction=True)

D = Decimal
NO_PLACE = Address(name="", line1="", city="", country="GB")
_HELD = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state IN ('idle in transaction', 'active')
    AND backend_type = 'client backend'
"""


@pytest.fixture(params=(Fedex, Dhl), ids=lambda kind: kind.code)
def there(request: pytest.FixtureRequest) -> Iterator[Depot]:
    """A carrier that is reached, in place of the real one, and that answers in pounds: FedEx has its word for them."""
    registry._load()
    place: Depot = request.param()
    before = registry._carriers[place.code]
    registry.register(place.adapter())
    place.currency = "UKL" if place.code == "fedex" else "GBP"
    yield place
    registry.register(before)
    place.close()


@pytest.fixture
def mug(business: Business) -> Variant:
    mug: Variant = make_variant(business, stock=20)
    Variant.unscoped.filter(pk=mug.pk).update(weight_grams=425)
    return mug


def use(actor: Actor, there: Depot, *, fallback: Decimal | None = None, **fields: Any) -> ShippingRate:
    """A box of 150 g, the keys of the carrier, and a rate that costs 10 % and 0.50 more than its cheaper service."""
    add_package(actor, name="Box", length_mm=300, width_mm=200, height_mm=105, empty_grams=150)
    set_up_carrier(actor, carrier=there.code, values=there.values, secrets=there.secrets)
    use_carrier(actor, carrier=there.code, active=True)
    price = CarrierPrice(there.code, there.service, percent=D(10), extra=D("0.50"), fallback=fallback)
    return add_rate(actor, name="Live", price=D(0), measure="carrier", carrier=price, **{**DAYS, **fields})


def test_one_price_from_the_cart_to_the_order(
    business: Business, actor: Actor, there: Depot, mug: Variant
) -> None:
    """Two mugs and the box weigh 1 kg: 9.00 at the carrier, 10.40 here; it is asked once for all pages."""
    rate = use(actor, there)
    cart = make_cart(business, [(mug, 2)])
    buyer = Client()
    buyer.cookies["cart"] = cart.cookie_value
    shop = f"/store/{business.slug}/"
    estimate = buyer.get(f"{shop}cart/", {"to": "GB", "postcode": "bs1 4dj"}).content.decode()
    assert "£10.40" in estimate
    quote = look(business, cart)
    assert ways(quote) == [("Live", D("10.40"))]
    form = {"country": "GB", "postcode": "BS1  4dj", "rate": str(rate.pk), "email": "ada@example.com"}
    money = buyer.post(f"{shop}checkout/?part=money", form).content.decode()
    assert "£10.40" in money
    api = Caller(business).send(
        "POST",
        f"stores/{business.slug}/cart/quote/",
        {"address": {"country": "GB", "postcode": "BS1 4DJ"}},
        X_Cart=cart.cookie_value,
    )
    assert [one["price"] for one in api.json()["groups"][0]["offers"]] == ["10.40"]
    (order,) = orders_of(submit(business, cart, quote.pk, rate_id=rate.pk, contact=ADA))
    assert (order.shipping_name, order.shipping_total) == ("Live", D("10.40"))

    (asked,) = there.rated
    said = str(asked)
    assert "BS14DJ" in said.replace(" ", "").upper()
    assert "30" in said
    (answer,) = CarrierAnswer.unscoped.all()
    assert "BS1" not in f"{answer.question}{answer.services}", "where she lives is not kept"


def test_the_adapter_asks_as_the_carrier_documents(
    business: Business, actor: Actor, there: Depot, mug: Variant
) -> None:
    use(actor, there)
    look(business, make_cart(business, [(mug, 2)]))
    (asked,) = there.rated
    if there.code == "fedex":
        shipment = asked["requestedShipment"]
        assert asked["rateRequestControlParameters"] == {"returnTransitTimes": True}
        assert shipment["preferredCurrency"] == "UKL"
        assert shipment["recipient"]["address"] == {"postalCode": "BS1 4DJ", "countryCode": "GB"}
        assert shipment["requestedPackageLineItems"][0]["weight"] == {"units": "KG", "value": 1.0}
    else:
        assert asked["customerDetails"]["receiverDetails"]["cityName"], "a city must be said"
        assert (asked["nextBusinessDay"], asked["requestEstimatedDeliveryDate"]) == (True, True)
        assert asked["packages"] == [{"weight": 1.0, "dimensions": {"length": 30, "width": 20, "height": 11}}]


def test_without_a_postcode_nobody_is_asked(
    business: Business, actor: Actor, there: Depot, mug: Variant
) -> None:
    rate = use(actor, there, fallback=D(12))
    cart = make_cart(business, [(mug, 1)])
    assert ways(look(business, cart, NO_PLACE)) == [("Live", D(12))]
    change_rate(
        actor,
        rate_id=rate.pk,
        name="Live",
        price=D(0),
        measure="carrier",
        carrier=CarrierPrice(there.code, there.service),
        **DAYS,
    )
    quote = look(business, cart, NO_PLACE)
    assert [one["code"] for one in quote.snapshot["errors"]] == ["postcode_needed"]
    buyer = Client()
    buyer.cookies["cart"] = cart.cookie_value
    page = buyer.get(f"/store/{business.slug}/checkout/").content.decode()
    assert "Enter the postcode" in page
    assert "does not deliver" not in page
    assert "Enter the postcode" in buyer.get(f"/store/{business.slug}/cart/", {"to": "GB"}).content.decode()
    for text in ("BS", "somewhere", "BS1 4DJ; DROP"):
        look(business, cart, replace(QUAY, postcode=text))
    assert there.rated == []
    assert not CarrierAnswer.unscoped.exists()


@pytest.mark.parametrize("fallback", [None, D(12)], ids=["not offered", "fallback"])
@pytest.mark.parametrize("trouble", ["silent", "slow", "refused", "currency", "service"])
def test_a_carrier_that_cannot_say(
    business: Business, actor: Actor, there: Depot, mug: Variant, trouble: str, fallback: Decimal | None
) -> None:
    """The way costs its fallback, or is not offered; the buyer waits three seconds at most, and once."""
    place = QUAY
    there.is_silent = trouble == "silent"
    there.seconds = 8.0 if trouble == "slow" else 0.0
    if trouble == "currency":
        there.currency = "EUR"
    if trouble == "refused":
        place = Address(name="Ada", line1="1 Quay", city="Truro", postcode="TR1 1AA", country="GB")
    rate = use(actor, there, fallback=fallback)
    if trouble == "service":
        price = CarrierPrice(there.code, "NO_SUCH", fallback=fallback)
        change_rate(actor, rate_id=rate.pk, name="Live", price=D(0), measure="carrier", carrier=price, **DAYS)
    cart = make_cart(business, [(mug, 1)])
    began = time.monotonic()
    quote = look(business, cart, place)
    waited = time.monotonic() - began
    # Not a measure of speed: without a limit it would have been eight seconds.
    assert waited < SECONDS + 3
    assert ways(quote) == ([] if fallback is None else [("Live", D(12))])
    assert [one["code"] for one in quote.snapshot["errors"]] == ([] if fallback else ["no_delivery"])
    look(business, cart, place)
    assert len(there.rated) == 1, "nobody waits for it twice"
    if fallback is not None:
        (order,) = orders_of(submit(business, cart, quote.pk, address=place))
        assert order.shipping_total == D(12)


def test_an_answer_that_comes_in_drops_is_not_waited_for(there: Depot) -> None:
    there.drips = True
    with pytest.raises(CarrierUnavailable) as silence, http.within(0.5):
        http.call("POST", f"{there.url}/track/v1/trackingnumbers", headers={}, body={})
    assert silence.value.context["cause"] == "no time left"
    there.drips = False
    with pytest.raises(CarrierRefused), http.within(5):
        http.call("POST", f"{there.url}/track/v1/trackingnumbers", headers={}, body={})


def test_an_open_circuit_keeps_nobody_waiting(
    business: Business, actor: Actor, there: Depot, mug: Variant
) -> None:
    use(actor, there, fallback=D(12))
    there.is_silent = True
    for pieces in range(1, 6):
        look(business, make_cart(business, [(mug, pieces)]))
    assert carrier_circuit(there.code).is_open
    asked = len(there.rated)
    assert asked == 5
    assert ways(look(business, make_cart(business, [(mug, 6)]))) == [("Live", D(12))]
    assert len(there.rated) == asked


def test_a_price_that_ran_out_is_looked_at_once_more(
    business: Business, actor: Actor, there: Depot, mug: Variant
) -> None:
    """The answer ends before the quote does: the cart is kept, nothing is charged, and the new price is shown."""
    rate = use(actor, there)
    cart = make_cart(business, [(mug, 2)])
    look(business, cart)
    soon = dt.timedelta(minutes=9)
    with clock.travel(soon):
        quote = look(business, cart)
        assert len(there.rated) == 1
    with clock.travel(soon + dt.timedelta(minutes=7)):
        there.dearer = 5
        with pytest.raises(StaleQuote) as stale:
            submit(business, cart, quote.pk, rate_id=rate.pk)
        assert stale.value.context["changes"] == []
        buyer = Client()
        buyer.cookies["cart"] = cart.cookie_value
        form = {
            "email": "ada@example.com", "name": "Ada Obi", "line1": "1 Quay", "city": "Bristol", "country": "GB",
            "postcode": "BS1 4DJ", "rate": str(rate.pk), "quote": str(quote.pk), "provider": "sandbox",
        }  # fmt: skip
        page = buyer.post(f"/store/{business.slug}/checkout/", form)
        assert page.status_code == 409
        assert "£15.90" in page.content.decode()
        assert not Order.unscoped.exists()
        (order,) = orders_of(submit(business, cart, look(business, cart).pk, rate_id=rate.pk))
        assert order.shipping_total == D("15.90")
    assert len(there.rated) == 2


def test_an_answer_is_renewed_before_it_runs_out_and_silence_takes_nothing_back(
    business: Business, actor: Actor, there: Depot, mug: Variant
) -> None:
    use(actor, there, fallback=D(99))
    cart = make_cart(business, [(mug, 2)])
    look(business, cart)
    there.is_silent = True
    with clock.travel(dt.timedelta(minutes=11)):
        assert ways(look(business, cart)) == [("Live", D("10.40"))]
        look(business, cart)
        assert len(there.rated) == 2, "it is asked again, but not by everybody"
    with clock.travel(dt.timedelta(minutes=16)):
        assert ways(look(business, cart)) == [("Live", D(99))]
    with clock.travel(dt.timedelta(minutes=18)):
        there.is_silent = False
        assert ways(look(business, cart)) == [("Live", D("10.40"))]


def test_no_call_is_made_inside_a_transaction(
    business: Business, actor: Actor, there: Depot, mug: Variant
) -> None:
    held: list[int] = []

    def watch() -> None:
        try:
            # The application's role is shown no other session's state, and would count none.
            with owners_rights(), connection.cursor() as cursor:
                cursor.execute(_HELD)
                held.append(cursor.fetchone()[0])
        finally:
            connections.close_all()

    there.during = watch
    use(actor, there)
    cart = make_cart(business, [(mug, 2)])
    buyer = Client()
    buyer.cookies["cart"] = cart.cookie_value
    shop = f"/store/{business.slug}/"
    buyer.get(f"{shop}cart/", {"to": "GB", "postcode": "BS1 1AA"})
    buyer.post(f"{shop}checkout/?part=money", {"country": "GB", "postcode": "BS2 2BB"})
    Caller(business).send(
        "POST",
        f"stores/{business.slug}/cart/quote/",
        {"address": {"country": "GB", "postcode": "BS3 3CC"}},
        X_Cart=cart.cookie_value,
    )
    try_rates(actor, Try("GB", postcode="BS4 4DD", grams=500))
    assert held == [0, 0, 0, 0]

    # What it would look like if one were held.
    missing = Missing()
    judge_rates(business, "GB", D(1), postcode="BS5 5EE", goods={mug.pk: 1}, missing=missing)
    with transaction.atomic():
        ask_carriers(missing.unasked)
    assert held[-1] == 1


def test_a_carrier_is_never_asked_inside_a_use_case(business: Business, actor: Actor) -> None:
    @use_case(unaudited="a test")
    def wrong(actor: Actor) -> None:
        ask_carriers([])

    with pytest.raises(RuntimeError):
        wrong(actor)


def test_new_keys_ask_anew(business: Business, actor: Actor, there: Depot, mug: Variant) -> None:
    use(actor, there)
    cart = make_cart(business, [(mug, 2)])
    look(business, cart)
    set_up_carrier(actor, carrier=there.code, values=there.values, secrets=there.secrets)
    look(business, cart)
    assert len(there.rated) == 2
