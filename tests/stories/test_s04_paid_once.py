"""S4, the payment: told three times it is paid once; a forgery changes nothing; money that comes late goes back."""

from __future__ import annotations

import datetime as dt
import re
import urllib.parse
from collections.abc import Callable
from decimal import Decimal

from django.db.models import Sum

from apps.goods.inventory.models import StockBalance
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.money.ledger.models import JournalEntry, JournalLine
from apps.platform.businesses.models import Business
from apps.platform.notifications.models import Message
from apps.selling.orders.drafts import Contact, LineDraft
from apps.selling.orders.models import Order
from apps.selling.orders.tasks import expire_due_orders
from apps.selling.payments.models import Capture, Payment, Refund, WebhookReceipt
from apps.selling.quotes.drafts import QuoteDraft
from apps.selling.quotes.models import QuoteLine
from apps.selling.quotes.services import send_quote, write_quote
from apps.selling.sandboxpay import services as company
from apps.selling.sandboxpay.models import SandboxEvent, SandboxSession
from bench.buyer import ADDRESS, Buyer
from tests.factories.goods import make_variant
from tests.factories.orders import make_rate

from .house import House, wait_until


def order_and_go_to_pay(house: House, shop: Business, stock: int = 5) -> tuple[Buyer, SandboxSession]:
    """Buy two mugs up to the payment page."""
    variant = make_variant(shop, title="Stoneware mug", price="12.15", stock=stock)
    buyer = Buyer(house.base, shop.slug)
    buyer.add(variant.pk, 2)
    buyer.place(buyer.open_checkout())
    assert re.fullmatch(r"/sandbox-pay/[0-9a-f-]{36}/", urllib.parse.urlsplit(buyer.path).path), buyer.path
    return buyer, SandboxSession.objects.get()


def order_of(shop: Business) -> Order:
    with tenancy.bind(shop.pk):
        return Order.objects.get()


def test_told_three_times_and_forged_once(make_house: Callable[..., House], shop: Business) -> None:
    house = make_house()
    _buyer, session = order_and_go_to_pay(house, shop)
    company.forge(company.COMPANY, session_id=session.pk)
    wait_until(
        lambda: SandboxEvent.objects.filter(forged=True).exclude(state="pending").exists(),
        what="the forged message was answered",
    )
    forged = SandboxEvent.objects.get(forged=True)
    assert forged.last_status in {400, 401}
    with tenancy.bind(shop.pk):
        assert not WebhookReceipt.objects.exists()
        assert not Capture.objects.exists()

    company.pay(company.COMPANY, session_id=session.pk, copies=3)
    wait_until(lambda: order_of(shop).payment_state == "paid", what="the order is paid")
    wait_until(
        lambda: SandboxEvent.objects.filter(forged=False, state="delivered").count() == 3,
        what="all three messages were accepted",
    )
    wait_until(lambda: outbox.depth().waiting == 0, what="the outbox is empty")
    with tenancy.bind(shop.pk):
        payment = Payment.objects.get()
        assert (payment.state, payment.captured_amount) == ("captured", payment.amount)
        assert Capture.objects.count() == 1
        assert JournalEntry.objects.filter(source_type__contains="capture").count() == 1
        sums = JournalLine.objects.aggregate(debit=Sum("debit"), credit=Sum("credit"))
        assert sums["debit"] == sums["credit"]
        assert Message.objects.filter(template="order_paid").count() == 1
    wait_until(
        lambda: Message.unscoped.get(template="order_paid").state == "sent", what="the receipt mail went out"
    )
    assert order_of(shop).state == "confirmed"


