"""Zones, packages and rates for programs: what a change leaves out stays, also when two change at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business
from apps.selling.shipping import rates_api
from apps.selling.shipping.models import DeliveryZone, Package, ShippingRate
from apps.selling.shipping.services import change_rate_part, use_carrier
from tests.api.world import Caller
from tests.factories.businesses import make_business, make_member, owner_of

pytestmark = pytest.mark.django_db

D = Decimal
DAYS = {"delivery_days_min": 1, "delivery_days_max": 3}


@pytest.fixture
def shop() -> Business:
    return make_business(slug="harbour", name="Harbour Goods")


@pytest.fixture
def feed(shop: Business) -> Caller:
    return Caller(shop, owner_of(shop))


def made(feed: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = feed.send("POST", path, body)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_zones_packages_and_rates_are_kept(shop: Business, feed: Caller) -> None:
    zone = made(feed, "shipping-zones/", {"name": "Islands", "countries": ["gb"], "postcodes": ["bt*"]})
    assert (zone["countries"], zone["postcodes"]) == (["GB"], ["BT*"])
    sides = {"length_mm": 300, "width_mm": 200, "height_mm": 105}
    box = made(feed, "shipping-packages/", {"name": "Box", "empty_grams": 150, **sides})
    bag = made(feed, "shipping-packages/", {"name": "Bag", **sides})
    assert (box["is_default"], bag["is_default"]) == (True, False)
    body = {
        "name": "Ferry", "zone_id": zone["id"], "measure": "weight", "free_over": "90",
        "steps": [{"up_to": "2000", "price": "4.50"}, {"up_to": None, "price": "9"}],
        "surcharges": [
            {"shipping_class": "Bulky", "amount": "12.50", "each_piece": True},
            {"shipping_class": "Dangerous", "amount": None},
        ],
        **DAYS,
    }  # fmt: skip
    rate = made(feed, "shipping-rates/", body)
    assert rate["steps"] == [
        {"up_to": "2000.0000", "price": "4.50"},
        {"up_to": None, "price": "9.00"},
    ]
    assert rate["surcharges"] == [
        {"shipping_class": "Bulky", "amount": "12.50", "each_piece": True},
        {"shipping_class": "Dangerous", "amount": None, "each_piece": False},
    ]
    assert (rate["zone"], rate["currency"], rate["carrier"]) == (zone["id"], "GBP", None)
    assert feed.get(f"shipping-rates/{rate['id']}/").json() == rate

    changed = feed.send("PATCH", f"shipping-rates/{rate['id']}/", {"name": "Boat"}).json()
    kept = {"name", "updated_at"}
    assert {**changed, "name": ""}.keys() == rate.keys()
    assert {k: v for k, v in changed.items() if k not in kept} == {
        k: v for k, v in rate.items() if k not in kept
    }
    flat = feed.send("PATCH", f"shipping-rates/{rate['id']}/", {"measure": "flat", "price": "5"}).json()
    assert (flat["steps"], flat["price"], flat["free_over"]) == ([], "5.00", "90.00")

    assert feed.send("DELETE", f"shipping-zones/{zone['id']}/").status_code == 409
    assert feed.send("DELETE", f"shipping-rates/{rate['id']}/").status_code == 204
    assert [one["name"] for one in feed.get("shipping-rates/?active=false").json()["results"]] == ["Boat"]
    back = feed.send("PATCH", f"shipping-rates/{rate['id']}/", {"active": True, "zone_id": None}).json()
    assert (back["active"], back["zone"]) == (True, None)
    assert feed.send("DELETE", f"shipping-zones/{zone['id']}/").status_code == 204

    usual = feed.send("PATCH", f"shipping-packages/{bag['id']}/", {"is_default": True}).json()
    assert (usual["is_default"], usual["length_mm"]) == (True, 300)
    assert feed.send("DELETE", f"shipping-packages/{bag['id']}/").status_code == 409
    assert feed.send("DELETE", f"shipping-packages/{box['id']}/").status_code == 204
    assert [one["name"] for one in feed.get("shipping-packages/?active=true").json()["results"]] == ["Bag"]
    entries = AuditEntry.objects.filter(action__startswith="shipping.")
    assert {"shipping.rate_added", "shipping.rate_changed", "shipping.rate_used", "shipping.package_used",
            "shipping.zone_removed"} <= set(entries.values_list("action", flat=True))  # fmt: skip


def test_a_rate_of_a_carrier_is_changed_in_parts(shop: Business, feed: Caller) -> None:
    body = {
        "name": "Express", "measure": "carrier",
        "carrier": {"carrier": "sandbox", "service": "express", "percent": "10", "fallback": "20"}, **DAYS,
    }  # fmt: skip
    assert feed.send("POST", "shipping-rates/", body).status_code == 400  # nobody uses this carrier yet
    use_carrier(Actor.system("test", shop.pk), carrier="sandbox", active=True)
    rate = made(feed, "shipping-rates/", body)
    assert rate["carrier"] == {
        "carrier": "sandbox", "service": "express", "percent": "10.00", "extra": "0.00", "fallback": "20.00",
    }  # fmt: skip
    path = f"shipping-rates/{rate['id']}/"
    changed = feed.send("PATCH", path, {"carrier": {"extra": "1.50"}})
    assert changed.status_code == 200, changed.content
    assert changed.json()["carrier"] == {**rate["carrier"], "extra": "1.50"}
    assert feed.send("PATCH", path, {"carrier": {"fallback": None}}).json()["carrier"]["fallback"] is None
    assert feed.send("PATCH", path, {"steps": [{"up_to": None, "price": "1"}]}).status_code == 400
    assert feed.send("PATCH", path, {"carrier": None}).status_code == 400
    own = feed.send("PATCH", path, {"measure": "flat", "price": "7"}).json()
    assert (own["carrier"], own["price"]) == (None, "7.00")
    assert feed.send("PATCH", path, {"measure": "carrier"}).status_code == 400
    assert feed.send("PATCH", path, {"service": "x"}).status_code == 400


def test_two_changes_of_one_rate_are_both_kept(
    shop: Business, feed: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody changes the price after the door has read its input and before the service writes."""
    rate = made(feed, "shipping-rates/", {"name": "Post", "price": "4", **DAYS})
    system = Actor.system("test", shop.pk)

    def meanwhile(actor: Actor, *, rate_id: UUID, values: dict[str, Any]) -> ShippingRate:
        change_rate_part(system, rate_id=rate_id, values={"price": D(9)})
        return change_rate_part(actor, rate_id=rate_id, values=values)

    monkeypatch.setattr(rates_api.RateViewSet, "change", staticmethod(meanwhile))
    answer = feed.send("PATCH", f"shipping-rates/{rate['id']}/", {"name": "Parcel"}).json()
    assert (answer["name"], answer["price"]) == ("Parcel", "9.00")


