"""Discounts as rows of a sum: each promotion by its name, then what came off otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.kernel.money import ZERO

from .cards import money

DELIVERY = "delivery"


def discount_rows(
    promotions: Iterable[Mapping[str, Any]], whole: Decimal, currency: str
) -> list[tuple[str, str]]:
    """(name, amount with a minus) of what came off the goods; together they are `whole`."""
    rows, rest = [], whole
    for one in promotions:
        if one["kind"] == DELIVERY:
            continue
        amount = Decimal(one["amount"])
        rest -= amount
        rows.append((_named(one), f"−{money(amount, currency)}"))
    if rest > ZERO:
        rows.append((_("Discount"), f"−{money(rest, currency)}"))
    return rows


def goods_discount(promotions: Iterable[Mapping[str, Any]]) -> Decimal:
    """What promotions take off the goods together."""
    return sum((Decimal(one["amount"]) for one in promotions if one["kind"] != DELIVERY), ZERO)


def delivery_note(promotions: Iterable[Mapping[str, Any]]) -> str:
    """Why delivery costs less, by the names of the promotions."""
    return ", ".join(_named(one) for one in promotions if one["kind"] == DELIVERY)


def _named(one: Mapping[str, Any]) -> str:
    return f"{one['name']} ({one['code']})" if one["code"] else str(one["name"])
