"""What Amazon posts to our door by a topic of SNS: that mails and texts arrived, bounced, were not wanted.

Anybody with an account at Amazon can have it post something signed. So the topic must be the one the business has
entered; then the certificate must come from Amazon's own host of the topic's region, and the signature must fit.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import urllib3
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.conf import settings

from apps.kernel import clock, outgoing

from .base import Forged, Kind, News, NoAnswer, Told

# Amazon tries for less than an hour; what is older was kept by somebody and sent again.
GOOD_FOR = dt.timedelta(hours=1)
_AHEAD = dt.timedelta(minutes=5)
_TOPIC = re.compile(
    r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}[a-z0-9-]{1,30}):[0-9]{12}:[A-Za-z0-9_.-]{1,256}"
)
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-f]{8,64}\.pem")
_TOKEN = re.compile(r"[0-9A-Za-z]{1,1024}")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
_HASHES: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303  (Amazon's own)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic by its name, and the host that speaks for it."""

    arn: str
    host: str


def find_topic(arn: str) -> Topic | None:
    """The topic, or None for a name that is none."""
    found = _TOPIC.fullmatch(arn.strip())
    if found is None:
        return None
    ending = "amazonaws.com.cn" if found[1] == "aws-cn" else "amazonaws.com"
    return Topic(found[0], f"sns.{found[2]}.{ending}")


def read_letter(told: Told, arn: str) -> dict[str, Any]:
    """What a post says, when Amazon signed it for this topic within the hour; otherwise `Forged`.

    What costs nothing is looked at first: a stranger must not make us ask Amazon for certificates.
    """
    topic = find_topic(arn)
    letter = json.loads(told.body)
    if topic is None or not isinstance(letter, dict) or letter.get("Type") not in _SIGNED:
        raise Forged("not a letter for a topic of ours")
    if not hmac.compare_digest(str(letter.get("TopicArn", "")).encode(), topic.arn.encode()):
        raise Forged("another topic")
    said_at = _moment(str(letter.get("Timestamp", "")))
    if not -_AHEAD <= clock.now() - said_at <= GOOD_FOR:
        raise Forged("too old")
    _check_signature(letter, topic)
    return letter


def confirm(letter: dict[str, Any], arn: str) -> None:
    """Say yes to Amazon. The address is made here: the one that came along is not visited."""
    topic, token = find_topic(arn), str(letter.get("Token", ""))
    if topic is None or not _TOKEN.fullmatch(token):
        raise Forged("no token")
    asked = urlencode({"Action": "ConfirmSubscription", "TopicArn": topic.arn, "Token": token})
    other = settings.MESSAGE_PROVIDER_URLS.get("sns", "")
    place = other.rstrip("/") or f"https://{topic.host}"
    reply = _get(f"{place}/?{asked}", allow_private=bool(other))
    if reply.status != 200:
        raise NoAnswer(f"The subscription was not confirmed: {reply.status}")


def news_of_mail(event: dict[str, Any]) -> list[News]:
    """Source of the rule: SES, contents of event records and of notifications."""
    mail = _part(event, "mail")
    named = _part(mail, "tags").get("monidesk_id")
    number = str(named[0]) if isinstance(named, list) and named else ""
    ref = str(mail.get("messageId", ""))

    def news(kind: Kind, reason: str = "") -> list[News]:
        return [News(number, kind, reason[:500], ref=ref)]

    match event.get("eventType") or event.get("notificationType"):
        case "Delivery":
            return news("delivered")
        case "Bounce":
            bounce = _part(event, "bounce")
            first = _first(bounce.get("bouncedRecipients"))
            reason = str(first.get("diagnosticCode") or bounce.get("bounceSubType") or "")
            # Only a permanent one says that nobody lives there; a full mailbox is emptied some day.
            return news("bounced" if bounce.get("bounceType") == "Permanent" else "failed", reason)
        case "Complaint":
            return news("complained", str(_part(event, "complaint").get("complaintFeedbackType", "")))
        case "Reject":
            return news("failed", str(_part(event, "reject").get("reason", "")))
        case "Rendering Failure":
            return news("failed", str(_part(event, "failure").get("errorMessage", "")))
        case "Subscription":
            wishes = _part(_part(event, "subscription"), "newTopicPreferences")
            return news("unsubscribed") if wishes.get("unsubscribeAll") is True else []
    return []


