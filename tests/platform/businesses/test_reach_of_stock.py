"""Whoever is limited to locations promises and sends what lies there, and nothing that lies elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.inventory.lines import StockLine
from apps.goods.inventory.models import Reservation, StockBalance
from apps.goods.inventory.services import receive_stock
from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import OutOfStock, PermissionRefused
from apps.platform.access.services import create_key
from apps.platform.businesses import services
from apps.platform.businesses.models import Business, Location, Membership
from apps.platform.businesses.selectors import actor_for
from apps.selling.orders.drafts import Address, Contact, LineDraft
from apps.selling.orders.models import Order, OrderLine
from apps.selling.orders.services import fulfil_order, place_order
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import make_order

pytestmark = pytest.mark.django_db
QUAY = Address(name="Ada", line1="1 Quay", city="Bristol", postcode="BS1 4DJ", country="GB")


@pytest.fixture
def places() -> tuple[Business, Location, Location]:
    business = make_business()
    with tenancy.bind(business.pk):
        main = Location.objects.get(is_default=True)
        van = services.add_location(Actor.system("t", business.pk), name="Van", kind="van")
    return business, main, van


def limited(business: Business, role: str, place: Location) -> tuple[Any, Actor]:
    person = make_member(business, role)
    with tenancy.bind(business.pk):
        member = Membership.objects.get(user=person)
    services.set_member_reach(
        Actor.system("t", business.pk), membership_id=member.pk, location_ids=[place.pk]
    )
    return person, actor_for(person, business)


def stock(business: Business, variant: Any, place: Location, pieces: int) -> None:
    receive_stock(
        Actor.system("t", business.pk),
        location_id=place.pk,
        lines=[StockLine(variant_id=variant.pk, quantity=pieces)],
    )


def place(actor: Actor, variant: Any, pieces: int) -> Order:
    lines = [LineDraft(variant.pk, pieces)]
    ordered: Order = place_order(actor, lines=lines, contact=Contact(email="a@example.com"), address=QUAY)
    return ordered


def test_an_order_takes_the_stock_of_own_locations_only(places: Any) -> None:
    business, main, van = places
    mug = make_variant(business, stock=5)
    stock(business, mug, van, 3)
    _person, seller = limited(business, "cashier", van)

    order = place(seller, mug, 3)

    assert set(Reservation.unscoped.filter(owner_id=order.pk).values_list("location", flat=True)) == {van.pk}
    with pytest.raises(OutOfStock) as refusal:
        place(seller, mug, 1)  # five lie in the main shop
    assert refusal.value.context["lines"][0]["available"] == 0
    assert "Your locations" in str(refusal.value)
    balances = StockBalance.unscoped.filter(variant=mug)
    assert dict(balances.values_list("location", "reserved")) == {main.pk: 0, van.pk: 3}


def test_goods_that_are_not_counted_leave_the_default_location(places: Any) -> None:
    business, main, van = places
    card = make_variant(business, variant={"track_stock": False})
    with pytest.raises(PermissionRefused) as refusal:
        place(limited(business, "cashier", van)[1], card, 1)
    assert refusal.value.code == "location_of_others"
    assert place(limited(business, "cashier", main)[1], card, 1).number


def test_a_buyer_of_the_store_still_gets_what_lies_anywhere(places: Any) -> None:
    business, _main, van = places
    mug = make_variant(business, stock=1)
    stock(business, mug, van, 1)
    order = make_order(business, lines=[(mug, 2)])
    assert Reservation.unscoped.filter(owner_id=order.pk).count() == 2


@pytest.fixture
def split_order(places: Any) -> tuple[Order, Any, Any]:
    """Paid: one mug promised in the main shop, one in the van."""
    business, _main, van = places
    mug = make_variant(business, stock=1)
    stock(business, mug, van, 1)
    order = make_order(business, lines=[(mug, 2)], paid=True)
    outbox.drain()
    person, driver = limited(business, "stock_keeper", van)
    return order, person, driver


def test_only_pieces_of_own_locations_are_sent(places: Any, split_order: Any) -> None:
    business, main, van = places
    order, _person, driver = split_order
    line = OrderLine.unscoped.get(order=order)
    with pytest.raises(PermissionRefused) as refusal:
        fulfil_order(driver, order_id=order.pk)
    assert refusal.value.context["lines"] == [{"line_id": line.pk, "requested": 2, "available": 1}]

    fulfil_order(driver, order_id=order.pk, lines=[(line.pk, 1)])

    left = dict(StockBalance.unscoped.filter(business=business).values_list("location", "on_hand"))
    assert left == {main.pk: 1, van.pk: 0}


def test_the_back_office_says_so_and_keeps_the_form(places: Any, split_order: Any) -> None:
    business, _main, _van = places
    order, person, _driver = split_order
    client = sign_in(Client(), person, business)
    page = reverse("admin:verb", args=["orders", "order", order.pk, "ship"])
    line = OrderLine.unscoped.get(order=order)

    answer = client.post(page, {f"line_{line.pk}": "2", "idempotency_key": "k"})

    assert answer.status_code == 403
    assert "a location that you do not work at" in answer.content.decode()
    assert Order.unscoped.get(pk=order.pk).fulfilment_state == "unfulfilled"
    assert client.post(page, {f"line_{line.pk}": "1", "idempotency_key": "k"}).status_code == 302


def test_the_api_says_so_too(places: Any, split_order: Any) -> None:
    business, _main, van = places
    order, _person, _driver = split_order
    made = create_key(
        actor_for(owner_of(business), business),
        name="Van's scanner",
        permissions=["orders.read", "orders.fulfil"],
        location_ids=[van.pk],
    )
    answer = Client().post(
        f"/api/v1/orders/{order.pk}/fulfil/",
        {},
        content_type="application/json",
        headers={"Authorization": f"Bearer {made.shown_secret}", "Idempotency-Key": "k1"},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "location_of_others")
