"""What a quote comes to: a draft as of now, as the checkout would say; a sent one as it was agreed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import clock
from apps.kernel.errors import InvalidInput
from apps.kernel.ids import new_id
from apps.kernel.money import ZERO, round_money
from apps.platform.businesses.channels import Channel
from apps.platform.businesses.models import Business
from apps.selling.orders.drafts import DraftItem
from apps.selling.pricing import resolving
from apps.selling.pricing.lines import PriceLine, Totals, rounding_of
from apps.selling.pricing.services import price_lines
from apps.selling.pricing.taxes import TaxAnswer, rates_for
from apps.selling.promotions import values as promotions
from apps.selling.promotions.applying import Applied, apply
from apps.selling.promotions.values import AppliedPromotion
from apps.selling.shipping.live import Missing
from apps.selling.shipping.selectors import RateOffer
from apps.selling.shipping.services import ask_carriers
from apps.selling.shipping.ways import Sent, goal_of, ways_of_delivery

from .models import Quote, QuoteLine
from .promised import read_promised

CHANNEL = Channel.LINK
MOST_PIECES = 1_000_000


@dataclass(slots=True)
class PricedQuote:
    """A quote with amounts. `totals.lines` stand in the order of `items` and `lines`."""

    seller: Business
    lines: list[QuoteLine]
    items: list[DraftItem]
    totals: Totals
    taxes: TaxAnswer
    promotions: Applied = field(default_factory=Applied)
    offers: list[RateOffer] = field(default_factory=list)
    rate: RateOffer | None = None
    shipping_name: str = ""
    # Price and discount of each line before the quote's own discount is spread: what sending agrees to.
    agreed: list[tuple[Decimal, Decimal]] = field(default_factory=list)
    missing: Missing = field(default_factory=Missing)

    @property
    def applied(self) -> list[AppliedPromotion]:
        """What took something off."""
        return self.promotions.applied

    @property
    def warnings(self) -> list[str]:
        """Codes that do nothing, in words."""
        return self.promotions.warnings

    @property
    def needs_rate(self) -> bool:
        """Whether a way of delivery has yet to be chosen."""
        return bool(self.offers) and self.rate is None


def price_quote(
    quote: Quote,
    lines: Sequence[QuoteLine],
    *,
    seller: Business,
    quantities: Mapping[UUID, int] | None = None,
    rate_id: UUID | None = None,
    place: tuple[str, str, str] | None = None,
) -> PricedQuote:
    """Price `lines` (with variant, product and pack) for delivery to `place`, else to where the quote says.

    `place` is country, region and postcode. A line whose price is agreed keeps it, and its discount in proportion
    when `quantities` (by line) say otherwise. Promotions of delivery take from a way that is chosen among the rates; a
    charge that staff typed is as it is.
    Raises `InvalidInput` for a quantity that cannot be meant. The statements do not depend on the number of lines.
    """
    wanted = [_quantity(line, (quantities or {}).get(line.pk, line.quantity)) for line in lines]
    items = [
        DraftItem(
            line_id=new_id(), variant=line.variant, product_title=line.variant.product.title, pack=line.pack
        )
        for line in lines
    ]
    goal = goal_of(seller, *(place or (quote.country, quote.region, quote.postcode)))
    prices = _prices(quote, seller, lines, items, wanted)
    promoted, discounts = _discounts(quote, seller, lines, items, wanted, prices, goal.country)
    taxes = rates_for(
        seller,
        [item.variant for item in items],
        country=goal.country,
        region=goal.region,
        buyer=_payer(quote),
    )
    priced = [
        PriceLine(
            line_id=item.line_id,
            quantity=count,
            unit_price=price,
            tax_rate=rate,
            taxable=item.variant.taxable,
            discount=discount,
        )
        for item, count, (price, _own), rate, discount in zip(
            items, wanted, prices, taxes.rates, discounts, strict=True
        )
    ]
    goods = sum(
        (round_money(one.unit_price * one.quantity, seller.currency) - one.discount for one in priced), ZERO
    )
    goods = max(ZERO, goods - quote.order_discount)
    sent = [
        Sent(line.variant, count, line.pack.quantity if line.pack else 1)
        for line, count in zip(lines, wanted, strict=True)
    ]
    missing = Missing()
    asked = quote.shipping_price is None
    offers = ways_of_delivery(seller, sent, goods, goal, missing=missing) if asked else []
    rate = next((offer for offer in offers if offer.rate_id == rate_id), None)
    offers = [one.with_carriage(promoted.settle_delivery(one.carriage)) for one in offers]
    # Last, so that what promotions took off delivery is of the way that was chosen.
    left = promoted.settle_delivery(rate.carriage if rate else ZERO)
    rate = rate.with_carriage(left) if rate else None
    charge = rate.price if rate else quote.shipping_price or ZERO
    totals = price_lines(
        priced,
        currency=seller.currency,
        tax_inclusive=seller.tax_inclusive,
        shipping=charge,
        shipping_tax_rate=taxes.shipping_rate,
        rounding=rounding_of(seller),
        order_discount=quote.order_discount,
    )
    name = rate.name if rate else quote.shipping_name
    agreed = [(one.unit_price, one.discount) for one in priced]
    return PricedQuote(
        seller, list(lines), items, totals, taxes, promoted, offers, rate, name, agreed, missing
    )


def price_with_carriers(quote: Quote, lines: Sequence[QuoteLine], **facts: Any) -> PricedQuote:
    """`price_quote`, with its arguments; where a carrier prices delivery and has not said yet, it is asked between.

    Not inside a use case: it waits for carriers, up to three seconds.
    """
    now = price_quote(quote, lines, **facts)
    if now.missing.unasked:
        # Whoever has the link can type one address after the other.
        ask_carriers(now.missing.unasked, visitor=f"quote {quote.pk}")
        now = price_quote(quote, lines, **facts)
    return now


def _quantity(line: QuoteLine, count: int) -> int:
    if isinstance(count, bool) or not 0 < count <= MOST_PIECES:
        message = _("Enter a whole number of one or more.")
        raise InvalidInput(message, code="wrong_quantity", fields={f"line_{line.pk}": [message]})
    return count


def _payer(quote: Quote) -> resolving.Buyer:
    return resolving.Buyer(customer_id=quote.customer_id, email="" if quote.customer_id else quote.email)


def _prices(
    quote: Quote,
    seller: Business,
    lines: Sequence[QuoteLine],
    items: Sequence[DraftItem],
    wanted: Sequence[int],
) -> list[tuple[Decimal, Decimal]]:
    """Price and discount of the line by itself: agreed, one's own, else the buyer's as of now."""
    fixed: dict[UUID, tuple[Decimal, Decimal]] = {}
    for line, item, count in zip(lines, items, wanted, strict=True):
        if line.agreed_price is not None:
            off = round_money(line.agreed_discount * count / line.quantity, seller.currency)
            fixed[item.line_id] = (line.agreed_price, off)
        elif line.unit_price is not None:
            fixed[item.line_id] = (line.unit_price, ZERO)
    wants = [
        resolving.Want(item.line_id, item.variant, count, item.pack)
        for item, count in zip(items, wanted, strict=True)
        if item.line_id not in fixed
    ]
    found = (
        resolving.resolve(seller, wants, channel=CHANNEL, buyer=_payer(quote), at=clock.now())
        if wants
        else []
    )
    open_ids = [item.line_id for item in items if item.line_id not in fixed]
    fixed |= {
        line_id: (one.unit_price, one.line_discount) for line_id, one in zip(open_ids, found, strict=True)
    }
    return [fixed[item.line_id] for item in items]


def _discounts(
    quote: Quote,
    seller: Business,
    lines: Sequence[QuoteLine],
    items: Sequence[DraftItem],
    wanted: Sequence[int],
    prices: Sequence[tuple[Decimal, Decimal]],
    country: str,
) -> tuple[Applied, list[Decimal]]:
    """What comes off each line. What is agreed has its promotions in it."""
    own = [discount for _price, discount in prices]
    if all(line.agreed_price is not None for line in lines):
        line_ids = [item.line_id for item in items]
        return read_promised(quote.promised, lines, line_ids, wanted, own, seller.currency), own
    basket = promotions.Basket(
        [
            promotions.BasketLine(
                item.line_id,
                item.variant,
                count,
                price,
                round_money(price * count, seller.currency) - discount,
            )
            for item, count, (price, discount) in zip(items, wanted, prices, strict=True)
        ]
    )
    buyer = promotions.Buyer(customer_id=quote.customer_id, email=quote.email, is_vouched=True)
    answer = apply(seller, basket, codes=quote.codes, buyer=buyer, channel=CHANNEL, country=country)
    off = answer.line_discounts
    sums = [discount + off.get(item.line_id, ZERO) for item, discount in zip(items, own, strict=True)]
    return answer, sums
