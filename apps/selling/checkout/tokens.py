"""The secret by which a visitor finds her cart again."""

from __future__ import annotations

import secrets

from django.core.signing import BadSignature, Signer

_signer = Signer(salt="checkout.cart")
LONGEST = 200


def new_token() -> str:
    """A token that cannot be guessed."""
    return secrets.token_urlsafe(32)


def sign_token(token: str) -> str:
    """The token as it leaves the house."""
    return _signer.sign(token)


def read_token(value: str | None) -> str | None:
    """The token in a signed value, None for anything else: a forged cookie costs no query."""
    if not value or len(value) > LONGEST:
        return None
    try:
        return _signer.unsign(value)
    except BadSignature:
        return None
