"""Who may do what with orders."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused
from apps.kernel.permissions import declare

from .models import Order
from .states import BUYER, SYSTEM, FulfilmentState, OrderState, PaymentState, Transition

declare("orders.read", _("See orders"))
declare("orders.place", _("Place orders for buyers"))
declare("orders.confirm", _("Confirm orders"))
declare("orders.cancel", _("Cancel orders"))
declare("orders.fulfil", _("Send orders"))
declare("orders.refund", _("Refund orders"))
declare("orders.note", _("Write notes on orders"))


def can_place(actor: Actor) -> bool:
    """Visitors order for themselves; staff and programs need the permission."""
    return actor.kind in {"guest", "customer"} or actor.may("orders.place")


def can_take(actor: Actor, row: Transition) -> bool:
    """Whether the actor may take this row of a state table."""
    if row.permission == BUYER:
        return can_place(actor)
    if row.permission == SYSTEM:
        return actor.kind == "system"
    return actor.may(row.permission)


def check_place(actor: Actor) -> None:
    """Refuse the actor who may not place orders."""
    if not can_place(actor):
        raise PermissionRefused()


def check_system(actor: Actor) -> None:
    """Refuse everybody but the product's own jobs and subscribers."""
    if actor.kind != "system":
        raise PermissionRefused()


def can_fulfil(actor: Actor, order: Order) -> bool:
    """Whether goods of this order may leave now: confirmed, paid for, and something is left to send."""
    return (
        actor.may("orders.fulfil")
        and order.state == OrderState.CONFIRMED
        and order.payment_state in (PaymentState.PAID, PaymentState.PART_REFUNDED)
        and order.fulfilment_state in (FulfilmentState.UNFULFILLED, FulfilmentState.PART_FULFILLED)
    )


def can_cancel(actor: Actor, order: Order) -> bool:
    """Whether the order, or what is left of it, may be cancelled."""
    return (
        actor.may("orders.cancel")
        and order.state in (OrderState.PLACED, OrderState.CONFIRMED)
        and order.fulfilment_state in (FulfilmentState.UNFULFILLED, FulfilmentState.PART_FULFILLED)
    )


def can_refund(actor: Actor, order: Order) -> bool:
    """Whether money of this order may be given back by hand."""
    return (
        actor.may("orders.refund")
        and order.payment_state in (PaymentState.PAID, PaymentState.PART_REFUNDED)
        and order.refundable > 0
    )
