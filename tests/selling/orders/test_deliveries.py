"""The delivery agent: the parcels of the own locations, nothing of money, and one button."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.inventory.lines import StockLine
from apps.goods.inventory.services import receive_stock
from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, PermissionRefused, WrongState
from apps.kernel.models import AuditEntry
from apps.platform.businesses import services as house
from apps.platform.businesses.models import Business, Location, Membership
from apps.platform.businesses.selectors import actor_for
from apps.selling.orders.models import Fulfilment, Order, TimelineEntry
from apps.selling.orders.services import hand_over
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import lines_of, make_order, pay, ship

pytestmark = pytest.mark.django_db
LIST = "admin:orders_fulfilment_changelist"


def sent(business: Business, **fields: Any) -> Fulfilment:
    order = ship(make_order(business, lines=[(make_variant(business, stock=3), 1)], paid=True, **fields))
    outbox.drain()
    return Fulfilment.unscoped.get(order=order)


@pytest.fixture
def shop() -> Business:
    return make_business()


@pytest.fixture
def elsewhere(shop: Business) -> Fulfilment:
    """A parcel that left a place the agent does not belong to."""
    system = Actor.system("t", shop.pk)
    van = house.add_location(system, name="Van", kind="van")
    variant = make_variant(shop)
    receive_stock(system, location_id=van.pk, lines=[StockLine(variant_id=variant.pk, quantity=1)])
    return Fulfilment.unscoped.get(order=ship(make_order(shop, lines=[(variant, 1)], paid=True)))


@pytest.fixture
def agent(shop: Business) -> Any:
    person = make_member(shop, "delivery_agent")
    with tenancy.bind(shop.pk):
        member, main = Membership.objects.get(user=person), Location.objects.get(is_default=True)
    house.set_member_reach(Actor.system("t", shop.pk), membership_id=member.pk, location_ids=[main.pk])
    return person


def test_the_page_of_a_verb_names_the_parcel_as_its_own_page_does(shop: Business, agent: Any) -> None:
    parcel = sent(shop)
    address = reverse("admin:verb", args=["orders", "fulfilment", parcel.pk, "hand-over"])
    page = sign_in(Client(), agent, shop).get(address).content.decode()
    assert f">Order {parcel.order.number}, parcel 1</a>" in page
    assert str(parcel.order_id) not in page


def test_the_agent_sees_own_parcels_and_nothing_else_of_the_house(
    shop: Business, agent: Any, elsewhere: Fulfilment
) -> None:
    ours = sent(shop)
    client = sign_in(Client(), agent, shop)
    page = client.get("/admin/")
    links = [item["link"] for group in page.context["sidebar_navigation"] for item in group["items"]]
    assert reverse(LIST) in links
    assert reverse("admin:orders_order_changelist") not in links
    assert "1 parcel is to be handed over" in page.content.decode()

    listed = client.get(reverse(LIST)).content.decode()
    assert str(ours.pk) in listed
    assert str(elsewhere.pk) not in listed
    assert client.get(f"/admin/orders/fulfilment/{elsewhere.pk}/").status_code == 404
    assert client.get(f"/admin/orders/order/{ours.order_id}/").status_code == 403


def test_a_parcels_page_says_where_to_and_never_how_much(shop: Business, agent: Any) -> None:
    ours = sent(shop, note="Ring twice")
    page = sign_in(Client(), agent, shop).get(f"/admin/orders/fulfilment/{ours.pk}/").content.decode()
    for said in ("Ada Obi", "1 Quay Street", "Ring twice", 'href="tel:+442079460000"', "Handed over"):
        assert said in page
    for kept in ("ada@example.com", "£"):
        assert kept not in page


def test_handing_over_closes_the_order_and_tells_where_it_is(shop: Business, agent: Any) -> None:
    ours = sent(shop)
    client = sign_in(Client(), agent, shop)
    address = reverse("admin:verb", args=["orders", "fulfilment", ours.pk, "hand-over"])
    assert client.get(address).status_code == 200

    answer = client.post(address, {"note": "With the neighbour at no. 5", "idempotency_key": "k"})
    again = client.post(address, {"note": "With the neighbour at no. 5", "idempotency_key": "k"})

    assert (answer.status_code, again.status_code) == (302, 302)
    order = Order.unscoped.get(pk=ours.order_id)
    assert (order.state, order.fulfilment_state) == ("closed", "delivered")
    story = TimelineEntry.unscoped.filter(order=order, is_public=True).values_list("kind", flat=True)
    assert list(story).count("delivered") == list(story).count("handed_over") == 1
    entry = AuditEntry.objects.get(chain=shop.pk, action="orders.delivered")
    assert (entry.actor_id, entry.reason) == (agent.pk, "With the neighbour at no. 5")
    page = client.get(f"/store/{shop.slug}/track/{order.public_token}/").content.decode()
    assert "Where it was left: With the neighbour at no. 5" in page
    with pytest.raises(WrongState):
        hand_over(actor_for(agent, shop), fulfilment_id=ours.pk)


def test_what_is_not_the_agents_is_not_found(shop: Business, agent: Any, elsewhere: Fulfilment) -> None:
    actor, theirs = actor_for(agent, shop), sent(make_business("Theirs"))
    for parcel in (elsewhere, theirs):
        with pytest.raises(NotFound):
            hand_over(actor, fulfilment_id=parcel.pk)
    with pytest.raises(InvalidInput):
        hand_over(actor, fulfilment_id=elsewhere.pk, note="x" * 301)


def test_of_two_parcels_only_the_one_handed_over_has_arrived(shop: Business) -> None:
    order = pay(make_order(shop, lines=[(make_variant(shop, stock=3), 2)]))
    line = lines_of(order)[0]
    ship(order, [(line.pk, 1)])
    ship(order, [(line.pk, 1)])
    outbox.drain()
    first = Fulfilment.unscoped.get(order=order, number=1)
    hand_over(actor_of(shop, "delivery_agent"), fulfilment_id=first.pk)
    states = Fulfilment.unscoped.filter(order=order).order_by("number").values_list("state", flat=True)
    assert list(states) == ["delivered", "shipped"]


def test_others_need_the_permission(shop: Business) -> None:
    with pytest.raises(PermissionRefused):
        hand_over(actor_of(shop, "cashier"), fulfilment_id=sent(shop).pk)
    client = sign_in(Client(), owner_of(shop), shop)
    assert client.get(reverse(LIST)).status_code == 200
