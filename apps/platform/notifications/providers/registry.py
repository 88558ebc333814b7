"""Which companies this installation can send by."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.kernel.errors import NotFound

from .amazon import Ses, Sns
from .base import Account, MessageProvider, Outgoing
from .mail import HouseMail, Smtp
from .push import WebPush
from .sandbox import SandboxEmail, SandboxPush, SandboxSms, SandboxWhatsApp
from .sendgrid import SendGrid
from .telephone import Twilio, WhatsApp

# The first one of a channel is used until a business chooses another.
_ALL: tuple[MessageProvider, ...] = (
    HouseMail(),
    Smtp(),
    SendGrid(),
    Ses(),
    SandboxEmail(),
    SandboxSms(),
    Twilio(),
    Sns(),
    SandboxWhatsApp(),
    WhatsApp(),
    WebPush(),
    SandboxPush(),
)
_BY_CODE = {provider.code: provider for provider in _ALL}


def find_provider(code: str) -> MessageProvider | None:
    """The adapter of a company, or None."""
    return _BY_CODE.get(code)


def get_provider(code: str) -> MessageProvider:
    """The adapter of a company; raises `NotFound`."""
    if provider := find_provider(code):
        return provider
    raise NotFound(_("There is no such way to send messages."), code="unknown_message_provider")


def list_providers(channel: str) -> list[MessageProvider]:
    """The adapters of a channel, the one used by default first."""
    return [provider for provider in _ALL if provider.channel == channel]


def line_of(provider: MessageProvider, account: Account, message: Outgoing | None = None) -> str:
    """The name of the line to a company: those who share it find it silent together.

    A server that a business named itself is a line of its own, or one business could cut off all others.
    """
    finder = getattr(provider, "line", None)
    end = finder(account, message) if finder is not None else ""
    return f"messages.{provider.code}:{end}".rstrip(":").lower()[:300]
