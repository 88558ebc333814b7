"""Money reserved first and taken later, at each company that can: lost answers, repeats, messages in any order."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.models import OutboxEvent
from apps.platform.businesses.models import Business
from apps.selling.payments.models import Capture, Discrepancy, Payment, PaymentAttempt
from apps.selling.payments.providers import ProviderUnavailable
from apps.selling.payments.services import (
    cancel_payment,
    refresh_payment,
    request_refund,
    set_up_provider,
    take_payment,
)
from apps.selling.payments.tasks import poll_open_attempts, send_due_refunds, warn_of_lapses

from .base import Company
from .paypal_server import PayPal
from .stripe_server import Stripe
from .test_companies import begin, post

D = Decimal
can_reserve = pytest.mark.parametrize("there", [Stripe, PayPal], indirect=True, ids=lambda kind: kind.code)


def reserve(shop: Business, there: Company, actor: Actor) -> PaymentAttempt:
    set_up_provider(actor, provider=there.code, values={**there.values, "take": "sent"}, secrets={})
    attempt = begin(shop, there)
    there.pay(attempt.provider_ref)
    refresh_payment(Actor.guest(shop.pk), payment_id=attempt.payment_id)
    return attempt


def told(name: str) -> int:
    return OutboxEvent.objects.filter(name=name).count()


@can_reserve
def test_reserved_money_is_taken_once_in_part_whatever_gets_lost_or_comes_late(
    shop: Business, there: Company, actor: Actor
) -> None:
    attempt = reserve(shop, there, actor)
    ref, payment = attempt.provider_ref, Payment.unscoped.get()
    assert (payment.state, payment.captured_amount, told("payments.authorised")) == ("authorised", 0, 1)
    reserved = [there.tell("reserved", ref, event_id=one) for one in ("evt_1", "evt_1", "evt_2")]
    assert {post(shop, there, message).json()["outcome"] for message in reserved} == {"nothing_new"}
    assert post(shop, there, there.tell("reserved", ref, secret="whsec_stranger")).status_code == 401
    for amount in ("24.31", "0", "1.001"):
        with pytest.raises(InvalidInput):
            take_payment(actor, payment_id=payment.pk, amount=D(amount))

    there.loses = 1
    with pytest.raises(ProviderUnavailable):
        take_payment(actor, payment_id=payment.pk, amount=D("20.00"))
    with pytest.raises(WrongState, match="Another amount"):
        take_payment(actor, payment_id=payment.pk)
    with clock.travel(dt.timedelta(seconds=31)):
        poll_open_attempts()
    late = [
        post(shop, there, there.tell(kind, ref)).json()["outcome"] for kind in ("taken", "reserved", "voided")
    ]
    assert late == ["nothing_new"] * 3
    assert take_payment(actor, payment_id=payment.pk).captured_amount == D("20.00")
    assert [float(one) for one in there.pages[ref].taken] in ([20.0], [2000.0])
    payment.refresh_from_db()
    assert (payment.state, told("payments.captured"), told("payments.released")) == ("captured", 1, 0)

    request_refund(actor, payment_id=payment.pk, amount=D("5.00"))
    send_due_refunds()
    payment.refresh_from_db()
    assert (payment.state, payment.refunded_amount) == ("part_refunded", D("5.00"))
    assert not Discrepancy.unscoped.exists()


@can_reserve
def test_reserved_money_is_set_free_or_lapses_and_is_told_of_before(
    shop: Business, there: Company, actor: Actor
) -> None:
    attempt = reserve(shop, there, actor)
    cancel_payment(actor, payment_id=attempt.payment_id)
    poll_open_attempts()
    payment = Payment.unscoped.get()
    assert (payment.state, there.pages[attempt.provider_ref].state) == ("cancelled", "voided")
    assert (told("payments.released"), Capture.unscoped.count()) == (1, 0)

    second = reserve(shop, there, actor)
    second.refresh_from_db()
    assert warn_of_lapses() == 0
    with clock.travel(second.lapses_at - dt.timedelta(days=1)):
        assert (warn_of_lapses(), warn_of_lapses()) == (1, 0)
    assert told("payments.reservation_ending") == 1
    there.lapse(second.provider_ref)
    with clock.travel(second.lapses_at + dt.timedelta(minutes=1)):
        poll_open_attempts()
        with pytest.raises(WrongState, match="reserved"):
            take_payment(actor, payment_id=second.payment_id)
    assert (Payment.unscoped.get(pk=second.payment_id).state, told("payments.released")) == ("failed", 2)


@can_reserve
def test_the_word_that_it_was_taken_may_come_before_that_it_was_reserved(
    shop: Business, there: Company, actor: Actor
) -> None:
    set_up_provider(actor, provider=there.code, values={**there.values, "take": "sent"}, secrets={})
    attempt = begin(shop, there)
    page: Any = there.pages[attempt.provider_ref]
    page.state, page.reserved, page.capture = "paid", "pi_9", "pi_9"
    page.taken = [1000 if there.code == "stripe" else "10.00"]
    outcomes = [
        post(shop, there, there.tell(kind, page.ref)).json()["outcome"] for kind in ("taken", "reserved")
    ]
    assert outcomes == ["applied", "nothing_new"]
    assert (Payment.unscoped.get().state, Capture.unscoped.get().amount) == ("captured", D("10.00"))
