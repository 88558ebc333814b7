"""Quoting a cart: what it would cost, for fifteen minutes."""

from __future__ import annotations

import datetime as dt
import logging
import time
from typing import Any
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from apps.goods.inventory.selectors import STORE
from apps.kernel import clock, metrics, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, PermissionRefused
from apps.kernel.prepared import Prepared
from apps.kernel.use_cases import use_case
from apps.selling.checkout.items import read_items
from apps.selling.checkout.models import Cart, Quote
from apps.selling.checkout.obstacles import judge
from apps.selling.checkout.policies import can_shop
from apps.selling.checkout.pricing import (
    Claim,
    fingerprint_of,
    price_cart,
    snapshot_of,
    total_of,
)
from apps.selling.orders.drafts import Address
from apps.selling.promotions.services import note_buyers
from apps.selling.promotions.values import Buyer
from apps.selling.shipping.services import ask_carriers, visitor_of

log = logging.getLogger(__name__)
VALID_FOR = dt.timedelta(minutes=15)
_OPEN_CART: Prepared[Cart] = Prepared(
    lambda cart_id: Cart.objects.filter(pk=cart_id, state=Cart.State.ACTIVE), uuid4()
)


@use_case(unaudited="an offer that ends by itself; the order made of it is entered")
def quote_cart(
    actor: Actor,
    *,
    cart_id: UUID,
    address: Address | None = None,
    rate_id: UUID | None = None,
    user_id: UUID | None = None,
    email: str = "",
    channel: str = STORE,
) -> Quote:
    """Say what the cart costs now, delivered to `address` (its country is enough) by the rate `rate_id`.

    `user_id` is who has signed in: she pays her own prices. Discounts are those of the cart's codes and of the buyer
    behind `email` (left out: the cart's own address). Never touches stock and consumes no promotion. What stands in
    the way is in `snapshot["errors"]`, what the buyer should know in `["warnings"]`; amounts are in the sellers'
    currency. `unasked` is what carriers have yet to be asked: doors take `quote_with_carriers`. Valid for fifteen
    minutes. Raises `NotFound`, `InvalidInput` for an empty cart.
    """
    if not can_shop(actor):
        raise PermissionRefused()
    began = time.perf_counter()
    cart = _OPEN_CART.first(cart_id)
    if cart is None:
        raise NotFound(_("This cart is not open any more."), code="cart_not_found")
    items = read_items(cart.pk)
    if not items:
        raise InvalidInput(_("Your cart is empty."), code="cart_empty")
    place = address.cleaned() if address else Address()
    country = place.country
    buyer = Buyer(email=email or cart.email, user_id=user_id or cart.user_id)
    groups = price_cart(
        items,
        country=country,
        region=place.region,
        postcode=place.postcode,
        rate_id=rate_id,
        claim=Claim(cart.codes, buyer, channel),
    )
    for group in groups:
        if group.promotions.trials:
            with tenancy.bind(group.seller.pk):
                note_buyers(actor.within(group.seller.pk), trials=group.promotions.trials)
    warnings, errors = judge(groups, bool(country))
    quote: Quote = Quote.objects.create(
        cart=cart,
        expires_at=clock.now() + VALID_FOR,
        currency=groups[0].seller.currency,
        total=total_of(groups),
        fingerprint=fingerprint_of(groups),
        snapshot=snapshot_of(groups, warnings, errors),
    )
    quote.unasked = [question for group in groups for question in group.missing.unasked]
    seconds = time.perf_counter() - began
    metrics.count_quote(warnings=len(warnings), errors=len(errors), seconds=seconds)
    facts = {"items": len(items), "sellers": len(groups), "warnings": len(warnings)}
    log.info(
        "checkout.quoted",
        extra={**facts, "errors": [one["code"] for one in errors], "ms": round(seconds * 1000)},
    )
    return quote


def quote_with_carriers(actor: Actor, **facts: Any) -> Quote:
    """`quote_cart`, with its arguments; where a carrier prices delivery and has not said yet, it is asked between.

    Not inside a use case: it waits for carriers, up to three seconds.
    """
    quote = quote_cart(actor, **facts)
    if quote.unasked:
        ask_carriers(quote.unasked, visitor=visitor_of(actor))
        quote = quote_cart(actor, **facts)
    return quote
