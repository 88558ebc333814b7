"""What goes into a price and what comes out of it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, cast

from apps.kernel.money import ZERO

Rounding = Literal["line", "document"]


def rounding_of(seller: Any) -> Rounding:
    """How the business rounds tax: on each line, or once a document."""
    return cast(Rounding, seller.tax_rounding)


@dataclass(frozen=True, slots=True)
class PriceLine:
    """What is asked for. `tax_rate` is a fraction (0.2 is 20 %); `discount` is an amount off the whole line.

    Unit price and discount include tax when the business's prices do.
    """

    line_id: Hashable
    quantity: int
    unit_price: Decimal
    tax_rate: Decimal = ZERO
    taxable: bool = True
    discount: Decimal = ZERO

    @property
    def effective_rate(self) -> Decimal:
        """The rate that applies: none for what is not taxable."""
        return self.tax_rate if self.taxable else ZERO


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with its price. `net + tax == gross`; `subtotal - discount` is net or gross by the tax mode."""

    line_id: Hashable
    quantity: int
    unit_price: Decimal
    tax_rate: Decimal
    subtotal: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class TaxBand:
    """All that is taxed at one rate, delivery included: a row of the tax table on a document."""

    rate: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The price of a cart or an order. `total` is the sum of the lines' gross and the delivery's gross."""

    currency: str
    tax_inclusive: bool
    lines: list[PricedLine]
    subtotal: Decimal
    discount: Decimal
    shipping_net: Decimal
    shipping_tax: Decimal
    shipping_gross: Decimal
    shipping_tax_rate: Decimal
    tax: Decimal
    total: Decimal

    @property
    def net(self) -> Decimal:
        """The total without tax."""
        return self.total - self.tax

    def tax_bands(self) -> list[TaxBand]:
        """Net and tax by rate, highest rate first; bands without any amount are left out."""
        net: dict[Decimal, Decimal] = {}
        tax: dict[Decimal, Decimal] = {}
        parts = [(line.tax_rate, line.net, line.tax) for line in self.lines]
        parts.append((self.shipping_tax_rate, self.shipping_net, self.shipping_tax))
        for rate, part_net, part_tax in parts:
            net[rate] = net.get(rate, ZERO) + part_net
            tax[rate] = tax.get(rate, ZERO) + part_tax
        return [
            TaxBand(rate, net[rate], tax[rate])
            for rate in sorted(net, reverse=True)
            if net[rate] or tax[rate]
        ]
