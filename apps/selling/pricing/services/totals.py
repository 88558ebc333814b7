"""Pricing a cart or an order: one pure function that every door uses."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.kernel.errors import InvalidInput
from apps.kernel.money import ZERO, TaxSplit, allocate, round_money, tax_split
from apps.selling.pricing import limits
from apps.selling.pricing.lines import PricedLine, PriceLine, Rounding, Totals


def price_lines(
    lines: Sequence[PriceLine],
    *,
    currency: str,
    tax_inclusive: bool,
    shipping: Decimal = ZERO,
    shipping_tax_rate: Decimal = ZERO,
    rounding: Rounding = "line",
    order_discount: Decimal = ZERO,
) -> Totals:
    """Price `lines` and delivery.

    Amounts are in `currency`; with `tax_inclusive` unit prices, discounts and `shipping` contain tax. Per
    line: quantity x unit price, less the line's discount, less its share of `order_discount` (largest
    remainder), then tax. `rounding` "document" rounds tax once per rate over lines and delivery and spreads
    it back, so the lines still sum to the total. Rule: MODEL, money arithmetic. Raises `InvalidInput` for
    anything that cannot be a price, a quantity, a rate or a discount. No effects.
    """
    _check(lines, currency, shipping, shipping_tax_rate, rounding, order_discount)
    subtotals = [round_money(line.unit_price * line.quantity, currency) for line in lines]
    discounts = _discounts(lines, subtotals, round_money(order_discount, currency), currency)
    amounts = [subtotal - discount for subtotal, discount in zip(subtotals, discounts, strict=True)]
    shipping = round_money(shipping, currency)
    # The delivery is taxed like one more line, so that a document-wide rounding sees it too.
    rates = [line.effective_rate for line in lines] + [shipping_tax_rate]
    split = _split_per_line if rounding == "line" else _split_per_document
    *line_splits, shipping_split = split([*amounts, shipping], rates, currency, tax_inclusive)
    priced = [
        PricedLine(
            line_id=line.line_id,
            quantity=line.quantity,
            unit_price=line.unit_price,
            tax_rate=line.effective_rate,
            subtotal=subtotal,
            discount=discount,
            net=part.net,
            tax=part.tax,
            gross=part.gross,
        )
        for line, subtotal, discount, part in zip(lines, subtotals, discounts, line_splits, strict=True)
    ]
    return Totals(
        currency=currency,
        tax_inclusive=tax_inclusive,
        lines=priced,
        subtotal=sum(subtotals, ZERO),
        discount=sum(discounts, ZERO),
        shipping_net=shipping_split.net,
        shipping_tax=shipping_split.tax,
        shipping_gross=shipping_split.gross,
        shipping_tax_rate=shipping_tax_rate,
        tax=sum((line.tax for line in priced), shipping_split.tax),
        total=limits.check_total(sum((line.gross for line in priced), shipping_split.gross)),
    )


def _check(
    lines: Sequence[PriceLine],
    currency: str,
    shipping: Decimal,
    shipping_tax_rate: Decimal,
    rounding: str,
    order_discount: Decimal,
) -> None:
    limits.check_currency(currency)
    for line in lines:
        limits.check_quantity(line.quantity)
        limits.check_unit_price(line.unit_price)
        limits.check_rate(line.tax_rate)
        limits.check_discount(line.discount)
    limits.check_shipping(shipping)
    limits.check_rate(shipping_tax_rate)
    limits.check_discount(order_discount, "order_discount")
    if rounding not in ("line", "document"):
        raise ValueError(f"unknown rounding {rounding!r}")


def _discounts(
    lines: Sequence[PriceLine], subtotals: Sequence[Decimal], order_discount: Decimal, currency: str
) -> list[Decimal]:
    """The whole discount of each line: its own and its share of the order's."""
    own = [round_money(line.discount, currency) for line in lines]
    left = [subtotal - discount for subtotal, discount in zip(subtotals, own, strict=True)]
    if any(amount < ZERO for amount in left):
        message = _("A discount cannot be larger than what it is taken from.")
        raise InvalidInput(message, fields={"discount": [message]})
    if order_discount > sum(left, ZERO):
        message = _("The order discount cannot be larger than the order.")
        raise InvalidInput(message, fields={"order_discount": [message]})
    shares = allocate(order_discount, left, currency)
    return [discount + share for discount, share in zip(own, shares, strict=True)]


def _split_per_line(
    amounts: Sequence[Decimal], rates: Sequence[Decimal], currency: str, inclusive: bool
) -> list[TaxSplit]:
    return [
        tax_split(amount, rate, currency, inclusive=inclusive)
        for amount, rate in zip(amounts, rates, strict=True)
    ]


def _split_per_document(
    amounts: Sequence[Decimal], rates: Sequence[Decimal], currency: str, inclusive: bool
) -> list[TaxSplit]:
    """Tax rounded once for everything of one rate, then spread over it."""
    taxes = [ZERO] * len(amounts)
    for rate in set(rates):
        members = [index for index, other in enumerate(rates) if other == rate]
        weights = [amounts[index] for index in members]
        tax = tax_split(sum(weights, ZERO), rate, currency, inclusive=inclusive).tax
        for index, share in zip(members, allocate(tax, weights, currency), strict=True):
            taxes[index] = share
    if inclusive:
        return [
            TaxSplit(net=amount - tax, tax=tax, gross=amount)
            for amount, tax in zip(amounts, taxes, strict=True)
        ]
    return [
        TaxSplit(net=amount, tax=tax, gross=amount + tax) for amount, tax in zip(amounts, taxes, strict=True)
    ]
