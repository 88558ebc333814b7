"""Many at once, on real connections; and the same without the guards, to show that the guards hold."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import connection, connections

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.kernel.locks import Rank
from apps.kernel.models import OutboxEvent
from apps.platform.businesses.models import Business
from apps.selling.payments.models import Capture, Payment, WebhookReceipt
from apps.selling.payments.services import (
    cancel_payment,
    expire_payment,
    facts,
    refresh_attempt,
    request_refund,
    start_attempt,
    webhooks,
)
from tests.factories.payments import ScriptedProvider, make_attempt, make_payment, message, post_webhook
from tests.owner import owners_rights

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Run all acts in the same instant, each on its own connection; results or exceptions in their order."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(index: int) -> None:
        try:
            barrier.wait(timeout=10)
            results[index] = acts[index]()
        except Exception as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def told(name: str) -> int:
    return OutboxEvent.objects.filter(name=name).count()


def test_the_same_message_from_eight_threads_counts_once(business: Business) -> None:
    attempt = make_attempt(business)
    body = message(attempt)

    answers = at_once([lambda: post_webhook(business, body, event_id="evt_1").status_code] * THREADS)

    assert answers == [200] * THREADS
    assert Capture.unscoped.count() == 1
    assert told("payments.captured") == 1
    assert WebhookReceipt.unscoped.get().times_received == THREADS


def test_eight_messages_about_one_capture_count_once(business: Business) -> None:
    attempt = make_attempt(business)
    body = message(attempt)

    answers = at_once([lambda: post_webhook(business, body).status_code] * THREADS)

    assert answers == [200] * THREADS
    assert Capture.unscoped.count() == 1
    assert told("payments.captured") == 1
    assert Payment.unscoped.get().captured_amount == attempt.payment.amount


@contextmanager
def without(*constraints: tuple[str, str]) -> Iterator[None]:
    """Take constraints out of the database for the length of the block."""
    with owners_rights(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conname = ANY(%s) OR (contype = 'u' AND conrelid = 'payments_capture'::regclass)",
            [[name for _table, name in constraints]],
        )
        found = cursor.fetchall()
        for table, name, _definition in found:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    try:
        yield
    finally:
        with owners_rights(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM payments_capture")
            cursor.execute("DELETE FROM payments_webhookreceipt")
            for table, name, definition in found:
                cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def unlocked(monkeypatch: pytest.MonkeyPatch, meeting: threading.Barrier) -> None:
    """Read the payment without its lock, and let everybody read before anybody writes."""

    def read(rank: Rank, queryset: Any) -> Any:
        return queryset.get()

    def misfit(payment: Payment, fact: Any) -> str:
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=3)
        return ""

    monkeypatch.setattr(facts, "lock_one", read)
    monkeypatch.setattr(facts, "_misfit", misfit)


def test_control_without_lock_and_constraints_one_message_counts_twice(
    business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt(business)
    unlocked(monkeypatch, threading.Barrier(2))
    with without(("payments_payment", "payment_captured_within_amount")):
        at_once([lambda: post_webhook(business, message(attempt)).status_code] * 2)
        assert Capture.unscoped.count() == 2
        assert told("payments.captured") == 2


def test_without_the_lock_the_database_still_refuses_the_second_capture(
    business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt(business)
    unlocked(monkeypatch, threading.Barrier(2))
    at_once([lambda: post_webhook(business, message(attempt)).status_code] * 2)
    assert Capture.unscoped.count() == 1
    assert told("payments.captured") == 1


def test_control_without_the_claim_a_message_is_taken_twice(
    business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt(business)
    body = message(attempt)
    taken: list[str] = []
    real = webhooks.record_fact

    def count(actor: Actor, **fact: Any) -> Any:
        taken.append(fact["provider"])
        return real(actor, **fact)

    monkeypatch.setattr(webhooks, "record_fact", count)
    at_once([lambda: post_webhook(business, body, event_id="evt_1").status_code] * 4)
    assert len(taken) == 1

    real_claim = webhooks._claim
    monkeypatch.setattr(webhooks, "_claim", lambda *given: real_claim(*given) or True)
    at_once([lambda: post_webhook(business, body, event_id="evt_1").status_code] * 4)
    assert len(taken) == 5


@pytest.mark.parametrize("round_", range(5))
def test_capture_cancel_and_expire_in_the_same_instant_end_in_one_state(
    business: Business, actor: Actor, round_: int
) -> None:
    attempt = make_attempt(business)
    Payment.unscoped.update(expires_at=clock.now())
    system = Actor.system("test", business.pk)

    results = at_once(
        [
            lambda: post_webhook(business, message(attempt)).status_code,
            lambda: cancel_payment(actor, payment_id=attempt.payment_id),
            lambda: expire_payment(system, payment_id=attempt.payment_id),
        ]
    )

    payment = Payment.unscoped.get()
    assert results[0] == 200
    assert not isinstance(results[1], Exception) or isinstance(results[1], WrongState)
    assert not isinstance(results[2], Exception)
    # Money outranks both, whoever came first; and it is told exactly once.
    assert (payment.state, payment.captured_amount) == ("captured", payment.amount)
    assert told("payments.captured") == 1
    assert payment.cancelled_at is None or payment.expired_at is None


def test_asking_and_being_told_in_the_same_instant_counts_once(
    business: Business, company: ScriptedProvider
) -> None:
    attempt = make_attempt(business)
    company.answer = "captured"
    system = Actor.system("test", business.pk)
    acts: list[Callable[[], Any]] = [
        lambda: refresh_attempt(system, attempt_id=attempt.pk),
        lambda: post_webhook(business, message(attempt)).status_code,
    ]
    results = at_once(acts * 3)
    assert not [result for result in results if isinstance(result, Exception)]
    assert Capture.unscoped.count() == 1
    assert told("payments.captured") == 1


def test_two_tabs_at_once_end_at_the_same_page(business: Business, company: ScriptedProvider) -> None:
    payment = make_payment(business)
    guest = Actor.guest(business.pk)
    results = at_once([lambda: start_attempt(guest, payment_id=payment.pk)] * 4)
    assert len({result.url for result in results}) == 1
    assert len(company.sessions) == 1


def test_refunds_at_once_never_exceed_what_was_captured(business: Business, actor: Actor) -> None:
    attempt = make_attempt(business, amount="10.00")
    post_webhook(business, message(attempt))
    three = attempt.payment.amount * 0 + 3

    results = at_once([lambda: request_refund(actor, payment_id=attempt.payment_id, amount=three)] * THREADS)

    assert sum(1 for result in results if not isinstance(result, Exception)) == 3
    payment = Payment.unscoped.get()
    assert (payment.refunding_amount, payment.refundable_amount) == (9, 1)


def test_no_lock_is_held_while_the_company_is_called(business: Business, company: ScriptedProvider) -> None:
    payment = make_payment(business)
    seen: list[str] = []

    def try_to_lock() -> None:
        def lock_it() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT id FROM payments_payment FOR UPDATE NOWAIT")
                cursor.execute("SELECT id FROM payments_paymentattempt FOR UPDATE NOWAIT")
                seen.append(company.calls[-1])

        failures = [result for result in at_once([lock_it]) if isinstance(result, Exception)]
        assert not failures

    company.during = try_to_lock
    system = Actor.system("test", business.pk)
    redirect = start_attempt(system, payment_id=payment.pk)
    company.answer = "captured"
    refresh_attempt(system, attempt_id=redirect.attempt_id)
    request_refund(system, payment_id=payment.pk, amount=payment.amount)
    from apps.selling.payments.tasks import send_due_refunds

    send_due_refunds()
    assert seen == ["open_session", "ask", "refund"]
