"""What checkout listens to."""

from __future__ import annotations

from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe

from .events import CartAbandoned
from .services import remind_of_cart


@subscribe(CartAbandoned, name="checkout.remind_of_cart")
def on_abandoned(event: CartAbandoned, envelope: Envelope) -> None:
    """Mail the way back to who agreed to it."""
    remind_of_cart(Actor.system("carts", event.business_id, envelope.request_id), cart_id=event.cart_id)
