"""From what was typed or sent to the value that is kept, and from that to words.

Kept are JSON values that compare by equality: numbers with decimals as their shortest text, days as ISO dates, several
choices in the order of the field's list. What is empty is not kept.
"""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator
from django.utils import formats
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from apps.kernel.money import format_money
from apps.platform.fields.models import CustomField, FieldType

LONGEST = {FieldType.TEXT: 500, FieldType.LONG_TEXT: 10_000, FieldType.URL: 500, FieldType.EMAIL: 254}
LARGEST_NUMBER = Decimal(10) ** 12
PLACES = {FieldType.DECIMAL: 6, FieldType.MONEY: 4}
CAN_BE_UNIQUE = {
    FieldType.TEXT, FieldType.WHOLE, FieldType.DECIMAL, FieldType.DATE, FieldType.URL, FieldType.EMAIL,
}  # fmt: skip
HAS_LIMITS = {
    FieldType.TEXT, FieldType.LONG_TEXT, FieldType.WHOLE, FieldType.DECIMAL, FieldType.MONEY, FieldType.DATE,
}  # fmt: skip
HAS_CHOICES = {FieldType.CHOICE, FieldType.CHOICES}
_YES, _NO = {"true", "yes", "1", "on"}, {"false", "no", "0", "off"}


class Unfit(ValueError):
    """A value that the field does not take; its text says why."""


def read_value(field: CustomField, given: Any) -> Any:
    """The value to keep for what was given, None for nothing. Raises `Unfit`."""
    if given is None or given == "" or given == [] or (isinstance(given, str) and not given.strip()):
        return None
    return _READERS[FieldType(field.type)](field, given)


def _text(field: CustomField, given: Any) -> str:
    if not isinstance(given, str):
        raise Unfit(_("Enter a text."))
    text = given.replace("\r\n", "\n").replace("\r", "\n").strip()
    if field.type != FieldType.LONG_TEXT and "\n" in text:
        raise Unfit(_("Enter one line."))
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t" for sign in text):
        raise Unfit(_("This text holds signs that cannot be shown."))
    longest = LONGEST[FieldType(field.type)]
    if field.type in HAS_LIMITS:
        longest = min(longest, int(field.maximum or longest))
        if field.minimum and len(text) < int(field.minimum):
            raise Unfit(_("Enter at least %(count)s letters.") % {"count": field.minimum})
    if len(text) > longest:
        message = ngettext("Enter at most %(count)s letter.", "Enter at most %(count)s letters.", longest)
        raise Unfit(message % {"count": longest})
    return text


def _number(field: CustomField, given: Any) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal):
        raise Unfit(_("Enter a number."))
    try:
        number = Decimal(str(given).strip())
    except InvalidOperation:
        raise Unfit(_("Enter a number.")) from None
    if not number.is_finite() or abs(number) > LARGEST_NUMBER:
        raise Unfit(_("Enter a number."))
    if field.minimum and number < Decimal(field.minimum):
        raise Unfit(_("Enter %(limit)s or more.") % {"limit": field.minimum})
    if field.maximum and number > Decimal(field.maximum):
        raise Unfit(_("Enter %(limit)s or less.") % {"limit": field.maximum})
    return number


def _whole(field: CustomField, given: Any) -> int:
    number = _number(field, given)
    if number != number.to_integral_value():
        raise Unfit(_("Enter a whole number."))
    return int(number)


def _decimal(field: CustomField, given: Any) -> str:
    number = _number(field, given)
    places = PLACES[FieldType(field.type)]
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > places:
        raise Unfit(_("Enter at most %(count)s decimal places.") % {"count": places})
    return f"{number.normalize():f}" if number else "0"


def _date(field: CustomField, given: Any) -> str:
    try:
        if isinstance(given, dt.datetime):
            raise ValueError
        day = given if isinstance(given, dt.date) else dt.date.fromisoformat(str(given).strip())
    except ValueError:
        raise Unfit(_("Enter a day, such as 2026-11-21.")) from None
    if not day.year >= 1000:
        raise Unfit(_("Enter a day, such as 2026-11-21."))
    said = day.isoformat()
    if field.minimum and said < field.minimum:
        raise Unfit(_("Enter %(limit)s or a later day.") % {"limit": field.minimum})
    if field.maximum and said > field.maximum:
        raise Unfit(_("Enter %(limit)s or an earlier day.") % {"limit": field.maximum})
    return said


def _yes_no(field: CustomField, given: Any) -> bool:
    if isinstance(given, bool):
        return given
    word = str(given).strip().lower()
    if word not in _YES | _NO:
        raise Unfit(_("Say yes or no."))
    return word in _YES


def _choice(field: CustomField, given: Any) -> str:
    if given not in field.choices:
        raise Unfit(_("“%(value)s” is not in the list.") % {"value": str(given)[:60]})
    return str(given)


def _choices(field: CustomField, given: Any) -> list[str]:
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list | tuple):
        raise Unfit(_("Choose from the list."))
    wanted = {_choice(field, one) for one in given if isinstance(one, str)}
    if len(wanted) != len(given):
        raise Unfit(_("Choose each once."))
    return [choice for choice in field.choices if choice in wanted]


def _url(field: CustomField, given: Any) -> str:
    text = _text(field, given)
    try:
        URLValidator(schemes=["http", "https"])(text)
    except ValidationError:
        raise Unfit(_("Enter a web address that begins with https:// or http://.")) from None
    return text


def _email(field: CustomField, given: Any) -> str:
    text = _text(field, given)
    try:
        EmailValidator()(text)
    except ValidationError:
        raise Unfit(_("Enter an e-mail address.")) from None
    return text


_READERS: dict[FieldType, Callable[[CustomField, Any], Any]] = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _text,
    FieldType.WHOLE: _whole,
    FieldType.DECIMAL: _decimal,
    FieldType.MONEY: _decimal,
    FieldType.DATE: _date,
    FieldType.YES_NO: _yes_no,
    FieldType.CHOICE: _choice,
    FieldType.CHOICES: _choices,
    FieldType.URL: _url,
    FieldType.EMAIL: _email,
}


def show_value(kind: str, value: Any, currency: str) -> str:
    """A kept value in words, in the language and the manner of whoever looks."""
    if value is None:
        return ""
    if kind == FieldType.YES_NO:
        return _("Yes") if value else _("No")
    if kind == FieldType.CHOICES and isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if kind == FieldType.DATE:
        return formats.date_format(dt.date.fromisoformat(value), "DATE_FORMAT")
    if kind == FieldType.MONEY:
        return format_money(Decimal(value), currency, get_language() or "en")
    if kind == FieldType.DECIMAL:
        return formats.number_format(Decimal(value), use_l10n=True)
    return str(value)


def as_key(value: Any) -> str:
    """A value as the text by which two are alike; capitals count for nobody."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.casefold()[:500]
