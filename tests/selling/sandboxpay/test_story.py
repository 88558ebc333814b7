"""A shop and Sandbox Pay over real HTTP: what a payer does there, and what the shop knows afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import urllib3
from django.test import Client

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.models import OutboxEvent
from apps.platform.businesses.models import Business
from apps.selling.payments.models import Capture, Payment, PaymentAttempt, WebhookReceipt
from apps.selling.payments.services import cancel_payment, refresh_payment, request_refund, start_attempt
from apps.selling.payments.tasks import poll_open_attempts, send_due_refunds
from apps.selling.sandboxpay.delivery import deliver_due
from apps.selling.sandboxpay.models import SandboxEvent, SandboxRefund, SandboxSession
from tests.factories.payments import make_payment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def one_address(live_server: Any, settings: Any) -> Iterator[None]:
    """Shop and company answer at the same address, as in the demo."""
    settings.SANDBOX_PAY_URL = settings.PUBLIC_BASE_URL = live_server.url
    return


@pytest.fixture
def guest(business: Business) -> Actor:
    return Actor.guest(business.pk)


@pytest.fixture
def page(business: Business, guest: Actor, live_server: Any) -> str:
    """The address of the hosted page of a fresh payment."""
    payment = make_payment(business, provider="sandbox", return_url=f"{live_server.url}/store/thanks/")
    return start_attempt(guest, payment_id=payment.pk).url


def choose(page: str, outcome: str) -> Any:
    path = "/" + page.split("/", 3)[3]
    return Client(SERVER_NAME="127.0.0.1").post(f"{path}choose/", {"outcome": outcome})


def state() -> str:
    return Payment.unscoped.get().state


def captures_told() -> int:
    return OutboxEvent.objects.filter(name="payments.captured").count()


def test_pay(page: str, business: Business) -> None:
    choose(page, "pay")
    assert state() == "open"
    assert deliver_due() == 1
    assert (state(), captures_told()) == ("captured", 1)
    assert SandboxEvent.objects.get().state == "delivered"
    capture = Capture.unscoped.get()
    assert capture.learned_from == "webhook"


def test_told_three_times_counts_once(page: str) -> None:
    choose(page, "pay_repeated")
    deliver_due()
    assert (state(), captures_told(), Capture.unscoped.count()) == ("captured", 1, 1)
    assert WebhookReceipt.unscoped.get().times_received == 3
    assert set(SandboxEvent.objects.values_list("last_status", flat=True)) == {200}


def test_a_forgery_is_refused_and_the_page_stays_open(page: str) -> None:
    choose(page, "forge")
    deliver_due()
    event = SandboxEvent.objects.get()
    assert (event.state, event.last_status) == ("refused", 401)
    assert state() == "open"
    assert WebhookReceipt.unscoped.count() == 0
    choose(page, "pay")
    deliver_due()
    assert state() == "captured"


def test_the_story_of_s4_three_times_then_forged_then_late(page: str, business: Business) -> None:
    choose(page, "forge")
    choose(page, "pay_repeated")
    deliver_due()
    late = SandboxEvent.objects.filter(forged=False).last()
    assert late is not None
    from apps.selling.sandboxpay.signing import signed_headers

    old = int(clock.now().timestamp()) - 3600
    answer = urllib3.request(
        "POST",
        late.session.webhook_url,
        body=late.body.encode(),
        headers=signed_headers(late.session.webhook_secret, "evt_new", old, late.body.encode()),
    )
    assert answer.status == 401
    assert (state(), captures_told(), WebhookReceipt.unscoped.count()) == ("captured", 1, 1)


def test_declined_then_paid_on_a_new_page(page: str, business: Business, guest: Actor) -> None:
    choose(page, "decline")
    deliver_due()
    assert state() == "failed"
    again = start_attempt(guest, payment_id=Payment.unscoped.get().pk)
    assert again.url != page
    choose(again.url, "pay")
    deliver_due()
    assert state() == "captured"


def test_paid_but_never_told_is_found_out_by_the_poll(page: str) -> None:
    choose(page, "pay_silently")
    assert deliver_due() == 0
    assert state() == "open"
    with clock.travel(dt.timedelta(seconds=40)):
        assert poll_open_attempts() == 1
    assert (state(), captures_told()) == ("captured", 1)
    assert Capture.unscoped.get().learned_from == "asked"


def test_paid_but_never_told_is_found_out_by_the_return_page(page: str, guest: Actor) -> None:
    choose(page, "pay_silently")
    assert refresh_payment(guest, payment_id=Payment.unscoped.get().pk).state == "captured"


def test_slow_money_comes_after_a_minute(page: str, guest: Actor) -> None:
    choose(page, "pay_slowly")
    payment = Payment.unscoped.get()
    assert deliver_due() == 0
    assert refresh_payment(guest, payment_id=payment.pk).state == "open"
    SandboxSession.objects.update(completes_at=clock.now())
    deliver_due()
    assert (state(), captures_told()) == ("captured", 1)


def test_slow_money_after_cancelling_is_still_money(page: str, guest: Actor, business: Business) -> None:
    choose(page, "pay_slowly")
    system = Actor.system("test", business.pk)
    cancel_payment(system, payment_id=Payment.unscoped.get().pk)
    poll_open_attempts()
    SandboxSession.objects.update(completes_at=clock.now())
    deliver_due()
    assert (state(), captures_told()) == ("captured", 1)


def test_a_cancelled_payment_has_its_page_closed(page: str, business: Business, client: Client) -> None:
    cancel_payment(Actor.system("test", business.pk), payment_id=Payment.unscoped.get().pk)
    poll_open_attempts()
    assert SandboxSession.objects.get().state == "cancelled"
    assert b"The shop has closed this payment" in urllib3.request("GET", page).data
    choose(page, "pay")
    assert SandboxSession.objects.get().state == "cancelled"


def test_an_expired_page_takes_no_money(page: str) -> None:
    SandboxSession.objects.update(expires_at=clock.now())
    assert b"This payment page has expired" in urllib3.request("GET", page).data
    choose(page, "pay")
    assert (SandboxSession.objects.get().state, SandboxEvent.objects.count()) == ("expired", 0)


def test_the_shop_being_down_delays_but_does_not_lose_a_message(page: str) -> None:
    choose(page, "pay")
    address = SandboxSession.objects.get().webhook_url
    SandboxSession.objects.update(webhook_url="http://127.0.0.1:1/")
    deliver_due()
    deliver_due()
    event = SandboxEvent.objects.get()
    assert (event.state, event.attempts, event.last_status) == ("pending", 1, None)
    SandboxSession.objects.update(webhook_url=address)
    SandboxEvent.objects.update(due_at=clock.now())
    deliver_due()
    assert state() == "captured"


def test_refunds_over_http(page: str, business: Business) -> None:
    choose(page, "pay")
    deliver_due()
    system = Actor.system("test", business.pk)
    payment = Payment.unscoped.get()
    request_refund(system, payment_id=payment.pk, amount=Decimal("4.30"))
    request_refund(system, payment_id=payment.pk, amount=Decimal("1.13"))
    send_due_refunds()
    deliver_due()
    payment.refresh_from_db()
    assert (payment.state, payment.refunded_amount, payment.refunding_amount) == (
        "part_refunded",
        Decimal("4.30"),
        0,
    )
    assert sorted(SandboxRefund.objects.values_list("state", flat=True)) == ["failed", "succeeded"]
    with tenancy.bind(business.pk):
        assert PaymentAttempt.objects.get().provider_ref == str(SandboxSession.objects.get().pk)


def test_double_click_on_pay_counts_once(page: str) -> None:
    choose(page, "pay")
    choose(page, "pay")
    deliver_due()
    assert (SandboxEvent.objects.count(), captures_told()) == (1, 1)
