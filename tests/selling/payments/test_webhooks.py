"""Messages in: each counts once, in any order; what cannot be trusted leaves nothing behind."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import logging
from typing import Any

import pytest

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.kernel.models import OutboxEvent
from apps.platform.businesses.models import Business
from apps.selling.payments.models import Capture, Discrepancy, Payment, PaymentAttempt, WebhookReceipt
from apps.selling.payments.services import cancel_payment, rotate_webhook_secret
from tests.factories.payments import make_attempt, make_payment, message, post_webhook, secret_of

TABLES = (Payment, PaymentAttempt, Capture, Discrepancy, WebhookReceipt)


def everything() -> list[Any]:
    """All rows of payments and all events, to show that nothing was written."""
    rows: list[Any] = [list(table.unscoped.order_by("pk").values()) for table in TABLES]
    return [*rows, list(OutboxEvent.objects.order_by("pk").values("id", "name"))]


def told(name: str) -> int:
    return OutboxEvent.objects.filter(name=name).count()


def test_a_capture_is_recorded_and_told(business: Business) -> None:
    attempt = make_attempt(business)

    answer = post_webhook(business, message(attempt))

    assert (answer.status_code, answer.json()["outcome"]) == (200, "applied")
    payment = Payment.unscoped.get()
    assert (payment.state, payment.captured_amount) == ("captured", payment.amount)
    assert PaymentAttempt.unscoped.get().state == "succeeded"
    event = OutboxEvent.objects.get(name="payments.captured")
    assert event.owner == f"order:{payment.owner_id}"
    assert event.payload["amount"] == "24.3000" or event.payload["amount"] == "24.30"


def test_the_same_message_three_times_counts_once(business: Business) -> None:
    attempt = make_attempt(business)
    body = message(attempt)

    answers = [post_webhook(business, body, event_id="evt_1").status_code for _time in range(3)]

    assert answers == [200, 200, 200]
    assert Capture.unscoped.count() == 1
    assert told("payments.captured") == 1
    assert WebhookReceipt.unscoped.get().times_received == 3


def test_two_messages_about_one_capture_count_once(business: Business) -> None:
    attempt = make_attempt(business)
    outcomes = [post_webhook(business, message(attempt)).json()["outcome"] for _time in range(2)]
    assert outcomes == ["applied", "nothing_new"]
    assert Capture.unscoped.count() == 1


KINDS = ("payment.captured", "payment.declined", "payment.expired")


@pytest.mark.parametrize("order", list(itertools.permutations(KINDS)))
def test_any_order_three_times_each_gives_the_same_state(business: Business, order: tuple[str, ...]) -> None:
    attempt = make_attempt(business)
    for kind in order * 3:
        assert post_webhook(business, message(attempt, kind), event_id=f"evt_{kind}").status_code == 200
    payment = Payment.unscoped.get()
    assert (payment.state, payment.captured_amount) == ("captured", payment.amount)
    assert PaymentAttempt.unscoped.get().state == "succeeded"
    assert told("payments.captured") == 1


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (401, {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}),
        (401, {"at": dt.timedelta(minutes=-6)}),
        (401, {"at": dt.timedelta(minutes=6)}),
        (401, {"headers": {"webhook-signature": "v1,Zm9yZ2Vk"}}),
        (400, {"headers": {"webhook-signature": ""}}),
        (400, {"headers": {"webhook-id": ""}}),
        (400, {"headers": {"webhook-timestamp": ""}}),
        (400, {"headers": {"webhook-timestamp": "yesterday"}}),
    ],
)
def test_what_cannot_be_trusted_leaves_nothing_but_a_log_line(
    business: Business, status: int, change: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    attempt = make_attempt(business)
    before = everything()
    if isinstance(change.get("at"), dt.timedelta):
        change = {"at": clock.now() + change["at"]}

    with caplog.at_level(logging.WARNING):
        answer = post_webhook(business, message(attempt), **change)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert everything() == before
    assert any("Refused a message" in line and str(business.pk) in line for line in caplog.messages)


def test_a_reserialised_body_is_refused(business: Business) -> None:
    attempt = make_attempt(business)
    before, body = everything(), message(attempt)
    answer = post_webhook(business, body, sent=json.dumps(json.loads(body), separators=(",", ":")).encode())
    assert answer.status_code == 401
    assert everything() == before


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"type": 1}', b"\xff\xfe", b"[" * 5000, b'{"data": {}}']
)
def test_signed_nonsense_is_refused(business: Business, body: bytes) -> None:
    before = everything()
    assert post_webhook(business, body).status_code in (400, 401)
    assert everything()[:4] == before[:4]


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e999999", "9" * 3000])
def test_absurd_amounts_never_break_the_endpoint(business: Business, amount: str) -> None:
    attempt = make_attempt(business)
    assert post_webhook(business, message(attempt, amount=amount)).status_code in (200, 400)
    assert Capture.unscoped.count() == 0


def test_the_secret_of_another_business_does_not_open_ours(
    business: Business, other_business: Business
) -> None:
    attempt = make_attempt(business)
    before = everything()
    assert post_webhook(business, message(attempt), secret=secret_of(other_business)).status_code == 401
    assert everything()[:4] == before[:4]


def test_a_message_to_another_business_never_finds_our_payment(
    business: Business, other_business: Business
) -> None:
    attempt = make_attempt(business)
    answer = post_webhook(other_business, message(attempt))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "attention")
    assert Payment.unscoped.get(pk=attempt.payment_id).state == "open"
    stray = Discrepancy.unscoped.get()
    assert (stray.business_id, stray.kind, stray.payment_id) == (other_business.pk, "unknown_reference", None)


def test_an_unknown_business_is_answered_like_a_wrong_signature(business: Business) -> None:
    attempt = make_attempt(business)
    secret = secret_of(business)
    nobody = Business(pk=new_id())
    assert post_webhook(nobody, message(attempt), secret=secret).status_code == 401


def test_get_and_unknown_company_are_refused(business: Business, client: Any) -> None:
    address = f"/webhooks/payments/scripted/{business.pk}/"
    assert client.get(address).status_code == 405
    assert client.post(address.replace("scripted", "nobody")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "data"),
    [("amount", {"amount": "24.29"}), ("amount", {"amount": "2430"}), ("currency", {"currency": "USD"})],
)
def test_what_does_not_fit_waits_for_a_person(business: Business, kind: str, data: dict[str, str]) -> None:
    attempt = make_attempt(business)
    for event_id in ("evt_1", "evt_1", "evt_2"):
        assert post_webhook(business, message(attempt, **data), event_id=event_id).status_code == 200
    found = Discrepancy.unscoped.get()
    assert (found.kind, found.payment_id, found.resolved_at) == (kind, attempt.payment_id, None)
    assert Capture.unscoped.count() == 0
    assert told("payments.captured") == 0


def test_a_message_quicker_than_the_answer_is_found_by_our_key(business: Business, company: Any) -> None:
    payment = make_payment(business)

    def tell_first() -> None:
        attempt = PaymentAttempt.unscoped.select_related("payment").get()
        attempt.provider_ref = f"ses_{attempt.pk.hex}"
        assert post_webhook(business, message(attempt)).json()["outcome"] == "applied"

    company.during = tell_first
    from apps.selling.payments.services import start_attempt

    start_attempt(Actor.guest(business.pk), payment_id=payment.pk)

    assert Payment.unscoped.get().state == "captured"
    assert PaymentAttempt.unscoped.get().state == "succeeded"


def test_money_that_comes_after_cancelling_is_recorded_and_told(business: Business, actor: Actor) -> None:
    attempt = make_attempt(business)
    cancel_payment(actor, payment_id=attempt.payment_id)
    assert post_webhook(business, message(attempt)).json()["outcome"] == "applied"
    assert Payment.unscoped.get().state == "captured"
    assert told("payments.captured") == 1


def test_both_secrets_are_accepted_while_rotating_and_the_old_one_ends(
    business: Business, actor: Actor
) -> None:
    old = secret_of(business)
    new = rotate_webhook_secret(actor, provider="scripted")
    assert new != old
    assert secret_of(business) == new
    first, second, third = (make_attempt(business) for _time in range(3))
    assert post_webhook(business, message(first), secret=old).status_code == 200
    assert post_webhook(business, message(second), secret=new).status_code == 200
    with clock.travel(dt.timedelta(hours=25)):
        assert post_webhook(business, message(third), secret=old).status_code == 401


def test_secrets_are_not_readable_in_the_database(business: Business) -> None:
    from apps.selling.payments.models import ProviderAccount

    secret = secret_of(business)
    stored = json.dumps(ProviderAccount.unscoped.get(business=business).settings)
    assert secret not in stored
    assert secret.removeprefix("whsec_") not in stored


def test_a_repeated_message_is_a_handful_of_queries(
    business: Business, django_assert_max_num_queries: Any
) -> None:
    attempt = make_attempt(business)
    body = message(attempt)
    # The day's first message also enters in the audit trail that the secret was used.
    post_webhook(business, message(make_attempt(business)))
    with django_assert_max_num_queries(23):  # one of them the audit entry of the money
        post_webhook(business, body, event_id="evt_1")
    with django_assert_max_num_queries(10):  # four of them are this test reading the secret to sign with
        post_webhook(business, body, event_id="evt_1")
