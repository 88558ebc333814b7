"""Every write of promotions."""

from .codes import add_code, generate_codes
from .consuming import consume_uses, release_uses
from .keeping import (
    add_promotion,
    change_promotion,
    duplicate_promotion,
    end_promotion,
    pause_promotion,
    resume_promotion,
)

__all__ = [
    "add_code",
    "add_promotion",
    "change_promotion",
    "consume_uses",
    "duplicate_promotion",
    "end_promotion",
    "generate_codes",
    "pause_promotion",
    "release_uses",
    "resume_promotion",
]
