"""What an order leaves over: an estimate until everything has left, because cost is known when goods go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.goods.catalog.policies import SEES_COSTS
from apps.kernel.actors import Actor
from apps.kernel.money import ZERO, format_money
from apps.platform.backoffice.detail import Section

from .models import OrderLine


def sees_profit(actor: Actor) -> bool:
    """Who sees what goods cost and answers for their prices."""
    return actor.may(SEES_COSTS) and actor.may("products.price")


@dataclass(frozen=True, slots=True)
class Profit:
    """`amount` is goods without tax less their cost, delivery left out; of lines whose cost is known. `share` of the
    sales it is of; None without any. `unknown` lines have no cost."""

    amount: Decimal
    share: Decimal | None
    unknown: int


def profit_of(lines: Iterable[OrderLine]) -> Profit:
    """Pieces that left at the stock value that left with them, those that wait at what they cost when ordered; what was
    given up or came back counts no more. No query."""
    amount, sold, unknown = ZERO, ZERO, 0
    for line in lines:
        earned = line.net - line.released_net - line.returned_net
        if line.unit_cost is None and (line.waiting_quantity or not line.cost_total):
            unknown += bool(earned)
            continue
        waiting = (line.unit_cost or ZERO) * line.waiting_quantity
        amount += earned - (line.cost_total - line.returned_cost) - waiting
        sold += earned
    return Profit(amount, amount / sold if sold else None, unknown)


def profit_words(profit: Profit, currency: str) -> str:
    """`£12.00 (50 %)`, and what it leaves out."""
    words = format_money(profit.amount, currency)
    if profit.share is not None:
        words = _("%(amount)s (%(share)s %%)") % {"amount": words, "share": f"{profit.share * 100:.0f}"}
    if profit.unknown:
        missing = ngettext("%(count)s item has no cost", "%(count)s items have no cost", profit.unknown)
        words = f"{words}; {missing % {'count': profit.unknown}}"
    return words


def profit_section(lines: Iterable[OrderLine], currency: str) -> Section:
    """It, on the page of an order."""
    words = profit_words(profit_of(lines), currency)
    return Section(_("Estimated profit on the goods"), html=format_html("<p>{}</p>", words))