def test_money_that_comes_after_the_end_is_kept_in_the_books_and_sent_back(
    make_house: Callable[..., House], shop: Business
) -> None:
    house = make_house(servers=("web", "worker"))
    _buyer, session = order_and_go_to_pay(house, shop)
    SandboxSession.objects.update(expires_at=clock.now() + dt.timedelta(days=1))
    with clock.travel(dt.timedelta(minutes=shop.unpaid_minutes + 1)):
        expire_due_orders()
        outbox.drain()
    SandboxSession.objects.update(
        state="open"
    )  # the payer had pressed the button before the page was taken away
    company.pay(company.COMPANY, session_id=session.pk, copies=1)
    house.start("beat")
    wait_until(
        lambda: Refund.unscoped.filter(state="succeeded").exists(), seconds=60, what="the money went back"
    )
    wait_until(lambda: outbox.depth().waiting == 0, what="the outbox is empty")
    order = order_of(shop)
    assert (order.state, order.paid_total, order.refunded_total) == ("expired", order.total, order.total)
    with tenancy.bind(shop.pk):
        assert StockBalance.objects.get().reserved == 0
        deposits = JournalLine.objects.filter(account__system_key="customer_deposits")
        sums = deposits.aggregate(debit=Sum("debit"), credit=Sum("credit"))
        assert sums["debit"] == sums["credit"] == Decimal(order.total)


def test_an_order_whose_time_is_over_offers_to_order_again(
    make_house: Callable[..., House], shop: Business
) -> None:
    house = make_house(servers=("web",))
    buyer, _session = order_and_go_to_pay(house, shop)
    with clock.travel(dt.timedelta(minutes=shop.unpaid_minutes + 1)):
        expire_due_orders()
        outbox.drain()
    order = order_of(shop)
    page = buyer.get(f"/store/{shop.slug}/track/{order.public_token}/")
    assert "It was not paid in time" in page
    assert "Put the items in my cart" in page


def test_a_sale_in_a_chat_is_paid_once(
    make_house: Callable[..., House], shop: Business, system: Actor
) -> None:
    """Staff build a draft order of 24,300 with delivery and hand the link on; the buyer takes it and pays once."""
    house = make_house()
    kaftan = make_variant(shop, title="Kaftan", price="9000.00", stock=5)
    scarf = make_variant(shop, title="Scarf", price="2000.00", stock=5)
    van = make_rate(shop, name="Van", price="300.00")
    lines = [LineDraft(kaftan.pk, 2), LineDraft(scarf.pk, 2)]
    contact = Contact(email="ada.buyer@example.com", name="Ada Buyer")
    quote = write_quote(system, draft=QuoteDraft(lines=lines, contact=contact, may_change=True))
    send_quote(system, quote_id=quote.pk, by_mail=False)
    with tenancy.bind(shop.pk):
        first, second = QuoteLine.objects.filter(quote=quote).order_by("position")
    buyer = Buyer(house.base, shop.slug)
    page = f"/store/{shop.slug}/quotes/{quote.token}/"
    buyer.get(page)
    form = {
        **ADDRESS, "email": buyer.email, "provider": "sandbox", "rate": van.pk, f"line_{first.pk}": 2,
        f"line_{second.pk}": 3, "csrfmiddlewaretoken": buyer.hidden("csrfmiddlewaretoken"),
    }  # fmt: skip
    buyer.post(page, {**form, "look": 1})
    assert "24,300.00" in buyer.page
    buyer.post(page, {**form, "accept": 1, "total": buyer.hidden("total"), "po_number": "PO-17"})
    session = SandboxSession.objects.get()
    company.forge(company.COMPANY, session_id=session.pk)
    company.pay(company.COMPANY, session_id=session.pk, copies=3)
    wait_until(lambda: order_of(shop).payment_state == "paid", what="the order is paid")
    wait_until(
        lambda: SandboxEvent.objects.filter(forged=False, state="delivered").count() == 3,
        what="all three messages were accepted",
    )
    wait_until(lambda: outbox.depth().waiting == 0, what="the outbox is empty")
    order = order_of(shop)
    assert (order.total, order.po_number, order.state) == (Decimal("24300.00"), "PO-17", "confirmed")
    with tenancy.bind(shop.pk):
        assert (Payment.objects.count(), Capture.objects.count(), WebhookReceipt.objects.count()) == (1, 1, 1)
        assert JournalEntry.objects.filter(source_type__contains="capture").count() == 1
        assert Message.objects.filter(template="order_paid").count() == 1
    assert SandboxEvent.objects.get(forged=True).last_status in {400, 401}
