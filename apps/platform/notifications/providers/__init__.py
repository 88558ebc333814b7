"""Companies that carry messages: one protocol, one adapter each."""

from .base import (
    Account,
    Forged,
    MessageProvider,
    News,
    NotDelivered,
    Outgoing,
    Setting,
    TellsBack,
    Told,
    Undeliverable,
)
from .registry import find_provider, get_provider, list_providers

__all__ = [
    "Account",
    "Forged",
    "MessageProvider",
    "News",
    "NotDelivered",
    "Outgoing",
    "Setting",
    "TellsBack",
    "Told",
    "Undeliverable",
    "find_provider",
    "get_provider",
    "list_providers",
]
