"""E-mail by SMTP: the installation's own server, or the business's."""

from __future__ import annotations

import ipaddress
import smtplib
import socket
from collections.abc import Sequence
from email.utils import formataddr
from typing import Any, ClassVar

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils.translation import gettext_lazy as _

from .base import Account, NotDelivered, Outgoing, Setting, Undeliverable

SECONDS = 20
PORTS = (25, 465, 587, 2525)
# 5.1.1 and the like: nobody lives there. A refusal for content or reputation says nothing of the address.
_NOBODY_THERE = {550, 551, 553}

FROM_SETTINGS = (
    Setting(
        "from_email",
        _("Sender's address"),
        "email",
        help=_("The company must know this address as yours."),
    ),
    Setting("from_name", _("Sender's name"), required=False, help=_("Left out: the name of the business.")),
    Setting("reply_to", _("Answers go to"), "email", required=False),
)


class HouseMail:
    """The installation's own mail server, for every business that has not chosen another."""

    code: ClassVar[str] = "house"
    channel: ClassVar[str] = "email"
    name: ClassVar[Any] = _("MoniDesk's mail server")
    description: ClassVar[Any] = _("Nothing to set up. Mails come from the address of this installation.")
    settings: ClassVar[Sequence[Setting]] = ()
    is_sandbox: ClassVar[bool] = False

    def deliver(self, message: Outgoing, account: Account) -> str:
        by_smtp = "smtp" in settings.EMAIL_BACKEND
        connection = get_connection(timeout=SECONDS) if by_smtp else get_connection()
        return send(message, settings.DEFAULT_FROM_EMAIL, "", connection)


class Smtp:
    """The business's own mail server."""

    code: ClassVar[str] = "smtp"
    channel: ClassVar[str] = "email"
    name: ClassVar[Any] = _("Your mail server (SMTP)")
    description: ClassVar[Any] = _("Any mail server that takes mail by SMTP with a name and a password.")
    settings: ClassVar[Sequence[Setting]] = (
        Setting("host", _("Server"), help=_("For example smtp.example.com.")),
        Setting(
            "port",
            _("Port"),
            "number",
            initial="587",
            help=_("587 or 25 with STARTTLS, 465 with TLS from the start."),
        ),
        Setting("username", _("User name"), required=False),
        Setting("password", _("Password"), "secret", required=False),
        *FROM_SETTINGS,
    )
    is_sandbox: ClassVar[bool] = False

    def deliver(self, message: Outgoing, account: Account) -> str:
        host, port = account.values["host"], int(account.values["port"])
        if not settings.MESSAGES_TO_PRIVATE_ADDRESSES:
            refuse_private(host, port)
        connection = get_connection(
            "django.core.mail.backends.smtp.EmailBackend",
            host=host,
            port=port,
            username=account.values.get("username", ""),
            password=account.secrets.get("password", ""),
            use_ssl=port == 465,
            use_tls=port != 465,
            timeout=SECONDS,
        )
        sender, reply_to = sender_of(message, account), account.values.get("reply_to", "")
        return send(message, sender, reply_to, connection)


def sender_of(message: Outgoing, account: Account) -> str:
    """The `From` of a business's own account."""
    name = account.values.get("from_name") or message.sender_name
    return formataddr((name, account.values["from_email"]))


def send(message: Outgoing, sender: str, reply_to: str, connection: Any) -> str:
    """Send by Django's backend and translate what the server says; returns the Message-ID."""
    number = f"<{message.id}@monidesk>"
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        from_email=sender,
        to=[message.to],
        reply_to=[reply_to] if reply_to else None,
        headers={"Message-ID": number, "X-Entity-Ref-ID": str(message.id), **message.headers},
        connection=connection,
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        _refused(code, said, bad_address=code in _NOBODY_THERE)
    except smtplib.SMTPAuthenticationError as error:
        raise NotDelivered(_said(error.smtp_code, error.smtp_error)) from error
    except smtplib.SMTPResponseException as error:
        _refused(error.smtp_code, error.smtp_error)
    return number


def refuse_private(host: str, port: int) -> None:
    """Keep a business from reaching the machines behind ours by naming them as its mail server."""
    if port not in PORTS:
        raise NotDelivered(str(_("Mail servers listen at port 25, 465, 587 or 2525.")))
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotDelivered(f"{host}: {error}") from error
    if not all(ipaddress.ip_address(str(entry[4][0])).is_global for entry in found):
        raise NotDelivered(str(_("This server is not on the public internet.")))


def _refused(code: int, said: Any, *, bad_address: bool = False) -> None:
    if 500 <= code < 600:
        raise Undeliverable(_said(code, said), bad_address=bad_address)
    raise NotDelivered(_said(code, said))


def _said(code: int, said: Any) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return f"{code} {text}"[:500]
