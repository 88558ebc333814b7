"""Orders of the sellers who can deliver, of each whole or none; what is left over stays in the buyer's open cart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel.actors import Actor
from apps.kernel.errors import OutOfStock
from apps.kernel.use_cases import attempt
from apps.selling.checkout.models import Cart, CartGroup
from apps.selling.checkout.obstacles import obstacles_of, say, say_short
from apps.selling.checkout.pricing import PricedGroup
from apps.selling.checkout.tokens import new_token
from apps.selling.orders.drafts import OrderDraft
from apps.selling.orders.models import Order
from apps.selling.orders.services import place_drafts

Left = dict[str, Any]


def part_groups(groups: Sequence[PricedGroup]) -> tuple[list[PricedGroup], list[Left]]:
    """The sellers that could deliver as far as is known before stock is asked, and what the others leave and why."""
    able: list[PricedGroup] = []
    left: list[Left] = []
    for group in groups:
        obstacles = obstacles_of(group, {})
        if obstacles or not group.items:
            left.append(_left(group, obstacles))
        else:
            able.append(group)
    return able, left


def place_groups(
    actor: Actor,
    groups: Sequence[PricedGroup],
    draft_of: Callable[[PricedGroup], OrderDraft],
    *,
    partial: bool,
) -> tuple[list[Order], list[Left]]:
    """Place an order for each group, or with `partial` for those whose stock can be reserved whole.

    A round that finds a seller short is taken back whole, uses of promotions among it, and the others are tried
    without that one: what each order comes to depends on its own seller's goods alone. Raises `OutOfStock` naming the
    items when nothing comes about.
    """
    able = list(groups)
    left: list[Left] = []
    lines: list[dict[str, Any]] = []
    while True:
        drafts = [draft_of(group) for group in able]
        # Alone there is nothing that could go on without it.
        can_part = partial and len(able) > 1
        try:
            with attempt() if can_part else nullcontext():
                return place_drafts(actor, drafts=drafts), left
        except OutOfStock as error:
            short = _short_items(error, able, drafts)
            lines += [line for found in short.values() for line in found]
            failed = [group for group in able if group.seller.pk in short]
            if not can_part or len(failed) in {0, len(able)}:
                raise _refusal(error, lines) from error
            left += [_left(group, _obstacles(group, short[group.seller.pk])) for group in failed]
            able = [group for group in able if group.seller.pk not in short]


def part_cart(cart: Cart, checkout_id: UUID, seller_ids: Collection[UUID]) -> Cart:
    """Move the groups that were ordered into a cart of their own, which is finished; `cart` stays open with the rest.

    The open one keeps its token, so that the buyer's browser or program goes on with it. What is counted once (the
    link that filled it, a reminder) goes with what was ordered.
    """
    ordered: Cart = Cart.objects.create(
        token=new_token(),
        user_id=cart.user_id,
        state=Cart.State.CONVERTED,
        checkout_id=checkout_id,
        email=cart.email,
        codes=cart.codes,
        link_id=cart.link_id,
        attribution=cart.attribution,
        reminded_at=cart.reminded_at,
        recovered_at=cart.recovered_at,
    )
    CartGroup.objects.filter(cart=cart, seller_id__in=seller_ids).update(cart=ordered)
    cart.link_id = cart.reminded_at = cart.recovered_at = None
    cart.save(update_fields=["link", "reminded_at", "recovered_at", "updated_at"])
    return ordered


def _short_items(
    error: OutOfStock, groups: Sequence[PricedGroup], drafts: Sequence[OrderDraft]
) -> dict[UUID, list[dict[str, Any]]]:
    """What is short, by seller, with the cart's items and titles a buyer knows: the orders' lines came to nothing."""
    items = {
        line.line_id: (group.seller.pk, item)
        for group, draft in zip(groups, drafts, strict=True)
        for item, line in zip(group.items, draft.items, strict=True)
    }
    short: dict[UUID, list[dict[str, Any]]] = {}
    for line in error.context.get("lines", []):
        facts = {name: value for name, value in line.items() if name != "line_id"}
        seller_id, item = items[line["line_id"]]
        named = {**facts, "item_id": item.pk, "title": item.variant.product.title}
        short.setdefault(seller_id, []).append(named)
    return short


def _refusal(error: OutOfStock, lines: list[dict[str, Any]]) -> OutOfStock:
    return OutOfStock(
        error.message,
        kept=_("Your cart and your details are kept; nothing was charged."),
        remedy=_("Please change the quantity or take the item out."),
        lines=lines,
    )


def _obstacles(group: PricedGroup, lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    items = {item.pk: item for item in group.items}
    return [say_short(items[line["item_id"]], line["available"]) for line in lines]


def _left(group: PricedGroup, obstacles: Sequence[dict[str, Any]]) -> Left:
    """What became of a seller's part that was not ordered: a reason for each of its items."""
    by_item = {one["item_id"]: one for one in obstacles if one.get("item_id")}
    of_all = next((one for one in obstacles if not one.get("item_id")), None)
    reasons = []
    for item in (*group.gone, *group.items):
        found = by_item.get(str(item.pk))
        if found is None and of_all is not None:
            found = {**say(of_all["code"], "", item), "message": of_all["message"]}
        if found is None:
            words = _("“%(title)s” waits: %(seller)s sends its part as a whole.")
            found = say("waits", words, item, seller=group.seller.name)
        reasons.append({**found, "title": item.variant.product.title, "quantity": item.quantity})
    return {
        "order_id": None,
        "payment_id": None,
        "business_id": str(group.seller.pk),
        "seller": group.seller.name,
        "reasons": reasons,
    }
