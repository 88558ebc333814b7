"""Which companies this installation can send by."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.kernel.errors import NotFound

from .amazon import Ses, Sns
from .base import MessageProvider
from .mail import HouseMail, Smtp
from .sandbox import SandboxEmail, SandboxSms, SandboxWhatsApp
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
