"""What payments listen to."""

from __future__ import annotations

from apps.kernel.events import Envelope, subscribe
from apps.platform.businesses.events import BusinessCreated

from .providers import list_providers
from .services.accounts import ensure_account


@subscribe(BusinessCreated, name="payments.prepare_accounts")
def on_business_created(event: BusinessCreated, envelope: Envelope) -> None:
    """A new shop can be paid by test before anybody has opened its settings."""
    for provider in list_providers():
        if provider.on_by_default:
            ensure_account(provider.code)
