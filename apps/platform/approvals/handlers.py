"""A new business starts with the caps its roles come with."""

from __future__ import annotations

from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe
from apps.platform.approvals.services import start_with_caps
from apps.platform.businesses.events import BusinessCreated


@subscribe(BusinessCreated, name="approvals.start_with_caps")
def start(event: BusinessCreated, envelope: Envelope) -> None:
    actor = Actor.system("approvals", event.business_id, envelope.request_id)
    start_with_caps(actor, currency=event.currency)
