"""What a cart costs now: prices, taxes and delivery of each seller's group, read from the server's own data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import clock
from apps.kernel.money import ZERO, round_money
from apps.platform.businesses.models import Business
from apps.selling.pricing import resolving
from apps.selling.pricing.choosing import ResolvedPrice
from apps.selling.pricing.lines import PriceLine, Totals, rounding_of
from apps.selling.pricing.resolving import STOREFRONT
from apps.selling.pricing.services import price_lines
from apps.selling.pricing.taxes import TaxAnswer, rates_for
from apps.selling.promotions.applying import Applied, apply, say_unknown
from apps.selling.promotions.values import STRANGER, Basket, BasketLine, Buyer
from apps.selling.shipping.live import Missing
from apps.selling.shipping.selectors import RateOffer
from apps.selling.shipping.ways import Goal, Sent, goal_of, ways_of_delivery

from .items import has_promotions, is_shown
from .models import CartItem


@dataclass(slots=True)
class PricedGroup:
    """One seller's part. `totals.lines` stand in the order of `items`; `gone` are not sold any more."""

    seller: Business
    items: list[CartItem]
    gone: list[CartItem]
    totals: Totals
    offers: list[RateOffer] = field(default_factory=list)
    rate: RateOffer | None = None
    taxes: TaxAnswer | None = None
    promotions: Applied = field(default_factory=Applied)
    missing: Missing = field(default_factory=Missing)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a buyer claims prices and discounts by: codes typed, who she is, and how the order comes.

    An e-mail address that was only typed counts for promotions; prices of one's own ask for a sign-in.
    """

    codes: Sequence[str] = ()
    buyer: Buyer = STRANGER
    channel: str = STOREFRONT

    @property
    def payer(self) -> resolving.Buyer:
        return resolving.Buyer(user_id=self.buyer.user_id)


NO_CLAIM = Claim()


def price_cart(
    items: Sequence[CartItem],
    *,
    country: str,
    rate_id: UUID | None,
    region: str = "",
    postcode: str = "",
    claim: Claim = NO_CLAIM,
) -> list[PricedGroup]:
    """Price the items of a cart, group by group, for delivery to `country`, `region` and `postcode`.

    The rate named by `rate_id` is taken where it is offered, else the cheapest. One query for each seller, one more
    where it has price lists, one where it has tax rules and one where it has promotions.
    """
    groups = []
    for _seller_id, members in groupby(items, key=lambda item: item.group.seller_id):
        wanted = list(members)
        seller = wanted[0].group.seller
        shown = [item for item in wanted if is_shown(item)]
        gone = [item for item in wanted if not is_shown(item)]
        goal = goal_of(seller, country, region, postcode)
        groups.append(_price_group(seller, shown, gone, goal, rate_id, claim))
    return groups


def prices_of(seller: Business, items: Sequence[CartItem], claim: Claim = NO_CLAIM) -> list[ResolvedPrice]:
    """What each of these items of one seller costs now, in their order, before promotions."""
    wants = [resolving.Want(item.pk, item.variant, item.quantity, item.pack) for item in items]
    return resolving.resolve(seller, wants, channel=claim.channel, buyer=claim.payer, at=clock.now())


def _price_group(
    seller: Business,
    items: list[CartItem],
    gone: list[CartItem],
    goal: Goal,
    rate_id: UUID | None,
    claim: Claim,
) -> PricedGroup:
    prices = prices_of(seller, items, claim)
    promotions = discounts_of(seller, items, prices, country=goal.country, claim=claim)
    discounts = promotions.line_discounts
    amounts = [amount_of(item, price, seller.currency) for item, price in zip(items, prices, strict=True)]
    subtotal = sum(amounts, ZERO) - promotions.goods_discount
    goods = [Sent(item.variant, item.quantity, item.pack.quantity if item.pack else 1) for item in items]
    missing = Missing()
    offers = ways_of_delivery(seller, goods, subtotal, goal, missing=missing)
    rate = next((offer for offer in offers if offer.rate_id == rate_id), None)
    if rate is None and offers:
        # Nobody is made to come for it unless she says so.
        rate = min(offers, key=lambda offer: (offer.pickup_id is not None, offer.price))
    offers, rate = _with_free_delivery(promotions, offers, rate)
    variants = [item.variant for item in items]
    taxes = rates_for(seller, variants, country=goal.country, region=goal.region, buyer=claim.payer)
    totals = price_lines(
        [
            PriceLine(
                line_id=item.pk,
                quantity=item.quantity,
                unit_price=price.unit_price,
                tax_rate=tax_rate,
                taxable=item.variant.taxable,
                discount=price.line_discount + discounts.get(item.pk, ZERO),
            )
            for item, price, tax_rate in zip(items, prices, taxes.rates, strict=True)
        ],
        currency=seller.currency,
        tax_inclusive=seller.tax_inclusive,
        shipping=rate.price if rate else ZERO,
        shipping_tax_rate=taxes.shipping_rate if rate else ZERO,
        rounding=rounding_of(seller),
    )
    return PricedGroup(seller, items, gone, totals, offers, rate, taxes, promotions, missing)


def discounts_of(
    seller: Business,
    items: Sequence[CartItem],
    prices: Sequence[ResolvedPrice],
    *,
    country: str,
    claim: Claim,
) -> Applied:
    """What promotions take off these items of one seller; no query when the seller has none and no code was typed."""
    lines = [
        BasketLine(
            item.pk, item.variant, item.quantity, price.unit_price, amount_of(item, price, seller.currency)
        )
        for item, price in zip(items, prices, strict=True)
    ]
    return apply(
        seller,
        Basket(lines),
        codes=claim.codes,
        buyer=replace(claim.buyer, unit=items[0].group.cart_id) if items else claim.buyer,
        channel=claim.channel,
        country=country,
        has_any=has_promotions(items),
    )


def _with_free_delivery(
    promotions: Applied, offers: list[RateOffer], rate: RateOffer | None
) -> tuple[list[RateOffer], RateOffer | None]:
    """The ways of delivery at what is left of their prices; the chosen one is what promotions are charged with."""
    shown = [offer.with_carriage(promotions.settle_delivery(offer.carriage)) for offer in offers]
    if rate is not None:
        rate = rate.with_carriage(promotions.settle_delivery(rate.carriage))
    return shown, rate


def say_postcode_needed() -> str:
    """Why no way of delivery is shown yet, where a carrier prices them all."""
    return _("Enter the postcode: what delivery costs depends on it.")


def say_codes(groups: Sequence[tuple[Business, Applied]]) -> list[str]:
    """Codes that do nothing, in words. A code of one seller says in a cart of several whose goods it is for."""
    said: list[str] = []
    unknown = [set(promotions.unknown) for _seller, promotions in groups]
    for _seller, promotions in groups:
        said += promotions.refused
    for code in dict.fromkeys(code for _seller, promotions in groups for code in promotions.unknown):
        owners = [
            seller.name
            for (seller, _promotions), none in zip(groups, unknown, strict=True)
            if code not in none
        ]
        if not owners:
            said.append(say_unknown(code))
        else:
            text = _("“%(code)s” counts for the goods of %(seller)s only.")
            said.append(text % {"code": code, "seller": ", ".join(owners)})
    return said


def amount_of(item: CartItem, price: ResolvedPrice, currency: str) -> Decimal:
    """Quantity × price, less the quantity's discount, as the store shows it."""
    return round_money(price.unit_price * item.quantity, currency) - price.line_discount


