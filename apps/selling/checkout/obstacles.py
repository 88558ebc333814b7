"""What keeps a seller from delivering what a cart wants of it, in words for the buyer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.amounts import rule_of
from apps.goods.inventory.selectors import Available
from apps.kernel import tenancy
from apps.platform.businesses.closing import CODE, closed_words

from .items import pieces_of, stock_of
from .later import say_later
from .models import CartItem
from .pricing import PricedGroup, say_codes, say_postcode_needed


def judge(groups: list[PricedGroup], has_country: bool) -> tuple[list[str], list[dict[str, Any]]]:
    """What the buyer should know of a priced cart, and what stands in the way; one query for each seller."""
    warnings: list[str] = []
    errors: list[dict[str, Any]] = []
    for group in groups:
        available = stock_of(group.items)
        errors += obstacles_of(group, available, has_country)
        with tenancy.bind(group.seller.pk):
            warnings += dict.fromkeys(say_later(_owed(group, available)).values())
    warnings += say_codes([(group.seller, group.promotions) for group in groups if group.items])
    return warnings, errors


def obstacles_of(
    group: PricedGroup, available: Mapping[UUID, Available], has_country: bool = True
) -> list[dict[str, Any]]:
    """What keeps this seller from delivering its part; stock counts as far as `available` knows it."""
    errors: list[dict[str, Any]] = []
    pieces = pieces_of(group.items)
    if group.seller.orders_closed:
        errors.append({"code": CODE, "message": closed_words(group.seller), "variant_id": None})
    for item in group.gone:
        errors.append(say("item_gone", _("“%(title)s” is not sold any more."), item))
    for item in group.items:
        rule, wanted = rule_of(item.variant), pieces[item.variant_id]
        if not rule.allows(wanted):
            errors.append(say("quantity_rule", "“%(title)s”: %(words)s", item, words=rule.words))
            continue
        known = available.get(item.variant_id)
        if known is not None and not known.covers(wanted):
            errors.append(say_short(item, (known.sellable or 0) - wanted + item.stock_pieces))
    if group.items and group.rate is None:
        errors.append({**_no_delivery(group, has_country), "variant_id": None})
    return errors


def _owed(group: PricedGroup, available: Mapping[UUID, Available]) -> list[CartItem]:
    """Items that can be promised, but are sold before they are there."""
    pieces = pieces_of(group.items)
    return [
        item
        for item in group.items
        if (known := available.get(item.variant_id)) is not None
        and known.tracked
        and known.quantity < pieces[item.variant_id]
        and known.covers(pieces[item.variant_id])
    ]


def say_short(item: CartItem, pieces: int) -> dict[str, Any]:
    """There are only so many stock units for this item."""
    left = item.rule.fit(pieces // (item.pack.quantity if item.pack else 1))
    if left <= 0:
        return say("sold_out", _("“%(title)s” is sold out."), item)
    if left >= item.quantity:
        return say("no_single_location", _("“%(title)s” cannot be sent together with the rest."), item)
    return say("too_many", _("Only %(left)s of “%(title)s” are left."), item, left=left)


def say(code: str, message: str, item: CartItem, **facts: Any) -> dict[str, Any]:
    """One obstacle of one item; `facts` go into the message and beside it."""
    title = item.variant.product.title
    return {
        "code": code,
        "message": message % {"title": title, **facts},
        "variant_id": str(item.variant_id),
        "item_id": str(item.pk),
        **facts,
    }


def _no_delivery(group: PricedGroup, has_country: bool) -> dict[str, str]:
    if group.missing.postcode:
        return {"code": "postcode_needed", "message": say_postcode_needed()}
    if has_country:
        return {"code": "no_delivery", "message": _("We do not deliver to this country.")}
    return {"code": "no_delivery", "message": _("No way of delivery is set up for this store yet.")}
