"""Purchasing's figures: suppliers compared, what was spent, which costs changed; on the page and as CSV."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.purchasing.models import Supplier
from apps.goods.purchasing.page_parts import days_text, money, share_text
from apps.goods.purchasing.performance import Performance, performance_of, price_changes, spend
from apps.goods.purchasing.policies import READ
from apps.platform.backoffice import nav
from apps.platform.backoffice.pages import page
from apps.platform.backoffice.reports import Report, Table, answer

MOST_SUPPLIERS = 500


def _compare(start: dt.date, end: dt.date) -> Table:
    suppliers = list(Supplier.objects.order_by("name", "id")[:MOST_SUPPLIERS])
    found = performance_of(suppliers, since=start, until=end)
    columns = [
        _("Supplier"), _("Orders finished"), _("Days promised"), _("Days really"), _("In time"), _("Fill rate"),
        _("Rejected"), _("Rating, of 5"),
    ]  # fmt: skip
    rows = [
        [supplier.name, *_figures(found[supplier.pk])] for supplier in suppliers if found[supplier.pk].orders
    ]
    return Table(columns, rows, dict.fromkeys(range(1, 8), "end"))


def _figures(found: Performance) -> list[Any]:
    return [
        found.orders,
        days_text(found.promised_days),
        days_text(found.lead_days),
        share_text(found.on_time_share),
        share_text(found.fill_rate),
        share_text(found.rejected_share),
        days_text(found.rating),
    ]


def _spent_by(by: str, label: Any) -> Callable[[dt.date, dt.date], Table]:
    def read(start: dt.date, end: dt.date) -> Table:
        columns = [_("Month"), label, _("Goods"), _("Landed costs"), _("Value")]
        nothing = _now("Without a category") if by == "category" else ""
        rows: list[list[Any]] = [
            [f"{row.month:%Y-%m}", row.label or nothing, row.goods, row.charges, row.value]
            for row in spend(by, start, end)
        ]
        return Table(columns, rows, {2: "end", 3: "end", 4: "end"})

    return read


def _prices(start: dt.date, end: dt.date) -> Table:
    columns = [_("Day"), _("Item"), _("Supplier"), _("Order"), _("Before"), _("After"), _("Change in %")]
    rows = [
        [
            str(change.on),
            change.title,
            change.supplier,
            change.number,
            money(change.before, change.currency),
            money(change.after, change.currency),
            "" if change.percent is None else f"{change.percent:+}",
        ]
        for change in price_changes(start, end)
    ]
    return Table(columns, rows, {4: "end", 5: "end", 6: "end"})


_RECEIVED = _("What was received, at what it cost here, in your currency.")
REPORTS = (
    Report(
        "suppliers",
        _("Suppliers compared"),
        _(
            "Of orders that were sent in this time and are received or closed. Rating: two points for delivering in "
            "time, two for delivering all, one for nothing rejected."
        ),
        _compare,
    ),
    Report("spend", _("Spend by supplier and month"), _RECEIVED, _spent_by("supplier", _("Supplier"))),
    Report("categories", _("Spend by category and month"), _RECEIVED, _spent_by("category", _("Category"))),
    Report(
        "prices",
        _("Costs that changed"),
        _("Approved orders against the order before, at the same supplier, in its currency."),
        _prices,
    ),
)


@page("purchasing/report/", name="purchasing_report", title=_("Purchasing report"), permission=READ)
def show_report(request: HttpRequest) -> HttpResponse:
    """One of the reports for a period, on the page or as CSV."""
    return answer(request, REPORTS, file_name="purchasing")


nav.register(
    section="Purchasing",
    label=_("Purchasing report"),
    url="admin:purchasing_report",
    under="admin:purchasing_purchaseorder_changelist",
    permission=READ,
    icon="query_stats",
    order=63,
)
