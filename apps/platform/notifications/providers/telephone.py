"""SMS by Twilio, and WhatsApp by Meta's Cloud API."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, urlsplit

from django.utils.translation import gettext_lazy as _

from apps.kernel import clock

from .base import Account, Forged, News, Outgoing, Setting, Told
from .http import address_of, basic, post_form, post_json, raise_unless_taken

# Not a number, not a mobile one, landline, or the person answered STOP.
_TWILIO_BAD_NUMBER = {21211, 21214, 21217, 21265, 21610, 21612, 21614}
# Said later, by the network: unknown handset, landline, or STOP.
_TWILIO_NOBODY_THERE = {30005, 30006, *_TWILIO_BAD_NUMBER}
# Nobody with WhatsApp there.
_WHATSAPP_BAD_NUMBER = {131026, 131030}
# The person has stopped advertising of this business.
_WHATSAPP_STOP = 131050
# Meta tries for a week; what is older was kept by somebody and sent again.
_WHATSAPP_TELLS_FOR = dt.timedelta(days=8)


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
    asks_for_address: ClassVar[bool] = False  # It goes along with each message.

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
        Setting(
            "app_secret",
            _("App secret"),
            "secret",
            required=False,
            help=_("From your app's page at Meta, Basic settings. With it we hear what arrived."),
        ),
        Setting(
            "verify_token",
            _("Verify token"),
            "secret",
            required=False,
            help=_("A word you make up and enter at Meta too, beside the address below."),
        ),
    )
    is_sandbox: ClassVar[bool] = False
    proved_by: ClassVar[str] = "app_secret"
    asks_for_address: ClassVar[bool] = True
    greeted_by: ClassVar[str] = "verify_token"
    _VERSION = "v21.0"

    def deliver(self, message: Outgoing, account: Account) -> str:
        number = quote(account.values["phone_number_id"], safe="")
        body: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": message.to.removeprefix("+"),
            # Comes back with each of its messages to our webhook.
            "biz_opaque_callback_data": str(message.id),
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

    def answer_greeting(self, query: Mapping[str, str], account: Account) -> str:
        """Source of the rule: webhooks, verification requests; the challenge is echoed to who knows the token."""
        token, challenge = account.secrets.get("verify_token", ""), query.get("hub.challenge", "")
        if query.get("hub.mode") != "subscribe" or not re.fullmatch(r"[A-Za-z0-9_-]{1,200}", challenge):
            raise Forged("not a greeting")
        if not token or not hmac.compare_digest(token.encode(), query.get("hub.verify_token", "").encode()):
            raise Forged("another token")
        return challenge

    def read_news(self, told: Told, account: Account) -> list[News]:
        """Source of the rule: webhooks, `X-Hub-Signature-256`, HMAC-SHA256 over the body; and message statuses."""
        secret = account.secrets.get("app_secret", "")
        digest = "sha256=" + hmac.new(secret.encode(), told.body, hashlib.sha256).hexdigest()
        given = told.headers.get("x-hub-signature-256", "")
        if not secret or not hmac.compare_digest(digest.encode(), given.encode()):
            raise Forged("the signature is wrong")
        return [news for status in _statuses(json.loads(told.body)) for news in _whatsapp_news(status)]


def _statuses(body: Any) -> Iterator[dict[str, Any]]:
    """Every status in `entry[].changes[].value.statuses[]`; whatever else is there is passed over."""
    for entry in _rows(body, "entry"):
        for change in _rows(entry, "changes"):
            yield from _rows(change.get("value"), "statuses")


def _rows(whole: Any, name: str) -> list[dict[str, Any]]:
    rows = whole.get(name) if isinstance(whole, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _whatsapp_news(status: dict[str, Any]) -> list[News]:
    number, ref = str(status.get("biz_opaque_callback_data", "")), str(status.get("id", ""))
    stamp = str(status.get("timestamp", ""))
    age = clock.now().timestamp() - int(stamp) if stamp.isascii() and stamp.isdigit() else math.inf
    if age > _WHATSAPP_TELLS_FOR.total_seconds():
        return []
    if status.get("status") in {"delivered", "read"}:
        return [News(number, "delivered", ref=ref)]
    if status.get("status") != "failed":
        return []
    error = next(iter(_rows(status, "errors")), {})
    code = error.get("code")
    reason = f"WhatsApp {code or ''} {error.get('message') or error.get('title') or ''}".strip()[:500]
    if code == _WHATSAPP_STOP:
        return [News(number, "failed", reason, ref=ref), News(number, "unsubscribed", reason, ref=ref)]
    return [News(number, "bounced" if code in _WHATSAPP_BAD_NUMBER else "failed", reason, ref=ref)]
