"""Tokens as RFC 7519 has them, signed with the newest key and believed by any key that has not been taken away.

To change the signing key put the new one in front (`API_SIGNING_KEYS=new,old`); when the longest refresh token made
with the old one has ended, take it away. Each token names its key (`kid`), which tells nothing about the secret.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.errors import DomainError
from apps.kernel.ids import new_id

ISSUER = "monidesk"
AUDIENCE = "monidesk-api"
ALGORITHM = "HS256"
ACCESS, REFRESH = "access", "refresh"
REQUIRED = ["iss", "aud", "typ", "jti", "sid", "user", "business", "role", "iat", "exp"]


class TokenRefused(DomainError):
    """A token that is forged, has ended, or lacks a claim: one answer for all."""

    status = 401
    default_code = "token_not_valid"
    default_message = _("The token is not valid or has expired.")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. `family` is the sign-in it belongs to."""

    kind: str
    jti: UUID
    family: UUID
    user: UUID
    business: UUID
    role: str


def sign(claims: Claims, lifetime: dt.timedelta) -> str:
    """The token, signed with the newest key."""
    now = clock.now()
    body = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "typ": claims.kind,
        "jti": str(claims.jti),
        "sid": str(claims.family),
        "user": str(claims.user),
        "business": str(claims.business),
        "role": claims.role,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
    }
    secret = settings.API_SIGNING_KEYS[0]
    return jwt.encode(body, _derived(secret), algorithm=ALGORITHM, headers={"kid": key_id(secret)})


def verify(token: str, kind: str) -> Claims:
    """What the token says; raises `TokenRefused` unless signature, times and every claim are right."""
    try:
        named = jwt.get_unverified_header(token).get("kid")
        secret = next((key for key in settings.API_SIGNING_KEYS if key_id(key) == named), None)
        if secret is None:
            raise TokenRefused
        options: Any = {"require": REQUIRED, "verify_exp": False, "verify_iat": False}
        body = jwt.decode(
            token, _derived(secret), algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options=options
        )
        # By the product's own clock, which tests can move.
        if body["typ"] != kind or int(body["exp"]) <= clock.now().timestamp():
            raise TokenRefused
        ids = {name: UUID(str(body[claim])) for name, claim in _IDS.items()}
        return Claims(kind=kind, role=str(body["role"]), **ids)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise TokenRefused from error


_IDS = {"jti": "jti", "family": "sid", "user": "user", "business": "business"}


def key_id(secret: str) -> str:
    """The public name of a signing key."""
    return hashlib.sha256(b"monidesk.api.key-id:" + secret.encode()).hexdigest()[:12]


def _derived(secret: str) -> bytes:
    # Not the secret itself: it may sign sessions as well, and one use must not stand in for another.
    return hashlib.sha256(b"monidesk.api.token:" + secret.encode()).digest()


def fresh(kind: str, other: Claims) -> Claims:
    """Claims like these, of another kind and with an id of their own."""
    return Claims(kind, new_id(), other.family, other.user, other.business, other.role)
