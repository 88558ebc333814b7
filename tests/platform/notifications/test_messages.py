"""E-mails: once per reason, tried again, never lost with a worker."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.platform.businesses.models import Business
from apps.platform.notifications import services
from apps.platform.notifications.models import Message
from apps.platform.notifications.services import sending
from apps.platform.notifications.states import CLAIM_EXPIRES_AFTER, RETRY_PAUSES, MessageState
from apps.platform.notifications.tasks import send_due_messages

pytestmark = pytest.mark.django_db
CONTEXT = {
    "inviter": "Ada",
    "role": "Cashier",
    "business_name": "Harbour",
    "url": "http://x/",
    "is_new": True,
}


class BrokenBackend(EmailBackend):
    """A mail server that hangs up."""

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError("no mail today")


def queue(business: Business, key: str = "k", **changes: Any) -> Message:
    return services.queue_email(
        Actor.system("tests", business.pk),
        to="new@example.com",
        template="invitation",
        context={**CONTEXT, **changes},
        dedupe_key=key,
    )


def again(message: Message) -> Message:
    return Message.unscoped.get(pk=message.pk)


def test_a_queued_message_goes_out_once(business: Business) -> None:
    message = queue(business)

    assert send_due_messages() == 1
    assert send_due_messages() == 0

    assert len(mail.outbox) == 1
    assert "Harbour" in mail.outbox[0].subject
    assert again(message).state == MessageState.SENT


def test_the_same_reason_is_mailed_once_per_business(business: Business, other_business: Business) -> None:
    assert queue(business).pk == queue(business).pk
    assert queue(other_business).pk != queue(business).pk
    assert Message.unscoped.count() == 2


def test_a_name_cannot_add_headers(business: Business) -> None:
    message = queue(business, inviter="Ada\r\nBcc: thief@example.com")

    assert "\n" not in message.subject
    send_due_messages()
    assert mail.outbox[0].recipients() == ["new@example.com"]


def test_a_failure_is_kept_and_tried_again_with_growing_pauses_then_given_up(
    business: Business, settings: Any
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.BrokenBackend"
    message = queue(business)
    moved = dt.timedelta()
    for pause in RETRY_PAUSES:
        with clock.travel(moved):
            assert send_due_messages() == 0
            assert send_due_messages() == 0
        assert again(message).state == MessageState.QUEUED
        moved += pause + dt.timedelta(seconds=1)
    with clock.travel(moved):
        send_due_messages()

    given_up = again(message)
    assert given_up.state == MessageState.FAILED
    assert given_up.attempts == len(RETRY_PAUSES) + 1
    assert "no mail today" in given_up.error


def test_what_a_dead_worker_claimed_is_taken_again(business: Business) -> None:
    message = queue(business)
    services.claim_message(Actor.system("mail", business.pk), message_id=message.pk)
    assert send_due_messages() == 0

    with clock.travel(CLAIM_EXPIRES_AFTER + dt.timedelta(seconds=1)):
        assert send_due_messages() == 1


def test_a_claim_is_had_by_one(business: Business) -> None:
    message = queue(business)
    actor = Actor.system("mail", business.pk)

    assert services.claim_message(actor, message_id=message.pk) is not None
    assert services.claim_message(actor, message_id=message.pk) is None


def test_a_worker_thought_dead_undoes_nothing_of_who_took_over(business: Business) -> None:
    actor = Actor.system("mail", business.pk)
    message = queue(business)
    slow = services.claim_message(actor, message_id=message.pk)
    assert slow is not None
    with clock.travel(CLAIM_EXPIRES_AFTER + dt.timedelta(seconds=1)):
        assert send_due_messages() == 1
    before = again(message)
    claim = {"message_id": message.pk, "claimed_at": slow.claimed_at}
    services.record_outcome(actor, **claim, error="no answer")
    sending.wait_for_company(actor, **claim, until=clock.now(), reason="silent")
    assert (again(message).state, again(message).error) == (before.state, before.error) == ("sent", "")


def test_only_what_was_given_up_is_sent_again_by_hand(business: Business, owner: Actor) -> None:
    message = queue(business)

    with pytest.raises(WrongState):
        services.send_again(owner, message_id=message.pk)
    with tenancy.bind(business.pk):
        Message.objects.update(state=MessageState.FAILED, told=["failed", "bounced"])
    again = services.send_again(owner, message_id=message.pk)

    # The company may say of the new try that it failed; that an address is dead it says once.
    assert again.told == ["bounced"]
    assert send_due_messages() == 1
