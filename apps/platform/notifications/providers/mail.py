"""E-mail by SMTP: the installation's own server, or the business's."""

from __future__ import annotations

import re
import smtplib
import socket
from collections.abc import Sequence
from email.utils import formataddr
from typing import Any, ClassVar

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.utils.translation import gettext_lazy as _

from apps.kernel import outgoing

from .base import Account, NoAnswer, NotDelivered, Outgoing, Setting, Undeliverable

SECONDS = 20
PORTS = (25, 465, 587, 2525)
# Nobody lives there: by the plain code, or where the server says more (RFC 3463) by 5.1.1 and its like. A refusal for
# content, reputation or relaying comes with the same plain code and says nothing of the address.
_NOBODY_THERE = {550, 551, 553}
_SAID_MORE = re.compile(r"\s*5\.(\d{1,3})\.(\d{1,3})\b")
_NO_SUCH_ADDRESS = {("1", "1"), ("1", "2"), ("1", "3"), ("1", "6"), ("1", "10")}

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
        Setting("host", _("Server"), help=_("For example smtp.example.com."), is_place=True),
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

    def line(self, account: Account, message: Outgoing | None) -> str:
        return f"{account.values.get('host', '')}:{account.values.get('port', '')}"

    def deliver(self, message: Outgoing, account: Account) -> str:
        host, port = account.values["host"], int(account.values["port"])
        connection = CheckedBackend(
            numbers=checked_numbers(host, port),
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
        _refused(code, said, bad_address=_is_nobody_there(code, said))
    except smtplib.SMTPAuthenticationError as error:
        raise NotDelivered(_said(error.smtp_code, error.smtp_error)) from error
    except smtplib.SMTPResponseException as error:
        _refused(error.smtp_code, error.smtp_error)
    except (TimeoutError, ConnectionError, socket.gaierror, smtplib.SMTPServerDisconnected) as error:
        raise NoAnswer(f"No answer: {error}") from error
    return number


def checked_numbers(host: str, port: int) -> list[str]:
    """Keep a business from reaching the machines behind ours by naming them as its mail server."""
    is_free = settings.MESSAGES_TO_PRIVATE_ADDRESSES
    if not is_free and port not in PORTS:
        raise NotDelivered(str(_("Mail servers listen at port 25, 465, 587 or 2525.")))
    try:
        return outgoing.resolve(host, port, allow_private=is_free)
    except outgoing.AddressRefused as error:
        raise NotDelivered(str(_("This server is not on the public internet."))) from error
    except outgoing.NoSuchHost as error:
        raise NotDelivered(str(error)) from error


class CheckedBackend(EmailBackend):
    """Django's backend, connected to the numbers that were checked; the name is what TLS is checked against."""

    def __init__(self, *, numbers: list[str], **options: Any) -> None:
        super().__init__(**options)
        self._numbers = numbers

    @property
    def connection_class(self) -> Any:
        """smtplib's client, told where to connect."""
        numbers = self._numbers

        class Plain(smtplib.SMTP):
            def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
                return outgoing.connect(numbers, port, timeout)

        class Tls(smtplib.SMTP_SSL, Plain):  # which wraps what `Plain` has connected
            pass

        return Tls if self.use_ssl else Plain


def _refused(code: int, said: Any, *, bad_address: bool = False) -> None:
    if 500 <= code < 600:
        raise Undeliverable(_said(code, said), bad_address=bad_address)
    raise NotDelivered(_said(code, said))


def _is_nobody_there(code: int, said: Any) -> bool:
    more = _SAID_MORE.match(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said))
    return code in _NOBODY_THERE and (more is None or more.groups() in _NO_SUCH_ADDRESS)


def _said(code: int, said: Any) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return f"{code} {text}"[:500]
