"""A business chooses by whom it sends, tries it, and sees what was sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business
from apps.platform.notifications import services
from apps.platform.notifications.models import ChannelSetting, Message
from apps.platform.notifications.providers import Account, Outgoing, telephone
from apps.platform.notifications.states import MessageState
from apps.platform.notifications.tasks import send_due_messages
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.platform.notifications.carriers import carrier

pytestmark = pytest.mark.django_db
TOKEN = "first token 1234"
TWILIO = {"account_sid": "AC9", "from": "+15005550006"}


def choose_twilio(actor: Actor, token: str = TOKEN) -> ChannelSetting:
    return services.choose_provider(
        actor, channel="sms", provider="twilio", values=TWILIO, secrets={"auth_token": token}
    )


def sms(business: Business, key: str = "k", to: str = "+44 7700 900123") -> Message:
    return services.queue_message(
        Actor.system("tests", business.pk),
        channel="sms", to=to, text="Your mug is here", template="pickup", dedupe_key=key,
    )  # fmt: skip


def test_a_channel_nobody_set_up_sends_nothing_and_shows_it(business: Business) -> None:
    message = sms(business)
    assert message.to == "+447700900123"
    assert send_due_messages() == 1
    message = Message.unscoped.get(pk=message.pk)
    assert (message.state, message.provider) == (MessageState.SENT, "sandbox_sms")


@pytest.mark.parametrize("to", ["0770 900123", "me", "", "+0123456789", "+44 7700 90012345678"])
def test_a_number_without_its_country_is_refused(business: Business, to: str) -> None:
    with pytest.raises(InvalidInput):
        sms(business, to=to)


def test_messages_go_by_the_chosen_company_with_the_secret_of_the_vault(
    business: Business, other_business: Business, owner: Actor, settings: Any
) -> None:
    choose_twilio(owner)
    with carrier() as company:
        settings.MESSAGE_PROVIDER_URLS = {"twilio": company.url}
        company.says(201, {"sid": "SM5"})
        message = sms(business)
        sms(other_business)
        assert send_due_messages() == 2
    assert len(company.asked) == 1
    message = Message.unscoped.get(pk=message.pk)
    assert (message.provider, message.provider_ref) == ("twilio", "SM5")
    with tenancy.bind(business.pk):
        assert AuditEntry.objects.filter(action="vault.secret_used").count() == 1


def test_no_lock_is_held_while_the_company_is_asked(
    business: Business, owner: Actor, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    choose_twilio(owner)
    seen: list[bool] = []

    def deliver(self: Any, message: Outgoing, account: Account) -> str:
        seen.append(connection.in_atomic_block)
        return "SM1"

    monkeypatch.setattr(telephone.Twilio, "deliver", deliver)
    sms(business)
    send_due_messages()
    assert seen == [False]


def test_a_bad_number_is_not_tried_again(business: Business) -> None:
    message = sms(business, to="+15005550001")
    assert send_due_messages() == 0
    message = Message.unscoped.get(pk=message.pk)
    assert message.state == MessageState.BOUNCED
    assert "does not exist" in message.error


def test_what_is_missing_is_named_and_a_secret_is_kept_when_left_out(
    business: Business, owner: Actor
) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.choose_provider(
            owner, channel="sms", provider="twilio", values={"from": "+1"}, secrets={"auth_token": ""}
        )
    assert set(refused.value.fields) == {"account_sid", "auth_token"}
    choose_twilio(owner)
    choose_twilio(owner, token="")
    with pytest.raises(InvalidInput):
        services.choose_provider(owner, channel="email", provider="twilio", values=TWILIO, secrets={})
    with tenancy.bind(business.pk):
        entries = AuditEntry.objects.filter(action="notifications.provider_chosen")
        assert entries.count() == 2
        assert "first token" not in str([(entry.before, entry.after) for entry in entries])


def test_a_kept_password_is_not_sent_to_another_server(business: Business, owner: Actor) -> None:
    values = {
        "host": "smtp.example.com",
        "port": "587",
        "username": "harbour",
        "from_email": "shop@example.com",
    }

    def choose(password: str = "", **changes: str) -> None:
        services.choose_provider(
            owner,
            channel="email",
            provider="smtp",
            values={**values, **changes},
            secrets={"password": password},
        )

    choose("correct horse 9")
    choose(from_email="hello@example.com")
    with pytest.raises(InvalidInput) as refused:
        choose(host="smtp.elsewhere.example")
    assert set(refused.value.fields) == {"password"}
    with tenancy.bind(business.pk):
        assert ChannelSetting.objects.get(channel="email").values["host"] == "smtp.example.com"
    choose("another 10", host="smtp.elsewhere.example")


def test_only_who_may_choose_chooses(business: Business, make_actor: Callable[..., Actor]) -> None:
    manager = make_actor(business, role="manager", permissions=frozenset({"notifications.send"}))
    with pytest.raises(PermissionRefused):
        choose_twilio(manager)


def test_the_page_sets_up_twilio_and_sends_a_test(settings: Any) -> None:
    business = make_business()
    client = sign_in(Client(), owner_of(business), business)
    page = reverse("admin:channel_sms")
    assert "Nothing is really sent." in client.get(page).content.decode()

    typed = {**TWILIO, "auth_token": "secret token 9876"}
    missing = client.post(f"{page}?provider=twilio", {**typed, "account_sid": ""})
    assert missing.status_code == 400
    assert client.post(f"{page}?provider=twilio", typed).status_code == 302
    shown = client.get(page).content.decode()
    assert "secret token" not in shown
    assert "ends in 9876" in shown

    with carrier() as company:
        settings.MESSAGE_PROVIDER_URLS = {"twilio": company.url}
        company.says(201, {"sid": "SM5"})
        done = client.post(page, {"test": "1", "to": "+44 7700 900123"}, follow=True)
    assert company.asked[0].form["To"] == "+447700900123"
    assert "This is a test from Harbour Goods" in done.content.decode()
    assert "Twilio" in done.content.decode()


def test_a_test_that_fails_says_why() -> None:
    business = make_business()
    client = sign_in(Client(), owner_of(business), business)
    done = client.post(reverse("admin:channel_sms"), {"test": "1", "to": "+15005550001"}, follow=True)
    assert "did not go out" in done.content.decode()
    assert "550" in done.content.decode()


def test_a_manager_does_not_choose_the_mail_server() -> None:
    # Whoever chooses it reads invitations of owners.
    business = make_business()
    client = sign_in(Client(), make_member(business, "manager"), business)
    assert client.get(reverse("admin:channel_email")).status_code == 403


def test_the_outbox_page_shows_what_the_try_out_kept() -> None:
    business = make_business()
    sms(business)
    send_due_messages()
    client = sign_in(Client(), owner_of(business), business)
    listed = client.get(reverse("admin:notifications_message_changelist"), {"tab": "sandbox"})
    text = listed.content.decode()
    assert "Your mug is here" in text
    assert "Shown here only" in text
