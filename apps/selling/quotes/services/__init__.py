"""Every write of quotes."""

from apps.selling.quotes.services.placing import accept_quote, ask_again, place_quote
from apps.selling.quotes.services.sending import send_quote, withdraw_quote
from apps.selling.quotes.services.writing import change_quote, duplicate_quote, write_quote

__all__ = [
    "accept_quote",
    "ask_again",
    "change_quote",
    "duplicate_quote",
    "place_quote",
    "send_quote",
    "withdraw_quote",
    "write_quote",
]
