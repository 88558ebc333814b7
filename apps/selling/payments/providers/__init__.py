"""Payment companies: one protocol, one adapter each."""

from .base import (
    Account,
    DisputeWord,
    PaymentProvider,
    ProviderFact,
    ProviderRefused,
    ProviderUnavailable,
    Session,
    Setting,
)
from .registry import find_provider, get_provider, list_providers, register

__all__ = [
    "Account",
    "DisputeWord",
    "PaymentProvider",
    "ProviderFact",
    "ProviderRefused",
    "ProviderUnavailable",
    "Session",
    "Setting",
    "find_provider",
    "get_provider",
    "list_providers",
    "register",
]
