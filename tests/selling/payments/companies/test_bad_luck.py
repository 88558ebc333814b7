"""Cards that are declined, answers that are lost after the charge, messages in every order: the money counts once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.models import OutboxEvent
from apps.platform.businesses.models import Business
from apps.selling.payments.models import Capture, Discrepancy, Payment, PaymentAttempt
from apps.selling.payments.services import refresh_payment, request_refund, start_attempt
from apps.selling.payments.tasks import poll_open_attempts, send_due_refunds

from .base import Company, Message
from .test_companies import begin, pay, post

D = Decimal


def declined(there: Company, ref: str) -> Message | None:
    """The message that a card was declined, where the company sends one while its page stays open."""
    page = there.pages[ref]
    amount = {"amount": page.units, "currency": page.currency}
    if there.code == "stripe":
        error = {"type": "card_error", "code": "card_declined", "message": "Your card was declined."}
        thing = {
            "id": "pi_declined",
            "object": "payment_intent",
            "status": "requires_payment_method",
            **amount,
        }
        thing |= {"last_payment_error": error, "metadata": {}, "latest_charge": "ch_declined"}
        return there.tell("left", ref, event="payment_intent.payment_failed", thing=thing)
    if there.code == "razorpay":
        thing = {"id": "pay_declined", "entity": "payment", "status": "failed", "notes": [], **amount}
        thing |= {"error_code": "BAD_REQUEST_ERROR", "error_description": "Payment was declined by the bank."}
        return there.tell("left", ref, event="payment.failed", payload={"payment": {"entity": thing}})
    return None


def test_after_a_declined_card_the_next_one_pays(shop: Business, there: Company) -> None:
    """On the same page where the company keeps it open (Stripe, Razorpay), else on a new one."""
    guest = Actor.guest(shop.pk)
    attempt = begin(shop, there)
    message = declined(there, attempt.provider_ref)
    if message is not None:
        assert post(shop, there, message).json()["outcome"] == "ignored"
    elif there.code == "paypal":
        there.pay(attempt.provider_ref)
        there.declines = 1  # type: ignore[attr-defined]
        refresh_payment(guest, payment_id=attempt.payment_id)
    else:
        there.leave(attempt.provider_ref)
        refresh_payment(guest, payment_id=attempt.payment_id)
    payment = Payment.unscoped.get()
    assert (payment.state, payment.captured_amount) == ("open" if message else "failed", 0)
    if message is None:
        assert OutboxEvent.objects.filter(name="payments.failed").count() == 1
    start_attempt(guest, payment_id=payment.pk)
    second = PaymentAttempt.unscoped.order_by("-pk")[0]
    assert (second.pk == attempt.pk) == (message is not None)

    there.pay(second.provider_ref)
    refresh_payment(guest, payment_id=payment.pk)
    with clock.travel(dt.timedelta(minutes=2)):  # a page that was begun before is not asked about at once
        poll_open_attempts()
    payment.refresh_from_db()
    assert (payment.state, payment.captured_amount, Capture.unscoped.count()) == ("captured", D("24.30"), 1)
    if message is not None:  # said once more, and late
        post(shop, there, message)
        payment.refresh_from_db()
        assert payment.state == "captured"


def test_an_answer_that_is_lost_after_the_charge_counts_the_money_once(
    shop: Business, there: Company
) -> None:
    """The buyer has paid; whoever asks hears nothing, then the clock asks again, then the message comes."""
    attempt = begin(shop, there)
    there.pay(attempt.provider_ref)
    there.silent = 1
    refresh_payment(Actor.guest(shop.pk), payment_id=attempt.payment_id)
    payment = Payment.unscoped.get()
    assert payment.captured_amount == 0
    assert payment.state not in ("failed", "cancelled"), "silence is never a no"
    for minutes in (2, 10, 60):
        with clock.travel(dt.timedelta(minutes=minutes)):
            poll_open_attempts()
    with clock.travel(dt.timedelta(minutes=61)):
        assert post(shop, there, there.tell("paid", attempt.provider_ref)).json()["outcome"] == "nothing_new"
    payment.refresh_from_db()
    assert (payment.state, payment.captured_amount, Capture.unscoped.count()) == ("captured", D("24.30"), 1)
    assert OutboxEvent.objects.filter(name="payments.captured").count() == 1
    assert not Discrepancy.unscoped.exists()


def test_messages_in_every_order_and_twice_end_alike(shop: Business, there: Company) -> None:
    """That the page was left, that it was paid, that it was paid once more: six orders, each message twice."""
    kinds = ("paid", "again", "left") if there.tells_failures else ("paid", "again")
    ends: set[Any] = set()
    for order in permutations(kinds):
        attempt = begin(shop, there)
        ref = attempt.provider_ref
        there.pay(ref)
        told = {
            "paid": there.tell("paid", ref, event_id=f"evt_{ref}_1"),
            "again": there.tell("paid", ref, event_id=f"evt_{ref}_2"),
            "left": there.tell("left", ref, event_id=f"evt_{ref}_3"),
        }
        for kind in order:
            assert [post(shop, there, told[kind]).status_code for _twice in range(2)] == [200, 200]
        payment = Payment.unscoped.get(pk=attempt.payment_id)
        attempt.refresh_from_db()
        ends.add((payment.state, payment.captured_amount, attempt.state))
        assert Capture.unscoped.filter(payment=payment).count() == 1
        captured = OutboxEvent.objects.filter(
            name="payments.captured", payload__payment_id=str(payment.pk)
        ).count()
        assert captured == 1
    assert ends == {("captured", D("24.30"), "succeeded")}


def test_word_of_a_part_that_went_back_may_come_twice_and_before_the_answer(
    shop: Business, there: Company, actor: Actor
) -> None:
    """4.30 of 24.30: the company's message is quicker than its answer, which is lost, and comes again later."""
    attempt = pay(shop, there)
    refund = request_refund(actor, payment_id=attempt.payment_id, amount=D("4.30"), reason="Too late")
    there.loses = 1
    send_due_refunds()
    assert len(there.moved_back) == 1
    if there.tells_refunds:
        messages = [there.tell("refunded", attempt.provider_ref, event_id=f"evt_r{n}") for n in (1, 2)]
        said = [post(shop, there, message).json()["outcome"] for message in (*messages, *messages)]
        assert said[0] == "applied"
        assert set(said[1:]) <= {"nothing_new", "applied"}
    for seconds in (31, 100, 500):
        with clock.travel(dt.timedelta(seconds=seconds)):
            send_due_refunds()
    refund.refresh_from_db()
    payment = Payment.unscoped.get()
    assert (refund.state, len(there.moved_back)) == ("succeeded", 1)
    assert (payment.refunded_amount, payment.refunding_amount) == (D("4.30"), 0)
    assert OutboxEvent.objects.filter(name="payments.refunded").count() == 1
    assert not Discrepancy.unscoped.exists()


@pytest.mark.parametrize("kind", ["paid", "refunded"])
def test_a_message_of_somebody_else_changes_nothing_afterwards_either(
    shop: Business, there: Company, actor: Actor, kind: str
) -> None:
    attempt = pay(shop, there)
    request_refund(actor, payment_id=attempt.payment_id, amount=D("4.30"), reason="Too late")
    send_due_refunds()
    before = Payment.unscoped.values().get()
    wrong = there.tell(kind, attempt.provider_ref, secret="whsec_somebody_else")
    assert post(shop, there, wrong).status_code == 401
    assert Payment.unscoped.values().get() == before
