"""Orders and customers in the back office: lists, detail, verbs, Today."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.platform.backoffice import search, today
from apps.platform.backoffice.verbs import verb_url
from apps.platform.businesses.models import Business
from apps.selling.orders.drafts import Contact
from apps.selling.orders.models import Order
from apps.selling.orders.services import add_note
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import lines_of, make_order, pay, reread, ship, system_of

pytestmark = pytest.mark.django_db
ORDERS = "/admin/orders/order/"
CUSTOMERS = "/admin/customers/customer/"


@pytest.fixture
def business(db: None) -> Business:
    return make_business(currency="GBP", tax_inclusive=True, tax_rate=Decimal("0.2"))


@pytest.fixture
def staff(client: Client, business: Business) -> Client:
    return sign_in(client, owner_of(business), business)


def listed(client: Client, query: str = "") -> list[str]:
    return [order.number for order in client.get(f"{ORDERS}{query}").context["cl"].result_list]


def queries_of(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_list_opens_with_what_waits_and_has_tabs(staff, business):
    paid, unpaid = pay(make_order(business)), make_order(business)
    sent = ship(pay(make_order(business)))
    assert listed(staff) == [paid.number]
    assert listed(staff, "?tab=unpaid") == [unpaid.number]
    assert listed(staff, "?tab=all") == [sent.number, unpaid.number, paid.number]
    assert listed(staff, "?tab=cancelled") == []


def test_search_finds_number_address_and_name_in_all_tabs(staff, business):
    order = make_order(business, contact=Contact(email="zoe@example.com", name="Zoë Quill"))
    make_order(business)
    Order.unscoped.filter(pk=order.pk).update(ship_name="Zoë Quill")
    for term in (order.number, f"%23{order.number}", "ZOE@", "zoe@example.com", "quill"):
        assert listed(staff, f"?q={term}") == [order.number], term
    assert listed(staff, "?q=zz") == []


def test_queries_do_not_grow_with_orders_lines_or_story(staff, business):
    first = pay(make_order(business))
    ship(first, [(lines_of(first)[0].pk, 1)])
    few = [queries_of(staff, f"{ORDERS}?tab=all"), queries_of(staff, f"{ORDERS}{first.pk}/")]
    many_lines = [(make_variant(business, stock=9), 2) for _ in range(8)]
    big = pay(make_order(business, lines=many_lines))
    for line in lines_of(big)[:4]:
        ship(big, [(line.pk, 1)])
    for _ in range(6):
        make_order(business)
    many = [queries_of(staff, f"{ORDERS}?tab=all"), queries_of(staff, f"{ORDERS}{big.pk}/")]
    assert many[0] == few[0] <= 8
    assert many[1] == few[1] <= 18  # with what credit paid, returns, parcels and what is waited for


def test_detail_says_where_the_order_stands(staff, business):
    order = pay(make_order(business))
    add_note(system_of(business), order_id=order.pk, text="Call <b>first</b>")
    page = staff.get(f"{ORDERS}{order.pk}/").content.decode()
    for text in (
        order.number,
        "Ada Obi",
        "1 Quay Street",
        "£27.00",
        "Payment of £27.00 received",
        "2 waiting",
    ):
        assert text in page, text
    assert "Call &lt;b&gt;first" in page
    assert verb_url(order, "ship") in page
    assert verb_url(order, "deliver") not in page


def test_ship_verb_sends_a_part_and_then_the_rest(staff, business):
    order = pay(make_order(business))
    (line,) = lines_of(order)
    url = verb_url(order, "ship")
    assert "Pieces to send" in staff.get(url).content.decode()
    first = {f"line_{line.pk}": "1", "carrier": "DHL", "tracking_number": "JD01", "idempotency_key": "one"}
    for _ in range(2):
        assert staff.post(url, first).status_code == 302
    assert reread(order).fulfilment_state == "part_fulfilled"
    too_many = staff.post(url, {f"line_{line.pk}": "5", "carrier": "Kept", "idempotency_key": "two"})
    assert too_many.status_code == 400
    assert "Kept" in too_many.content.decode()
    assert staff.post(url, {f"line_{line.pk}": "1", "idempotency_key": "three"}).status_code == 302
    assert reread(order).fulfilment_state == "fulfilled"


def test_refund_verb_previews_and_refunds(staff, business):
    order = ship(pay(make_order(business)))
    (line,) = lines_of(order)
    url = verb_url(order, "refund")
    assert staff.get(url).status_code == 200
    fields = {f"sent_{line.pk}": "1", "restock": "on", "reason": "Chipped"}
    preview = staff.post(f"/admin/orders/{order.pk}/refund-preview/", fields).content.decode()
    assert "£12.00 goes back" in preview
    assert "£2.00 of it is tax" in preview
    assert reread(order).refunded_total == 0
    assert (
        "At most"
        in staff.post(f"/admin/orders/{order.pk}/refund-preview/", {"amount": "99"}).content.decode()
    )
    assert staff.post(url, {**fields, "idempotency_key": "r"}).status_code == 302
    assert reread(order).refunded_total == 12
    refused = staff.post(url, {"amount": "99.00", "idempotency_key": "s"})
    assert refused.status_code == 400
    assert "At most £15.00 can go back" in refused.content.decode()


def test_cancel_deliver_confirm_and_note_verbs(staff, business):
    paid, sent, unpaid = pay(make_order(business)), ship(pay(make_order(business))), make_order(business)
    assert "goes back to the buyer" in staff.get(verb_url(paid, "cancel")).content.decode()
    assert staff.post(verb_url(paid, "cancel"), {"reason": "Sold elsewhere"}).status_code == 302
    assert staff.post(verb_url(sent, "deliver"), {}).status_code == 302
    assert staff.post(verb_url(unpaid, "confirm"), {}).status_code == 302
    assert staff.post(verb_url(unpaid, "note"), {"text": "Pays on Friday"}).status_code == 302
    assert [reread(order).state for order in (paid, sent, unpaid)] == ["cancelled", "closed", "confirmed"]
    assert staff.post(verb_url(paid, "cancel"), {"reason": "again"}).status_code == 409


def test_roles_see_only_what_they_may(client, business):
    order = pay(make_order(business))
    analyst = sign_in(client, make_member(business, "analyst"), business)
    page = analyst.get(f"{ORDERS}{order.pk}/")
    assert page.status_code == 200
    assert verb_url(order, "refund") not in page.content.decode()
    assert analyst.post(verb_url(order, "refund"), {"amount": "1"}).status_code == 403
    assert reread(order).refunded_total == 0


def test_other_business_orders_do_not_exist(staff, business):
    foreign = pay(make_order(make_business(currency="GBP")))
    assert listed(staff, "?tab=all") == []
    for url in (f"{ORDERS}{foreign.pk}/", verb_url(foreign, "ship")):
        assert staff.get(url).status_code == 404
    assert staff.post(f"/admin/orders/{foreign.pk}/refund-preview/", {}).status_code == 404
    assert staff.get(f"{CUSTOMERS}{foreign.customer_id}/").status_code == 404


def test_customers_with_their_orders(staff, business):
    order = make_order(business)
    page = staff.get(f"{CUSTOMERS}{order.customer_id}/").content.decode()
    assert order.number in page
    url = verb_url(order.customer, "edit")
    sent = {"name": "Ada N. Obi", "email": "ADA.N@example.com", "tags": "vip, press"}
    assert staff.post(url, sent).status_code == 302
    order.customer.refresh_from_db()
    customer = order.customer
    assert (customer.name, customer.email, customer.tags) == (
        "Ada N. Obi",
        "ada.n@example.com",
        ["press", "vip"],
    )
    assert [row.pk for row in staff.get(f"{CUSTOMERS}?q=obi").context["cl"].result_list] == [customer.pk]
    other = make_order(business, contact=Contact(email="taken@example.com"))
    taken = staff.post(verb_url(other.customer, "edit"), {**sent, "email": "ada.n@example.com"})
    assert taken.status_code == 409


def test_today_compares_with_the_same_weekday_and_lists_what_waits(staff, business):
    with clock.travel(dt.timedelta(days=-7, minutes=-1)):
        make_order(business)
    order = pay(make_order(business))
    make_order(business)
    page = staff.get("/admin/").content.decode()
    assert "£54.00" in page
    assert "£27.00" in page
    assert f"Order {order.number} of Ada Obi is paid and waits" in page
    assert verb_url(order, "ship") in page


def test_ctrl_k_finds_orders_and_customers(business):
    order = make_order(business)
    actor = Actor("user", None, "Ada", business.pk, permissions=frozenset({"orders.read", "customers.read"}))
    from apps.kernel import tenancy

    with tenancy.bind(business.pk):
        titles = [str(hit.title) for hit in search.find(actor, order.number)]
        assert f"Order {order.number}" in titles
        assert "Ada Obi" in [str(hit.title) for hit in search.find(actor, "ada@")]
        assert today.answers(actor)["cards"].failed == 0


def sums_of(client: Client, order: Order) -> list[tuple[str, str]]:
    sections = client.get(f"{ORDERS}{order.pk}/").context["sections"]
    return [(strip_tags(str(row[0])), strip_tags(str(row[4]))) for row in sections[0].footer]


def test_tax_that_prices_contain_is_said_under_the_total_and_not_added(staff, business):
    assert sums_of(staff, make_order(business)) == [
        ("Items", "£24.00"),
        ("Delivery", "£3.00"),
        ("Total", "£27.00"),
        ("of which VAT", "£4.50"),
    ]


def test_tax_that_is_added_is_a_summand(client):
    business = make_business("Prairie", currency="USD", tax_inclusive=False, tax_rate=Decimal("0.1"))
    staff = sign_in(client, owner_of(business), business)

    assert sums_of(staff, make_order(business)) == [
        ("Items", "$24.00"),
        ("Delivery", "$3.00"),
        ("VAT", "$2.70"),
        ("Total", "$29.70"),
    ]
