"""What the kits of an order are made of, in words for who packs it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.selectors import contents_of
from apps.selling.orders.models import Order, OrderLine

OWNER_TYPE = "order"


def contents_words(order: Order, lines: Iterable[OrderLine]) -> dict[UUID, str]:
    """`Contains 2 × Mug, 1 × Tea` by line, as it was when the order was placed; lines that are no kits are absent."""
    made_of = contents_of(OWNER_TYPE, order.pk)
    words = {}
    for line in lines:
        parts = made_of.get(line.pk, [])
        if all(variant.pk == line.variant_id for _pieces, variant in parts):
            continue
        named = [
            f"{pieces} × {variant.product.title}" + (f" – {variant.title}" if variant.title else "")
            for pieces, variant in parts
        ]
        words[line.pk] = _("Contains %(parts)s") % {"parts": ", ".join(named)}
    return words
