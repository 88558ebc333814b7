"""What an act on many orders would skip, and why: the page shows it before, the service asks again."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from apps.kernel.actors import Actor

from .models import Order
from .policies import can_cancel
from .states import Axis, OrderState, find_step, refusal

ACTS = {"confirm": lazy("Confirm"), "cancel": lazy("Cancel with a reason"), "tag": lazy("Put tags on")}
PERMISSIONS = {"confirm": "orders.confirm", "cancel": "orders.cancel", "tag": "orders.note"}


def why_not(actor: Actor, act: str, order: Order) -> str:
    """The sentence that says why the order is skipped; nothing when it can be done."""
    if not actor.may(PERMISSIONS[act]):
        return _("Your role does not allow this.")
    if act == "confirm" and find_step(Axis.ORDER, order.state, "confirm") is None:
        return str(refusal(Axis.ORDER, order.state, "confirm").message)
    if act == "cancel" and not can_cancel(actor, order):
        if order.state in (OrderState.PLACED, OrderState.CONFIRMED):
            return _("Everything of it has left.")
        return str(refusal(Axis.ORDER, order.state, "cancel").message)
    return ""
