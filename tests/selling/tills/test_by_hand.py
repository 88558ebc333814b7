"""Cash and bank transfer: offered, waited for, recorded in parts, in the books, given back by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.kernel import clock, outbox
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused, WrongState
from apps.kernel.ids import new_id
from apps.money.ledger.models import JournalEntry, JournalLine
from apps.money.ledger.verification import verify_books
from apps.platform.notifications.models import Message
from apps.selling.checkout.services import quote_cart
from apps.selling.orders.models import OrderPayment, OrderRefund
from apps.selling.orders.services import cancel_order, record_money
from apps.selling.orders.tasks import expire_due_orders
from apps.selling.payments.models import Payment, Refund
from apps.selling.payments.selectors import list_methods
from apps.selling.payments.services import offer_provider, record_payout, set_up_provider, start_attempt
from apps.selling.payments.tasks import send_due_refunds
from tests.factories.goods import make_variant
from tests.factories.orders import (
    QUAY,
    make_cart,
    make_order,
    make_rate,
    orders_of,
    reread,
    submit,
    system_of,
)

pytestmark = pytest.mark.django_db
IBAN = "Harbour Goods Ltd\nGB29 NWBK 6016 1331 9268 19"


def offer(owner: Any, provider: str, **values: str) -> None:
    set_up_provider(owner, provider=provider, values={"words": IBAN, "days": "5", **values}, secrets={})
    offer_provider(owner, provider=provider, active=True)


def sums(order: Any) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line in JournalLine.objects.filter(entry__owner_id=order.pk).select_related("account"):
        key = line.account.system_key
        found[key] = found.get(key, Decimal(0)) + line.debit - line.credit
    return {key: amount for key, amount in found.items() if amount}


def test_a_transfer_comes_in_parts_and_goes_back_by_hand(
    business: Any, bound: Any, owner: Any, make_actor: Any
) -> None:
    offer(owner, "bank_transfer")
    rate = make_rate(business)
    cart = make_cart(business, [(make_variant(business, stock=10), 2)])
    (order,) = orders_of(submit(business, cart, provider="bank_transfer", rate_id=rate.pk))
    assert round((order.expires_at - order.placed_at) / dt.timedelta(days=1), 3) == 5
    outbox.drain()
    placed = Message.objects.get(template="order_placed", subject__contains=order.number)
    assert [words in placed.text for words in ("GB29 NWBK 6016 1331 9268 19", "5 days")] == [True, True]
    page = Client().get(f"/store/{business.slug}/track/{order.public_token}/").content.decode()
    assert [words in page for words in ("GB29 NWBK 6016", order.number, "/pay/")] == [True, True, False]
    payment = Payment.objects.get(owner_id=order.pk)
    with pytest.raises(WrongState, match="by hand"):
        start_attempt(system_of(business), payment_id=payment.pk)

    clerk = make_actor(business, permissions=frozenset({"orders.take_money", "payments.pay_out"}))
    with pytest.raises(PermissionRefused):
        record_money(
            make_actor(business, permissions=frozenset({"orders.read"})),
            order_id=order.pk, amount=Decimal(10), tender="bank",
        )  # fmt: skip
    tomorrow = order.placed_at.date() + dt.timedelta(days=1)
    wrong: list[dict[str, Any]] = [{"tender": "gift_card"}, {"tender": "bank", "received_on": tomorrow}]
    for given in wrong:
        with pytest.raises(InvalidInput):
            record_money(clerk, order_id=order.pk, amount=Decimal(10), **given)

    key = new_id().hex
    for _twice in range(2):
        part = record_money(
            clerk, order_id=order.pk, amount=Decimal(10), tender="bank", reference="TX 1", key=key
        )
    assert (part.state, part.payment_state, part.outstanding) == ("placed", "part_paid", order.total - 10)
    with clock.travel(dt.timedelta(days=3)):
        whole = record_money(
            clerk, order_id=order.pk, amount=order.total - 5, tender="bank", received_on=tomorrow
        )
        outbox.drain()
    order = reread(order)
    assert (whole.state, order.payment_state, order.paid_total) == ("confirmed", "paid", order.total + 5)
    assert [
        (one.tender, one.amount, one.reference) for one in OrderPayment.objects.order_by("received_at")
    ] == [
        ("bank", Decimal(10), "TX 1"),
        ("bank", order.total - 5, ""),
    ]
    assert sums(order) == {"bank": order.total, "customer_deposits": -order.total}
    posted = JournalEntry.objects.filter(owner_id=order.pk, source_type="capture").order_by("posted_on")
    assert [entry.posted_on for entry in posted] == [order.placed_at.date(), tomorrow]

    # What was too much waits for people; no worker sends it, and it is ticked off once.
    (excess,) = Refund.objects.all()
    assert (excess.amount, excess.state, send_due_refunds()) == (Decimal(5), "requested", 0)
    with pytest.raises(PermissionRefused):
        record_payout(make_actor(business, permissions=frozenset()), refund_id=excess.pk)
    record_payout(clerk, refund_id=excess.pk, reference="OUT 1")
    with pytest.raises(WrongState):
        record_payout(clerk, refund_id=excess.pk)
    outbox.drain()
    assert OrderRefund.objects.get().state == "completed"

    cancel_order(system_of(business), order_id=order.pk)
    outbox.drain()
    assert sums(order) == {}
    assert verify_books().is_right


def test_cash_only_where_goods_are_handed_over(business: Any, bound: Any, owner: Any) -> None:
    collect, post = make_rate(business, name="Collect"), make_rate(business, name="Post")
    offer(owner, "cash", deliveries=str(collect.pk))
    (cash,) = [one for one in list_methods("GBP") if one.code == "cash"]
    assert cash.deliveries == {str(collect.pk)}
    cart = make_cart(business, [(make_variant(business, stock=10), 1)])
    guest = Actor.guest(business.pk)
    quotes = {
        rate.pk: quote_cart(guest, cart_id=cart.pk, address=QUAY, rate_id=rate.pk).pk
        for rate in (post, collect)
    }
    with pytest.raises(InvalidInput) as refused:
        submit(business, cart, quotes[post.pk], provider="cash", rate_id=post.pk)
    assert list(refused.value.fields) == ["provider"]
    (order,) = orders_of(submit(business, cart, quotes[collect.pk], provider="cash", rate_id=collect.pk))
    assert order.shipping_name == "Collect"


def test_cash_at_the_counter_closes_the_page_and_what_nobody_brings_expires(
    business: Any, bound: Any, owner: Any
) -> None:
    by_card, waits = make_order(business), make_order(business)
    done = record_money(owner, order_id=by_card.pk, amount=by_card.total, tender="cash")
    assert done.payment_state == "paid"
    outbox.drain()
    assert sums(by_card) == {"cash": by_card.total, "customer_deposits": -by_card.total}
    record_money(owner, order_id=waits.pk, amount=Decimal(4), tender="cash")
    with clock.travel(waits.expires_at + dt.timedelta(minutes=1)):
        expire_due_orders()
        outbox.drain()
    assert (reread(waits).state, Refund.objects.get().amount) == ("expired", Decimal(4))
    assert sums(waits) == {}
