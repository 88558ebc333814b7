"""Every company through the same table: what its protocol, its repeats and its silences make of our money."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, PermissionRefused, WrongState
from apps.kernel.models import OutboxEvent
from apps.platform.businesses.models import Business
from apps.selling.payments.models import Capture, Discrepancy, Payment, PaymentAttempt, Refund, WebhookReceipt
from apps.selling.payments.providers import ProviderRefused, ProviderUnavailable
from apps.selling.payments.selectors import list_methods
from apps.selling.payments.services import (
    cancel_payment,
    offer_provider,
    refresh_payment,
    request_refund,
    retry_refund,
    set_up_provider,
    start_attempt,
    try_connection,
)
from apps.selling.payments.tasks import poll_open_attempts, send_due_refunds
from tests.factories.payments import make_payment

from .base import Company, Message

D = Decimal


def asked(shop: Business, there: Company) -> Payment:
    return make_payment(shop, provider=there.code, currency=there.currency)


def begin(shop: Business, there: Company) -> PaymentAttempt:
    payment = asked(shop, there)
    start_attempt(Actor.guest(shop.pk), payment_id=payment.pk)
    return PaymentAttempt.unscoped.get(payment=payment)


def post(shop: Business, there: Company, message: Message) -> Any:
    headers, body = message
    address = reverse("payments:webhook", args=[there.code, shop.pk])
    return Client().post(address, data=body, content_type="application/json", headers=headers)


def pay(shop: Business, there: Company) -> PaymentAttempt:
    attempt = begin(shop, there)
    there.pay(attempt.provider_ref)
    refresh_payment(Actor.guest(shop.pk), payment_id=attempt.payment_id)
    return attempt


def test_money_comes_once_and_goes_back_once_whatever_gets_lost(
    shop: Business, there: Company, actor: Actor
) -> None:
    guest = Actor.guest(shop.pk)
    payment = asked(shop, there)
    there.loses = 1
    with pytest.raises(ProviderUnavailable):
        start_attempt(guest, payment_id=payment.pk)
    page = start_attempt(guest, payment_id=payment.pk)
    assert start_attempt(guest, payment_id=payment.pk) == page
    attempt = PaymentAttempt.unscoped.get()
    assert page.url.startswith("https://")
    # Paystack cannot give a lost page again: the one that is shown is another, the lost one is known to nobody.
    assert len(there.pages) == (2 if there.code == "paystack" else 1)

    there.pay(attempt.provider_ref)
    there.loses = 1 if there.code == "paypal" else 0  # the money moves by our own call: its answer is lost
    refresh_payment(guest, payment_id=payment.pk)
    with clock.travel(dt.timedelta(minutes=2)):
        poll_open_attempts()
        late = [there.tell("paid", attempt.provider_ref, event_id=f"evt_{number}") for number in (1, 1, 2)]
        assert [post(shop, there, message).status_code for message in late] == [200, 200, 200]
        if there.tells_failures:
            assert post(shop, there, there.tell("left", attempt.provider_ref)).status_code == 200
    payment.refresh_from_db()
    assert (payment.state, payment.captured_amount, Capture.unscoped.count()) == ("captured", D("24.30"), 1)
    assert OutboxEvent.objects.filter(name="payments.captured").count() == 1
    assert not Discrepancy.unscoped.exists()

    refund = request_refund(actor, payment_id=payment.pk, amount=D("4.30"), reason="Too late")
    there.loses = 1
    send_due_refunds()
    assert len(there.moved_back) == 1
    there.answers.clear()  # a day later the company has forgotten our key
    for seconds in (31, 100, 500):
        with clock.travel(dt.timedelta(seconds=seconds)):
            send_due_refunds()
    refund.refresh_from_db()
    assert (refund.state, len(there.moved_back)) == ("succeeded", 1)
    assert float(there.moved_back[0]) in (4.30, 430)
    if there.tells_refunds:
        message = there.tell("refunded", attempt.provider_ref)
        assert post(shop, there, message).json()["outcome"] == "nothing_new"

    there.refuses_refunds = True
    refused = request_refund(actor, payment_id=payment.pk, amount=D("20.00"))
    send_due_refunds()
    refused.refresh_from_db()
    assert refused.state == "failed"
    assert refused.error
    there.refuses_refunds = False
    retry_refund(actor, refund_id=refused.pk)
    send_due_refunds()
    with clock.travel(dt.timedelta(seconds=31)):
        send_due_refunds()
    payment.refresh_from_db()
    assert (payment.state, payment.refunded_amount, payment.refunding_amount) == ("refunded", D("24.30"), 0)
    assert (len(there.moved_back), Discrepancy.unscoped.count()) == (2, 0)


def test_a_message_alone_is_enough_and_a_decline_opens_a_new_page(shop: Business, there: Company) -> None:
    attempt = begin(shop, there)
    there.leave(attempt.provider_ref)
    if there.tells_failures:
        assert post(shop, there, there.tell("left", attempt.provider_ref)).json()["outcome"] == "applied"
    else:
        refresh_payment(Actor.guest(shop.pk), payment_id=attempt.payment_id)
    assert Payment.unscoped.get().state == "failed"
    start_attempt(Actor.guest(shop.pk), payment_id=attempt.payment_id)
    second = PaymentAttempt.unscoped.exclude(pk=attempt.pk).get()

    there.pay(second.provider_ref)
    calls = len(there.asked)
    outcome = post(shop, there, there.tell("paid", second.provider_ref)).json()["outcome"]

    assert outcome == "applied"
    assert Payment.unscoped.get().state == "captured"
    told = [one.path for one in there.asked[calls:] if "verify-webhook" not in one.path]
    assert told == [], "a message is applied without asking"


def test_what_is_not_from_the_company_leaves_nothing(shop: Business, there: Company) -> None:
    attempt = begin(shop, there)
    there.pay(attempt.provider_ref)
    ref = attempt.provider_ref
    headers, body = there.tell("paid", ref)
    wrong = [
        (401, there.tell("paid", ref, secret="whsec_somebody_else")),
        (401, (headers, body.replace(b"}", b" }", 1))),
        (400, ({}, body)),
    ]
    if there.signs_time:
        now = clock.now()
        wrong += [(401, there.tell("paid", ref, at=now + dt.timedelta(minutes=number))) for number in (-6, 6)]
    assert [post(shop, there, message).status_code for _status, message in wrong] == [one for one, _ in wrong]
    assert (Capture.unscoped.count(), WebhookReceipt.unscoped.count()) == (0, 0)


def test_other_money_than_was_asked_for_waits_for_a_person(shop: Business, there: Company) -> None:
    attempt = begin(shop, there)
    ref = attempt.provider_ref
    there.pay(ref)
    less = "1.00" if there.code == "paypal" else 100
    assert (
        post(shop, there, there.tell("paid", ref, units=less, event_id="evt_1")).json()["outcome"]
        == "attention"
    )
    message = there.tell("paid", ref, currency="USD", event_id="evt_2")
    if there.code != "paystack":  # its messages about one charge are one message
        assert post(shop, there, message).json()["outcome"] == "attention"
        assert set(Discrepancy.unscoped.values_list("kind", flat=True)) == {"amount", "currency"}
    found = Discrepancy.unscoped.get(kind="amount")
    assert (found.said_amount, Capture.unscoped.count()) == (D("1.00"), 0)


def test_a_closed_payment_is_closed_at_the_company_too(shop: Business, there: Company, actor: Actor) -> None:
    attempt = begin(shop, there)
    cancel_payment(actor, payment_id=attempt.payment_id)
    poll_open_attempts()
    attempt.refresh_from_db()
    assert (attempt.state, Payment.unscoped.get().state) == ("failed", "cancelled")
    assert there.pages[attempt.provider_ref].state in (
        "expired",
        "cancelled",
        "PAYER_ACTION_REQUIRED",
        "open",
    )


def test_keys_are_checked_tried_and_needed(
    shop: Business, there: Company, actor: Actor, make_actor: Any
) -> None:
    try_connection(actor, provider=there.code)
    with tenancy.bind(shop.pk):
        assert {one.code: one.is_test for one in list_methods(there.currency)}[there.code]
        assert (there.code in {one.code for one in list_methods("XAU")}) == (there.code == "stripe")
    if there.code != "stripe":
        with pytest.raises(Conflict):
            make_payment(shop, provider=there.code, currency="PYG", amount="5")
    for secret in there.secrets:
        begins = there.code in ("stripe", "paystack") and secret == "secret_key"
        wrong = {**there.secrets, secret: "sk_live_12345678901" if begins else "something else entirely"}
        if begins:
            with pytest.raises(InvalidInput) as refusal:
                set_up_provider(actor, provider=there.code, values=there.values, secrets=wrong)
            assert secret in refusal.value.fields
    there.secrets = dict.fromkeys(there.secrets, "changed there")
    if there.code != "razorpay":
        with pytest.raises(ProviderRefused):
            try_connection(actor, provider=there.code)
    with pytest.raises(PermissionRefused):
        try_connection(make_actor(shop, permissions=frozenset({"payments.read"})), provider=there.code)


def test_without_keys_nobody_is_offered_anything(business: Business, actor: Actor, there: Company) -> None:
    with pytest.raises(WrongState):
        offer_provider(actor, provider=there.code, active=True)
    assert there.asked == []
    assert not Refund.unscoped.exists()
