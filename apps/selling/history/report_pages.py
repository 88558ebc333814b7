"""The report of sales: live orders and the past together, by day, month, country, product and customer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.platform.backoffice import nav
from apps.platform.backoffice.pages import page
from apps.platform.backoffice.reports import Report, Table, answer

from .policies import REPORTS as READ
from .reporting import Sales, by_country, by_customer, by_day, by_month, by_product, sum_of

_COLUMNS = [
    _("Sold"),
    _("Discounts"),
    _("Returns"),
    _("Net"),
    _("Delivery"),
    _("Other"),
    _("Tax"),
    _("Together"),
]
_NOTE = _(
    "Orders count on the day they were placed, sales of the past on the day of their paper. What came back later "
    "lessens that day. Cancelled and expired orders are left out. All columns but the last two are without tax."
)
Row = tuple[list[Any], Sales]


def _amounts(one: Sales) -> list[Any]:
    return [one.sold, one.discounts, one.returns, one.net, one.delivery, one.others, one.tax, one.total]


def _table(heads: list[Any], rows: Iterable[Row], *, counts: tuple[str, ...] = ("orders",)) -> Table:
    rows = list(rows)
    words = {"orders": _("Orders"), "pieces": _("Pieces")}
    total = sum_of(sales for _head, sales in rows)
    width = len(heads)
    return Table(
        [*heads, *(words[name] for name in counts), *_COLUMNS],
        [[*head, *(getattr(one, name) for name in counts), *_amounts(one)] for head, one in rows],
        dict.fromkeys(range(width, width + len(counts) + len(_COLUMNS)), "end"),
        [_("Together"), *[""] * (width - 1), *(getattr(total, name) for name in counts), *_amounts(total)],
    )


def _days(start: dt.date, end: dt.date) -> Table:
    found = by_day(start, end)
    return _table([_("Day")], (([day], found[day]) for day in sorted(found, reverse=True)))


def _months(start: dt.date, end: dt.date) -> Table:
    found = by_month(start, end)
    return _table([_("Month")], (([f"{day:%Y-%m}"], found[day]) for day in sorted(found, reverse=True)))


def _largest(found: dict[Any, Sales]) -> list[tuple[Any, Sales]]:
    return sorted(found.items(), key=lambda item: (-item[1].total, str(item[0])))


def _countries(start: dt.date, end: dt.date) -> Table:
    found = _largest(by_country(start, end))
    return _table([_("Country")], (([country or _("not known")], sales) for country, sales in found))


def _products(start: dt.date, end: dt.date) -> Table:
    found = _largest(by_product(start, end))
    rows = (([title, code], sales) for (code, title), sales in found)
    return _table([_("Item"), _("Code")], rows, counts=("pieces",))


def _customers(start: dt.date, end: dt.date) -> Table:
    return _table([_("Customer")], (([_named(key)], one) for key, one in _largest(by_customer(start, end))))


def _named(key: tuple[Any, str]) -> Any:
    customer_id, name = key
    return name if customer_id else _("not known")


def _report(code: str, label: Any, read: Callable[[dt.date, dt.date], Table], note: Any = _NOTE) -> Report:
    return Report(code, label, note, read)


REPORTS = (
    _report("day", _("By day"), _days),
    _report("month", _("By month"), _months),
    _report("country", _("By country"), _countries),
    _report(
        "product",
        _("By product"),
        _products,
        _("What each item brought, orders by the day they were placed. Delivery and fees belong to no item."),
    ),
    _report("customer", _("By customer"), _customers),
)


@page("sales/report/", name="sales_report", title=_("Sales report"), permission=READ)
def show_report(request: HttpRequest) -> HttpResponse:
    """Sales for a period, on the page or as CSV."""
    return answer(request, REPORTS, file_name="sales")


nav.register(
    section="Sell",
    label=_("Sales report"),
    url="admin:sales_report",
    under="admin:orders_order_changelist",
    permission=READ,
    icon="query_stats",
    order=60,
)
