"""E-mail by SendGrid's API, version 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from .base import Account, Outgoing, Setting
from .http import address_of, post_json, raise_unless_taken
from .mail import FROM_SETTINGS


class SendGrid:
    """Source of the rule: POST /v3/mail/send, answered with 202 and `X-Message-Id`."""

    code: ClassVar[str] = "sendgrid"
    channel: ClassVar[str] = "email"
    name: ClassVar[Any] = "SendGrid"
    description: ClassVar[Any] = _("Twilio's service for e-mail. It tells us which addresses do not exist.")
    settings: ClassVar[Sequence[Setting]] = (
        Setting("api_key", _("API key"), "secret"),
        Setting(
            "webhook_key",
            _("Verification key of the event webhook"),
            "long",
            required=False,
            help=_("From SendGrid's page Mail Settings, Event Webhook, with signing switched on."),
        ),
        *FROM_SETTINGS,
    )
    is_sandbox: ClassVar[bool] = False

    def deliver(self, message: Outgoing, account: Account) -> str:
        sender = {
            "email": account.values["from_email"],
            "name": account.values.get("from_name") or message.sender_name,
        }
        content = [{"type": "text/plain", "value": message.text}]
        if message.html:
            content.append({"type": "text/html", "value": message.html})
        body: dict[str, Any] = {
            # `custom_args` come back with each of its messages to our webhook.
            "personalizations": [
                {"to": [{"email": message.to}], "custom_args": {"monidesk_id": str(message.id)}}
            ],
            "from": sender,
            "subject": message.subject,
            "content": content,
        }
        if message.headers:
            body["headers"] = dict(message.headers)
        if reply_to := account.values.get("reply_to"):
            body["reply_to"] = {"email": reply_to}
        answer = post_json(
            f"{address_of('sendgrid')}/v3/mail/send",
            authorization=f"Bearer {account.secrets['api_key']}",
            body=body,
        )
        errors = answer.content.get("errors") or [{}]
        first = errors[0] if isinstance(errors, list) and isinstance(errors[0], dict) else {}
        field = str(first.get("field", ""))
        raise_unless_taken(
            answer, str(first.get("message", "")), bad_address=field.endswith("to.email") or ".to." in field
        )
        return answer.headers.get("x-message-id", "")
