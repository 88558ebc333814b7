"""The secret by which a visitor finds her cart again."""

from __future__ import annotations

import secrets

from django.core.signing import BadSignature, Signer

_signer = Signer(salt="checkout.cart")
# A mail lies in many hands: its link opens the cart, but is not the cookie.
_recovery_signer = Signer(salt="checkout.recovery")
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


def sign_recovery(token: str) -> str:
    """The token as it stands in the link of a reminder."""
    return _recovery_signer.sign(token)


def read_recovery(value: str) -> str | None:
    """The token in the link of a reminder, None for anything else."""
    if not value or len(value) > LONGEST:
        return None
    try:
        return _recovery_signer.unsign(value)
    except BadSignature:
        return None
