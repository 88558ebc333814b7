"""`{{ order.total|money:order.currency }}`"""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.translation import get_language

from apps.kernel.money import format_money

register = template.Library()


@register.filter
def money(amount: Decimal | int | None, currency: str) -> str:
    """The amount with the sign of its currency, in the reader's language; empty for None."""
    if amount is None:
        return ""
    return format_money(Decimal(amount), currency, get_language() or "en")
