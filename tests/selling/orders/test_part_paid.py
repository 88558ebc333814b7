"""Orders that a change made dearer or cheaper: what goes back by itself, by hand, and what the buyer is asked for."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.kernel import clock, outbox, tenancy
from apps.kernel.errors import WrongState
from apps.money.ledger.verification import verify_books
from apps.platform.businesses.models import Business
from apps.platform.notifications.models import Message
from apps.selling.orders.amendments import AmendmentDraft
from apps.selling.orders.models import Order, OrderRefund, TimelineEntry
from apps.selling.orders.services import amend_order, ask_for_payment, refund_order
from apps.selling.payments.models import Payment
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import lines_of, make_order, pay, reread, say_captured, ship, system_of

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def shop(db: None) -> Business:
    return make_business()


@pytest.fixture
def mug(shop: Business) -> Any:
    return make_variant(shop, title="Mug", price="10.00", stock=50)


def change(order: Order, pieces: int) -> Order:
    (line,) = lines_of(order)
    amend_order(
        system_of(order.business), order_id=order.pk, draft=AmendmentDraft(quantities={line.pk: pieces})
    )
    outbox.drain()
    return reread(order)


@pytest.mark.parametrize(
    ("paid", "pieces", "back", "owed", "state"),
    [
        ("50", 4, "10", "0", "paid"),  # paid 50, comes to 40: the ten go back with the change
        ("50", 6, "0", "10", "part_paid"),
        ("30", 4, "0", "10", "part_paid"),
        ("30", 3, "0", "0", "paid"),
        ("30", 2, "10", "0", "paid"),
        ("0", 4, "0", "40", "unpaid"),
    ],
)
def test_what_a_change_leaves(
    shop: Business, mug: Any, paid: str, pieces: int, back: str, owed: str, state: str
) -> None:
    order = make_order(shop, lines=[(mug, 5)], shipping=None)
    if D(paid):
        order = pay(order, paid)
    order = change(order, pieces)
    assert (order.refunded_total, order.outstanding, order.payment_state) == (D(back), D(owed), state)
    sums = OrderRefund.unscoped.filter(order=order).values_list("amount", flat=True)
    assert sum(sums, D(0)) == D(back)
    open_sums = Payment.unscoped.filter(owner_id=order.pk, state="open").values_list("amount", flat=True)
    assert sum(open_sums, D(0)) == (D(owed) if state != "unpaid" or open_sums else D(0))
    with tenancy.bind(shop.pk):
        assert verify_books().findings == []


def test_what_was_sent_of_a_part_paid_order_can_be_refunded(shop: Business, mug: Any) -> None:
    order = make_order(shop, lines=[(mug, 3)], shipping=None, paid=True)
    (line,) = lines_of(order)
    order = ship(order, [(line.pk, 2)])
    order = change(order, 5)
    assert (order.payment_state, order.outstanding) == ("part_paid", D(20))
    staff = system_of(shop)
    # What is held for pieces that wait does not pay for all of them: that is left to a change of the order.
    for asked in ({"lines": [(line.pk, 3)]}, {"amount": D(21)}):
        with pytest.raises(WrongState) as refused:
            refund_order(staff, order_id=order.pk, **asked)
        assert refused.value.code == "orders.payment_refund_part_refused"
    assert not OrderRefund.unscoped.exists()
    refund_order(staff, order_id=order.pk, lines=[(line.pk, 1)][:0], amount=D("7.50"))
    outbox.drain()
    order = reread(order)
    assert (order.payment_state, order.refunded_total, order.outstanding) == ("part_paid", D("7.50"), D(20))
    assert (order.state, order.fulfilment_state) == ("confirmed", "part_fulfilled")
    (asked_payment,) = Payment.unscoped.filter(owner_id=order.pk, state="open")
    assert asked_payment.amount == D(20)
    say_captured(asked_payment)
    outbox.drain()
    order = reread(order)
    assert (order.payment_state, order.outstanding, order.deposit) == ("paid", 0, D(30))
    order = ship(order)
    assert (order.deposit, order.refunded_total, order.recognised_total) == (0, D("7.50"), D(50))
    with tenancy.bind(shop.pk):
        assert verify_books().findings == []


def test_the_page_offers_what_is_possible(shop: Business, mug: Any) -> None:
    staff = sign_in(Client(), owner_of(shop), shop)
    order = change(make_order(shop, lines=[(mug, 3)], shipping=None, paid=True), 4)
    page = staff.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert f"/admin/orders/order/{order.pk}/do/remind/" in page
    assert f"/track/{order.public_token}/" in page
    assert f"/admin/orders/order/{order.pk}/do/refund/" not in page, (
        "nothing was sent: it is changed or cancelled"
    )
    sent = make_order(shop, lines=[(mug, 3)], shipping=None, paid=True)
    sent = change(ship(sent, [(lines_of(sent)[0].pk, 1)]), 4)
    page = staff.get(reverse("admin:orders_order_change", args=[sent.pk])).content.decode()
    assert f"/admin/orders/order/{sent.pk}/do/refund/" in page
    asked = staff.get(f"/admin/orders/order/{sent.pk}/do/remind/").content.decode()
    assert "£10.00 is still missing" in asked
    assert staff.post(f"/admin/orders/order/{sent.pk}/do/remind/").status_code == 302
    outbox.drain()
    (mail,) = Message.unscoped.filter(template="order_reminded")
    assert "£10.00 is still to be paid" in mail.text
    assert sent.public_token in mail.text
    assert "kept for you until" not in mail.text, "it was taken on: it does not end by itself"


def test_a_buyer_is_reminded_once_a_day_and_not_for_nothing(shop: Business, mug: Any) -> None:
    staff = system_of(shop)
    paid = make_order(shop, lines=[(mug, 1)], paid=True)
    with pytest.raises(WrongState):
        ask_for_payment(staff, order_id=paid.pk)
    order = make_order(shop, lines=[(mug, 1)], shipping=None)
    assert not Payment.unscoped.filter(owner_id=order.pk).exists()
    ask_for_payment(staff, order_id=order.pk, key="k")
    ask_for_payment(staff, order_id=order.pk, key="k")
    assert TimelineEntry.unscoped.filter(order=order, kind="payment_reminded").count() == 1
    assert [one.amount for one in Payment.unscoped.filter(owner_id=order.pk)] == [D(10)], (
        "something to pay by"
    )
    with pytest.raises(WrongState) as refused:
        ask_for_payment(staff, order_id=order.pk)
    assert refused.value.code == "orders.payment_reminded_lately"
    with clock.travel(timedelta(days=1, minutes=1)):
        ask_for_payment(staff, order_id=order.pk)
    assert Payment.unscoped.filter(owner_id=order.pk).count() == 1
