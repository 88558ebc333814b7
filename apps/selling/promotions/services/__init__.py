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
from .trying import end_test, note_buyers, note_orders, start_test

__all__ = [
    "add_code",
    "add_promotion",
    "change_promotion",
    "consume_uses",
    "duplicate_promotion",
    "end_promotion",
    "end_test",
    "generate_codes",
    "note_buyers",
    "note_orders",
    "pause_promotion",
    "release_uses",
    "resume_promotion",
    "start_test",
]
