"""E-mail by SendGrid's API, version 3."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.utils.translation import gettext_lazy as _

from .base import Account, Forged, Kind, News, Outgoing, Setting, Told
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
            "secret",
            required=False,
            help=_("From SendGrid's page Mail Settings, Event Webhook, with signing switched on."),
        ),
        *FROM_SETTINGS,
    )
    is_sandbox: ClassVar[bool] = False
    proved_by: ClassVar[str] = "webhook_key"
    asks_for_address: ClassVar[bool] = True

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

    def read_news(self, told: Told, account: Account) -> list[News]:
        """Source of the rule: the signed event webhook; ECDSA over timestamp and body. Repeats change nothing."""
        _verify(told, account.secrets.get("webhook_key", ""))
        events = json.loads(told.body)
        if not isinstance(events, list):
            raise ValueError("not a list of events")
        return [news for event in events if isinstance(event, dict) and (news := _news(event)) is not None]


_KINDS: dict[str, Kind] = {
    "delivered": "delivered",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}


def _verify(told: Told, key: str) -> None:
    stamp = told.headers.get("x-twilio-email-event-webhook-timestamp", "")
    signature = told.headers.get("x-twilio-email-event-webhook-signature", "")
    try:
        public = load_der_public_key(base64.b64decode(key))
        if not key or not isinstance(public, ec.EllipticCurvePublicKey):
            raise Forged("no verification key is kept")
        public.verify(base64.b64decode(signature), stamp.encode() + told.body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError, TypeError) as error:
        raise Forged("the signature is wrong") from error


def _news(event: dict[str, Any]) -> News | None:
    number, name = str(event.get("monidesk_id", "")), str(event.get("event", ""))
    reason = str(event.get("reason", ""))[:500]
    if name == "bounce":
        # `blocked` is for now or for this content; only a hard bounce says that nobody lives there.
        return News(number, "failed" if event.get("type") == "blocked" else "bounced", reason)
    if name == "dropped":
        # It is on SendGrid's own list; why it came there is in the reason.
        return News(number, "bounced" if "bounce" in reason.lower() else "failed", reason)
    kind = _KINDS.get(name)
    return News(number, kind, reason) if kind else None
