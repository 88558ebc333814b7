"""How this company signs: Standard Webhooks. Written anew here, for a shop must check it by itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets


def signed_headers(secret: str, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of one delivery; a later delivery of the same event has another timestamp."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, b"%s.%d.%s" % (event_id.encode(), timestamp, body), hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Sandbox-Pay",
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def forged_secret() -> str:
    """What somebody who does not know the secret would sign with."""
    return base64.b64encode(secrets.token_bytes(24)).decode()
