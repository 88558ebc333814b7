"""Cells of any table: moments, amounts and whole numbers as people and other systems write them. No database here."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.kernel.errors import InvalidInput

_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,8})?")
_WHOLE = re.compile(r"-?\d{1,9}(\.0+)?")
_MOMENTS = {
    "": ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d",
         "%b %d, %Y %H:%M:%S", "%b %d, %Y"),
    "dmy": ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y",
            "%d/%m/%y %H:%M", "%d/%m/%y"),
    "mdy": ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%m/%d/%y %H:%M", "%m/%d/%y"),
}  # fmt: skip
NO, YES = frozenset({"", "0", "no", "false", "n", "none", "null"}), frozenset({"1", "yes", "true", "y", "x"})


class Fault(Exception):
    """A cell that cannot be taken: its field, what to do, and as what its row is counted."""

    def __init__(self, column: str, message: str, reason: str = "unreadable") -> None:
        super().__init__(message)
        self.column, self.message, self.reason = column, message, reason


def read_zone(text: str, default: str) -> ZoneInfo:
    """The time zone by its name; raises `InvalidInput` for the whole file."""
    try:
        return ZoneInfo(text or default)
    except (KeyError, ValueError) as error:
        raise InvalidInput(
            _("“%(zone)s” is no time zone. Enter one such as Europe/London.") % {"zone": text}
        ) from error


@lru_cache(1000)
def row_zone(text: str, default: ZoneInfo) -> ZoneInfo:
    """The zone that a row names in a column of its own; without a name, that of the file."""
    try:
        return ZoneInfo(text) if text else default
    except (KeyError, ValueError) as error:
        raise Fault(
            "time_zone", _("Enter a time zone such as Europe/London, or leave the column out.")
        ) from error


def formats_of(order: str) -> tuple[str, ...]:
    """How moments may be written when day and month come in this `order` ("", "dmy", "mdy")."""
    if order not in _MOMENTS:
        raise InvalidInput(_("The order of day and month is dmy or mdy."))
    return (*_MOMENTS[""], *(_MOMENTS[order] if order else ()))


def read_moment(text: str, formats: tuple[str, ...], zone: ZoneInfo, column: str) -> dt.datetime:
    """The moment, in UTC; one without a zone is of `zone`."""
    found = _iso(text)
    for form in formats if found is None else ():
        try:
            found = dt.datetime.strptime(text, form)  # noqa: DTZ007  (its zone is the file's)
        except ValueError:
            continue
        break
    if found is None or not 1970 <= found.year <= 2200:
        raise Fault(
            column, _("Enter a date such as 2026-01-31 14:30, or say which comes first, day or month.")
        )
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(dt.UTC)


def _iso(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def read_whole(text: str, column: str) -> int:
    """A whole number; empty is nought."""
    plain = text.replace(",", "").replace(" ", "")
    if plain and not _WHOLE.fullmatch(plain):
        raise Fault(column, _("Enter a whole number."))
    return int(Decimal(plain or 0))


def read_number(text: str, column: str, *, decimal_comma: bool = False) -> Decimal:
    """An amount with any grouping; empty is nought."""
    plain = text.replace(" ", "").replace("\u00a0", "")
    if decimal_comma and "," in plain:
        plain = plain.replace(".", "").replace(",", ".")
    plain = plain.replace(",", "") if "." in plain else plain
    if plain and not _NUMBER.fullmatch(plain):
        raise Fault(column, _("Enter an amount such as 12.50, without a currency sign."))
    return Decimal(plain or 0)
