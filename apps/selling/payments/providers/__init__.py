"""Payment companies: one protocol, one adapter each."""

from .base import ProviderFact, ProviderRefused, ProviderUnavailable, Session
from .registry import find_provider, get_provider, list_providers, register

__all__ = [
    "ProviderFact",
    "ProviderRefused",
    "ProviderUnavailable",
    "Session",
    "find_provider",
    "get_provider",
    "list_providers",
    "register",
]
