"""The bell: who is told of what, once, and as each one wants it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.goods.catalog.models import Product
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused
from apps.kernel.events import publish
from apps.kernel.ids import new_id
from apps.kernel.models import Delivery, OutboxEvent
from apps.kernel.use_cases import together
from apps.platform.alerts.kinds import declare_kind
from apps.platform.alerts.models import Alert, Preference
from apps.platform.alerts.services import Wanted, choose_preferences, mark_read, notify_members
from apps.platform.alerts.tasks import forget_old, tell_parked
from apps.platform.businesses.models import Business, Membership
from apps.platform.businesses.selectors import actor_for
from apps.platform.businesses.services import add_location, set_member_reach, suspend_member
from apps.platform.notifications.models import Message
from apps.selling.payments.events import PaymentRefundFailed
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_product, variants_of
from tests.factories.orders import make_order

pytestmark = pytest.mark.django_db
KIND = declare_kind("order_paid", "An order is paid", permission="orders.read")


def told(person: Any, kind: str) -> list[Alert]:
    return list(Alert.unscoped.filter(user=person, kind=kind))


def notify(business: Business, key: str = "k", **changes: Any) -> int:
    known: dict[str, Any] = {"kind": KIND, "title": "Order 1001 is paid", "link": "/admin/orders/order/"}
    return notify_members(Actor.system("tests", business.pk), dedupe_key=key, **{**known, **changes})


def test_a_paid_order_is_told_once_to_who_may_see_it_where_it_is_seen() -> None:
    business = make_business()
    owner, cashier, buyer = owner_of(business), make_member(business), make_member(business, "buyer")
    elsewhere, gone = make_member(business, "manager"), make_member(business, "manager")
    system = Actor.system("tests", business.pk)
    van = add_location(system, name="Van", code="VAN", kind="van")
    with tenancy.bind(business.pk):
        members = {row.user_id: row.pk for row in Membership.objects.all()}
    set_member_reach(system, membership_id=members[elsewhere.pk], location_ids=[van.pk])
    suspend_member(system, membership_id=members[gone.pk])
    variant = variants_of(make_product(business, price="18.00", stock=40))[0]
    order = make_order(business, lines=[(variant, 1)], paid=True)
    outbox.drain()

    for person in (owner, cashier):
        (alert,) = told(person, "order_paid")
        assert str(order.number) in alert.title
        assert alert.link == reverse("admin:orders_order_change", args=[order.pk])
    for person in (buyer, elsewhere, gone):
        assert told(person, "order_paid") == []


def test_stock_that_runs_low_is_told() -> None:
    business = make_business()
    keeper = make_member(business, "stock_keeper")
    variant = variants_of(make_product(business, title="Moss mug", stock=6))[0]
    make_order(business, lines=[(variant, 4)])
    outbox.drain()
    (alert,) = told(keeper, "stock_low")
    assert "Moss mug" in alert.title
    assert "2 left" in alert.title
    product = Product.unscoped.get(business=business)
    assert alert.link == reverse("admin:catalog_product_change", args=[product.pk])


def test_a_refused_refund_is_told() -> None:
    business = make_business()
    cashier, support = make_member(business), make_member(business, "support")
    with together(Actor.system("tests", business.pk)):
        publish(
            PaymentRefundFailed(
                business_id=business.pk, payment_id=new_id(), owner_type="order", owner_id=new_id(),
                refund_id=new_id(), amount=Decimal("9.50"), currency="GBP", reason="The card is closed",
            )
        )  # fmt: skip
    outbox.drain()
    (alert,) = told(support, "refund_failed")
    assert (alert.title, alert.text) == ("A refund of £9.50 was refused", "The card is closed")
    assert told(cashier, "refund_failed") == []


def park(business: Business) -> None:
    event = OutboxEvent.objects.create(
        business_id=business.pk, name="tests.happened", version=1, owner="order:1", payload={}
    )
    Delivery.objects.create(
        event=event, business_id=business.pk, subscriber="tests.subscriber", owner="order:1", state="dead"
    )


def test_each_newly_parked_event_is_told_once() -> None:
    business, other = make_business(), make_business("Prairie")
    park(business)
    tell_parked()
    tell_parked()
    assert len(told(owner_of(business), "event_parked")) == 1
    assert told(owner_of(other), "event_parked") == []
    park(business)
    tell_parked()
    assert len(told(owner_of(business), "event_parked")) == 2


def test_the_same_reason_is_told_once_per_person_and_business() -> None:
    business, other = make_business(), make_business("Prairie")
    notify(business)
    notify(business)
    notify(other)
    assert len(told(owner_of(business), "order_paid")) == 1
    assert len(told(owner_of(other), "order_paid")) == 1


def test_a_link_leads_into_the_back_office() -> None:
    with pytest.raises(InvalidInput):
        notify(make_business(), link="https://evil.example/")


def test_everybody_reads_only_his_own() -> None:
    business = make_business()
    cashier = make_member(business)
    notify(business)
    theirs = told(owner_of(business), "order_paid")[0]
    actor = actor_for(cashier, business)
    assert mark_read(actor, alert_ids=[theirs.pk]) == 0
    assert mark_read(actor) == 1
    assert mark_read(actor) == 0
    assert Alert.unscoped.get(pk=theirs.pk).read_at is None
    with pytest.raises(PermissionRefused):
        mark_read(Actor.system("tests", business.pk))


def test_what_was_read_is_dropped_after_thirty_days_and_the_rest_stays() -> None:
    business = make_business()
    notify(business, "old")
    mark_read(actor_for(owner_of(business), business))
    notify(business, "unread")
    with clock.travel(dt.timedelta(days=29)):
        assert forget_old() == 0
    with clock.travel(dt.timedelta(days=31)):
        assert forget_old() == 1
    assert [alert.dedupe_key for alert in told(owner_of(business), "order_paid")] == ["unread"]


def test_each_one_is_told_as_he_wants_it() -> None:
    business = make_business()
    owner, cashier = owner_of(business), make_member(business)
    choose_preferences(
        actor_for(owner, business), wanted={"order_paid": Wanted(False, True), "nonsense": Wanted(True, True)}
    )
    assert Preference.unscoped.count() == 1
    assert notify(business) == 1
    notify(business)
    assert told(owner, "order_paid") == []
    assert len(told(cashier, "order_paid")) == 1
    (mail,) = Message.unscoped.filter(template="member_alert")
    assert mail.to == owner.email
    assert "/admin/orders/order/" in mail.text
    assert "/admin/me/alerts/" in mail.html


def test_the_bell_and_its_pages() -> None:
    business = make_business()
    client = sign_in(Client(), owner_of(business), business)
    assert "Nothing new" in client.get(reverse("admin:alerts")).content.decode()
    notify(business, "one", title="Order <b>1</b> is paid")
    notify(business, "two")
    page = client.get("/admin/").content.decode()
    assert 'aria-label="Alerts, 2 unread"' in page
    listed = client.get(reverse("admin:alerts")).content.decode()
    assert "Order &lt;b&gt;1&lt;/b&gt; is paid" in listed

    first = told(owner_of(business), "order_paid")[0]
    client.post(reverse("admin:alerts"), {"alert": str(first.pk)})
    assert 'aria-label="Alerts, 1 unread"' in client.get("/admin/").content.decode()
    client.post(reverse("admin:alerts"), {"all": "1"})
    assert 'aria-label="Alerts"' in client.get("/admin/").content.decode()
    assert "Nothing new" in client.get(reverse("admin:alerts")).content.decode()
    assert "Order 1001 is paid" in client.get(reverse("admin:alerts"), {"show": "all"}).content.decode()


def test_the_bell_costs_no_query_of_its_own_and_counts_no_further_than_a_hundred() -> None:
    business = make_business()
    client = sign_in(Client(), owner_of(business), business)
    for number in range(105):
        notify(business, str(number))
    for address in ("/admin/", reverse("admin:alerts")):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address).content.decode()
        assert "99+ unread" in page
        asked = [query["sql"] for query in queries if "alerts_alert" in query["sql"]]
        own = [sql for sql in asked if "businesses_membership" not in sql]
        assert len(own) == (0 if address == "/admin/" else 1)
        assert not any("COUNT" in sql for sql in asked)
    older = client.get(reverse("admin:alerts")).context["older_url"]
    shown = client.get(reverse("admin:alerts") + older).context["rows"]
    assert len(shown) == 50


def test_preferences_are_chosen_on_a_page_of_my_account() -> None:
    business = make_business()
    keeper = make_member(business, "stock_keeper")
    client = sign_in(Client(), keeper, business)
    page = client.get(reverse("admin:my_alerts")).content.decode()
    assert "Stock runs low" in page
    assert "A refund was refused" not in page
    client.post(reverse("admin:my_alerts"), {"email:stock_low": "on", "email:refund_failed": "on"})
    chosen = Preference.unscoped.get(user=keeper, kind="stock_low")
    assert (chosen.at_bell, chosen.by_email) == (False, True)
    assert not Preference.unscoped.filter(user=keeper, kind="refund_failed").exists()
