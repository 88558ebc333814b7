"""What Amazon tells afterwards, as it documents it; and what others tell in its name."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.kernel import clock, outgoing
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business
from apps.platform.notifications import services
from apps.platform.notifications.models import Message, Suppression
from apps.platform.notifications.providers import amazon_news
from apps.platform.notifications.states import MessageState
from tests.platform.notifications.told import again, queue, writes

pytestmark = pytest.mark.django_db
TOPIC = "arn:aws:sns:eu-west-1:123456789012:harbour-mail"
HOST = "https://sns.eu-west-1.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-9c6465fa7f48f5cacd23014631ec1136.pem"
ORDER = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)


def certificate_of(key: rsa.RSAPrivateKey, *, days: int = 100) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - dt.timedelta(days=200)).not_valid_after(now + dt.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(serialization.Encoding.PEM)


class Amazon:
    """Amazon's hosts: which certificate stands at which address, and what was fetched."""

    def __init__(self) -> None:
        self.pages = {CERTIFICATE: certificate_of(KEY)}
        self.asked: list[str] = []
        self.is_away = False

    def __call__(self, method: str, url: str, *, allow_private: bool = False, **_rest: Any) -> outgoing.Reply:
        self.asked.append(url)
        assert not allow_private
        if self.is_away:
            raise TimeoutError
        if "Action=ConfirmSubscription" in url:
            return outgoing.Reply(200, {}, b"<ConfirmSubscriptionResponse/>")
        return outgoing.Reply(200 if url in self.pages else 404, {}, self.pages.get(url, b""))


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Amazon]:
    found = Amazon()
    monkeypatch.setattr(outgoing, "request", found)
    amazon_news.certificate_at.cache_clear()
    yield found
    amazon_news.certificate_at.cache_clear()


@pytest.fixture
def with_ses(business: Business, owner: Actor) -> Business:
    services.choose_provider(
        owner, channel="email", provider="ses",
        values={"region": "eu-west-1", "access_key_id": "AKIA", "from_email": "shop@harbour.example"},
        secrets={"secret_access_key": "s", "topic_arn": TOPIC},
    )  # fmt: skip
    return business


def letter(
    content: Any, *, version: str = "2", key: rsa.RSAPrivateKey = KEY, **changes: Any
) -> dict[str, Any]:
    """As SNS posts it; `changes` are signed too."""
    made: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": str(new_id()),
        "TopicArn": TOPIC,
        "Message": content if isinstance(content, str) else json.dumps(content),
        "Timestamp": clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
        "UnsubscribeURL": f"{HOST}/?Action=Unsubscribe",
        **changes,
    }
    signed = "".join(f"{name}\n{made[name]}\n" for name in ORDER[made["Type"]] if name in made)
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303
    made["Signature"] = base64.b64encode(key.sign(signed.encode(), padding.PKCS1v15(), algorithm)).decode()
    return made


def post(business: Business, made: dict[str, Any], provider: str = "ses") -> Any:
    return Client().post(
        reverse("notifications:webhook", args=[provider, business.pk]),
        data=json.dumps(made),
        content_type="text/plain; charset=UTF-8",
    )


