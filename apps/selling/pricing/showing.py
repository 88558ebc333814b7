"""What a price is about worth in another currency: a guide, never an amount of an order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.kernel.money import format_money, round_money

from .models import DisplayRate


def read_rates() -> tuple[tuple[str, Decimal, str], ...]:
    """Currency, rate and day of what the bound business shows; one query."""
    rows = DisplayRate.objects.filter(active=True).order_by("currency")
    return tuple((row.currency, row.rate, row.day.isoformat()) for row in rows)


def in_currency(amount: Decimal, currency: str, rate: Decimal) -> str:
    """The amount by the rate, rounded to the currency's minor unit."""
    return format_money(round_money(amount * rate, currency), currency, get_language() or "en")


def say_guide(amount: Decimal, rates: Sequence[tuple[str, Decimal, str]], own: str) -> str:
    """About US$15.20 · €14.10, at rates of 3 March 2026. You pay in GBP. Empty without rates or for nothing."""
    if not rates or not amount:
        return ""
    shown = " · ".join(in_currency(amount, currency, rate) for currency, rate, _day in rates)
    oldest = min(dt.date.fromisoformat(day) for _currency, _rate, day in rates)
    facts = {"amounts": shown, "day": date_format(oldest, "j F Y"), "currency": own}
    return _("About %(amounts)s, at rates of %(day)s. You pay in %(currency)s.") % facts
