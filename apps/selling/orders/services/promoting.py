"""Promotions of an order: their uses are taken with it and given back when it ends before anything has left."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from apps.goods.inventory.lines import Owner
from apps.kernel.actors import Actor
from apps.kernel.money import ZERO, round_money
from apps.kernel.work import at_close
from apps.platform.businesses.models import Business
from apps.selling.orders.drafts import Contact, DraftItem, LineDraft
from apps.selling.orders.models import Order
from apps.selling.orders.states import CAME_TO_NOTHING
from apps.selling.pricing.choosing import ResolvedPrice
from apps.selling.promotions.applying import Applied, apply
from apps.selling.promotions.services import consume_uses, note_orders, release_uses
from apps.selling.promotions.values import AppliedPromotion, Basket, BasketLine, Buyer, Trial

OWNER_TYPE = "order"
# Who knows the buyer whose address they give. The product itself does not: it tries again what visitors typed.
_VOUCHES = frozenset({"user", "api_key"})


def snapshot_of(applied: Sequence[AppliedPromotion]) -> list[dict[str, Any]]:
    """What took something off, as the order keeps it: its pages and papers ask nobody else."""
    return [
        {**one.facts(), "lines": {str(line_id): str(share) for line_id, share in one.shares.items()}}
        for one in applied
    ]


def discounts_of(
    actor: Actor,
    seller: Business,
    items: Sequence[DraftItem],
    lines: Sequence[LineDraft],
    prices: Sequence[ResolvedPrice],
    contact: Contact,
    country: str,
    channel: str,
    codes: Sequence[str],
) -> Applied:
    """What promotions take off an order that staff or a program place: as of a cart with these lines, by the same
    function. Delivery is not among them: its charge is said, not chosen. What is given to marked customers counts when
    staff or a program name the buyer. No query in a shop without promotions."""
    basket = Basket(
        [
            BasketLine(
                item.line_id, item.variant, line.quantity, price.unit_price,
                round_money(price.unit_price * line.quantity, seller.currency) - price.line_discount,
            )
            for item, line, price in zip(items, lines, prices, strict=True)
        ]
    )  # fmt: skip
    return apply(
        seller,
        basket,
        codes=codes,
        buyer=Buyer(email=contact.email, user_id=contact.user_id, is_vouched=actor.kind in _VOUCHES),
        channel=channel,
        country=country,
        has_any=any(getattr(item.variant, "has_promotions", False) for item in items),
    )


def take_uses(
    actor: Actor, order: Order, applied: Sequence[AppliedPromotion], trials: Sequence[Trial] = ()
) -> None:
    """Take them when all else of the running work is done (`at_close`): a counter held from here on would let one order
    of the shop be placed at a time. The work ends with `StaleQuote` when the last use went to somebody else.

    `trials` are the tests the order is counted in.
    """
    if trials:
        note_orders(
            actor, trials=trials, order_id=order.pk, revenue=order.total,
            discount=sum((one.amount for one in applied), ZERO),
        )  # fmt: skip
    if applied:
        at_close(
            partial(
                consume_uses,
                actor,
                owner=Owner(OWNER_TYPE, order.pk),
                customer_id=order.customer_id,
                applied=applied,
                currency=order.currency,
                revenue=order.total,
            )
        )


def give_uses_back(actor: Actor, order: Order) -> None:
    """For an order that has just been cancelled as a whole or has expired; one statement.

    Also for one without promotions: it may be counted in a test, among those who got nothing.
    """
    if order.state in CAME_TO_NOTHING:
        at_close(partial(release_uses, actor, owner=Owner(OWNER_TYPE, order.pk)))
