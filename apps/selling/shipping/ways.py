"""The ways of delivery of whatever is priced: a cart, a quote, an order that changes. One place gathers what rates ask
for, so that no caller forgets the weight, the pieces of a pack or the postcode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.goods.catalog.models import Variant
from apps.kernel.money import ZERO
from apps.kernel.work import current_work
from apps.platform.businesses.models import Business
from apps.selling.orders.amendments import AmendmentPlan

from .live import Missing
from .selectors import RateOffer, list_rates
from .services.asking import ask_carriers


@dataclass(frozen=True, slots=True)
class Sent:
    """Goods of one line. `quantity` counts as the buyer does: packs of `pack_size` stock units where it is a pack."""

    variant: Variant
    quantity: int
    pack_size: int = 1


@dataclass(frozen=True, slots=True)
class Goal:
    """Where to; `country` has two letters."""

    country: str
    region: str = ""
    postcode: str = ""


def goal_of(seller: Business, country: str, region: str = "", postcode: str = "") -> Goal:
    """The place that was said; before any was, the seller's own, so that a price can be named."""
    return Goal(country, region, postcode) if country else Goal(seller.country, seller.region)


def ways_of_delivery(
    seller: Business,
    goods: Iterable[Sent],
    worth: Decimal,
    goal: Goal,
    *,
    missing: Missing | None = None,
) -> list[RateOffer]:
    """The ways of delivery of `goods` to `goal`; one query, none without goods, four more where carriers price them.

    `worth` is what the goods cost after everything that was taken off them, in the seller's currency and tax mode.
    Prices are before promotions of delivery. What is missing for them to be complete is added to `missing`: doors hand
    its questions to `ask_carriers`, outside of use cases, and price anew.
    """
    sent = list(goods)
    if not sent:
        return []
    single: Counter[UUID] = Counter()
    for one in sent:
        single[one.variant.pk] += one.quantity * one.pack_size
    return list_rates(
        seller,
        goal.country,
        worth,
        region=goal.region,
        postcode=goal.postcode,
        grams=sum(one.variant.weight_grams * one.quantity * one.pack_size for one in sent),
        pieces=sum(one.quantity for one in sent),
        goods=single,
        missing=missing,
    )


def ways_of_amendment(plan: AmendmentPlan) -> list[tuple[str, Decimal]]:
    """The ways of delivery for an order as a change would leave it, as (name, price); one query.

    What has left already counts too: the charge is for the whole order. Looked at outside of a use case, carriers that
    price a way are asked first; inside, what they said then counts.
    """
    order = plan.order
    goods = [Sent(one.line.variant, one.quantity, one.line.pack_quantity) for one in plan.kept]
    goods += [
        Sent(item.variant, priced.quantity, item.pack_quantity)
        for item, priced in zip(plan.items, plan.priced, strict=True)
    ]
    goal = goal_of(order.business, order.ship_country, order.ship_region, order.ship_postcode)
    worth = max(ZERO, plan.subtotal - plan.discount)
    missing = Missing()
    ways = ways_of_delivery(order.business, goods, worth, goal, missing=missing)
    if missing.unasked and current_work() is None:
        ask_carriers(missing.unasked, visitor=f"order {order.pk}")
        ways = ways_of_delivery(order.business, goods, worth, goal)
    return [(way.name, way.price) for way in ways]
