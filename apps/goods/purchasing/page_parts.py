"""Pieces of purchasing's pages: costs in foreign money, shares and days in words, how a supplier delivers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.goods.purchasing.models import Supplier
from apps.goods.purchasing.performance import performance_of
from apps.kernel.money import format_unit_price
from apps.platform.backoffice.detail import Section


def money(amount: Any, currency: str) -> str:
    """A cost in a supplier's currency: four places only where they say something."""
    return "" if amount is None else format_unit_price(amount, currency, get_language() or "en")


def day_text(day: dt.date | None) -> str:
    """A day as "14 Nov 2026"."""
    return "" if day is None else formats.date_format(day, "DATE_FORMAT")


def share_text(share: Decimal | None) -> str:
    """A fraction as a percentage; nothing where there is nothing to reckon with."""
    return "" if share is None else f"{share * 100:.1f} %"


def days_text(days: Decimal | None) -> str:
    """A number with its one place."""
    return "" if days is None else f"{days}"


def performance_section(supplier: Supplier) -> Section:
    """A supplier's figures on its page."""
    found = performance_of([supplier])[supplier.pk]
    rows = [
        [_("Orders finished"), str(found.orders)],
        [_("Days until delivery, promised"), days_text(found.promised_days)],
        [_("Days until delivery, really"), days_text(found.lead_days)],
        [_("In time"), share_text(found.on_time_share)],
        [_("Delivered of what was ordered"), share_text(found.fill_rate)],
        [_("Rejected"), share_text(found.rejected_share)],
        [_("Rating, of 5"), days_text(found.rating)],
    ]
    return Section(
        _("How it delivers"),
        columns=[_("What"), _("Figure")],
        rows=rows if found.orders else [],
        align={1: "end"},
        empty=_("No order was finished yet. Then lead time, share in time, fill rate and rating stand here."),
    )
