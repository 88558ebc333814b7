"""Who runs the platform sees what is parked anywhere and replays it; each look and each replay is written down."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.kernel import tenancy
from apps.kernel.models import AuditEntry, Delivery, OutboxEvent
from apps.platform.businesses.models import Business
from tests.factories.businesses import make_business, owner_of, sign_in

from .test_platform import platform_client

pytestmark = pytest.mark.django_db
PATHS = ("/platform/events/", "/platform/events/parked/")


def park(business: Business, **fields: Any) -> Delivery:
    event = OutboxEvent.objects.create(
        business_id=business.pk, name="tests.happened", version=1, owner="order:1",
        payload={"to": "ada@example.com", "order_id": "7"},
    )  # fmt: skip
    return Delivery.objects.create(
        event=event, business_id=business.pk, subscriber="tests.subscriber", owner=f"order:{business.slug}",
        state="dead", attempts=12, last_error="ValueError: no such account", **fields,
    )  # fmt: skip


def test_members_do_not_find_the_pages() -> None:
    business = make_business()
    member = sign_in(Client(), owner_of(business), business)
    for path in (*PATHS, f"/platform/events/parked/{park(business).pk}/"):
        assert member.get(path).status_code == 404
        assert Client().get(path).status_code == 302
    assert member.post(PATHS[1], {"subscriber": "tests.subscriber", "confirmed": "1"}).status_code == 404


@pytest.mark.usefixtures("no_crossing")
def test_all_businesses_are_counted_shown_and_replayed(django_assert_max_num_queries: Any) -> None:
    client = platform_client()
    with tenancy.crossing("tests"):
        shops = [make_business(f"Shop {number}") for number in range(3)]
        rows = [park(shop) for shop in shops]
    with django_assert_max_num_queries(8):
        page = client.get(PATHS[0]).content.decode()
    assert "3 parked" in page
    assert "orders.placed" in page
    listed = client.get(PATHS[1]).content.decode()
    assert all(shop.name in listed for shop in shops)
    one = client.get(f"{PATHS[1]}{rows[0].pk}/").content.decode()
    assert "no such account" in one
    assert "ada@example.com" not in one
    with tenancy.crossing("tests"):
        looks = AuditEntry.objects.filter(action="platform.crossing", object_id="outbox.parked")
        assert looks.count() == 2

    asked = client.post(PATHS[1], {"subscriber": "tests.subscriber"}).content.decode()
    assert "3 events go back in the queue" in asked
    with tenancy.crossing("tests"):
        assert Delivery.objects.filter(state="dead").count() == 3

    assert client.post(PATHS[1], {"delivery": [rows[0].pk], "confirmed": "1"}).status_code == 302
    assert client.post(PATHS[1], {"subscriber": "tests.subscriber", "confirmed": "1"}).status_code == 302

    with tenancy.crossing("tests"):
        assert (
            Delivery.objects.filter(pk__in=[row.pk for row in rows], state="pending", attempts=0).count() == 3
        )
        replays = AuditEntry.objects.filter(action="platform.events_replayed")
        assert {entry.chain for entry in replays} >= {shop.pk for shop in shops}
        assert replays.filter(chain=shops[0].pk).get().actor_label.endswith("(MoniDesk)")
