"""An entry in words: what changed, amounts as amounts, moments as moments."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.kernel.models import AuditEntry
from apps.kernel.money import format_money

_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
_SPARE_NOUGHTS = re.compile(r"^(-?\d+\.\d\d)0+$")
_MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d")
_DAY = re.compile(r"^\d{4}-\d\d-\d\d$")
_MONEY = {
    "amount",
    "price",
    "cost",
    "total",
    "subtotal",
    "refund",
    "refunded",
    "paid",
    "credit",
    "debit",
    "fee",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that changed."""

    name: str
    before: Any
    after: Any


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


@dataclass(frozen=True, slots=True)
class Reading:
    """How the values of an entry are read: in the business's currency and time."""

    currency: str
    time_zone: str

    def differences(self, entry: AuditEntry) -> list[Difference]:
        """The fields of an entry that differ, side by side."""
        before, after = entry.before or {}, entry.after or {}
        if not isinstance(before, dict) or not isinstance(after, dict):
            return [Difference(_("value"), self.value("", before or None), self.value("", after or None))]
        currency = str(after.get("currency") or before.get("currency") or self.currency)
        return [
            Difference(
                name.replace("_", " "),
                self.value(name, before.get(name), currency),
                self.value(name, after.get(name), currency),
            )
            for name in dict.fromkeys([*before, *after])
            if before.get(name) != after.get(name)
            and not (_is_empty(before.get(name)) and _is_empty(after.get(name)))
        ]

    def value(self, name: str, value: Any, currency: str = "") -> Any:
        """A kept value as people write it."""
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, list):
            return ", ".join(str(self.value(name, one, currency)) for one in value)
        if isinstance(value, dict):
            parts = (
                f"{key.replace('_', ' ')} {self.value(key, one, currency)}" for key, one in value.items()
            )
            return ", ".join(parts)
        return self._text(name, str(value), currency or self.currency)

    def _text(self, name: str, text: str, currency: str) -> str:
        words = set(re.split(r"[ _]", name.lower()))
        if _NUMBER.match(text):
            if words & _MONEY and len(text) < 25 and len(currency) == 3:
                return format_money(Decimal(text), currency, get_language() or "en")
            if "rate" in words and len(text) < 25 and abs(Decimal(text)) < 1:
                return f"{(Decimal(text) * 100).normalize():f} %"
            return _SPARE_NOUGHTS.sub(r"\1", text)
        try:
            if _MOMENT.match(text) and (moment := parse_datetime(text)):
                return self.moment(moment)
            if _DAY.match(text) and (day := parse_date(text)):
                return formats.date_format(day, "DATE_FORMAT")
        except ValueError:
            return text
        return text

    def moment(self, moment: dt.datetime) -> str:
        """A moment in the business's time."""
        local = moment.astimezone(ZoneInfo(self.time_zone)) if moment.tzinfo else moment
        return formats.date_format(local, "DATETIME_FORMAT")
