"""What a buyer may do herself with an order that was placed, and who counts as its buyer."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused
from apps.people.customers.selectors import company_of_user

from .models import Order
from .policies import has_waiting
from .states import FulfilmentState, OrderState, PaymentState

BUYERS = frozenset({"guest", "customer"})


def check_own(actor: Actor, permission: str) -> bool:
    """Whether a visitor acts for herself; anybody else needs the permission for it, or a right to place orders would be
    one to change, cancel and give money back by."""
    if actor.kind in BUYERS:
        return True
    actor.require(permission)
    return False


def can_withdraw(order: Order) -> bool:
    """Whether she may cancel it: nothing of it is packed, held back by the shop, or gone."""
    waits = order.state in (OrderState.PLACED, OrderState.CONFIRMED)
    return waits and order.fulfilment_state == FulfilmentState.UNFULFILLED


def can_change(order: Order) -> bool:
    """Whether she may change its quantities: she bought by the checkout, the shop has not taken it on, no money has
    come, and no promotion took anything off. What staff wrote for her has prices, and a promotion conditions, that were
    meant for just these quantities."""
    is_kept = order.expires_at is None or order.expires_at > clock.now()
    unsettled = order.payment_state in (PaymentState.UNPAID, PaymentState.ON_TERMS)
    by_herself = order.checkout_id is not None and not order.promotions
    return can_withdraw(order) and order.state == OrderState.PLACED and unsettled and is_kept and by_herself


def can_ask(order: Order) -> bool:
    """Whether she may ask the shop to change it: something waits, and she is not waiting for an answer already."""
    return has_waiting(order) and order.change_asked_at is None


def can_nudge(order: Order) -> bool:
    """Whether she waits for the shop alone: an order on account that somebody has to approve."""
    return order.needs_approval


def is_buyer(order: Order, user_id: UUID | None) -> bool:
    """Whether who holds the order's link may act for its buyer.

    The link is enough for what a person bought. A company's order is changed by those alone who buy for it: its link
    lies in mails that many read. One query for these, none for others.
    """
    if order.company_id is None:
        return True
    company = company_of_user(user_id)
    return company is not None and company.pk == order.company_id


def check_buyer(order: Order, user_id: UUID | None) -> None:
    """Refuse who may not act for the buyer of this order."""
    if not is_buyer(order, user_id):
        raise PermissionRefused(
            _("This order belongs to a company."), remedy=_("Sign in as somebody who buys for it.")
        )
