"""The switch that closes a store's checkout for a while: said in the shop's own words, and asked by every way in."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.kernel.errors import Conflict
from apps.platform.businesses.models import Business

CODE = "orders_closed"


def closed_words(business: Business) -> str:
    """What buyers are told while the store takes no orders: the shop's own words where it left some."""
    return business.closed_words or _("We are not taking orders right now.")


def refuse_closed(business: Business) -> None:
    """Raise `Conflict` (`orders_closed`) while the store takes no orders."""
    if business.orders_closed:
        raise Conflict(
            closed_words(business),
            code="orders_closed",
            kept=_("Your cart is kept; nothing was charged."),
            remedy=_("Please come back later."),
        )
