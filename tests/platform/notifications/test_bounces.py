"""What companies tell afterwards, and addresses that nothing more goes to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core import mail
from django.test import Client
from django.urls import reverse

from apps.kernel import outbox
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.people.customers.models import Customer
from apps.people.customers.services import record_customer
from apps.platform.businesses.models import Business
from apps.platform.notifications import services
from apps.platform.notifications.models import Message, Suppression
from apps.platform.notifications.states import MessageState, SuppressionReason
from apps.platform.notifications.tasks import send_due_messages
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.platform.notifications.carriers import carrier

pytestmark = pytest.mark.django_db
KEY = ec.generate_private_key(ec.SECP256R1())
TOKEN = "twilio token 1234"
REASONS = SuppressionReason


def queue(business: Business, *, to: str = "bea@example.com", **changes: Any) -> Message:
    known: dict[str, Any] = {"channel": "email", "subject": "News", "text": "New mugs", "template": "news"}
    return services.queue_message(
        Actor.system("tests", business.pk), to=to, dedupe_key=str(new_id()), **{**known, **changes}
    )


def again(message: Message) -> Message:
    return Message.unscoped.get(pk=message.pk)


@pytest.fixture
def with_sendgrid(business: Business, owner: Actor) -> Business:
    public = KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    services.choose_provider(
        owner, channel="email", provider="sendgrid", values={"from_email": "shop@harbour.example"},
        secrets={"api_key": "SG.key", "webhook_key": base64.b64encode(public).decode()},
    )  # fmt: skip
    return business


def tell_sendgrid(business: Business, *events: dict[str, Any], key: Any = KEY) -> Any:
    body = json.dumps(events).encode()
    signature = base64.b64encode(key.sign(b"1700000000" + body, ec.ECDSA(hashes.SHA256()))).decode()
    return Client().post(
        reverse("notifications:webhook", args=["sendgrid", business.pk]),
        data=body,
        content_type="application/json",
        headers={
            "X-Twilio-Email-Event-Webhook-Signature": signature,
            "X-Twilio-Email-Event-Webhook-Timestamp": "1700000000",
        },
    )


def test_a_bounce_stops_the_address_for_good(with_sendgrid: Business, settings: Any) -> None:
    with carrier() as company:
        settings.MESSAGE_PROVIDER_URLS = {"sendgrid": company.url}
        company.says(202, X_Message_Id="sg-1")
        message = queue(with_sendgrid, to="Gone@Example.com")
        send_due_messages()
        told = {"event": "bounce", "type": "bounce", "monidesk_id": str(message.pk), "reason": "550 5.1.1"}
        for _repeat in range(2):
            answer = tell_sendgrid(with_sendgrid, told)
            assert answer.status_code == 200
            assert answer.json()["known"] == 1

        second = queue(with_sendgrid, to="gone@example.com")
        assert send_due_messages() == 0
        assert len(company.asked) == 1
    assert again(message).state == MessageState.BOUNCED
    assert again(second).state == MessageState.SUPPRESSED
    assert Suppression.unscoped.get().reason == REASONS.BOUNCED


@pytest.mark.parametrize(
    ("event", "state", "reason"),
    [
        ({"event": "delivered"}, MessageState.QUEUED, None),
        ({"event": "bounce", "type": "blocked"}, MessageState.FAILED, None),
        ({"event": "dropped", "reason": "Bounced Address"}, MessageState.BOUNCED, REASONS.BOUNCED),
        ({"event": "spamreport"}, MessageState.QUEUED, REASONS.COMPLAINED),
        ({"event": "unsubscribe"}, MessageState.QUEUED, REASONS.UNSUBSCRIBED),
        ({"event": "open"}, MessageState.QUEUED, None),
    ],
)
def test_what_each_news_means(
    with_sendgrid: Business, event: dict[str, Any], state: str, reason: str | None
) -> None:
    message = queue(with_sendgrid)
    tell_sendgrid(with_sendgrid, {**event, "monidesk_id": str(message.pk)})
    assert again(message).state == state
    assert list(Suppression.unscoped.values_list("reason", flat=True)) == ([reason] if reason else [])
    assert (again(message).delivered_at is not None) == (event["event"] == "delivered")


def test_news_that_the_company_did_not_sign_change_nothing(
    with_sendgrid: Business, other_business: Business
) -> None:
    message = queue(with_sendgrid)
    told = {"event": "bounce", "monidesk_id": str(message.pk)}
    assert tell_sendgrid(with_sendgrid, told, key=ec.generate_private_key(ec.SECP256R1())).status_code == 401
    assert tell_sendgrid(other_business, told).status_code == 401
    unsigned = Client().post(
        reverse("notifications:webhook", args=["sendgrid", with_sendgrid.pk]),
        data=json.dumps([told]),
        content_type="application/json",
    )
    assert unsigned.status_code == 401
    assert again(message).state == MessageState.QUEUED
    assert not Suppression.unscoped.exists()


def test_news_of_another_business_s_message_are_not_ours(
    with_sendgrid: Business, other_business: Business
) -> None:
    message = queue(other_business)
    answer = tell_sendgrid(
        with_sendgrid,
        {"event": "bounce", "monidesk_id": str(message.pk)},
        {"event": "bounce", "monidesk_id": "nobody's"},
    )
    assert answer.json()["known"] == 0
    assert again(message).state == MessageState.QUEUED


def test_twilio_tells_by_the_address_it_was_given(business: Business, owner: Actor, settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "https://shop.example"
    values = {"account_sid": "AC9", "from": "+15005550006"}
    services.choose_provider(
        owner, channel="sms", provider="twilio", values=values, secrets={"auth_token": TOKEN}
    )
    with carrier() as company:
        settings.MESSAGE_PROVIDER_URLS = {"twilio": company.url}
        company.says(201, {"sid": "SM5"})
        message = queue(business, channel="sms", to="+447700900123", subject="")
        send_due_messages()
    url = company.asked[0].form["StatusCallback"]
    fields = {
        "MessageSid": "SM5",
        "MessageStatus": "undelivered",
        "ErrorCode": "30005",
        "To": "+447700900123",
    }

    def tell(token: str) -> int:
        signed = url + "".join(name + fields[name] for name in sorted(fields))
        signature = base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest())
        return (
            Client()
            .post(
                url.removeprefix("https://shop.example"),
                data=urlencode(fields),
                content_type="application/x-www-form-urlencoded",
                headers={"X-Twilio-Signature": signature.decode()},
            )
            .status_code
        )

    assert tell("another token") == 401
    assert again(message).state == MessageState.SENT
    assert tell(TOKEN) == 200
    assert again(message).state == MessageState.BOUNCED
    assert Suppression.unscoped.get().address == "+447700900123"


def test_advertising_can_be_refused_with_one_click(business: Business) -> None:
    system = Actor.system("tests", business.pk)
    customer = record_customer(system, email="bea@example.com", accepts_marketing=True)
    message = queue(business, is_marketing=True, html="<body><p>New mugs</p></body>")
    assert send_due_messages() == 1
    sent = mail.outbox[0]
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = sent.extra_headers["List-Unsubscribe"].strip("<>")
    assert url in sent.body
    assert f'{url}">Unsubscribe</a></p></body>' in sent.alternatives[0][0]
    path = re.sub(r"^https?://[^/]+", "", url)

    client = Client(enforce_csrf_checks=True)
    assert b"will send no more advertising" in client.get(path).content
    assert not Suppression.unscoped.exists()
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert b"You are unsubscribed" in client.get(path).content
    outbox.drain()
    assert not Customer.unscoped.get(pk=customer.pk).accepts_marketing

    queue(business, is_marketing=True)
    order_news = queue(business)
    assert send_due_messages() == 1
    assert again(order_news).state == MessageState.SENT
    assert again(message).state == MessageState.SENT
    client.post(path, {"again": "1"})
    outbox.drain()
    assert not Suppression.unscoped.exists()
    assert Customer.unscoped.get(pk=customer.pk).accepts_marketing


def test_a_mail_about_an_order_has_no_such_button(business: Business) -> None:
    queue(business)
    send_due_messages()
    assert "List-Unsubscribe" not in mail.outbox[0].extra_headers


def test_a_token_that_we_did_not_make_opens_nothing() -> None:
    assert Client().post(reverse("notifications:unsubscribe", args=["abc:def:ghi"])).status_code == 404


def test_an_address_is_stopped_and_allowed_by_hand() -> None:
    business = make_business()
    client = sign_in(Client(), owner_of(business), business)
    stop = reverse("admin:list_verb", args=["notifications", "suppression", "stop"])
    wrong = client.post(stop, {"channel": "sms", "address": "0770", "note": ""})
    assert wrong.status_code == 400
    client.post(stop, {"channel": "email", "address": "Bea@Example.com", "note": "Asked for it"})
    stopped = queue(business)
    assert send_due_messages() == 0
    assert again(stopped).state == MessageState.SUPPRESSED

    row = Suppression.unscoped.get()
    assert row.address == "bea@example.com"
    allow = reverse("admin:verb", args=["notifications", "suppression", row.pk, "allow"])
    done = client.post(allow, {"reason": "New mailbox"}, follow=True)
    assert "go out again" in done.content.decode()
    queue(business)
    assert send_due_messages() == 1
