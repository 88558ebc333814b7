"""Companies that carry messages: one protocol, one adapter each."""

from .base import (
    Account,
    Browser,
    Forged,
    Greets,
    MessageProvider,
    News,
    NoAnswer,
    NotDelivered,
    Outgoing,
    Setting,
    TellsBack,
    Told,
    Undeliverable,
)
from .registry import find_provider, get_provider, line_of, list_providers

__all__ = [
    "Account",
    "Browser",
    "Forged",
    "Greets",
    "MessageProvider",
    "News",
    "NoAnswer",
    "NotDelivered",
    "Outgoing",
    "Setting",
    "TellsBack",
    "Told",
    "Undeliverable",
    "find_provider",
    "get_provider",
    "line_of",
    "list_providers",
]
