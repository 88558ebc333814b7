"""What delivery listens to."""

from __future__ import annotations

from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe
from apps.platform.businesses.events import BusinessCreated

from .services import create_default_rates


@subscribe(BusinessCreated, name="shipping.create_default_rates")
def on_business_created(event: BusinessCreated, envelope: Envelope) -> None:
    """A new shop can deliver before anybody has opened its settings."""
    create_default_rates(
        Actor.system("shipping", event.business_id), currency=event.currency, country=event.country
    )