def test_filters_permissions_and_walls(shop: Business, feed: Caller) -> None:
    home = made(feed, "shipping-zones/", {"name": "Home", "countries": ["GB"]})
    made(feed, "shipping-zones/", {"name": "World", "countries": []})
    made(feed, "shipping-rates/", {"name": "Post", "price": "4", "zone_id": home["id"], **DAYS})
    made(feed, "shipping-rates/", {"name": "Fjord", "price": "9", "countries": ["NO"], **DAYS})

    def names(path: str) -> list[str]:
        return sorted(one["name"] for one in feed.get(path).json()["results"])

    assert names("shipping-zones/?country=gb") == ["Home"]
    assert names("shipping-rates/?country=GB&active=true") == ["Post"]
    assert names(f"shipping-rates/?zone={home['id']}") == ["Post"]
    assert names("shipping-rates/?measure=carrier") == []
    assert feed.get("shipping-rates/?active=perhaps").status_code == 400

    keeper = Caller(shop, make_member(shop, "stock_keeper"))
    for path, model in (
        ("shipping-zones/", DeliveryZone), ("shipping-packages/", Package), ("shipping-rates/", ShippingRate),
    ):  # fmt: skip
        before = model.unscoped.count()
        body = {"name": "X", "countries": [], "length_mm": 1, "width_mm": 1, "height_mm": 1}
        if model is ShippingRate:
            body = {"name": "X", "price": "1", **DAYS}
        elif model is DeliveryZone:
            body = {"name": "X", "countries": []}
        else:
            body.pop("countries")
        assert keeper.send("POST", path, body).status_code == 403
        assert model.unscoped.count() == before
    assert keeper.send("PATCH", f"shipping-zones/{home['id']}/", {"name": "Y"}).status_code == 403
    other = make_business(slug="juniper", name="Juniper")
    stranger = Caller(other, owner_of(other))
    for method, body in (("GET", None), ("PATCH", {"name": "Mine"}), ("DELETE", None)):
        assert stranger.send(method, f"shipping-zones/{home['id']}/", body).status_code == 404
    with tenancy.bind(shop.pk):
        assert DeliveryZone.objects.get(pk=home["id"]).name == "Home"
