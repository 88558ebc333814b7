"""Numbers and words that people bring, checked before anything is locked."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from babel.numbers import list_currencies
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from apps.goods.catalog.text import clean_text
from apps.kernel.errors import InvalidInput
from apps.kernel.money import minor_unit

# A unit that costs more, or more of it in one line, is a slip of the finger; sums stay inside the columns.
LARGEST_COST = Decimal("9999999999")
LARGEST_QUANTITY = 1_000_000
LARGEST_TOTAL = Decimal("99999999999999")
MOST_DAYS = 3650


def line_of_text(value: str, field: str, longest: int) -> str:
    """One line of text without control characters: a line break would forge another line on a paper."""
    text = clean_text(value, field, longest)
    if any(ord(letter) < 32 for letter in text):
        raise InvalidInput(fields={field: [_("Write this on one line.")]})
    return text


def required_text(value: str, field: str, longest: int) -> str:
    """A line of text that must say something."""
    text = line_of_text(value, field, longest)
    if not text:
        raise InvalidInput(fields={field: [_("Please fill this in.")]})
    return text


def email_of(value: str, field: str = "email") -> str:
    """An address in small letters, or nothing."""
    text = line_of_text(value, field, 254).lower()
    if text:
        try:
            validate_email(text)
        except ValidationError as error:
            raise InvalidInput(
                fields={field: [_("Enter an e-mail address such as name@example.com.")]}
            ) from error
    return text


def currency_of(value: str, field: str = "currency") -> str:
    """A currency's code that is in use."""
    code = value.strip().upper()
    if code not in list_currencies():
        raise InvalidInput(fields={field: [_("Choose a currency from the list.")]})
    return code


def cost_of(value: Decimal, field: str = "cost") -> Decimal:
    """What one piece costs: zero or more, at most four places."""
    if not (value.is_finite() and 0 <= value <= LARGEST_COST):
        raise InvalidInput(fields={field: [_("A cost is zero or more.")]})
    return with_places(value, 4, field)


def amount_of(value: Decimal, currency: str, field: str) -> Decimal:
    """An amount that stands on the currency's minor unit."""
    if not (value.is_finite() and 0 <= value <= LARGEST_TOTAL):
        raise InvalidInput(fields={field: [_("An amount is zero or more.")]})
    if value % minor_unit(currency):
        raise InvalidInput(
            fields={field: [_("%(currency)s has no smaller part than %(unit)s.")
                            % {"currency": currency, "unit": minor_unit(currency)}]}
        )  # fmt: skip
    return value


def with_places(value: Decimal, places: int, field: str) -> Decimal:
    """The number, if it has no more places than are kept."""
    rounded = value.quantize(Decimal(1).scaleb(-places))
    if rounded != value:
        raise InvalidInput(fields={field: [_("Use at most %(places)s places.") % {"places": places}]})
    return rounded


def tax_rate_of(value: Decimal, field: str = "tax_rate") -> Decimal:
    """A fraction: 0.2 is 20 %."""
    if not (value.is_finite() and 0 <= value < 1):
        raise InvalidInput(fields={field: [_("A tax rate is from 0 to below 100 %.")]})
    return with_places(value, 4, field)


def quantity_of(value: int, field: str, *, least: int = 1) -> int:
    """A whole number of pieces."""
    if not least <= value <= LARGEST_QUANTITY:
        raise InvalidInput(
            fields={field: [_("Enter a whole number from %(least)s to %(most)s.")
                            % {"least": least, "most": LARGEST_QUANTITY}]}
        )  # fmt: skip
    return value


def days_of(value: int, field: str) -> int:
    """A number of days within ten years."""
    if not 0 <= value <= MOST_DAYS:
        raise InvalidInput(
            fields={field: [_("Enter a number of days from 0 to %(most)s.") % {"most": MOST_DAYS}]}
        )
    return value


def day_of(value: dt.date, field: str, today: dt.date, *, may_be_ahead: bool = True) -> dt.date:
    """A day that can be meant: not decades away, and not still to come where it tells of the past."""
    if abs((value - today).days) > MOST_DAYS or (not may_be_ahead and value > today):
        raise InvalidInput(fields={field: [_("This day cannot be meant.")]})
    return value
