"""What customers do when something happens elsewhere."""

from __future__ import annotations

from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe
from apps.platform.businesses.events import MemberRemoved
from apps.platform.notifications.events import AdvertisingChosen
from apps.platform.notifications.selectors import find_receiver

from .services import forget_keeper, note_advertising_choice


@subscribe(MemberRemoved, name="customers.forget_keeper")
def on_removed(event: MemberRemoved, envelope: Envelope) -> None:
    """Nobody looks after customers of a business she does not belong to any more."""
    actor = Actor.system("customers", event.business_id, envelope.request_id)
    forget_keeper(actor, user_id=event.user_id)


@subscribe(AdvertisingChosen, name="customers.note_advertising_choice")
def on_advertising_chosen(event: AdvertisingChosen, envelope: Envelope) -> None:
    """The button in a mail counts like the customer's own word."""
    address = find_receiver(event.message_id) if event.channel == "email" else None
    if address is not None:
        actor = Actor.system("customers", event.business_id, envelope.request_id)
        note_advertising_choice(actor, email=address, wanted=event.wanted)
