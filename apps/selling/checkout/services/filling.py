"""Many lines into a cart at once: an order again, a shared list. The same few queries for any number of lines."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from apps.goods.catalog.amounts import rule_of
from apps.goods.catalog.models import Variant
from apps.goods.inventory.selectors import STORE, availability
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.use_cases import use_case
from apps.selling.checkout.models import MAX_ITEMS, MAX_QUANTITY, Cart, CartGroup, CartItem

from .carts import check_may_shop, check_quantity, group_of, is_shown, open_cart, shown_variants


@dataclass(frozen=True, slots=True)
class Filled:
    """What became of the lines. `short` names each that could not be put in whole, with the pieces that could."""

    cart: Cart | None
    short: dict[UUID, int]


@use_case(unaudited="a visitor's cart, before anything is agreed")
def fill_cart(
    actor: Actor, *, cart_token: str | None, wanted: Mapping[UUID, int], user_id: UUID | None = None
) -> Filled:
    """Put as many of the `wanted` pieces by variant into the cart as the store can sell today.

    What is sold out, not sold any more, or beyond the most a cart holds is left out and told, never an error: the
    rest of a long list is still of use. Without anything to put in, no cart is made. Raises `InvalidInput` for
    quantities that cannot be meant.
    """
    check_may_shop(actor)
    for quantity in wanted.values():
        check_quantity(quantity)
    variants = {variant.pk: variant for variant in shown_variants(wanted) if is_shown(variant)}
    most = _most_of_each(variants)
    if not most:
        return Filled(None, dict.fromkeys(wanted, 0))
    cart = open_cart(cart_token, user_id)
    put_in = _put_in(cart, variants, {pk: asked for pk, asked in wanted.items() if pk in most}, most)
    return Filled(cart, {pk: put_in.get(pk, 0) for pk, asked in wanted.items() if put_in.get(pk, 0) < asked})


def _most_of_each(variants: Mapping[UUID, Variant]) -> dict[UUID, int]:
    """How many pieces of each a cart may hold today; without those that are sold out."""
    stock = availability(
        [pk for pk, variant in variants.items() if variant.track_stock or variant.is_kit], channel=STORE
    )
    most = {}
    for pk in variants:
        sellable = stock[pk].sellable if pk in stock else None
        most[pk] = MAX_QUANTITY if sellable is None else min(MAX_QUANTITY, sellable)
    return {pk: pieces for pk, pieces in most.items() if pieces > 0}


def _put_in(
    cart: Cart, variants: Mapping[UUID, Variant], wanted: Mapping[UUID, int], most: Mapping[UUID, int]
) -> dict[UUID, int]:
    """Add the pieces that can be had, and return how many of each."""
    # Whoever changes an item holds the cart, so reading before writing is safe.
    there = {item.variant_id: item for item in CartItem.objects.filter(group__cart=cart, pack=None)}
    had = {pk: item.quantity for pk, item in there.items()}
    put_in = {
        pk: rule_of(variants[pk]).fit(min(asked + had.get(pk, 0), most[pk])) - had.get(pk, 0)
        for pk, asked in wanted.items()
    }
    put_in = {pk: pieces for pk, pieces in put_in.items() if pieces > 0}
    new = [pk for pk in put_in if pk not in there]
    for pk in new[max(0, MAX_ITEMS - len(there)) :]:
        del put_in[pk]
    groups, now = _groups(cart, [variants[pk] for pk in new]), clock.now()
    CartItem.objects.bulk_create(
        CartItem(
            business_id=cart.business_id,
            group=groups[variants[pk].business_id],
            variant_id=pk,
            quantity=put_in[pk],
        )
        for pk in new
        if pk in put_in
    )
    more = [there[pk] for pk in put_in if pk in there]
    for item in more:
        item.quantity, item.updated_at = item.quantity + put_in[item.variant_id], now
    CartItem.objects.bulk_update(more, ["quantity", "updated_at"])
    return put_in


def _groups(cart: Cart, variants: Collection[Variant]) -> dict[UUID | None, CartGroup]:
    """One group of the cart for each seller; a single shop has one."""
    sellers = {variant.business_id: variant for variant in variants}
    return {seller: group_of(cart, variant) for seller, variant in sellers.items()}
