"""E-mail by Amazon SES and SMS by Amazon SNS, signed by Amazon's own library."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnected
from botocore.parsers import ResponseParserError
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .amazon_news import confirm, news_of_mail, news_of_text, read_letter
from .base import Account, News, NoAnswer, NotDelivered, Outgoing, Setting, Told, Undeliverable
from .http import CONNECT_SECONDS, READ_SECONDS
from .mail import FROM_SETTINGS, sender_of

# The library's own retries would hold the worker; ours wait in the queue.
_CONFIG = Config(
    connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 1}
)
_NEVER = {
    "MessageRejected",
    "BadRequestException",
    "InvalidParameter",
    "InvalidParameterValue",
    "ParameterValueInvalid",
    "ValidationError",
    "ValidationException",
    "OptedOut",
    "OptedOutException",
}
_KEYS = (
    Setting("region", _("Region"), initial="eu-west-1", help=_("For example eu-west-1.")),
    Setting("access_key_id", _("Access key ID")),
    Setting("secret_access_key", _("Secret access key"), "secret"),
)


_TOPIC = Setting(
    "topic_arn",
    _("Topic of SNS that tells us what arrived"),
    "secret",
    required=False,
    help=_("Its ARN (arn:aws:sns:…). Save it first, then subscribe the address below to it by HTTPS."),
)


class Ses:
    """Source of the rule: SES API v2, SendEmail."""

    code: ClassVar[str] = "ses"
    channel: ClassVar[str] = "email"
    name: ClassVar[Any] = "Amazon SES"
    description: ClassVar[Any] = _("Amazon's service for e-mail.")
    settings: ClassVar[Sequence[Setting]] = (
        *_KEYS,
        Setting(
            "configuration_set",
            _("Configuration set"),
            required=False,
            help=_("The one whose events go to the topic below; left out: the one Amazon takes by itself."),
        ),
        _TOPIC,
        *FROM_SETTINGS,
    )
    is_sandbox: ClassVar[bool] = False
    proved_by: ClassVar[str] = "topic_arn"
    asks_for_address: ClassVar[bool] = True

    def line(self, account: Account, message: Outgoing | None) -> str:
        return account.values.get("region", "")

    def deliver(self, message: Outgoing, account: Account) -> str:
        body: dict[str, Any] = {"Text": {"Data": message.text, "Charset": "UTF-8"}}
        if message.html:
            body["Html"] = {"Data": message.html, "Charset": "UTF-8"}
        simple: dict[str, Any] = {"Subject": {"Data": message.subject, "Charset": "UTF-8"}, "Body": body}
        if message.headers:
            simple["Headers"] = [{"Name": name, "Value": value} for name, value in message.headers.items()]
        more: dict[str, Any] = {}
        if named := account.values.get("configuration_set"):
            more["ConfigurationSetName"] = named
        if reply_to := account.values.get("reply_to"):
            more["ReplyToAddresses"] = [reply_to]
        client = _client("sesv2", "ses", account)
        answer = _ask(
            lambda: client.send_email(
                FromEmailAddress=sender_of(message, account),
                Destination={"ToAddresses": [message.to]},
                Content={"Simple": simple},
                EmailTags=[{"Name": "monidesk_id", "Value": str(message.id)}],
                **more,
            )
        )
        return str(answer["MessageId"])

    def read_news(self, told: Told, account: Account) -> list[News]:
        """Source of the rule: SES events and notifications by SNS."""
        return _read(told, account, news_of_mail)


class Sns:
    """Source of the rule: SNS, Publish to a telephone number."""

    code: ClassVar[str] = "sns"
    channel: ClassVar[str] = "sms"
    name: ClassVar[Any] = "Amazon SNS"
    description: ClassVar[Any] = _("Amazon's service for text messages.")
    settings: ClassVar[Sequence[Setting]] = (
        *_KEYS,
        Setting(
            "sender_id",
            _("Sender's name on the telephone"),
            required=False,
            help=_("Up to eleven letters; not every country shows it."),
        ),
        _TOPIC,
    )
    is_sandbox: ClassVar[bool] = False
    proved_by: ClassVar[str] = "topic_arn"
    asks_for_address: ClassVar[bool] = True

    def line(self, account: Account, message: Outgoing | None) -> str:
        return account.values.get("region", "")

    def deliver(self, message: Outgoing, account: Account) -> str:
        attributes = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
        if sender_id := account.values.get("sender_id"):
            attributes["AWS.SNS.SMS.SenderID"] = {"DataType": "String", "StringValue": sender_id[:11]}
        client = _client("sns", "sns", account)
        answer = _ask(
            lambda: client.publish(PhoneNumber=message.to, Message=message.text, MessageAttributes=attributes)
        )
        return str(answer["MessageId"])

    def read_news(self, told: Told, account: Account) -> list[News]:
        """Source of the rule: delivery states of texts, sent on by a topic."""
        return _read(told, account, news_of_text)


def _read(told: Told, account: Account, news_of: Callable[[dict[str, Any]], list[News]]) -> list[News]:
    arn = account.secrets.get("topic_arn", "")
    letter = read_letter(told, arn)
    if letter["Type"] == "SubscriptionConfirmation":
        confirm(letter, arn)
    if letter["Type"] != "Notification":
        return []
    try:
        event = json.loads(letter["Message"])
    except ValueError:
        # When a topic is chosen, SES tries it with a sentence for people.
        return []
    return news_of(event) if isinstance(event, dict) else []


def _client(service: str, provider: str, account: Account) -> Any:
    try:
        return boto3.client(
            service,
            region_name=account.values["region"],
            aws_access_key_id=account.values["access_key_id"],
            aws_secret_access_key=account.secrets["secret_access_key"],
            endpoint_url=settings.MESSAGE_PROVIDER_URLS.get(provider) or None,
            config=_CONFIG,
        )
    except (BotoCoreError, ValueError) as error:
        # The region becomes part of the host: one that is none must not name another.
        raise NotDelivered(str(error)[:500]) from error


def _ask(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ClientError as error:
        told = error.response.get("Error", {})
        code, said = str(told.get("Code", "")), f"{told.get('Code', '')}: {told.get('Message', '')}"[:500]
        if code in _NEVER:
            raise Undeliverable(said, bad_address=code.startswith("OptedOut")) from error
        raise NotDelivered(said) from error
    except (NotConnected, HTTPClientError) as error:
        raise NoAnswer(str(error)[:500]) from error
    except (BotoCoreError, ResponseParserError, ValueError) as error:
        raise NotDelivered(str(error)[:500]) from error
