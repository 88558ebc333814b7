"""Companies that carry messages: one protocol, one adapter each."""

from .base import Account, MessageProvider, NotDelivered, Outgoing, Setting, Undeliverable
from .registry import find_provider, get_provider, list_providers

__all__ = [
    "Account",
    "MessageProvider",
    "NotDelivered",
    "Outgoing",
    "Setting",
    "Undeliverable",
    "find_provider",
    "get_provider",
    "list_providers",
]