def bounce(message: Message, kind: str = "Permanent") -> dict[str, Any]:
    return {
        "eventType": "Bounce",
        "mail": {"messageId": message.provider_ref, "tags": {"monidesk_id": [str(message.pk)]}},
        "bounce": {
            "bounceType": kind,
            "bounceSubType": "General",
            "bouncedRecipients": [
                {"emailAddress": message.to, "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
            ],
        },
    }


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_bounce_of_amazon_stops_the_address(with_ses: Business, amazon: Amazon, version: str) -> None:
    message = queue(with_ses)
    answer = post(with_ses, letter(bounce(message), version=version, Subject="Amazon SES Email Event"))
    assert (answer.status_code, answer.json()["known"]) == (200, 1)
    assert again(message).state == MessageState.BOUNCED
    assert "user unknown" in again(message).error
    assert Suppression.unscoped.get().address == "bea@example.com"
    assert amazon.asked == [CERTIFICATE]
    post(with_ses, letter(bounce(queue(with_ses, to="x@example.com"))))
    assert amazon.asked == [CERTIFICATE], "fetched once"


@pytest.mark.parametrize(
    ("event", "state", "reason"),
    [
        ({"eventType": "Delivery", "delivery": {}}, MessageState.SENT, None),
        ({"notificationType": "Delivery", "delivery": {}}, MessageState.SENT, None),
        ({"eventType": "Bounce", "bounce": {"bounceType": "Transient"}}, MessageState.FAILED, None),
        ({"eventType": "Bounce", "bounce": {"bounceType": "Undetermined"}}, MessageState.FAILED, None),
        (
            {"eventType": "Complaint", "complaint": {"complaintFeedbackType": "abuse"}},
            MessageState.SENT,
            "complained",
        ),
        ({"eventType": "Reject", "reject": {"reason": "Bad content"}}, MessageState.FAILED, None),
        ({"eventType": "Rendering Failure", "failure": {"errorMessage": "x"}}, MessageState.FAILED, None),
        (
            {"eventType": "Subscription", "subscription": {"newTopicPreferences": {"unsubscribeAll": True}}},
            MessageState.SENT,
            "unsubscribed",
        ),
        ({"eventType": "Send"}, MessageState.SENT, None),
        ({"eventType": "Open"}, MessageState.SENT, None),
        ({"eventType": "DeliveryDelay"}, MessageState.SENT, None),
    ],
)
def test_what_each_event_of_ses_means(
    with_ses: Business, amazon: Amazon, event: dict[str, Any], state: str, reason: str | None
) -> None:
    """By Amazon's own number: notifications of an identity carry no tags."""
    message = queue(with_ses)
    assert post(with_ses, letter({**event, "mail": {"messageId": message.provider_ref}})).status_code == 200
    assert again(message).state == state
    assert (again(message).delivered_at is not None) == ("Delivery" in event.values())
    assert list(Suppression.unscoped.values_list("reason", flat=True)) == ([reason] if reason else [])


def test_a_letter_kept_and_sent_again_changes_nothing(
    with_ses: Business, owner: Actor, amazon: Amazon
) -> None:
    """Nor when the address was let free in between."""
    message = queue(with_ses)
    kept = letter(bounce(message))
    post(with_ses, kept)
    services.allow_address(owner, suppression_id=Suppression.unscoped.get().pk, reason="A new mailbox")
    stamp = again(message).updated_at
    with CaptureQueriesContext(connection) as seen:
        assert post(with_ses, kept).status_code == 200
    assert writes(seen) == []
    assert again(message).updated_at == stamp
    assert not Suppression.unscoped.exists()


FORGED: dict[str, dict[str, Any]] = {
    "another key": {"key": OTHER_KEY},
    "another topic": {"TopicArn": TOPIC.replace("harbour", "evil")},
    "another account": {"TopicArn": TOPIC.replace("123456789012", "999999999999")},
    "old": {"Timestamp": (dt.datetime.now(dt.UTC) - dt.timedelta(minutes=61)).isoformat()},
    "of tomorrow": {"Timestamp": (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()},
    "no time": {"Timestamp": "soon"},
    "a stranger's host": {"SigningCertURL": "https://evil.example/SimpleNotificationService-9c6465fa.pem"},
    "a host that begins so": {"SigningCertURL": f"{HOST}.evil.example/SimpleNotificationService-9c6465fa.pem"},
    "somebody's bucket": {"SigningCertURL": "https://s3.eu-west-1.amazonaws.com/evil/SimpleNotificationService-9c.pem"},
    "another region": {"SigningCertURL": CERTIFICATE.replace("eu-west-1", "us-east-1")},
    "not by https": {"SigningCertURL": CERTIFICATE.replace("https", "http")},
    "another page": {"SigningCertURL": f"{HOST}/?Action=GetTopicAttributes"},
    "a name before the host": {"SigningCertURL": CERTIFICATE.replace("https://", "https://evil@")},
    "an unknown way of signing": {"SignatureVersion": "3"},
}  # fmt: skip


@pytest.mark.parametrize("case", FORGED, ids=str)
def test_what_amazon_did_not_say_changes_nothing(with_ses: Business, amazon: Amazon, case: str) -> None:
    message = queue(with_ses)
    with CaptureQueriesContext(connection) as seen:
        assert post(with_ses, letter(bounce(message), **FORGED[case])).status_code == 401
    assert writes(seen) == []
    assert again(message).state == MessageState.SENT
    assert set(amazon.asked) <= {CERTIFICATE}


@pytest.mark.parametrize("name", ["Message", "MessageId", "Timestamp", "Subject"])
def test_what_was_changed_after_signing_is_refused(with_ses: Business, amazon: Amazon, name: str) -> None:
    message = queue(with_ses)
    made = letter({"eventType": "Delivery", "mail": {"messageId": message.provider_ref}}, Subject="SES")
    made[name] = {
        "Message": json.dumps(bounce(message)),
        "Timestamp": (clock.now() - dt.timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }.get(name, "changed")
    assert post(with_ses, made).status_code == 401
    assert again(message).state == MessageState.SENT


def test_no_signature_and_no_json(with_ses: Business, amazon: Amazon) -> None:
    made = letter(bounce(queue(with_ses)))
    for changed in (
        {**made, "Signature": ""},
        {**made, "Signature": "%"},
        {**made, "Type": "Other"},
        [],
        "x",
        7,
        None,
    ):
        assert post(with_ses, changed).status_code == 401  # type: ignore[arg-type]


def test_a_certificate_out_of_date_proves_nothing(with_ses: Business, amazon: Amazon) -> None:
    amazon.pages[CERTIFICATE] = certificate_of(KEY, days=-1)
    assert post(with_ses, letter(bounce(queue(with_ses)))).status_code == 401


def test_a_stranger_cannot_make_us_fetch(
    with_ses: Business, other_business: Business, amazon: Amazon
) -> None:
    message = queue(with_ses)
    for changes in ({"TopicArn": TOPIC + "x"}, {"Timestamp": "2020-01-01T00:00:00.000Z"}):
        post(with_ses, letter(bounce(message), **changes))
    # A business without a topic, and none at all, are answered alike.
    assert post(other_business, letter(bounce(message))).status_code == 401
    other_business.pk = new_id()
    assert post(other_business, letter(bounce(message))).status_code == 401
    assert amazon.asked == []


def test_when_the_certificate_cannot_be_fetched_amazon_tells_again(
    with_ses: Business, amazon: Amazon
) -> None:
    message = queue(with_ses)
    amazon.is_away = True
    with CaptureQueriesContext(connection) as seen:
        assert post(with_ses, letter(bounce(message))).status_code == 503
    assert writes(seen) == []
    amazon.is_away = False
    assert post(with_ses, letter(bounce(message))).status_code == 200
    assert again(message).state == MessageState.BOUNCED


def asks_to_subscribe(**changes: Any) -> dict[str, Any]:
    known = {
        "Type": "SubscriptionConfirmation",
        "Token": "2336412f37fb687f5d51e6e241d09c805a5a57b30d712f79",
        "SubscribeURL": "https://evil.example/visit-me",
    }
    return letter("You have chosen to subscribe …", **{**known, **changes})


def test_a_subscription_to_our_topic_is_confirmed_where_we_know_amazon_is(
    with_ses: Business, amazon: Amazon
) -> None:
    assert post(with_ses, asks_to_subscribe()).status_code == 200
    (asked,) = [url for url in amazon.asked if url != CERTIFICATE]
    assert asked.startswith(f"{HOST}/?")
    assert parse_qs(urlsplit(asked).query) == {
        "Action": ["ConfirmSubscription"],
        "TopicArn": [TOPIC],
        "Token": ["2336412f37fb687f5d51e6e241d09c805a5a57b30d712f79"],
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"TopicArn": TOPIC + "2"},
        {"key": OTHER_KEY},
        {"Token": "x&TopicArn=y"},
        {"Token": ""},
        {"Token": "../"},
    ],
)
def test_no_other_subscription_is(with_ses: Business, amazon: Amazon, changes: dict[str, Any]) -> None:
    assert post(with_ses, asks_to_subscribe(**changes)).status_code == 401
    assert not [url for url in amazon.asked if url != CERTIFICATE]


def test_a_sentence_for_people_is_no_fault(with_ses: Business, amazon: Amazon) -> None:
    words = "Successfully validated SNS topic for Amazon SES event publishing."
    assert post(with_ses, letter(words)).json() == {"received": True, "known": 0}


def test_anothers_message_is_none_of_ours(
    with_ses: Business, other_business: Business, amazon: Amazon
) -> None:
    message = queue(other_business)
    assert post(with_ses, letter(bounce(message))).json()["known"] == 0
    assert again(message).state == MessageState.SENT


@pytest.mark.parametrize(
    ("event", "state", "stops"),
    [
        ({"notification": {"messageId": "sns-1"}, "status": "SUCCESS"}, MessageState.SENT, False),
        (
            {"notification": {"messageId": "sns-1"}, "status": "FAILURE",
             "delivery": {"providerResponse": "Invalid phone number"}},
            MessageState.BOUNCED, True,
        ),
        (
            {"notification": {"messageId": "sns-1"}, "status": "FAILURE",
             "delivery": {"providerResponse": "Phone is currently unreachable/unavailable"}},
            MessageState.FAILED, False,
        ),
        ({"eventType": "TEXT_DELIVERED", "messageId": "sns-1", "messageStatus": "DELIVERED", "isFinal": True},
         MessageState.SENT, False),
        ({"eventType": "TEXT_INVALID", "messageId": "sns-1", "messageStatus": "INVALID", "isFinal": True},
         MessageState.BOUNCED, True),
        ({"eventType": "TEXT_BLOCKED", "messageId": "sns-1", "messageStatus": "BLOCKED"}, MessageState.FAILED, False),
        ({"eventType": "TEXT_SENT", "messageId": "sns-1", "messageStatus": "SENT"}, MessageState.SENT, False),
    ],
)  # fmt: skip
def test_texts_of_sns(
    business: Business, owner: Actor, amazon: Amazon, event: dict[str, Any], state: str, stops: bool
) -> None:
    services.choose_provider(
        owner, channel="sms", provider="sns", values={"region": "eu-west-1", "access_key_id": "AKIA"},
        secrets={"secret_access_key": "s", "topic_arn": TOPIC},
    )  # fmt: skip
    message = queue(business, channel="sms", subject="", to="+447700900123", ref="sns-1")
    assert post(business, letter(event), "sns").json()["known"] in {0, 1}
    assert again(message).state == state
    assert (again(message).delivered_at is not None) == (
        "SUCCESS" in event.values() or "DELIVERED" in event.values()
    )
    assert Suppression.unscoped.exists() is stops
