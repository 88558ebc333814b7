"""Amounts as companies count them: whole numbers of the smallest unit, which is not everywhere the same one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from .base import ProviderRefused


def to_minor(amount: Decimal, digits: int, *, step: int = 1) -> int:
    """24.30 is 2430 of a unit of two digits. `step`: the company takes only multiples of it.

    Raises `ProviderRefused` for an amount finer than the company can count: it must not be rounded on the way.
    """
    units = amount.scaleb(digits)
    if units != units.to_integral_value() or int(units) % step:
        raise ProviderRefused(_("The payment company cannot take so fine an amount."), code="amount_too_fine")
    return int(units)


def from_minor(units: Any, digits: int) -> Decimal:
    """The amount that a company means; raises ValueError for what is no whole number."""
    if isinstance(units, bool) or not isinstance(units, int):
        raise ValueError("no amount in the message")
    return Decimal(units).scaleb(-digits)
