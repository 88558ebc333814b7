"""Money arithmetic: `Decimal` amounts, one rounding rule, and sums that always come out.

Rounding is half up to the currency's minor unit (MODEL, money arithmetic). Every quote, order, invoice, receipt
and journal entry goes through these functions, so no two pages can disagree about a cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision

ZERO = Decimal(0)
# Signs that people at home write, where the locale data gives strangers the bare code.
LOCAL_SIGNS = {"NGN": "₦", "GHS": "GH₵", "KES": "KSh ", "UGX": "USh ", "TZS": "TSh ", "ZAR": "R", "EGP": "E£"}
ONE = Decimal(1)
# Larger amounts do not fit the columns (19 digits, 4 places) and are typing errors or attacks.
LARGEST = Decimal("99999999999999")


@lru_cache(maxsize=256)
def minor_digits(currency: str) -> int:
    """Digits after the point in `currency` (an ISO 4217 code): 2 for GBP, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency)


@lru_cache(maxsize=256)
def minor_unit(currency: str) -> Decimal:
    """The smallest amount of `currency`: 0.01 for GBP, 1 for JPY."""
    return ONE.scaleb(-minor_digits(currency))


def round_money(amount: Decimal, currency: str) -> Decimal:
    """`amount` to the minor unit of `currency`, half up. The one rounding rule."""
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)


def allocate(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Spread `total` over `weights` so that the parts sum to it exactly (largest remainder).

    Equal remainders go to the earlier part. With no weight at all the parts are equal. `total` may be negative;
    it must already stand on the minor unit. An empty list of weights needs a total of zero.
    """
    if not weights:
        if total:
            raise ValueError("nothing to spread the amount over")
        return []
    unit = minor_unit(currency)
    sign = -1 if total < 0 else 1
    units = int((abs(total) / unit).to_integral_value())
    if Decimal(units) * unit != abs(total):
        raise ValueError("the amount to spread must stand on the currency's minor unit")
    sum_of_weights = sum(weights, ZERO)
    shares = weights if sum_of_weights else [ONE] * len(weights)
    divisor = sum_of_weights or Decimal(len(weights))
    exact = [Decimal(units) * share / divisor for share in shares]
    whole = [int(part.to_integral_value(rounding=ROUND_FLOOR)) for part in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (whole[i] - exact[i], i))
    for index in by_remainder[: units - sum(whole)]:
        whole[index] += 1
    return [sign * Decimal(count) * unit for count in whole]


@dataclass(frozen=True, slots=True)
class TaxSplit:
    """An amount taken apart: `net + tax == gross`, each on the minor unit."""

    net: Decimal
    tax: Decimal
    gross: Decimal


def tax_split(amount: Decimal, rate: Decimal, currency: str, *, inclusive: bool) -> TaxSplit:
    """Take tax out of (`inclusive`) or add it to `amount`. `rate` is a fraction: 0.075 is 7.5 %."""
    amount = round_money(amount, currency)
    if inclusive:
        net = round_money(amount / (ONE + rate), currency)
        return TaxSplit(net=net, tax=amount - net, gross=amount)
    tax = round_money(amount * rate, currency)
    return TaxSplit(net=amount, tax=tax, gross=amount + tax)


@lru_cache(maxsize=8192)
def format_money(amount: Decimal, currency: str, locale: str = "en") -> str:
    """`amount` as people in `locale` write it, with the currency's sign: `£12.50`, `¥1,200`."""
    text = str(format_currency(amount, currency, locale=locale.replace("-", "_")))
    return text.replace(currency, LOCAL_SIGNS.get(currency, currency))


def format_unit_price(amount: Decimal, currency: str, locale: str = "en") -> str:
    """As `format_money`, with the places beyond the minor unit where they say something: `£52.5983`."""
    amount = amount.normalize()
    text = str(format_currency(amount, currency, locale=locale.replace("-", "_"), decimal_quantization=False))
    return text.replace(currency, LOCAL_SIGNS.get(currency, currency))
