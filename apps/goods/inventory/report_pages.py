"""Stock in figures: worth on any day, by place, what runs low, movements, age, what nobody buys; shown and as CSV."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Variant
from apps.goods.catalog.policies import SEES_COSTS
from apps.goods.inventory.ageing import AGES, list_aged
from apps.goods.inventory.models import StockMovement
from apps.goods.inventory.page_parts import full_name
from apps.goods.inventory.reporting import list_idle, list_low, list_moved, list_places, list_worth
from apps.kernel.money import ZERO
from apps.platform.backoffice import nav
from apps.platform.backoffice.pages import page
from apps.platform.backoffice.reports import Report, Table, answer

READ = "stock.read"


def _item(variant: Variant) -> list[Any]:
    return [full_name(variant), variant.sku]


def _worth(_start: dt.date, end: dt.date) -> Table:
    found = list_worth(end)
    columns = [_("Item"), _("SKU"), _("Units"), _("Each, on average"), _("Value")]
    rows = [[*_item(one.variant), one.units, _plain(one.unit_cost), one.value] for one in found]
    total = [_("Together"), "", sum(one.units for one in found), "", sum((one.value for one in found), ZERO)]
    return Table(columns, rows, {2: "end", 3: "end", 4: "end"}, total)


def _places(_start: dt.date, _end: dt.date) -> Table:
    found = list_places()
    columns = [_("Location"), _("Kinds of goods"), _("On hand"), _("Reserved"), _("Available"), _("Value")]
    rows = [
        [one.name, one.kinds, one.on_hand, one.reserved, one.on_hand - one.reserved, one.value]
        for one in found
    ]
    on_hand, reserved = sum(one.on_hand for one in found), sum(one.reserved for one in found)
    total = [
        _("Together"),
        "",
        on_hand,
        reserved,
        on_hand - reserved,
        sum((one.value for one in found), ZERO),
    ]
    return Table(columns, rows, dict.fromkeys(range(1, 6), "end"), total)


def _low(_start: dt.date, _end: dt.date) -> Table:
    columns = [
        _("Item"), _("SKU"), _("Location"), _("On hand"), _("Reserved"), _("Available"), _("Warn at"), _("Coming"),
        _("Bought from"),
    ]  # fmt: skip
    rows = [
        [
            *_item(one.variant), one.location.name, one.on_hand, one.reserved, one.available, one.warn_at,
            one.incoming, one.bought_from,
        ]
        for one in list_low()
    ]  # fmt: skip
    return Table(columns, rows, dict.fromkeys(range(3, 8), "end"))


def _moved(start: dt.date, end: dt.date) -> Table:
    found = list_moved(start, end)
    words = dict(StockMovement.Reason.choices)
    columns = [_("Why"), _("Times"), _("Came"), _("Went"), _("Value")]
    rows = [[words[one.reason], one.times, one.came, one.went, one.value] for one in found]
    total = [
        _("Together"), sum(one.times for one in found), sum(one.came for one in found),
        sum(one.went for one in found), sum((one.value for one in found), ZERO),
    ]  # fmt: skip
    return Table(columns, rows, dict.fromkeys(range(1, 5), "end"), total)


def _aged(_start: dt.date, end: dt.date) -> Table:
    found = list_aged(end)
    edges = (0, *AGES)
    heads = [
        _("%(from)s to %(to)s days") % {"from": low + (1 if low else 0), "to": high}
        for low, high in zip(edges, AGES, strict=False)
    ]
    columns = [_("Item"), _("SKU"), *heads, _("Over %(days)s days") % {"days": AGES[-1]}, _("Oldest, days")]
    rows = [[*_item(one.variant), *one.ages, one.oldest_days] for one in found]
    sums = [sum(one.ages[number] for one in found) for number in range(len(AGES) + 1)]
    return Table(columns, rows, dict.fromkeys(range(2, 8), "end"), [_("Together"), "", *sums, ""])


def _idle(start: dt.date, end: dt.date) -> Table:
    found = list_idle(start, end)
    columns = [_("Item"), _("SKU"), _("Last sold"), _("Units"), _("Value")]
    rows = [[*_item(one.variant), one.last_sold_on or _("Never"), one.units, one.value] for one in found]
    total = [_("Together"), "", "", sum(one.units for one in found), sum((one.value for one in found), ZERO)]
    return Table(columns, rows, {3: "end", 4: "end"}, total)


def _plain(amount: Any) -> str:
    return "" if amount is None else f"{amount:f}"


REPORTS = (
    Report(
        "worth",
        _("What stock is worth"),
        _(
            "At the end of the last day, at average cost, goods on their way between locations included. What it says "
            "of a past day stays the same, and is what the account for stock said then."
        ),
        _worth,
        is_of_one_day=True,
    ),
    Report("places", _("By location"), _("As it is at this moment."), _places, is_of_now=True),
    Report(
        "low",
        _("Low stock"),
        _("What is at its warning level or below at this moment, by location, emptiest first."),
        _low,
        is_of_one_day=True,
    ),
    Report(
        "movements",
        _("Movements"),
        _("What came and went in this time, by reason. Promises to buyers move nothing and are left out."),
        _moved,
    ),
    Report(
        "age",
        _("How long it has been lying"),
        _("At the end of the last day. What left is taken to be the oldest, so what is left came last."),
        _aged,
        is_of_one_day=True,
    ),
    Report(
        "idle",
        _("What nobody buys"),
        _("What lay there at the end of the last day and was not sold in this time, worth most first."),
        _idle,
    ),
)


@page("stock/report/", name="stock_report", title=_("Stock report"), permission=READ)
def show_report(request: HttpRequest) -> HttpResponse:
    """One of the reports for a period, on the page or as CSV; without amounts for whoever may not see costs."""
    may = request.actor.may(SEES_COSTS)  # type: ignore[attr-defined]
    return answer(request, REPORTS if may else WITHOUT_COSTS, file_name="stock")


def _without_value(report: Report) -> Report:
    """The report without its last column, the value."""

    def read(start: dt.date, end: dt.date) -> Table:
        table = report.read(start, end)
        rows = [row[:-1] for row in table.rows]
        return replace(table, columns=table.columns[:-1], rows=rows, total=table.total[:-1])

    return replace(report, read=read)


WITHOUT_COSTS = tuple(
    _without_value(one) if one.code in {"places", "movements", "idle"} else one
    for one in REPORTS
    if one.code != "worth"
)


nav.register(
    section="Stock",
    label=_("Stock report"),
    url="admin:stock_report",
    under="admin:inventory_stockbalance_changelist",
    permission=READ,
    icon="query_stats",
    order=45,
)
