"""What came off an order, by the names of the promotions; all of it stands on the order, so nothing is asked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel.money import ZERO
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.detail import Fact

from .models import Order

DELIVERY = "delivery"

JOINED = "\u2060"  # no line ends here


def named(one: dict[str, Any]) -> str:
    """A promotion with the code it was had by."""
    return f"{one['name']} ({one['code']})" if one["code"] else str(one["name"])


def discount_summands(order: Order) -> list[tuple[Any, Decimal]]:
    """Summands of the order's total, each less than nought; together they are its discount."""
    rows: list[tuple[Any, Decimal]] = []
    rest = order.discount_total
    for one in order.promotions:
        if one["kind"] != DELIVERY:
            rest -= Decimal(one["amount"])
            rows.append((named(one), -Decimal(one["amount"])))
    if rest > ZERO:
        rows.append((_("Discount"), -rest))
    return rows


def promotion_facts(order: Order) -> list[Fact]:
    """Promotions for the order's page; delivery that was cheaper is said here, as its price stands already reduced."""
    if not order.promotions:
        return []
    words = [
        # Joined, so that the sign does not stay behind at the end of a line.
        f"{named(one)} −{JOINED}{format_amount(Decimal(one['amount']), order.currency)}"
        for one in order.promotions
    ]
    return [Fact(_("Promotions"), ", ".join(words))]


def names_of_line(order: Order, line_id: UUID) -> str:
    """The promotions that took something off a line, for papers."""
    return ", ".join(named(one) for one in order.promotions if str(line_id) in one["lines"])
