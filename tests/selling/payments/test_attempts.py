"""The payer's way to the company and back: twice the same page, lost answers, lost messages, time over."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, DomainError, InvalidInput, NotFound, WrongState
from apps.kernel.models import OutboxEvent
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Business
from apps.selling.payments.models import Payment, PaymentAttempt
from apps.selling.payments.providers import ProviderUnavailable
from apps.selling.payments.selectors import list_methods
from apps.selling.payments.services import (
    cancel_payment,
    cancel_payments_of,
    offer_provider,
    refresh_payment,
    start_attempt,
)
from apps.selling.payments.tasks import expire_due_payments, poll_open_attempts
from tests.factories.payments import ScriptedProvider, make_attempt, make_payment, message, post_webhook


@pytest.fixture
def guest(business: Business) -> Actor:
    return Actor.guest(business.pk)


def test_asking_for_money_is_two_queries(business: Business, django_assert_num_queries: Any) -> None:
    make_payment(business)
    with django_assert_num_queries(4):  # the savepoint and its release included
        make_payment(business)


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity", "1e30", "0.001"])
def test_impossible_amounts_are_refused(business: Business, amount: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        make_payment(business, amount=amount)
    assert "amount" in refusal.value.fields


def test_a_key_asks_once(business: Business) -> None:
    from tests.factories.payments import Owner

    owner = Owner("order", business.pk)
    moment = clock.now() + dt.timedelta(hours=1)
    first, second = (make_payment(business, owner=owner, key="k1", expires_at=moment) for _time in range(2))
    assert first.pk == second.pk


def test_asked_twice_the_page_is_the_same(
    business: Business, guest: Actor, company: ScriptedProvider
) -> None:
    payment = make_payment(business)
    first = start_attempt(guest, payment_id=payment.pk)
    second = start_attempt(guest, payment_id=payment.pk)
    assert first == second
    assert len(company.sessions) == 1


def test_after_a_decline_there_is_a_new_page(business: Business, guest: Actor) -> None:
    attempt = make_attempt(business)
    post_webhook(business, message(attempt, "payment.declined", reason="No funds."))
    assert Payment.unscoped.get().state == "failed"
    assert OutboxEvent.objects.get(name="payments.failed").payload["reason"] == "No funds."

    again = start_attempt(guest, payment_id=attempt.payment_id)

    assert again.attempt_id != attempt.pk
    assert Payment.unscoped.get().state == "open"


def test_a_lost_decline_does_not_trap_the_payer(
    business: Business, guest: Actor, company: ScriptedProvider
) -> None:
    attempt = make_attempt(business)
    company.answer = "failed"
    again = start_attempt(guest, payment_id=attempt.payment_id)
    assert again.attempt_id != attempt.pk


def test_no_answer_keeps_the_attempt_and_the_retry_uses_its_key(
    business: Business, guest: Actor, company: ScriptedProvider
) -> None:
    payment = make_payment(business)
    company.is_down = True
    with pytest.raises(ProviderUnavailable) as refusal:
        start_attempt(guest, payment_id=payment.pk)
    assert refusal.value.status == 503
    assert refusal.value.remedy
    unknown = PaymentAttempt.unscoped.get()
    assert unknown.state == "unknown"

    company.is_down = False
    redirect = start_attempt(guest, payment_id=payment.pk)

    assert redirect.attempt_id == unknown.pk
    assert list(company.sessions) == [unknown.pk]


def test_closed_and_paid_payments_open_no_page(business: Business, guest: Actor, actor: Actor) -> None:
    closed = make_payment(business)
    cancel_payment(actor, payment_id=closed.pk)
    paid = make_attempt(business)
    post_webhook(business, message(paid))
    late = make_payment(business, expires_at=clock.now())
    for payment_id, code in ((closed.pk, "payment_closed"), (paid.payment_id, "already_paid")):
        with pytest.raises(WrongState) as refusal:
            start_attempt(guest, payment_id=payment_id)
        assert refusal.value.code == code
    with pytest.raises(WrongState):
        start_attempt(guest, payment_id=late.pk)
    with pytest.raises(WrongState):
        cancel_payment(actor, payment_id=paid.payment_id)


def test_another_business_finds_no_payment(business: Business, other_business: Business) -> None:
    payment = make_payment(business)
    stranger = Actor.guest(other_business.pk)
    for act in (start_attempt, refresh_payment):
        with pytest.raises(NotFound):
            act(stranger, payment_id=payment.pk)


def test_a_company_is_never_called_inside_a_use_case(business: Business, guest: Actor) -> None:
    payment = make_payment(business)

    @use_case()
    def wrong(actor: Actor) -> None:
        start_attempt(actor, payment_id=payment.pk)

    with pytest.raises(RuntimeError, match="inside a use case"):
        wrong(guest)


def test_the_return_page_finds_out_about_a_lost_message(
    business: Business, guest: Actor, company: ScriptedProvider
) -> None:
    attempt = make_attempt(business)
    company.answer = "captured"
    assert refresh_payment(guest, payment_id=attempt.payment_id).state == "captured"
    assert OutboxEvent.objects.filter(name="payments.captured").count() == 1


def test_reloading_the_return_page_does_not_hammer_the_company(
    business: Business, guest: Actor, company: ScriptedProvider
) -> None:
    attempt = make_attempt(business)
    for _time in range(5):
        refresh_payment(guest, payment_id=attempt.payment_id)
    assert company.calls.count("ask") == 1


def test_a_company_that_is_down_does_not_break_the_return_page(
    business: Business, guest: Actor, company: ScriptedProvider
) -> None:
    attempt = make_attempt(business)
    company.is_down = True
    assert refresh_payment(guest, payment_id=attempt.payment_id).state == "open"


def test_the_poll_asks_about_silent_attempts_with_growing_pauses(
    business: Business, company: ScriptedProvider
) -> None:
    make_attempt(business)
    assert poll_open_attempts() == 0
    start = clock.now()
    for seconds, asked in ((31, 1), (45, 1), (62, 2), (100, 2), (125, 3)):
        with clock.travel(start + dt.timedelta(seconds=seconds)):
            poll_open_attempts()
        assert company.calls.count("ask") == asked, seconds
    company.answer = "captured"
    with clock.travel(start + dt.timedelta(hours=2)):
        poll_open_attempts()
        poll_open_attempts()
    assert Payment.unscoped.get().state == "captured"
    assert company.calls.count("ask") == 4


def test_a_closed_payment_has_its_page_taken_away(
    business: Business, actor: Actor, company: ScriptedProvider
) -> None:
    attempt = make_attempt(business)
    cancel_payment(actor, payment_id=attempt.payment_id)
    poll_open_attempts()
    assert company.calls[-1] == "close_session"
    assert PaymentAttempt.unscoped.get().state == "failed"
    assert Payment.unscoped.get().state == "cancelled"
    assert not OutboxEvent.objects.filter(name="payments.failed").exists()


def test_a_page_paid_before_it_could_be_taken_away_is_money(
    business: Business, actor: Actor, company: ScriptedProvider
) -> None:
    attempt = make_attempt(business)
    cancel_payment(actor, payment_id=attempt.payment_id)
    company.answer = "captured"
    poll_open_attempts()
    assert Payment.unscoped.get().state == "captured"


def test_time_over_closes_only_what_is_open(business: Business) -> None:
    open_one, paid = make_attempt(business), make_attempt(business)
    post_webhook(business, message(paid))
    assert expire_due_payments() == 0
    with clock.travel(dt.timedelta(hours=2)):
        assert expire_due_payments() == 1
        assert expire_due_payments() == 0
    assert Payment.unscoped.get(pk=open_one.payment_id).state == "expired"
    assert Payment.unscoped.get(pk=paid.payment_id).state == "captured"


def test_cancelling_all_of_an_owner_leaves_what_was_paid(business: Business, actor: Actor) -> None:
    from tests.factories.payments import Owner

    owner = Owner("order", business.pk)
    paid = make_attempt(business, owner=owner)
    post_webhook(business, message(paid))
    make_payment(business, owner=owner)
    states = {payment.state for payment in cancel_payments_of(actor, owner=owner)}
    assert states == {"captured", "cancelled"}


def test_a_company_switched_off_takes_no_new_payments_but_is_still_heard(
    business: Business, actor: Actor
) -> None:
    attempt = make_attempt(business)
    offer_provider(actor, provider="scripted", active=False)
    with pytest.raises(Conflict):
        make_payment(business)
    assert post_webhook(business, message(attempt)).json()["outcome"] == "applied"
    with tenancy.bind(business.pk):
        assert [method.code for method in list_methods()] == ["sandbox"]


def test_an_unknown_company_is_refused(business: Business) -> None:
    with pytest.raises(DomainError):
        make_payment(business, provider="nobody")


def test_large_amounts_fit(business: Business) -> None:
    assert make_payment(business, amount="99999999999999").amount == Decimal("99999999999999")
