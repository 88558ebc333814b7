"""States of a message: queued -> sending -> sent, or back to queued with a pause, or failed for good.

`bounced`: the address does not exist, said at once or later by the provider. `suppressed`: never tried, because the
address had bounced or its owner wants no more.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    BOUNCED = "bounced", _("Bounced")
    SUPPRESSED = "suppressed", _("Held back")


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    WHATSAPP = "whatsapp", _("WhatsApp")
    PUSH = "push", _("Browser")


# Channels with an address that somebody can write down; a browser has given its own, and takes it back itself.
ADDRESSED = (Channel.EMAIL, Channel.SMS, Channel.WHATSAPP)


class SuppressionReason(models.TextChoices):
    """Why nothing more goes to an address."""

    BOUNCED = "bounced", _("The address does not exist")
    COMPLAINED = "complained", _("Marked as unwanted")
    UNSUBSCRIBED = "unsubscribed", _("Wants no advertising")
    BY_HAND = "by_hand", _("Stopped by hand")


# Over and done: nothing is sent any more unless a person asks for it.
ENDED = (MessageState.SENT, MessageState.FAILED, MessageState.BOUNCED, MessageState.SUPPRESSED)


# After the n-th failure wait this long; when the list is used up the message has failed for good.
RETRY_PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
)
# A worker that died while sending leaves a claim behind; after this long the message is taken again.
CLAIM_EXPIRES_AFTER = timedelta(minutes=10)
