"""States of a message: queued -> sending -> sent, or back to queued with a pause, or failed for good."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


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