_TEXT_FAILED: dict[str, Kind] = {
    "INVALID": "bounced", "UNREACHABLE": "failed", "BLOCKED": "failed", "CARRIER_BLOCKED": "failed",
    "CARRIER_UNREACHABLE": "failed", "SPAM": "failed", "TTL_EXPIRED": "failed", "UNKNOWN": "failed",
    "INVALID_MESSAGE": "failed", "PROTECT_BLOCKED": "failed",
}  # fmt: skip


def news_of_text(event: dict[str, Any]) -> list[News]:
    """Source of the rule: SNS, delivery status logs of texts; and End User Messaging, SMS event types."""
    if "messageStatus" in event:
        status, ref = str(event["messageStatus"]), str(event.get("messageId", ""))
        if status in {"DELIVERED", "SUCCESSFUL"} and event.get("isFinal", True):
            return [News("", "delivered", ref=ref)]
        kind = _TEXT_FAILED.get(status)
        reason = str(event.get("messageStatusDescription", ""))[:500]
        return [News("", kind, reason, ref=ref)] if kind else []
    ref = str(_part(event, "notification").get("messageId", ""))
    reason = str(_part(event, "delivery").get("providerResponse", ""))[:500]
    match event.get("status"):
        case "SUCCESS":
            return [News("", "delivered", ref=ref)]
        case "FAILURE":
            nobody = reason.lower().startswith("invalid phone number")
            return [News("", "bounced" if nobody else "failed", reason, ref=ref)]
    return []


def _check_signature(letter: dict[str, Any], topic: Topic) -> None:
    fields = [
        name for name in _SIGNED[letter["Type"]] if name != "Subject" or letter.get("Subject") is not None
    ]
    if not all(isinstance(letter.get(name), str) for name in fields):
        raise Forged("something is missing")
    algorithm = _HASHES.get(str(letter.get("SignatureVersion")))
    address = str(letter.get("SigningCertURL", ""))
    start = f"https://{topic.host}"
    if (
        algorithm is None
        or not address.startswith(start)
        or not _CERTIFICATE.fullmatch(address[len(start) :])
    ):
        raise Forged("not signed as Amazon signs")
    signed = "".join(f"{name}\n{letter[name]}\n" for name in fields)
    key = _key_of(certificate_at(address))
    try:
        signature = base64.b64decode(str(letter.get("Signature", "")), validate=True)
        key.verify(signature, signed.encode(), padding.PKCS1v15(), algorithm)
    except (InvalidSignature, binascii.Error) as error:
        raise Forged("the signature is wrong") from error


@lru_cache(maxsize=16)
def certificate_at(address: str) -> bytes:
    """The certificate that Amazon shows there, fetched once by each process. Raises `NoAnswer`, `Forged`."""
    reply = _get(address)
    if reply.status != 200:
        raise NoAnswer(f"No certificate: {reply.status}")
    return reply.body


def _key_of(pem: bytes) -> rsa.RSAPublicKey:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise Forged("no certificate") from error
    if not certificate.not_valid_before_utc <= clock.now() <= certificate.not_valid_after_utc:
        raise Forged("the certificate is out of date")
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise Forged("another kind of key")
    return key


def _get(address: str, *, allow_private: bool = False) -> outgoing.Reply:
    try:
        return outgoing.request("GET", address, headers={}, allow_private=allow_private)
    except (outgoing.AddressRefused, outgoing.NoSuchHost, urllib3.exceptions.HTTPError, OSError) as error:
        raise NoAnswer(f"No answer: {type(error).__name__}") from error


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise Forged("no time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}


def _first(rows: Any) -> dict[str, Any]:
    found: Sequence[Any] = rows if isinstance(rows, list) else []
    return found[0] if found and isinstance(found[0], dict) else {}
