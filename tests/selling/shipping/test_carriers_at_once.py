"""Several carriers of one checkout are asked at once, without a connection each; and no visitor uses all of it up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from apps.goods.catalog.models import Variant
from apps.kernel.actors import Actor
from apps.kernel.models import CircuitState
from apps.platform.businesses.models import Business
from apps.selling.checkout.models import Quote
from apps.selling.checkout.services import quote_with_carriers
from apps.selling.orders.drafts import Address
from apps.selling.shipping.carriers import LiveRate, registry
from apps.selling.shipping.models import CarrierAnswer
from apps.selling.shipping.services import (
    CarrierPrice,
    add_package,
    add_rate,
    asking,
    set_up_carrier,
    use_carrier,
)
from tests.factories.goods import make_variant
from tests.factories.orders import make_cart

from .carriers.servers import Depot, Dhl, Fedex
from .live import DAYS, look, sandbox_rate, ways

pytestmark = pytest.mark.django_db(transaction=True)

D = Decimal
# Far longer than anybody waits for a carrier: what is held here ends by what happens, not by the clock.
LONG = 30.0


@contextmanager
def in_place(place: Depot) -> Iterator[Depot]:
    registry._load()
    before = registry._carriers[place.code]
    registry.register(place.adapter())
    try:
        yield place
    finally:
        registry.register(before)
        place.close()


@pytest.fixture
def fedex(both: tuple[Depot, Depot]) -> Depot:
    return both[0]


@pytest.fixture
def dhl(both: tuple[Depot, Depot]) -> Depot:
    return both[1]


@pytest.fixture
def both() -> Iterator[tuple[Depot, Depot]]:
    with ExitStack() as stack:
        first, second = stack.enter_context(in_place(Fedex())), stack.enter_context(in_place(Dhl()))
        first.currency, second.currency = "UKL", "GBP"
        yield first, second


@pytest.fixture
def cart(business: Business, actor: Actor, both: tuple[Depot, Depot]) -> Any:
    """A mug in a cart of a shop that sends with FedEx and with DHL, at what these ask or else for 99."""
    add_package(actor, name="Box", length_mm=300, width_mm=200, height_mm=105, empty_grams=150)
    for place in both:
        set_up_carrier(actor, carrier=place.code, values=place.values, secrets=place.secrets)
        use_carrier(actor, carrier=place.code, active=True)
        price = CarrierPrice(place.code, place.service, fallback=D(99))
        add_rate(actor, name=place.code, price=D(0), measure="carrier", carrier=price, **DAYS)
    mug = make_variant(business, stock=20)
    Variant.unscoped.filter(pk=mug.pk).update(weight_grams=425)
    return make_cart(business, [(mug, 2)])


def priced(quote: Quote) -> set[str]:
    """The carriers whose price is known."""
    return {name for name, price in ways(quote) if price != 99}


def meeting_of(both: tuple[Depot, Depot]) -> threading.Barrier:
    """Each answers only when the other has been asked as well."""
    meeting = threading.Barrier(2)

    def meet() -> None:
        with suppress(threading.BrokenBarrierError):
            meeting.wait(LONG)

    for place in both:
        place.during = meet
    return meeting


def test_both_are_asked_before_either_has_answered(
    business: Business, cart: Any, both: tuple[Depot, Depot]
) -> None:
    meeting = meeting_of(both)
    assert priced(look(business, cart)) == {"fedex", "dhl"}
    assert [len(place.rated) for place in both] == [1, 1]
    assert not meeting.broken


def test_asked_one_after_the_other_they_would_never_meet(
    business: Business, cart: Any, both: tuple[Depot, Depot], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with one thread for all, the first waits for a second that is not asked."""
    monkeypatch.setattr(asking, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(asking, "SECONDS", 0.8)
    meeting = meeting_of(both)
    assert priced(look(business, cart)) == set()
    meeting.abort()


@pytest.mark.parametrize("slow", [0, 1])
def test_a_slow_one_takes_nothing_from_the_others(
    business: Business, cart: Any, both: tuple[Depot, Depot], slow: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One answers while the other is being waited for, and is kept; the other's silence is counted once."""
    monkeypatch.setattr(asking, "SECONDS", 2.0)
    asked, over = threading.Event(), threading.Event()
    waits, answers = both[slow], both[1 - slow]

    def wait() -> None:
        asked.set()
        over.wait(LONG)

    waits.during = wait
    answers.during = lambda: assert_in_time(asked)
    try:
        assert priced(look(business, cart)) == {answers.code}
    finally:
        over.set()
    assert dict(CircuitState.objects.values_list("name", "failures")) == {f"shipping.{waits.code}": 1}
    assert set(CarrierAnswer.unscoped.filter(problem="").values_list("account__carrier", flat=True)) == {
        answers.code
    }


def assert_in_time(event: threading.Event) -> None:
    assert event.wait(LONG)


def test_no_thread_that_asks_takes_a_connection(
    business: Business, cart: Any, both: tuple[Depot, Depot], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, int]] = []
    here = threading.get_ident()
    for place in both:
        kind: Any = type(registry._carriers[place.code])
        usual = kind.rates

        def rates(self: Any, *, usual: Any = usual, **facts: Any) -> list[LiveRate]:
            found: list[LiveRate] = usual(self, **facts)
            seen.append((threading.get_ident() == here, len(connections.all(initialized_only=True))))
            return found

        monkeypatch.setattr(kind, "rates", rates)
    assert priced(look(business, cart)) == {"fedex", "dhl"}
    assert seen == [(False, 0), (False, 0)]


def test_one_whose_circuit_is_open_is_left_and_the_other_asked(
    business: Business, cart: Any, fedex: Depot, dhl: Depot
) -> None:
    fedex.is_silent = True
    for house in range(5):
        look(business, cart, at(house))
    assert [len(fedex.rated), len(dhl.rated)] == [5, 5]
    assert priced(look(business, cart, at(6))) == {"dhl"}
    assert [len(fedex.rated), len(dhl.rated)] == [5, 6]


def at(house: int) -> Address:
    return Address(name="Ada", line1="1 Quay", city="Bristol", postcode=f"BS{house + 1} 4DJ", country="GB")


def test_a_stranger_uses_up_a_share_and_not_all_the_business_may_ask(
    business: Business, actor: Actor, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of six questions a minute a network has two: two more networks are answered, and staff after them."""
    settings.STORE_RATES = {"carriers": "2/min"}
    monkeypatch.setattr(asking, "MOST_ASKED", "6/min")
    sandbox_rate(actor, fallback=D(99))
    cart = make_cart(business, [(make_variant(business, stock=20), 1)])

    def answers(ip: str, house: int) -> bool:
        guest = Actor.guest(business.pk, ip=ip)
        return ways(quote_with_carriers(guest, cart_id=cart.pk, address=at(house))) != [("Live", D(99))]

    assert [answers("203.0.113.7", house) for house in range(8)] == [True] * 2 + [False] * 6
    assert answers("203.0.113.7", 1), "what is known is still said"
    assert [answers("2001:db8::1", 10), answers("2001:db8::2", 11), answers("2001:db8::3", 12)] == [
        True, True, False,
    ]  # fmt: skip
    assert answers("198.51.100.9", 20)
    system = Actor.system("test", business.pk)
    kept = [ways(quote_with_carriers(system, cart_id=cart.pk, address=at(house))) for house in (30, 31)]
    assert kept == [[("Live", D("4.20"))], [("Live", D(99))]], (
        "staff have no share, and the business its limit"
    )


def test_the_cart_s_estimate_and_an_offer_s_link_have_a_share_too(
    business: Business, actor: Actor, settings: Any
) -> None:
    settings.STORE_RATES = {"carriers": "2/min"}
    sandbox_rate(actor, fallback=D(99))
    buyer = Client()
    buyer.cookies["cart"] = make_cart(business, [(make_variant(business, stock=20), 1)]).cookie_value

    def estimate(house: int, **more: Any) -> bool:
        asked = {"to": "GB", "postcode": f"BS{house} 4DJ"}
        return "£4.20" in buyer.get(f"/store/{business.slug}/cart/", asked, **more).content.decode()

    assert [estimate(house) for house in range(1, 5)] == [True, True, False, False]
    assert estimate(7, REMOTE_ADDR="203.0.113.7")


def test_without_a_rate_nobody_has_a_share(business: Business, actor: Actor, settings: Any) -> None:
    settings.STORE_RATES = {}
    sandbox_rate(actor)
    cart = make_cart(business, [(make_variant(business, stock=20), 1)])
    guest = Actor.guest(business.pk, ip="203.0.113.7")
    for house in range(4):
        quote_with_carriers(guest, cart_id=cart.pk, address=at(house))
    assert CarrierAnswer.unscoped.count() == 4
