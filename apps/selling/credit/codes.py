"""How a card's code looks: sixteen letters and digits in groups of four.

31 to the power of 16 are 79 bits, so that a plain digest of it cannot be guessed. Nothing in it is mistaken for
something else on paper: no 0 and O, no 1 and I, no U beside V.
"""

from __future__ import annotations

import hashlib
import re
import secrets

LETTERS = "23456789ABCDEFGHJKLMNPQRSTVWXYZ"
LENGTH = 16
_SHAPE = re.compile(rf"[{LETTERS}]{{{LENGTH}}}")


def make_code() -> str:
    """A new code as it is written: `7KQ2-M9XA-…`."""
    return written("".join(secrets.choice(LETTERS) for _n in range(LENGTH)))


def bare(text: str) -> str:
    """What was typed, without dashes, spaces and small letters."""
    return re.sub(r"[\s-]+", "", text).upper()


def is_code(text: str) -> bool:
    """Whether the text has the shape of a code; says nothing about its being known."""
    return bool(_SHAPE.fullmatch(bare(text)))


def written(code: str) -> str:
    """In groups of four, as people read it aloud."""
    plain = bare(code)
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def digest_of(code: str) -> str:
    """What is kept of a code."""
    return hashlib.sha256(bare(code).encode()).hexdigest()
