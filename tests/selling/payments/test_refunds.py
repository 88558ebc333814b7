"""Money back: never more than came, sent once, retried when refused, told once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, PermissionRefused, WrongState
from apps.kernel.models import OutboxEvent
from apps.platform.businesses.models import Business
from apps.selling.payments.models import Discrepancy, Payment, PaymentAttempt, Refund
from apps.selling.payments.services import request_refund, resolve_discrepancy, retry_refund
from apps.selling.payments.tasks import send_due_refunds
from tests.factories.payments import ScriptedProvider, make_attempt, message, post_webhook

D = Decimal


@pytest.fixture
def paid(business: Business) -> PaymentAttempt:
    attempt = make_attempt(business, amount="24.30")
    post_webhook(business, message(attempt))
    return attempt


def told(name: str) -> int:
    return OutboxEvent.objects.filter(name=name).count()


def test_part_then_rest(paid: PaymentAttempt, actor: Actor, company: ScriptedProvider) -> None:
    first = request_refund(actor, payment_id=paid.payment_id, amount=D("4.30"), reason="Too late")
    assert (first.state, company.refunds) == ("requested", {})

    send_due_refunds()

    payment = Payment.unscoped.get()
    assert (payment.state, payment.refunded_amount, payment.refunding_amount) == (
        "part_refunded",
        D("4.30"),
        0,
    )
    request_refund(actor, payment_id=paid.payment_id, amount=D("20.00"))
    send_due_refunds()
    assert Payment.unscoped.get().state == "refunded"
    assert sum(company.refunds.values()) == D("24.30")
    assert told("payments.refunded") == 2


@pytest.mark.parametrize("amount", ["24.31", "0", "-1", "NaN", "Infinity", "0.001"])
def test_impossible_amounts_are_refused(paid: PaymentAttempt, actor: Actor, amount: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        request_refund(actor, payment_id=paid.payment_id, amount=D(amount))
    assert "amount" in refusal.value.fields
    assert Refund.unscoped.count() == 0


def test_what_is_on_its_way_cannot_be_refunded_again(paid: PaymentAttempt, actor: Actor) -> None:
    request_refund(actor, payment_id=paid.payment_id, amount=D("20.00"))
    with pytest.raises(InvalidInput):
        request_refund(actor, payment_id=paid.payment_id, amount=D("4.31"))


def test_the_database_refuses_more_than_was_captured(paid: PaymentAttempt) -> None:
    for change in (
        {"refunded_amount": D("24.31")},
        {"refunding_amount": D("24.31")},
        {"captured_amount": D("24.31")},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.unscoped.update(**change)


def test_a_key_refunds_once(paid: PaymentAttempt, actor: Actor) -> None:
    refunds = {
        request_refund(actor, payment_id=paid.payment_id, amount=D("5.00"), key="k").pk for _time in range(3)
    }
    assert len(refunds) == 1


def test_no_answer_is_sent_again_under_the_same_key(
    paid: PaymentAttempt, actor: Actor, company: ScriptedProvider
) -> None:
    request_refund(actor, payment_id=paid.payment_id, amount=D("5.00"))
    company.is_down = True
    send_due_refunds()
    send_due_refunds()
    assert company.calls.count("refund") == 1
    refund = Refund.unscoped.get()
    assert (refund.state, told("payments.refunded")) == ("sent", 0)

    company.is_down = False
    with clock.travel(dt.timedelta(seconds=31)):
        send_due_refunds()
        send_due_refunds()

    assert list(company.refunds.values()) == [D("5.00")]
    assert told("payments.refunded") == 1


def test_the_answer_and_the_message_count_once(
    paid: PaymentAttempt, actor: Actor, business: Business
) -> None:
    refund = request_refund(actor, payment_id=paid.payment_id, amount=D("5.00"))
    body = message(paid, "refund.succeeded", reference=refund.provider_key, amount="5.00", capture="ref_1")
    for event_id in ("evt_1", "evt_1", "evt_2"):
        assert post_webhook(business, body, event_id=event_id).status_code == 200
    send_due_refunds()
    payment = Payment.unscoped.get()
    assert (payment.refunded_amount, payment.refunding_amount) == (D("5.00"), 0)
    assert told("payments.refunded") == 1


def test_a_refused_refund_is_visible_and_can_be_sent_again(
    paid: PaymentAttempt, actor: Actor, company: ScriptedProvider
) -> None:
    refund = request_refund(actor, payment_id=paid.payment_id, amount=D("24.30"))
    company.refund_answer = "refund_failed"
    send_due_refunds()
    refund.refresh_from_db()
    assert (refund.state, refund.error) == ("failed", "Refused (test).")
    assert Payment.unscoped.get().refundable_amount == D("24.30")
    assert told("payments.refund_failed") == 1

    company.refund_answer = "refund_succeeded"
    retry_refund(actor, refund_id=refund.pk)
    send_due_refunds()

    refund.refresh_from_db()
    assert (refund.state, refund.round) == ("succeeded", 2)
    assert list(company.refunds) == [f"{refund.pk}-2"]
    with pytest.raises(WrongState):
        retry_refund(actor, refund_id=refund.pk)


@pytest.mark.parametrize(
    "order", [("refund.failed", "refund.succeeded"), ("refund.succeeded", "refund.failed")]
)
def test_success_outranks_refusal_in_any_order(
    paid: PaymentAttempt, actor: Actor, business: Business, order: tuple[str, ...]
) -> None:
    refund = request_refund(actor, payment_id=paid.payment_id, amount=D("5.00"))
    for kind in order * 3:
        body = message(paid, kind, reference=refund.provider_key, amount="5.00")
        post_webhook(business, body, event_id=f"evt_{kind}")
    refund.refresh_from_db()
    payment = Payment.unscoped.get()
    assert (refund.state, payment.refunded_amount, payment.refunding_amount) == ("succeeded", D("5.00"), 0)
    assert told("payments.refunded") == 1


def test_a_refund_made_elsewhere_waits_for_a_person(
    paid: PaymentAttempt, actor: Actor, business: Business
) -> None:
    body = message(paid, "refund.succeeded", reference="made by hand", amount="5.00")
    assert post_webhook(business, body).json()["outcome"] == "attention"
    found = Discrepancy.unscoped.get()
    assert found.kind == "unknown_refund"

    with pytest.raises(InvalidInput):
        resolve_discrepancy(actor, discrepancy_id=found.pk, note=" ")
    resolve_discrepancy(actor, discrepancy_id=found.pk, note="Made in the company's dashboard.")

    with pytest.raises(WrongState):
        resolve_discrepancy(actor, discrepancy_id=found.pk, note="Again.")


def test_roles_and_strangers(
    paid: PaymentAttempt, actor: Actor, other_business: Business, make_actor: Any, business: Business
) -> None:
    refund = request_refund(actor, payment_id=paid.payment_id, amount=D("5.00"))
    reader = make_actor(business, permissions=frozenset({"payments.read"}))
    with pytest.raises(PermissionRefused):
        retry_refund(reader, refund_id=refund.pk)
    stranger = make_actor(other_business)
    with pytest.raises(NotFound):
        request_refund(stranger, payment_id=paid.payment_id, amount=D("1.00"))
    with pytest.raises(NotFound):
        retry_refund(stranger, refund_id=refund.pk)
