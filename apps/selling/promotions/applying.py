"""What promotions take off a basket: the one function that carts, quotes and orders ask."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.kernel import clock
from apps.kernel.money import ZERO
from apps.platform.businesses.channels import Channel
from apps.platform.businesses.models import Business

from .engine import evaluate, settle_delivery
from .reading import read_rules
from .values import STRANGER, AppliedPromotion, Basket, Buyer, Known, Line, Moment, Trial, Verdict
from .words import say_why_not

MOST_CODES = 5


@dataclass(slots=True)
class Applied:
    """What came off. `line_discounts` is complete: discounts of the whole order are spread over the lines already."""

    currency: str = ""
    verdicts: list[Verdict] = field(default_factory=list)
    # Codes that work here, but not now; and codes that are none of this seller's.
    refused: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    buyer: Known = field(default_factory=Known)
    shipping_discount: Decimal = ZERO
    # The tests that run, with the arm of this buyer.
    trials: list[Trial] = field(default_factory=list)

    @property
    def warnings(self) -> list[str]:
        """Each code that does nothing, in words."""
        return [*(say_unknown(code) for code in self.unknown), *self.refused]

    @property
    def line_discounts(self) -> dict[Hashable, Decimal]:
        sums: dict[Hashable, Decimal] = {}
        for verdict in self.verdicts:
            for line_id, share in verdict.shares.items():
                sums[line_id] = sums.get(line_id, ZERO) + share
        return sums

    @property
    def goods_discount(self) -> Decimal:
        """What came off the lines."""
        return sum(self.line_discounts.values(), ZERO)

    @property
    def applied(self) -> list[AppliedPromotion]:
        """What took something off, in order; free delivery only when there was a charge."""
        return [_applied(verdict) for verdict in self.verdicts if verdict.applies and verdict.amount]

    @property
    def promised(self) -> list[AppliedPromotion]:
        """`applied`, and free delivery before its charge is known: for the cart."""
        return [_applied(one) for one in self.verdicts if one.applies]

    def settle_delivery(self, price: Decimal) -> Decimal:
        """The charge that is left of a delivery at `price`."""
        self.shipping_discount = settle_delivery(self.verdicts, price, self.currency)
        return price - self.shipping_discount


def _applied(verdict: Verdict) -> AppliedPromotion:
    rule = verdict.rule
    return AppliedPromotion(
        rule.promotion_id, rule.name, rule.code, rule.kind, verdict.amount, dict(verdict.shares), rule
    )


def apply(
    seller: Business,
    basket: Basket,
    *,
    codes: Sequence[str] = (),
    buyer: Buyer = STRANGER,
    channel: str = Channel.STOREFRONT.value,
    at: dt.datetime | None = None,
    country: str = "",
    has_any: bool = True,
    everything: bool = False,
) -> Applied:
    """The discounts of `basket`, with the `codes` typed. One query for any number of lines, one more for collections by
    rules; none when the seller is known to have no promotion (`has_any` False) and nothing was typed.

    A code that does not work is a warning in words. `everything` looks at all promotions of the seller and at the
    verdicts of those that were passed over: what the rule tester shows. Consumes nothing.
    """
    if not (has_any or codes) or not basket.lines:
        return Applied(seller.currency)
    at = at or clock.now()
    typed = [clean_code(code) for code in codes][:MOST_CODES]
    lines = [Line(line.line_id, line.variant.pk, line.quantity, line.amount) for line in basket.lines]
    products = {line.variant.pk: line.variant.product_id for line in basket.lines}
    rules, known, trials = read_rules(seller, products, typed, buyer, everything=everything)
    moment = Moment(at, at.astimezone(ZoneInfo(seller.time_zone)), channel, country or seller.country)
    verdicts = evaluate(rules, lines, currency=seller.currency, buyer=known, moment=moment)
    refused, unknown = _judge_codes(typed, verdicts, seller)
    done = Applied(seller.currency, verdicts, refused, unknown, known, trials=trials)
    if basket.shipping:
        done.settle_delivery(basket.shipping)
    return done


def clean_code(text: str) -> str:
    """As codes are kept: capital letters without blanks around."""
    return text.replace("\x00", "").strip().upper()[:40]


def say_unknown(code: str) -> str:
    return _("“%(code)s” is not a code of this shop.") % {"code": code}


def _judge_codes(
    typed: Sequence[str], verdicts: Sequence[Verdict], seller: Business
) -> tuple[list[str], list[str]]:
    by_code = {verdict.rule.code: verdict for verdict in verdicts if verdict.rule.code}
    refused, unknown = [], []
    for code in dict.fromkeys(typed):
        verdict = by_code.get(code)
        if verdict is None:
            unknown.append(code)
        elif not verdict.applies:
            refused.append(f"“{code}”: {say_why_not(verdict, seller)}")
    return refused, unknown
