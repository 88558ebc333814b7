"""Standard Webhooks signatures, checked over the raw body before anything is parsed.

Source of the rule: the Standard Webhooks specification (symmetric "v1": HMAC-SHA256, base64).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from apps.kernel.errors import DomainError

PREFIX = "whsec_"
TOLERANCE = dt.timedelta(minutes=5)
_LONGEST_ID = 120


class WebhookRefused(DomainError):
    """A message that is not from the company, not for us, or not from now. Nothing was written."""

    status = 401
    default_code = "webhook_refused"
    default_message = _("This message could not be verified.")


class WebhookMalformed(WebhookRefused):
    """A message that does not follow the protocol."""

    status = 400
    default_code = "webhook_malformed"
    default_message = _("This message does not follow the protocol.")


def new_secret() -> str:
    """A fresh secret of 24 random bytes, as the specification writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature` for a message."""
    content = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def verify(secrets_accepted: Sequence[str], headers: Mapping[str, str], body: bytes, now: dt.datetime) -> str:
    """Check a message against each accepted secret; returns its id.

    `headers` are looked up by their lower-case names. Raises `WebhookMalformed` (400) when a header is
    missing or unreadable, `WebhookRefused` (401) for a wrong signature or a timestamp more than five minutes
    off.
    """
    message_id, timestamp, given = (
        headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    if not (message_id and timestamp and given):
        raise WebhookMalformed(code="webhook_headers_missing")
    if len(message_id) > _LONGEST_ID or not message_id.isascii() or not message_id.isprintable():
        raise WebhookMalformed(code="webhook_id_malformed")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise WebhookMalformed(code="webhook_timestamp_malformed")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise WebhookRefused(code="webhook_timestamp_off")
    candidates = [part.encode() for part in given.split(" ") if part.startswith("v1,")]
    expected = [sign(secret, message_id, int(timestamp), body).encode() for secret in secrets_accepted]
    # Every pair is compared, in constant time, so that the answer's delay tells nothing.
    matches = [hmac.compare_digest(one, other) for one in candidates for other in expected]
    if not any(matches):
        raise WebhookRefused(code="webhook_signature_wrong")
    return message_id


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("a webhook secret is base64 text") from error
    if not key:
        raise ValueError("a webhook secret must not be empty")
    return key
