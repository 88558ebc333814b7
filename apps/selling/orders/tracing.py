"""Orders name themselves and their buyers when somebody asks whom a lot reached."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.goods.inventory.tracing import Paper, register
from apps.kernel.actors import Actor

from .models import Order


@register("order")
def orders_with_buyers(actor: Actor, ids: list[UUID]) -> dict[UUID, Paper]:
    """The orders, with whom to call or write to; nothing of people to who may not see orders."""
    if not actor.may("orders.read"):
        return {key: Paper(_("An order")) for key in ids}
    rows = Order.objects.filter(pk__in=ids).only("number", "ship_name", "email", "phone")
    return {
        row.pk: Paper(
            _("Order %(number)s") % {"number": row.number},
            reverse("admin:orders_order_change", args=[row.pk]),
            row.ship_name,
            row.email,
            row.phone,
        )
        for row in rows
    }
