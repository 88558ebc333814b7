"""What of a cart is sold before it is there, said with its day."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils import formats
from django.utils.translation import gettext as _

from apps.selling.orders.later import later_of
from apps.selling.orders.models import LaterKind

from .models import CartItem


def say_later(items: Sequence[CartItem]) -> dict[UUID, str]:
    """A sentence for each item of which fewer are there than wanted, by item; one query, none without any."""
    if not items:
        return {}
    sales = later_of(item.variant_id for item in items)
    said: dict[UUID, str] = {}
    for item in items:
        sale = sales.get(item.variant_id)
        facts = {"title": item.variant.product.title}
        if sale is None or sale.promised_on is None:
            said[item.pk] = _("“%(title)s” is sent as soon as it is back in stock.") % facts
            continue
        facts["day"] = formats.date_format(sale.promised_on, "DATE_FORMAT")
        words = (
            _("“%(title)s” is a pre-order: it is sent from %(day)s.")
            if sale.kind == LaterKind.PREORDER
            else _("“%(title)s” is on backorder: it is expected on %(day)s.")
        )
        said[item.pk] = words % facts
    return said
