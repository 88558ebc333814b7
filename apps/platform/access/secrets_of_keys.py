"""How a key's secret looks: `md_live_` + ten characters to find it by + forty random ones + a checksum of six.

The beginning and the checksum let scanners recognise a leaked key without asking anybody, and let a mistyped one be
refused without a query. 40 characters of base 62 are 238 bits, so that a plain digest of it cannot be guessed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib

PREFIX = "md_live_"
_ALPHABET = string.digits + string.ascii_letters
_LOOKUP, _RANDOM, _CHECK = 10, 40, 6
_SHAPE = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_LOOKUP + _RANDOM + _CHECK}}}")


def make_secret() -> str:
    """A new secret."""
    body = "".join(secrets.choice(_ALPHABET) for _each in range(_LOOKUP + _RANDOM))
    return f"{PREFIX}{body}{_checksum(body)}"


def is_secret(text: str) -> bool:
    """Whether the text has the shape and the checksum of a secret; says nothing about its being known."""
    if not _SHAPE.fullmatch(text):
        return False
    body = text[len(PREFIX) :]
    return hmac.compare_digest(_checksum(body[:-_CHECK]), body[-_CHECK:])


def lookup_of(secret: str) -> str:
    """The part a secret is found by."""
    return secret[len(PREFIX) : len(PREFIX) + _LOOKUP]


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def fits(secret: str, digest: str) -> bool:
    """Whether this is the secret of the digest, in the same time for every answer."""
    return hmac.compare_digest(digest_of(secret), digest)


def _checksum(body: str) -> str:
    number, text = zlib.crc32(body.encode()), ""
    for _place in range(_CHECK):
        number, rest = divmod(number, len(_ALPHABET))
        text = _ALPHABET[rest] + text
    return text
