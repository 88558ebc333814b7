"""What can be a price, a quantity or a rate. Everything else is refused with the input at fault."""

from __future__ import annotations

import re
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.kernel.errors import InvalidInput
from apps.kernel.money import LARGEST, ZERO

LARGEST_QUANTITY = 1_000_000
LARGEST_UNIT_PRICE = Decimal("9999999999.9999")
UNIT_PRICE_PLACES = 4
_CURRENCY = re.compile(r"[A-Z]{3}")


def check_currency(currency: str) -> str:
    """An ISO 4217 code in capitals."""
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise _refusal("currency", _("A currency is a code of three capital letters, such as GBP."))
    return currency


def check_quantity(quantity: int) -> int:
    """A whole number from 1 to one million."""
    if isinstance(quantity, bool) or not isinstance(quantity, int):
        raise _refusal("quantity", _("A quantity is a whole number."))
    if quantity < 1:
        raise _refusal("quantity", _("The quantity must be at least 1."))
    if quantity > LARGEST_QUANTITY:
        raise _refusal("quantity", _("The quantity is larger than we can sell at once."))
    return quantity


def check_unit_price(price: Decimal) -> Decimal:
    """Zero (a free item) or more, with at most four decimal places."""
    _check_amount(price, "unit_price", LARGEST_UNIT_PRICE)
    if _places(price) > UNIT_PRICE_PLACES:
        raise _refusal("unit_price", _("A unit price has at most four decimal places."))
    return price


def check_discount(discount: Decimal, field: str = "discount") -> Decimal:
    """Zero or more."""
    return _check_amount(discount, field, LARGEST)


def check_shipping(price: Decimal) -> Decimal:
    """Zero or more."""
    return _check_amount(price, "shipping", LARGEST_UNIT_PRICE)


def check_total(total: Decimal) -> Decimal:
    """What fits the columns and is not a typing error."""
    return _check_amount(total, "total", LARGEST)


def check_rate(rate: Decimal) -> Decimal:
    """A fraction from 0 to 1: 0.2 is 20 %, so 20 is a mistake."""
    if not isinstance(rate, Decimal) or not rate.is_finite() or not ZERO <= rate <= 1:
        raise _refusal("tax_rate", _("A tax rate is a fraction from 0 to 1: write 0.2 for 20 %."))
    return rate


def _check_amount(amount: Decimal, field: str, largest: Decimal) -> Decimal:
    # A float would bring its own rounding into the books.
    if not isinstance(amount, Decimal) or not amount.is_finite():
        raise _refusal(field, _("This is not an amount of money."))
    if amount < ZERO:
        raise _refusal(field, _("An amount cannot be negative."))
    if amount > largest:
        raise _refusal(field, _("This amount is too large."))
    return amount


def _places(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _refusal(field: str, message: str) -> InvalidInput:
    return InvalidInput(message, fields={field: [message]})
