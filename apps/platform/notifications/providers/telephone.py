"""SMS by Twilio, and WhatsApp by Meta's Cloud API."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, urlsplit

from django.utils.translation import gettext_lazy as _

from .base import Account, Forged, News, Outgoing, Setting, Told
from .http import address_of, basic, post_form, post_json, raise_unless_taken

# Not a number, not a mobile one, landline, or the person answered STOP.
_TWILIO_BAD_NUMBER = {21211, 21214, 21217, 21265, 21610, 21612, 21614}
# Said later, by the network: unknown handset, landline, or STOP.
_TWILIO_NOBODY_THERE = {30005, 30006, *_TWILIO_BAD_NUMBER}
# Nobody with WhatsApp there.
_WHATSAPP_BAD_NUMBER = {131026, 131030}


class Twilio:
    """Source of the rule: Programmable Messaging, POST /2010-04-01/Accounts/{sid}/Messages.json."""

    code: ClassVar[str] = "twilio"
    channel: ClassVar[str] = "sms"
    name: ClassVar[Any] = "Twilio"
    description: ClassVar[Any] = _("Text messages to telephones. It tells us which ones arrived.")
    settings: ClassVar[Sequence[Setting]] = (
        Setting("account_sid", _("Account SID")),
        Setting("auth_token", _("Auth token"), "secret"),
        Setting(
            "from",
            _("Sender"),
            help=_("A number such as +441632960000, a name, or a messaging service (MG…)."),
        ),
    )
    is_sandbox: ClassVar[bool] = False
    proved_by: ClassVar[str] = "auth_token"

    def deliver(self, message: Outgoing, account: Account) -> str:
        sid, sender = account.values["account_sid"], account.values["from"]
        fields = {"To": message.to, "Body": message.text}
        fields["MessagingServiceSid" if sender.startswith("MG") else "From"] = sender
        if message.status_url:
            fields["StatusCallback"] = message.status_url
        answer = post_form(
            f"{address_of('twilio')}/2010-04-01/Accounts/{quote(sid, safe='')}/Messages.json",
            authorization=basic(sid, account.secrets["auth_token"]),
            fields=fields,
        )
        code = answer.content.get("code")
        said = f"{code or ''} {answer.content.get('message', '')}"
        raise_unless_taken(answer, said, bad_address=code in _TWILIO_BAD_NUMBER)
        return str(answer.content.get("sid", ""))

    def read_news(self, told: Told, account: Account) -> list[News]:
        """Source of the rule: `X-Twilio-Signature`, HMAC-SHA1 over the address and the sorted fields."""
        fields = dict(parse_qsl(told.body.decode(), keep_blank_values=True))
        token = account.secrets.get("auth_token", "")
        content = told.url + "".join(name + fields[name] for name in sorted(fields))
        digest = base64.b64encode(hmac.new(token.encode(), content.encode(), hashlib.sha1).digest())
        given = told.headers.get("x-twilio-signature", "").encode()
        if not token or not hmac.compare_digest(digest, given):
            raise Forged("the signature is wrong")
        number = dict(parse_qsl(urlsplit(told.url).query)).get("message", "")
        status, code = fields.get("MessageStatus", ""), fields.get("ErrorCode", "")
        if status == "delivered":
            return [News(number, "delivered")]
        if status in {"failed", "undelivered"}:
            gone = code.isdigit() and int(code) in _TWILIO_NOBODY_THERE
            return [News(number, "bounced" if gone else "failed", f"Twilio {code}".strip())]
        return []


class WhatsApp:
    """Source of the rule: WhatsApp Cloud API, POST /{version}/{phone number id}/messages."""

    code: ClassVar[str] = "whatsapp_cloud"
    channel: ClassVar[str] = "whatsapp"
    name: ClassVar[Any] = _("WhatsApp Cloud API")
    description: ClassVar[Any] = _(
        "Meta's own service. Texts of your own reach who wrote to you within a day."
    )
    settings: ClassVar[Sequence[Setting]] = (
        Setting("phone_number_id", _("ID of your phone number")),
        Setting("access_token", _("Access token"), "secret"),
        Setting(
            "template",
            _("Approved template"),
            required=False,
            help=_(
                "With one, each message is sent by it, its text as the first value: it reaches everybody."
            ),
        ),
    )
    is_sandbox: ClassVar[bool] = False
    _VERSION = "v21.0"

    def deliver(self, message: Outgoing, account: Account) -> str:
        number = quote(account.values["phone_number_id"], safe="")
        body: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": message.to.removeprefix("+"),
        }
        if template := account.values.get("template"):
            # A value of a template is one line; WhatsApp refuses line breaks in it.
            words = [{"type": "text", "text": " ".join(message.text.split())}]
            body |= {
                "type": "template",
                "template": {
                    "name": template,
                    "language": {"code": message.language.replace("-", "_")},
                    "components": [{"type": "body", "parameters": words}],
                },
            }
        else:
            body |= {"type": "text", "text": {"preview_url": False, "body": message.text}}
        answer = post_json(
            f"{address_of('whatsapp_cloud')}/{self._VERSION}/{number}/messages",
            authorization=f"Bearer {account.secrets['access_token']}",
            body=body,
        )
        error = answer.content.get("error")
        error = error if isinstance(error, dict) else {}
        raise_unless_taken(
            answer,
            f"{error.get('code', '')} {error.get('message', '')}",
            bad_address=error.get("code") in _WHATSAPP_BAD_NUMBER,
        )
        sent = answer.content.get("messages")
        return str(sent[0].get("id", "")) if isinstance(sent, list) and sent else ""
