"""Which payment companies this installation speaks to."""

from __future__ import annotations

from functools import lru_cache

from django.utils.translation import gettext as _

from apps.kernel.errors import NotFound

from .base import PaymentProvider

_providers: dict[str, PaymentProvider] = {}


def register(provider: PaymentProvider) -> PaymentProvider:
    """Add an adapter under its code; a later one replaces it."""
    _providers[provider.code] = provider
    return provider


def find_provider(code: str) -> PaymentProvider | None:
    """The adapter of a company, or None."""
    _load()
    return _providers.get(code)


def get_provider(code: str) -> PaymentProvider:
    """The adapter of a company; raises `NotFound`."""
    if provider := find_provider(code):
        return provider
    raise NotFound(_("There is no such payment method."), code="unknown_provider")


def list_providers() -> list[PaymentProvider]:
    """All adapters."""
    _load()
    return list(_providers.values())


@lru_cache(maxsize=1)
def _load() -> None:
    from .manual import BankTransfer, Cash
    from .paypal import PayPalProvider
    from .paystack import PaystackProvider
    from .razorpay import RazorpayProvider
    from .sandbox import SandboxProvider
    from .stripe import StripeProvider

    companies = (SandboxProvider, StripeProvider, PayPalProvider, PaystackProvider, RazorpayProvider)
    for kind in (*companies, BankTransfer, Cash):
        _providers.setdefault(kind.code, kind())