def total_of(groups: Sequence[PricedGroup]) -> Decimal:
    """What the buyer pays for everything."""
    return sum((group.totals.total for group in groups), ZERO)


def fingerprint_of(groups: Sequence[PricedGroup]) -> str:
    """A digest of everything a buyer agrees to. Equal digests mean equal pieces, prices, taxes and delivery."""
    agreed = [
        [
            str(group.seller.pk),
            group.totals.currency,
            group.totals.tax_inclusive,
            [
                [
                    str(item.variant_id),
                    # A pack that holds fewer now is not what was agreed to, whatever it costs.
                    [str(item.pack_id), item.pack.quantity] if item.pack else None,
                    line.quantity,
                    _plain(line.unit_price),
                    _plain(line.tax),
                    _plain(line.gross),
                ]
                for item, line in zip(group.items, group.totals.lines, strict=True)
            ],
            str(group.rate.rate_id) if group.rate else None,
            _plain(group.totals.shipping_gross),
            _plain(group.totals.total),
            *([[*map(_plain_promotion, group.promotions.applied)]] if group.promotions.applied else []),
        ]
        for group in groups
        if group.items
    ]
    return hashlib.sha256(json.dumps(agreed, separators=(",", ":")).encode()).hexdigest()


def _plain_promotion(one: Any) -> list[str]:
    return [str(one.promotion_id), one.code, _plain(one.amount)]


def _plain(amount: Decimal) -> str:
    """12.5 and 12.50 are one amount."""
    return f"{amount.normalize():f}"


def snapshot_of(
    groups: Sequence[PricedGroup], warnings: list[str], errors: list[dict[str, Any]]
) -> dict[str, Any]:
    """The priced cart as it is kept with a quote and shown; amounts are strings."""
    totals = [group.totals for group in groups]
    first = groups[0].seller
    return {
        "currency": first.currency,
        "tax_inclusive": first.tax_inclusive,
        "tax_name": first.tax_name,
        "total": str(total_of(groups)),
        "subtotal": str(sum((one.subtotal for one in totals), ZERO)),
        "discount": str(sum((one.discount for one in totals), ZERO)),
        "shipping": str(sum((_shown_shipping(one) for one in totals), ZERO)),
        "tax": str(sum((one.tax for one in totals), ZERO)),
        "groups": [_group_snapshot(group) for group in groups],
        "warnings": warnings,
        "errors": errors,
    }


def _shown_shipping(totals: Totals) -> Decimal:
    """The delivery charge in the tax mode of the store, so that the column above the total adds up."""
    return totals.shipping_gross if totals.tax_inclusive else totals.shipping_net


def _group_snapshot(group: PricedGroup) -> dict[str, Any]:
    totals = group.totals
    return {
        "business_id": str(group.seller.pk),
        "seller": group.seller.name,
        "subtotal": str(totals.subtotal),
        "discount": str(totals.discount),
        "shipping": str(_shown_shipping(totals)),
        "tax": str(totals.tax),
        "total": str(totals.total),
        "promotions": [one.facts() for one in group.promotions.applied],
        "rate": _offer_snapshot(group.rate) if group.rate else None,
        "offers": [_offer_snapshot(offer) for offer in group.offers],
        "lines": [
            {
                "item_id": str(item.pk),
                "variant_id": str(item.variant_id),
                "title": item.variant.product.title,
                "variant_title": item.variant.title,
                "pack_id": str(item.pack_id) if item.pack_id else None,
                "pack_name": item.pack.name if item.pack else "",
                "pack_quantity": item.pack.quantity if item.pack else 1,
                "quantity": line.quantity,
                "unit_price": str(line.unit_price),
                "amount": str(line.subtotal - line.discount),
                "gross": str(line.gross),
            }
            for item, line in zip(group.items, totals.lines, strict=True)
        ],
    }


def _offer_snapshot(offer: RateOffer) -> dict[str, str]:
    return {
        "rate_id": str(offer.rate_id),
        "name": offer.name,
        "price": str(offer.price),
        "delivery": offer.delivery,
    }
