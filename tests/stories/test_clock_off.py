"""The web's clock is an hour off the database's: orders, promises, links and messages behave as documented."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from apps.goods.inventory.models import StockBalance
from apps.kernel import clock, outbox, tenancy
from apps.kernel.errors import WrongState
from apps.kernel.models import Delivery, OutboxEvent
from apps.platform.businesses.invitations import get_invited, invitation_url
from apps.platform.businesses.models import Business, Membership
from apps.platform.media.stores import _sign, read_token
from apps.selling.orders.models import Order, OrderLine, TimelineEntry
from apps.selling.orders.tasks import expire_due_orders
from apps.selling.payments.models import Capture
from apps.selling.payments.providers import registry
from tests.factories.businesses import make_business, make_member
from tests.factories.goods import make_variant
from tests.factories.orders import make_order
from tests.factories.payments import make_attempt, message, post_webhook, script_provider

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
OFF = pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["ahead", "behind"])


def promised(variant: Any) -> int:
    return int(StockBalance.unscoped.get(variant=variant).reserved)


@OFF
def test_the_moment_of_an_order_is_the_products_clock_and_never_the_databases(
    business: Business, off: Any
) -> None:
    """One clock decides. A column filled by the database would stand an hour beside the others."""
    variant = make_variant(business, stock=5)
    with clock.travel(off):
        order = make_order(business, lines=[(variant, 1)])
        here = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        there = cursor.fetchone()[0]
    assert abs(abs(here - there) - HOUR) < dt.timedelta(minutes=1)
    assert abs(order.created_at - here) < dt.timedelta(minutes=1)
    assert order.expires_at - here > dt.timedelta(minutes=1)
    assert {abs(each - here) < dt.timedelta(minutes=1) for each in moments_of(order)} == {True}


def moments_of(order: Order) -> list[dt.datetime]:
    """When the order's lines, story and events say that they were made."""
    events = OutboxEvent.objects.filter(owner=f"order:{order.pk}").values_list("occurred_at", flat=True)
    lines = OrderLine.unscoped.filter(order=order).values_list("created_at", flat=True)
    story = TimelineEntry.unscoped.filter(order=order).values_list("at", flat=True)
    assert len(events) > 0 < len(lines)
    return [*events, *lines, *story]


@OFF
def test_events_of_a_web_that_is_off_are_delivered_within_the_hour(business: Business, off: Any) -> None:
    """Behind: at once. Ahead: a worker with the right time waits until the moment has come, and loses nothing."""
    with clock.travel(off):
        make_order(business, lines=[(make_variant(business, stock=5), 1)])
    outbox.drain()
    waiting = Delivery.objects.filter(state="pending").count()
    assert waiting == 0 if off < dt.timedelta(0) else waiting > 0
    with clock.travel(HOUR + dt.timedelta(seconds=5)):
        outbox.drain()
    assert not Delivery.objects.exclude(state="done").exists()


def test_an_order_of_a_web_that_is_behind_is_expired_early_and_never_oversold(business: Business) -> None:
    """Documented: an hour behind eats up to an hour of the time to pay; the stock is free again, not sold twice."""
    variant = make_variant(business, stock=5)
    with clock.travel(-HOUR):
        order = make_order(business, lines=[(variant, 2)])
    assert promised(variant) == 2
    with clock.travel(order.expires_at - dt.timedelta(seconds=5)):
        expire_due_orders()
    assert promised(variant) == 2
    with clock.travel(order.expires_at + dt.timedelta(seconds=5)):
        expire_due_orders()
        expire_due_orders()
    order.refresh_from_db()
    assert (order.state, promised(variant)) == ("expired", 0)


def test_an_order_of_a_web_that_is_ahead_is_kept_longer_and_released(business: Business) -> None:
    variant = make_variant(business, stock=5)
    with clock.travel(HOUR):
        order = make_order(business, lines=[(variant, 2)])
    right_time = order.expires_at - HOUR
    with clock.travel(right_time + dt.timedelta(minutes=1)):
        expire_due_orders()
    assert promised(variant) == 2
    with clock.travel(right_time + HOUR + dt.timedelta(minutes=1)):
        expire_due_orders()
    assert promised(variant) == 0


@pytest.fixture
def company() -> Iterator[None]:
    script_provider()
    yield
    registry._providers.pop("scripted", None)


@OFF
@pytest.mark.usefixtures("company")
def test_messages_about_payments_are_refused_by_a_web_that_is_off_and_count_once_it_is_right(
    business: Business, off: Any
) -> None:
    """Five minutes either way: the company sends again for days, so nothing is lost by refusing."""
    attempt = make_attempt(business)
    body, right = message(attempt), clock.now()
    with clock.travel(off):
        refused = post_webhook(business, body, event_id="evt_1", at=right)
    assert refused.status_code == 401
    assert Capture.unscoped.count() == 0
    assert post_webhook(business, body, event_id="evt_1", at=clock.now()).status_code == 200
    assert Capture.unscoped.count() == 1
    with clock.travel(dt.timedelta(minutes=4)):
        assert post_webhook(business, body, event_id="evt_1", at=right).status_code == 200
    assert Capture.unscoped.count() == 1


def test_signed_addresses_end_by_the_clock_of_who_reads_them() -> None:
    """Signed by a right clock for ten minutes: a web an hour ahead refuses, one behind lets it live an hour more."""
    token = _sign({"k": "file"}, dt.timedelta(minutes=10), "tests")
    with clock.travel(HOUR):
        assert read_token(token, "tests") is None
    with clock.travel(-HOUR):
        assert read_token(token, "tests") is not None
    with clock.travel(dt.timedelta(minutes=11)):
        assert read_token(token, "tests") is None
    with clock.travel(-HOUR):
        short = _sign({"k": "file"}, dt.timedelta(minutes=10), "tests")
    assert read_token(short, "tests") is None


@OFF
def test_an_invitation_of_seven_days_does_not_mind_an_hour(db: None, off: Any) -> None:
    business = make_business()
    user = make_member(business, "cashier")
    with tenancy.bind(business.pk):
        Membership.objects.filter(user=user).update(status="invited", invited_at=clock.now())
        link = invitation_url(Membership.objects.get(user=user))
    token = link.rstrip("/").rsplit("/", 1)[-1]
    with clock.travel(off):
        assert get_invited(token).user_id == user.pk
    with clock.travel(dt.timedelta(days=7) + HOUR), pytest.raises(WrongState):
        get_invited(token)
