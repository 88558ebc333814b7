"""Zones, steps, packages and collecting: which price an address and a weight get, at the checkout too."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.goods.catalog.models import Variant
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, OutOfStock, StaleQuote
from apps.platform.businesses.models import Business, Location
from apps.selling.checkout.services import quote_cart
from apps.selling.orders.drafts import Address
from apps.selling.shipping.charging import BadStep, read_steps, write_steps
from apps.selling.shipping.selectors import list_rates
from apps.selling.shipping.services import (
    add_package,
    add_rate,
    add_zone,
    change_package,
    change_rate,
    remove_zone,
    use_package,
)
from apps.selling.shipping.zoning import (
    NOT_SERVED,
    POSTCODE,
    REGION,
    Place,
    clean_pattern,
    closeness,
    fits_postcode,
)
from tests.factories.goods import make_variant
from tests.factories.orders import ADA, make_cart, orders_of, submit

D = Decimal
DAYS: dict[str, Any] = {"delivery_days_min": 1, "delivery_days_max": 3, "countries": []}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("bt1  5ab", "BT1 5AB"), ("bt*", "BT*"), ("1000 - 1999", "1000-1999"), ("1999-1000", ""), ("10-200", ""),
     ("*", ""), ("", ""), ("<b>", "")],
)  # fmt: skip
def test_postcode_patterns_have_one_way_of_writing(typed: str, kept: str) -> None:
    assert clean_pattern(typed) == kept


@pytest.mark.parametrize(
    ("pattern", "postcode", "fits"),
    [("BT*", "bt1 5ab", True), ("BT*", "B1 1AA", False), ("BT1 5AB", "bt15ab", True), ("BT1 5AB", "BT1 5AC", False),
     ("1000-1999", "1999", True), ("1000-1999", "2000", False), ("10000-19999", "10500-1234", True),
     ("1000-1999", "19", False), ("BT*", "", False)],
)  # fmt: skip
def test_what_a_pattern_means(pattern: str, postcode: str, fits: bool) -> None:
    assert fits_postcode(pattern, postcode) is fits


def test_the_closest_description() -> None:
    belfast = Place("GB", "northern  ireland".replace("  ", " "), "BT1 5AB")
    assert closeness(["GB"], ["Northern Ireland"], [], belfast) == REGION
    assert closeness(["GB"], ["Northern Ireland"], ["BT*"], belfast) == POSTCODE
    assert closeness(["GB"], [], ["IM*"], belfast) == NOT_SERVED
    assert closeness(["IE"], [], [], belfast) == NOT_SERVED


def test_steps_are_read_as_they_are_written() -> None:
    steps = read_steps("2 kg = 4.50\n10000=9\n\nmore = 25", "weight")
    assert steps == [(D(2000), D("4.50")), (D(10000), D(9)), (None, D(25))]
    assert read_steps(write_steps(steps), "weight") == steps
    for bad in ("2 kg", "2 kg = x", "5 = 1\n5 = 2", "more = 1\n9 = 2", "-1 = 2", "1 = -2", "1 = NaN"):
        with pytest.raises(BadStep):
            read_steps(bad, "weight")


def test_zones_weight_and_packages_in_one_query(
    business: Business,
    other_business: Business,
    actor: Actor,
    make_actor: Any,
    django_assert_num_queries: Any,
) -> None:
    mainland = add_zone(actor, name="Mainland", countries=["gb"])
    islands = add_zone(actor, name="Islands", countries=["GB"], postcodes=["bt*", "IM*"])
    world = add_zone(actor, name="World", countries=[])
    steps = [(D(1000), D("3.50")), (D(5000), D("6.00"))]
    add_rate(actor, name="Post", price=D(0), zone_id=mainland.pk, measure="weight", steps=steps, **DAYS)
    add_rate(actor, name="Ferry", price=D(15), zone_id=islands.pk, **DAYS)
    add_rate(actor, name="Air", price=D(40), zone_id=world.pk, **DAYS)
    add_rate(actor, name="Carrier pigeon", price=D(99), **DAYS)
    box = add_package(actor, name="Box", length_mm=200, width_mm=100, height_mm=100, empty_grams=200)
    assert box.is_default
    # Another business's usual package must weigh nothing here.
    add_package(
        make_actor(other_business), name="Crate", length_mm=1, width_mm=1, height_mm=1, empty_grams=9000
    )

    def offered(country: str, postcode: str = "", grams: int = 0) -> list[tuple[str, Decimal]]:
        with django_assert_num_queries(1):
            found = list_rates(business, country, D(10), postcode=postcode, grams=grams)
        return [(offer.name, offer.price) for offer in found]

    pigeon = ("Carrier pigeon", D(99))
    assert offered("GB", grams=800) == [("Post", D("3.50")), pigeon]
    assert offered("GB", grams=801) == [("Post", D("6.00")), pigeon]
    assert offered("GB", grams=4801) == [pigeon]
    assert offered("GB", "BT1 5AB", grams=800) == [("Ferry", D(15)), pigeon]
    assert offered("NO") == [("Air", D(40)), pigeon]

    with pytest.raises(Conflict) as refused:
        remove_zone(actor, zone_id=islands.pk)
    assert "Ferry" in str(refused.value.message)
    bag = add_package(actor, name="Bag", length_mm=10, width_mm=10, height_mm=1, is_default=True)
    assert offered("GB", grams=801) == [("Post", D("3.50")), pigeon]
    with pytest.raises(Conflict):
        use_package(actor, package_id=bag.pk, active=False)
    sizes = {"length_mm": 200, "width_mm": 100, "height_mm": 100, "empty_grams": 200}
    change_package(actor, package_id=box.pk, name="Box", is_default=True, **sizes)
    assert offered("GB", grams=801) == [("Post", D("6.00")), pigeon]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"measure": "weight"}, "steps"),
        ({"steps": [(D(5), D(1))]}, "steps"),
        ({"measure": "weight", "steps": [(D(5), D(1)), (D(5), D(2))]}, "steps"),
        ({"measure": "moon", "steps": [(D(5), D(1))]}, "measure"),
    ],
)
def test_what_cannot_be_a_rule(business: Business, actor: Actor, fields: dict[str, Any], wrong: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        add_rate(actor, name="Post", price=D(1), **DAYS, **fields)
    assert list(refused.value.fields) == [wrong]


def test_a_zone_or_countries(business: Business, actor: Actor) -> None:
    zone = add_zone(actor, name="Home", countries=["GB"])
    with pytest.raises(InvalidInput):
        add_rate(actor, name="Post", price=D(1), zone_id=zone.pk, **{**DAYS, "countries": ["GB"]})
    with pytest.raises(InvalidInput) as refused:
        add_zone(actor, name="Nowhere", countries=[], postcodes=["BT*"])
    assert list(refused.value.fields) == ["countries"]


def test_from_the_cart_page_to_the_order(business: Business, actor: Actor) -> None:
    """The postcode decides before payment; who comes for it gets what lies there, or hears that it does not."""
    mug = make_variant(business, stock=10)
    Variant.unscoped.filter(pk=mug.pk).update(weight_grams=400)
    islands = add_zone(actor, name="Islands", countries=["GB"], postcodes=["BT*"])
    mainland = add_zone(actor, name="Mainland", countries=["GB"])
    by_weight = {"measure": "weight", "steps": [(D(1000), D("3.00")), (None, D("7.00"))]}
    add_rate(actor, name="Ferry", price=D(15), zone_id=islands.pk, **DAYS)
    post = add_rate(actor, name="Post", price=D(0), zone_id=mainland.pk, **by_weight, **DAYS)
    with tenancy.bind(business.pk):
        shop = Location.objects.create(name="Corner shop", code="CORNER")
    pickup = add_rate(actor, name="Collect", price=D(0), pickup_id=shop.pk, **DAYS)
    cart = make_cart(business, [(mug, 3)])

    page = Client()
    page.cookies["cart"] = cart.cookie_value
    url = f"/store/{business.slug}/cart/"
    text = page.get(url, {"to": "GB", "postcode": "bs1 4dj"}).content.decode()
    assert "What does delivery cost?" in text
    assert "£7.00" in text
    assert "Ferry" not in text
    assert "Ferry" in page.get(url, {"to": "GB", "postcode": "BT1 5AB"}).content.decode()

    quay = Address(name="Ada", line1="1 Quay", city="Bristol", postcode="BS1 4DJ", country="GB")
    belfast = Address(name="Ada", line1="1 Quay", city="Belfast", postcode="BT1 5AB", country="GB")
    guest = Actor.guest(business.pk)
    quote = quote_cart(guest, cart_id=cart.pk, address=quay, rate_id=post.pk)
    assert [(one["name"], D(one["price"])) for one in quote.snapshot["groups"][0]["offers"]] == [
        ("Post", D(7)),
        ("Collect", D(0)),
    ]
    with pytest.raises(StaleQuote):
        submit(business, cart, quote.pk, address=belfast, rate_id=post.pk)
    quote = quote_cart(guest, cart_id=cart.pk, address=quay, rate_id=pickup.pk)
    with pytest.raises(OutOfStock):
        submit(business, cart, quote.pk, address=quay, rate_id=pickup.pk, contact=ADA)
    quote = quote_cart(guest, cart_id=cart.pk, address=quay, rate_id=post.pk)
    (order,) = orders_of(submit(business, cart, quote.pk, address=quay, rate_id=post.pk, contact=ADA))
    assert (order.shipping_name, order.shipping_total) == ("Post", D("7.00"))

    change_rate(actor, rate_id=post.pk, name="Post", price=D(2), zone_id=mainland.pk, **DAYS)
    assert [one.price for one in list_rates(business, "GB", D(1), grams=9000)][:1] == [D(2)]
