"""E-mail by Amazon SES and SMS by Amazon SNS, signed by Amazon's own library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .base import Account, NotDelivered, Outgoing, Setting, Undeliverable
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


class Ses:
    """Source of the rule: SES API v2, SendEmail."""

    code: ClassVar[str] = "ses"
    channel: ClassVar[str] = "email"
    name: ClassVar[Any] = "Amazon SES"
    description: ClassVar[Any] = _("Amazon's service for e-mail.")
    settings: ClassVar[Sequence[Setting]] = (*_KEYS, *FROM_SETTINGS)
    is_sandbox: ClassVar[bool] = False

    def deliver(self, message: Outgoing, account: Account) -> str:
        body: dict[str, Any] = {"Text": {"Data": message.text, "Charset": "UTF-8"}}
        if message.html:
            body["Html"] = {"Data": message.html, "Charset": "UTF-8"}
        simple: dict[str, Any] = {"Subject": {"Data": message.subject, "Charset": "UTF-8"}, "Body": body}
        if message.headers:
            simple["Headers"] = [{"Name": name, "Value": value} for name, value in message.headers.items()]
        more: dict[str, Any] = {}
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
    )
    is_sandbox: ClassVar[bool] = False

    def deliver(self, message: Outgoing, account: Account) -> str:
        attributes = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
        if sender_id := account.values.get("sender_id"):
            attributes["AWS.SNS.SMS.SenderID"] = {"DataType": "String", "StringValue": sender_id[:11]}
        client = _client("sns", "sns", account)
        answer = _ask(
            lambda: client.publish(PhoneNumber=message.to, Message=message.text, MessageAttributes=attributes)
        )
        return str(answer["MessageId"])


def _client(service: str, provider: str, account: Account) -> Any:
    return boto3.client(
        service,
        region_name=account.values["region"],
        aws_access_key_id=account.values["access_key_id"],
        aws_secret_access_key=account.secrets["secret_access_key"],
        endpoint_url=settings.MESSAGE_PROVIDER_URLS.get(provider) or None,
        config=_CONFIG,
    )


def _ask(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ClientError as error:
        told = error.response.get("Error", {})
        code, said = str(told.get("Code", "")), f"{told.get('Code', '')}: {told.get('Message', '')}"[:500]
        if code in _NEVER:
            raise Undeliverable(said, bad_address=code.startswith("OptedOut")) from error
        raise NotDelivered(said) from error
    except (BotoCoreError, ResponseParserError, ValueError) as error:
        raise NotDelivered(str(error)[:500]) from error
