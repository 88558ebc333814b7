"""A provider per channel that sends nothing: what it was given stands in the back office's outbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from .base import Account, Outgoing, Setting, Undeliverable

# As with other companies' test numbers: an address that always fails, to see what happens then.
BAD_ADDRESSES = {"bounce@sandbox.example", "+15005550001"}


class Sandbox:
    """Takes everything and sends nothing."""

    channel: ClassVar[str]
    code: ClassVar[str]
    name: ClassVar[Any] = _("Try out")
    description: ClassVar[Any] = _(
        "Nothing leaves the house: messages are shown under Messages, as they would be sent."
    )
    settings: ClassVar[Sequence[Setting]] = ()
    is_sandbox: ClassVar[bool] = True

    def deliver(self, message: Outgoing, account: Account) -> str:
        if message.to in BAD_ADDRESSES:
            raise Undeliverable("550 The try-out's address that does not exist", bad_address=True)
        return f"sandbox-{message.id}"


class SandboxEmail(Sandbox):
    code, channel = "sandbox", "email"


class SandboxSms(Sandbox):
    code, channel = "sandbox_sms", "sms"


class SandboxPush(Sandbox):
    code, channel = "sandbox_push", "push"


class SandboxWhatsApp(Sandbox):
    code, channel = "sandbox_whatsapp", "whatsapp"
