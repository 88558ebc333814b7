"""Less is there than the cart wants: the buyer goes on with what can be had."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from apps.goods.catalog.amounts import rule_of
from apps.kernel.actors import Actor
from apps.kernel.use_cases import use_case
from apps.selling.checkout.items import is_shown, read_items, stock_of
from apps.selling.checkout.models import CartGroup, CartItem

from .carts import check_may_shop, require_cart


@dataclass(frozen=True, slots=True)
class Cut:
    """An item of which fewer are in the cart now; `after` is 0 for one that was taken out."""

    item_id: UUID
    variant_id: UUID
    title: str
    before: int
    after: int


@use_case(unaudited="a visitor's cart, before anything is agreed")
def keep_available(actor: Actor, *, cart_token: str) -> list[Cut]:
    """Bring every item down to what can be had of it; what is not sold any more, or not at all, is taken out.

    What is left of a variant goes to its items in the order in which they were put in, each in quantities in which it
    is sold; the same cart and stock give the same answer. Each seller's part is brought down by itself, and a seller of
    whom nothing is left drops out. Nothing is reserved. Raises `NotFound` for a closed cart.
    """
    check_may_shop(actor)
    cart = require_cart(cart_token)
    items = read_items(cart.pk)
    known = stock_of([item for item in items if is_shown(item)])
    by_variant: dict[UUID, list[CartItem]] = defaultdict(list)
    for item in items:
        by_variant[item.variant_id].append(item)
    cuts = []
    for variant_id, kin in by_variant.items():
        free = known.get(variant_id)
        wanted = sum(item.stock_pieces for item in kin)
        enough = free is None or free.covers(wanted)
        cuts += _cut(kin, wanted if enough else max(0, (free.sellable if free else 0) or 0))
    changed = {cut.item_id: cut.after for cut in cuts}
    fewer = [item for item in items if changed.get(item.pk)]
    CartItem.objects.bulk_update(fewer, ["quantity", "updated_at"])
    CartItem.objects.filter(pk__in=[pk for pk, after in changed.items() if not after]).delete()
    CartGroup.objects.filter(cart=cart, items=None).delete()
    cart.save(update_fields=["updated_at"])
    return cuts


def _cut(kin: list[CartItem], pieces: int) -> list[Cut]:
    """Share `pieces` of one variant among its items, and set their quantities."""
    before = [item.quantity for item in kin]
    left = pieces
    for item in kin:
        size = item.pack.quantity if item.pack else 1
        most = min(item.quantity, left // size)
        item.quantity = most if most == item.quantity else item.rule.fit(most)
        if not is_shown(item):
            item.quantity = 0
        left -= item.quantity * size
    total = sum(item.stock_pieces for item in kin)
    if total and not rule_of(kin[0].variant).allows(total):
        for item in kin:
            item.quantity = 0
    return [
        Cut(item.pk, item.variant_id, item.variant.product.title, old, item.quantity)
        for item, old in zip(kin, before, strict=True)
        if item.quantity != old
    ]
