"""Promotions of an order: their uses are taken with it and given back when it ends before anything has left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.goods.inventory.lines import Owner
from apps.kernel.actors import Actor
from apps.selling.orders.models import Order
from apps.selling.orders.states import CAME_TO_NOTHING
from apps.selling.promotions.services import consume_uses, release_uses
from apps.selling.promotions.values import AppliedPromotion

OWNER_TYPE = "order"


def snapshot_of(applied: Sequence[AppliedPromotion]) -> list[dict[str, Any]]:
    """What took something off, as the order keeps it: its pages and papers ask nobody else."""
    return [
        {**one.facts(), "lines": {str(line_id): str(share) for line_id, share in one.shares.items()}}
        for one in applied
    ]


def take_uses(actor: Actor, order: Order, applied: Sequence[AppliedPromotion]) -> None:
    """Before stock: rank coupon. Raises `StaleQuote` when the last use went to somebody else."""
    if applied:
        consume_uses(
            actor,
            owner=Owner(OWNER_TYPE, order.pk),
            customer_id=order.customer_id,
            applied=applied,
            currency=order.currency,
            revenue=order.total,
        )


def give_uses_back(actor: Actor, order: Order) -> None:
    """For an order that has just been cancelled as a whole or has expired; one without promotions asks nothing."""
    if order.promotions and order.state in CAME_TO_NOTHING:
        release_uses(actor, owner=Owner(OWNER_TYPE, order.pk))
