"""What buyers do with their own orders on the store's pages: change, cancel, ask; and when they may not."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.goods.inventory.models import StockBalance
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, PermissionRefused, WrongState
from apps.kernel.ids import new_id
from apps.people.customers.models import Customer
from apps.people.customers.services import join_company, record_customer
from apps.platform.backoffice.verbs import verb_url
from apps.platform.businesses.models import Business
from apps.platform.notifications.models import Message
from apps.selling.checkout.services import change_own_order
from apps.selling.orders.drafts import Contact
from apps.selling.orders.models import Order, OrderVersion
from apps.selling.orders.services import (
    answer_buyer,
    approve_order,
    ask_for_change,
    expire_order,
    hold_order,
    withdraw_order,
)
from apps.selling.orders.tasks import remind_unpaid
from apps.selling.pricing.services import save_list, set_entries
from apps.selling.pricing.services.entries import EntryDraft
from tests.factories.businesses import make_business, make_user, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import FLAT, capture, lines_of, make_order, make_rate, reread, ship, system_of
from tests.factories.promotions import make_promotion
from tests.money.receivables.furnished import make_company, order_on_account

D = Decimal
EMAIL = "trade@example.com"


def reserved(variant: Any) -> int:
    return StockBalance.unscoped.get(variant=variant).reserved


def bought(business: Business, **fields: Any) -> Order:
    """An order as the checkout places it; others are written by staff."""
    return make_order(business, checkout_id=new_id(), **fields)


def address(order: Order, *rest: str) -> str:
    return f"/store/{order.business.slug}/" + "/".join((*rest, ""))


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


@pytest.mark.django_db
def test_a_buyer_cancels_until_it_is_packed_and_gets_her_money_back(
    business: Business, make_actor: Any
) -> None:
    mug = make_variant(business, price="10.00", stock=9)
    order = make_order(business, lines=[(mug, 3)], paid=True)
    client, page = Client(), address(order, "orders", order.public_token, "change")
    assert page in client.get(address(order, "track", order.public_token)).content.decode()
    words = client.get(page).content.decode()
    assert "Cancel the whole order" in words
    assert "Change quantities" not in words, "it is paid: the shop has taken it on"
    answer = client.post(page, {"withdraw": "1", "reason": "Ordered twice", "key": hidden(words, "key")})
    assert answer["Location"] == address(order, "track", order.public_token)
    outbox.drain()
    order = reread(order)
    assert (order.state, order.payment_state, order.refunded_total) == ("cancelled", "refunded", D(33))
    assert reserved(mug) == 0
    assert "Ordered twice" in client.get(answer["Location"]).content.decode()
    assert client.get(page)["Location"] == answer["Location"], "nothing waits: there is nothing to change"
    sent = ship(make_order(business, lines=[(mug, 1)], paid=True))
    held = make_order(business, lines=[(mug, 1)], paid=True)
    hold_order(system_of(business), order_id=held.pk, reason="Address?")
    for other in (sent, held):
        with pytest.raises(WrongState):
            withdraw_order(Actor.guest(business.pk), order_id=other.pk)
    # A right to place orders is none to cancel them, or to give money back.
    clerk = make_actor(business, permissions=frozenset({"orders.place", "orders.read"}))
    with pytest.raises(PermissionRefused):
        withdraw_order(clerk, order_id=held.pk)
    with pytest.raises(PermissionRefused):
        change_own_order(clerk, order_id=held.pk, quantities={}, expected_total=D(0))


@pytest.mark.django_db
def test_a_buyer_changes_quantities_before_the_shop_takes_it_on(business: Business) -> None:
    mug, cup = (make_variant(business, price=price, stock=9) for price in ("10.00", "4.00"))
    make_rate(business, name="Standard", price="3.00", free_over=D(30))
    free = type(FLAT)("Standard", D(0))
    order = bought(business, lines=[(mug, 3), (cup, 1)], shipping=free)
    first, second = lines_of(order)
    client, page = Client(), address(order, "orders", order.public_token, "change")
    asked = {f"line_{first.pk}": "2", f"line_{second.pk}": "0"}
    words = client.post(page, {**asked, "look": "1"}).content.decode()
    # 20.00 is below the sum from which delivery is free: she pays it now, as in a cart.
    assert D(hidden(words, "total")) == D(23)
    assert OrderVersion.unscoped.count() == 0
    wrong = client.post(page, {**asked, "agree": "1", "total": "22.00"})
    assert wrong.status_code == 409
    agreed = {**asked, "agree": "1", "total": hidden(words, "total"), "key": hidden(words, "key")}
    assert [client.post(page, agreed).status_code for _twice in "ab"] == [302, 302]
    order = reread(order)
    assert (order.total, order.version, order.outstanding, order.state) == (D(23), 2, D(23), "placed")
    assert (reserved(mug), reserved(cup)) == (2, 0)
    for nonsense in ("-1", "two", "1" * 40):
        answer = client.post(page, {f"line_{first.pk}": nonsense, "look": "1"})
        assert answer.status_code == 400, nonsense
    all_off = client.post(page, {f"line_{first.pk}": "0", "look": "1"})
    assert (all_off.status_code, "cancel it instead" in all_off.content.decode()) == (409, True)
    with clock.travel(dt.timedelta(days=9)), pytest.raises(WrongState):
        change(order, {first.pk: 1}, D(13))


def change(order: Order, quantities: Any, total: Decimal, **more: Any) -> OrderVersion:
    return change_own_order(
        Actor.guest(order.business_id), order_id=order.pk, quantities=quantities, expected_total=total, **more
    )


@pytest.mark.django_db
def test_nobody_keeps_a_price_that_fewer_would_not_have(business: Business) -> None:
    """Ten cost 5 each, fewer 10; and a promotion that asked for much stays with much."""
    tea, system = make_variant(business, price="10.00", stock=40), system_of(business)
    plain = make_variant(business, price="10.00", stock=40)
    with tenancy.bind(business.pk):
        kept = save_list(system, name="Many", level="sale", reference="7")
        set_entries(
            system, list_id=kept.pk, entries=[EntryDraft(variant_id=tea.pk, price=D(5), min_quantity=10)]
        )
    order = reread(bought(business, lines=[(tea, 12), (plain, 2)], shipping=None))
    first, second = lines_of(order)
    assert order.total == D(80)
    with pytest.raises(InvalidInput) as refused:
        change(order, {first.pk: 2}, D(30))
    assert refused.value.code == "orders.price_by_quantity"
    assert change(order, {first.pk: 11, second.pk: 3}, D(85)).total == D(85)
    with tenancy.bind(business.pk):
        set_entries(
            system, list_id=kept.pk, entries=[EntryDraft(variant_id=plain.pk, price=D(20), min_quantity=1)]
        )
    with pytest.raises(InvalidInput):
        change(order, {second.pk: 4}, D(95))
    assert change(order, {second.pk: 1}, D(65)).total == D(65), "fewer at the price agreed to stay possible"
    make_promotion(business)
    cheaper = bought(business, lines=[(plain, 4)], shipping=None)
    assert cheaper.promotions
    with pytest.raises(WrongState):
        change(cheaper, {lines_of(cheaper)[0].pk: 1}, D(18))
    assert ask_for_change(
        Actor.guest(business.pk), order_id=cheaper.pk, text="Only one, please"
    ).change_asked_at


@pytest.fixture
def trader(business: Business) -> Any:
    make_company(business, email=EMAIL, limit="100.00", least_order=D(30))
    user = make_user("tess@example.com")
    with tenancy.bind(business.pk):
        Customer.objects.filter(email=EMAIL).update(user=user)
    return user


@pytest.mark.django_db
def test_a_companys_buyer_changes_her_order_on_account_before_it_is_approved(
    business: Business, trader: Any
) -> None:
    board = make_variant(business, price="60.00", stock=9)
    order = reread(order_on_account(business, EMAIL, [(board, 2)], checkout_id=new_id()))
    assert (order.state, order.over_limit_by) == ("placed", D(20))
    (line,) = lines_of(order)
    page, client = address(order, "orders", order.public_token, "change"), Client()
    # The link alone lies in mails that many read.
    stranger = client.get(page)
    assert (stranger.status_code, "Sign in" in stranger.content.decode()) == (403, True)
    assert client.post(page, {"withdraw": "1"}).status_code == 403
    for nobody in (None, make_user("other@example.com").pk):
        with pytest.raises(PermissionRefused):
            withdraw_order(Actor.guest(business.pk), order_id=order.pk, user_id=nobody)
        with pytest.raises(PermissionRefused):
            change(order, {line.pk: 1}, D(60), user_id=nobody)
    client.force_login(trader, backend="django.contrib.auth.backends.ModelBackend")
    words = client.post(page, {f"line_{line.pk}": "1", "look": "1"}).content.decode()
    assert "Remind the shop" in words
    client.post(page, {"nudge": "1"})
    agreed = {f"line_{line.pk}": "1", "agree": "1", "total": hidden(words, "total")}
    assert client.post(page, agreed).status_code == 302
    order = reread(order)
    assert (order.state, order.total, order.over_limit_by, reserved(board)) == ("confirmed", D(60), D(0), 1)
    # It was taken on by that: from now on she asks.
    words = client.get(page).content.decode()
    assert ("Change quantities" in words, "Ask for a change" in words) == (False, True)
    assert client.post(page, {"ask": "1", "text": "Two, after all?"}).status_code == 302
    assert client.post(page, {"withdraw": "1"}).status_code == 302
    assert (reread(order).state, reserved(board)) == ("cancelled", 0)


@pytest.mark.django_db
def test_who_has_signed_in_finds_her_orders_and_her_companys(business: Business, trader: Any) -> None:
    pen = make_variant(business, price="2.00", stock=90)
    hers = order_on_account(business, EMAIL, [(pen, 20)], po_number="PO-77")
    colleague = record_customer(system_of(business), email="colleague@example.com", name="Cleo")
    join_company(system_of(business), company_id=hers.company_id, customer_id=colleague.pk)
    of_colleague = order_on_account(business, "colleague@example.com", [(pen, 15)])
    stranger = make_order(business, lines=[(pen, 1)])
    client, page = Client(), f"/store/{business.slug}/orders/"
    asked = client.get(page)
    assert (asked.status_code, "next=" in asked["Location"]) == (302, True)
    client.force_login(trader, backend="django.contrib.auth.backends.ModelBackend")
    words = client.get(page).content.decode()
    for order, seen in ((hers, True), (of_colleague, True), (stranger, False)):
        assert (order.public_token in words) is seen, order.number
    assert "PO-77" in words
    other = Client()
    other.force_login(make_user("somebody@example.com"), backend="django.contrib.auth.backends.ModelBackend")
    assert "You have not ordered here yet" in other.get(page).content.decode()
    assert client.get(page, {"page": "9"}).status_code == 200
    with CaptureQueriesContext(connection) as few:
        client.get(page)
    make_order(business, lines=[(pen, 1)], contact=Contact(email=EMAIL, name="Tess"))
    with CaptureQueriesContext(connection) as more:
        assert client.get(page).content.decode().count("/track/") == 3
    assert len(few) == len(more)


@pytest.mark.django_db
def test_a_change_keeps_the_companys_smallest_order(business: Business, trader: Any) -> None:
    pen = make_variant(business, price="20.00", stock=90)
    order_on_account(business, EMAIL, [(pen, 4)])
    order = order_on_account(business, EMAIL, [(pen, 2)], checkout_id=new_id())
    assert order.state == "placed"
    with pytest.raises(InvalidInput) as refused:
        change(order, {lines_of(order)[0].pk: 1}, D(20), user_id=trader.pk)
    assert refused.value.code == "orders.below_least"
    approve_order(system_of(business), order_id=order.pk)
    with pytest.raises(WrongState):
        change(order, {lines_of(order)[0].pk: 3}, D(60), user_id=trader.pk)


@pytest.mark.django_db
def test_the_shop_reads_a_wish_and_answers_it() -> None:
    business = make_business()
    order = reread(make_order(business, paid=True))
    client, page = Client(), address(order, "orders", order.public_token, "change")
    assert client.post(page, {"ask": "1", "text": " "}).status_code == 400
    assert client.post(page, {"ask": "1", "text": "A blue one <b>instead</b>?"}).status_code == 302
    assert client.post(page, {"ask": "1", "text": "Or red?"}).status_code == 409, "one wish at a time"
    outbox.drain()
    staff = sign_in(Client(), owner_of(business), business)
    today = staff.get("/admin/").content.decode()
    assert f"asks for a change of order {order.number}" in today
    assert order.number in staff.get("/admin/orders/order/?tab=asked").content.decode()
    form = staff.get(verb_url(order, "answer"))
    assert "A blue one &lt;b&gt;instead" in form.content.decode()
    answer_buyer(system_of(business), order_id=order.pk, text="Blue is on its way to you.")
    outbox.drain()
    (mail,) = Message.unscoped.filter(template="order_answered")
    assert "Blue is on its way" in mail.text
    assert "Blue is on its way" in client.get(address(order, "track", order.public_token)).content.decode()
    assert reread(order).change_asked_at is None
    with pytest.raises(WrongState):
        answer_buyer(system_of(business), order_id=order.pk, text="Once more")
    with pytest.raises(PermissionRefused):
        answer_buyer(Actor.guest(business.pk), order_id=order.pk, text="Me")


@pytest.mark.django_db
def test_what_was_agreed_is_what_is_changed(business: Business) -> None:
    by_staff = make_order(business, shipping=None)
    with pytest.raises(WrongState):
        change(by_staff, {lines_of(by_staff)[0].pk: 1}, D(12))
    order = bought(business, shipping=None)
    (line,) = lines_of(order)
    with pytest.raises(Conflict) as refused:
        change(order, {line.pk: 1}, D("11.99"))
    assert (refused.value.code, refused.value.context["total"]) == ("orders.total_changed", D(12))


@pytest.mark.django_db
def test_programs_cancel_ask_and_try_again_for_the_buyer(business: Business) -> None:
    mug = make_variant(business, stock=9)
    one, late, account = (reread(make_order(business, lines=[(mug, 1)])) for _order in "abc")
    client = Client()

    def post(order: Order, act: str, **body: Any) -> Any:
        way = f"/api/v1/stores/{business.slug}/orders/{order.public_token}/{act}/"
        return client.post(way, body, content_type="application/json")

    assert post(account, "ask", text="Gift wrap, please").status_code == 200
    assert reread(account).change_asked_at is not None
    done = post(one, "cancel", reason="Changed my mind")
    assert (done.status_code, done.json()["state"], reread(one).state) == (200, "cancelled", "cancelled")
    assert post(one, "cancel").json()["code"] == "orders.withdraw_refused"
    assert post(late, "retry").status_code == 409
    with clock.travel(dt.timedelta(days=9)):
        expire_order(system_of(business), order_id=late.pk)
        again = post(late, "retry")
        assert (again.status_code, again.json()["number"]) == (201, Order.unscoped.get(retry_of=late).number)
        assert post(late, "retry").json()["number"] == again.json()["number"]
    assert client.post(f"/api/v1/stores/{business.slug}/orders/{'x' * 30}/cancel/").status_code == 404


@pytest.mark.django_db
def test_who_has_not_paid_is_reminded_once_half_way(business: Business) -> None:
    business.unpaid_minutes = 60
    business.save(update_fields=["unpaid_minutes"])
    order = make_order(business)
    paid, nobody = make_order(business, paid=True), make_order(business, contact=Contact(name="Ada"))
    assert remind_unpaid() == 0, "half of the time is not over"
    with clock.travel(dt.timedelta(minutes=55)):
        assert remind_unpaid() == 0, "five minutes are too few"
    with clock.travel(dt.timedelta(minutes=31)):
        assert [remind_unpaid() for _twice in "ab"] == [1, 0]
        outbox.drain()
    (mail,) = Message.unscoped.filter(template="order_reminded")
    assert order.number in mail.subject
    assert [reread(one).reminded_at is not None for one in (order, paid, nobody)] == [True, False, False]
    coming = make_order(business)
    capture(coming)
    with clock.travel(dt.timedelta(minutes=31)):
        assert remind_unpaid() == 0, "her money is on its way here"
