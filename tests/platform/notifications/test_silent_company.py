"""A company that accepts and never answers holds nobody but its own messages."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from django.core import mail
from django.test import Client
from django.urls import reverse

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.models import CircuitState
from apps.platform.businesses.models import Business
from apps.platform.notifications import services
from apps.platform.notifications.models import Message
from apps.platform.notifications.providers import Account, Outgoing, get_provider, http, line_of
from apps.platform.notifications.services import sending
from apps.platform.notifications.states import MessageState
from apps.platform.notifications.tasks import send_due_messages
from monidesk import gauges
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.platform.notifications.carriers import Silence, carrier

pytestmark = pytest.mark.django_db
READ_SECONDS = 0.3


@pytest.fixture
def silence(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Silence]:
    found = Silence()
    settings.MESSAGE_PROVIDER_URLS = {"twilio": found.url}
    pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(1, READ_SECONDS))
    monkeypatch.setattr(http, "_pool", pool)
    yield found
    found.close()


def use_twilio(actor: Actor) -> None:
    services.choose_provider(
        actor, channel="sms", provider="twilio", values={"account_sid": "AC9", "from": "+15005550006"},
        secrets={"auth_token": "tok"},
    )  # fmt: skip


@pytest.fixture
def with_twilio(business: Business, owner: Actor) -> Business:
    use_twilio(owner)
    return business


def queue(business: Business, key: str, channel: str = "sms") -> Message:
    to = "+447700900123" if channel == "sms" else "bea@example.com"
    return services.queue_message(
        Actor.system("tests", business.pk), channel=channel, to=to, text="Your mug is here", subject="Mug",
        template="pickup", dedupe_key=key,
    )  # fmt: skip


def again(message: Message) -> Message:
    return Message.unscoped.get(pk=message.pk)


def test_after_three_silences_its_messages_wait_and_others_go(
    with_twilio: Business, silence: Silence, settings: Any
) -> None:
    texts = [queue(with_twilio, f"text {number}") for number in range(20)]
    letter = queue(with_twilio, "letter", channel="email")

    started = time.monotonic()
    assert send_due_messages() == 1
    took = time.monotonic() - started

    assert len(silence.callers) == sending.SILENCES
    assert took < 5, "the company was waited for again and again"
    assert again(letter).state == MessageState.SENT
    assert len(mail.outbox) == 1
    tried = [again(text) for text in texts[:3]]
    assert {text.attempts for text in tried} == {1}
    waiting = [again(text) for text in texts[3:]]
    assert {(text.state, text.attempts) for text in waiting} == {(MessageState.QUEUED, 0)}
    assert "Twilio does not answer" in waiting[0].error

    # Nothing of it is even looked at until the pause is over.
    assert send_due_messages() == 0
    assert len(silence.callers) == sending.SILENCES

    with carrier() as company:
        settings.MESSAGE_PROVIDER_URLS = {"twilio": company.url}
        company.says(201, {"sid": "SM1"})
        with clock.travel(dt.timedelta(seconds=sending.PAUSE_SECONDS + 70)):
            assert send_due_messages() == 20
        assert len(company.asked) == 20
    assert not CircuitState.objects.exists()


def test_while_it_is_silent_one_message_a_minute_tries(with_twilio: Business, silence: Silence) -> None:
    for number in range(8):
        queue(with_twilio, f"text {number}")
    send_due_messages()
    assert len(silence.callers) == 3
    with clock.travel(dt.timedelta(seconds=sending.PAUSE_SECONDS + 1)):
        send_due_messages()
    assert len(silence.callers) == 4


def test_other_businesses_of_this_company_do_not_wait_for_it_either(
    with_twilio: Business, other_business: Business, silence: Silence
) -> None:
    use_twilio(Actor.system("tests", other_business.pk))
    for number in range(3):
        queue(with_twilio, f"text {number}")
    send_due_messages()
    message = queue(other_business, "theirs")
    assert send_due_messages() == 0
    assert len(silence.callers) == 3
    assert again(message).attempts == 0


def test_a_server_that_a_business_named_is_a_line_of_its_own() -> None:
    provider = get_provider("smtp")
    lines = {
        line_of(provider, Account({"host": host, "port": port}))
        for host, port in (("mail.a.example", "587"), ("mail.b.example", "587"), ("mail.a.example", "25"))
    }
    assert len(lines) == 3
    regions = {
        line_of(get_provider("ses"), Account({"region": region})) for region in ("eu-west-1", "nowhere-1")
    }
    assert len(regions) == 2


def test_a_refusal_is_an_answer(with_twilio: Business, settings: Any) -> None:
    with carrier() as company:
        settings.MESSAGE_PROVIDER_URLS = {"twilio": company.url}
        company.says(503, {"message": "busy"})
        for number in range(6):
            queue(with_twilio, f"text {number}")
        send_due_messages()
        assert len(company.asked) == 6
    assert not CircuitState.objects.exists()


def test_the_try_out_asks_nobody(business: Business, django_assert_num_queries: Any) -> None:
    message = queue(business, "k")
    assert sending.send_message(business.pk, message.pk)
    assert not CircuitState.objects.exists()


def test_the_page_says_it_in_plain_words_and_the_metric_counts(silence: Silence) -> None:
    shop = make_business()
    use_twilio(Actor.system("tests", shop.pk))
    client = sign_in(Client(), owner_of(shop), shop)
    page = client.get(reverse("admin:channel_sms")).content.decode()
    assert "has not answered" not in page
    assert gauges.of_companies() == {"monidesk_companies_silent": 0}
    for number in range(5):
        queue(shop, f"text {number}")
    send_due_messages()
    page = client.get(reverse("admin:channel_sms")).content.decode()
    assert "Twilio has not answered since" in page
    assert "5 messages wait" in page
    assert "Nothing is lost" in page
    assert "has not answered" not in client.get(reverse("admin:channel_whatsapp")).content.decode()
    assert gauges.of_companies() == {"monidesk_companies_silent": 1}


@pytest.mark.mutation
def test_control_without_the_circuit_each_message_waits_for_it(
    with_twilio: Business, silence: Silence, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import nullcontext

    monkeypatch.setattr(sending, "_circuit", lambda *_args: nullcontext())
    for number in range(6):
        queue(with_twilio, f"text {number}")
    send_due_messages()
    assert len(silence.callers) == 6


def test_a_silent_mail_server_of_the_house_does_not_hold_mails_about_accounts(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They wait uncounted as well, and go when it answers."""
    from apps.platform.notifications.models import AccountMessage
    from apps.platform.notifications.providers import NoAnswer
    from apps.platform.notifications.providers.mail import HouseMail

    def silent(self: Any, message: Outgoing, account: Account) -> str:
        raise NoAnswer("timed out")

    system = Actor.system("tests", None)
    for number in range(5):
        services.queue_account_email(
            system, to=f"bea{number}@example.com", template="invitation",
            context={"inviter": "Ann", "url": "https://x.example/", "role": "Owner"}, dedupe_key=f"k{number}",
        )  # fmt: skip
    monkeypatch.setattr(HouseMail, "deliver", silent)
    send_due_messages()
    assert sorted(row.attempts for row in AccountMessage.objects.all()) == [0, 0, 1, 1, 1]
    monkeypatch.undo()
    with clock.travel(dt.timedelta(minutes=3)):
        assert send_due_messages() == 5
