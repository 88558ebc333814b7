"""The key by which push services know this installation (VAPID, RFC 8292).

Browsers tie their subscription to its public half: with another key every browser must be turned on anew.
"""

from __future__ import annotations

import base64
import datetime as dt
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from apps.kernel import clock
from apps.platform.vault.keys import made_once

# At most a day is allowed; a push service whose clock is off must still find it good.
GOOD_FOR = dt.timedelta(hours=12)


class KeyUnreadable(Exception):
    """VAPID_PRIVATE_KEY is not 32 bytes in base64url. Never holds the key."""


@sensitive_variables()
def new_key() -> str:
    """A fresh key in the form that `VAPID_PRIVATE_KEY` takes."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return encode(number.to_bytes(32, "big"))


@sensitive_variables()
def find_key() -> ec.EllipticCurvePrivateKey | None:
    """The installation's key; None in production without one: then browsers are not told. Raises `KeyUnreadable`."""
    text = settings.VAPID_PRIVATE_KEY
    if not text and settings.PRODUCTION:
        return None
    text = text or made_once(settings.VAPID_KEY_FILE, new_key)
    try:
        raw = decode(text)
        if len(raw) != 32:
            raise ValueError
        return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())
    except ValueError:
        raise KeyUnreadable("VAPID_PRIVATE_KEY is not 32 bytes in base64url") from None


def public_text(key: ec.EllipticCurvePrivateKey) -> str:
    """The public half as browsers take it (`applicationServerKey`)."""
    return encode(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


@sensitive_variables("key")
def authorization(endpoint: str, key: ec.EllipticCurvePrivateKey) -> str:
    """The header that proves who knocks, good for this push service alone."""
    place = urlsplit(endpoint)
    claims = {
        "aud": f"{place.scheme}://{place.netloc}",
        "exp": int((clock.now() + GOOD_FOR).timestamp()),
        "sub": _reach_us_at(),
    }
    return f"vapid t={jwt.encode(claims, key, algorithm='ES256')}, k={public_text(key)}"


def encode(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes of base64url, padded or not. Raises ValueError."""
    plain = text.strip().rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)


def _reach_us_at() -> str:
    if settings.PUBLIC_BASE_URL.startswith("https://"):
        return str(settings.PUBLIC_BASE_URL)
    return "mailto:webmaster@localhost"
