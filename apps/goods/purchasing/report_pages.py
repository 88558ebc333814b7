"""Purchasing's figures: suppliers compared, what was spent, which costs changed; on the page and as CSV."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.purchasing.models import Supplier
from apps.goods.purchasing.page_parts import days_text, money, share_text
from apps.goods.purchasing.performance import Performance, performance_of, price_changes, spend
from apps.goods.purchasing.policies import READ
from apps.kernel import clock
from apps.kernel.money import minor_digits
from apps.platform.backoffice import nav
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.detail import Section
from apps.platform.backoffice.pages import page, render_page
from apps.platform.businesses.selectors import get_current_business

# A spreadsheet runs what begins like this; names are typed by people.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
DAYS_SHOWN = 365
MOST_SUPPLIERS = 500
KINDS = {
    "suppliers": _("Suppliers compared"),
    "spend": _("Spend by supplier and month"),
    "categories": _("Spend by category and month"),
    "prices": _("Costs that changed"),
}


@page("purchasing/report/", name="purchasing_report", title=_("Purchasing report"), permission=READ)
def show_report(request: HttpRequest) -> HttpResponse:
    """One of the reports for a period, on the page or as CSV."""
    kind = request.GET.get("report", "")
    kind = kind if kind in KINDS else "suppliers"
    today = clock.today(get_current_business().time_zone)
    end = _read_day(request, "to", today)
    start = _read_day(request, "from", end - dt.timedelta(days=DAYS_SHOWN))
    columns, rows, align = _READERS[kind](start, end)
    if request.GET.get("format") == "csv":
        return _as_csv(f"{kind}-{start}-{end}", columns, rows)
    context = {
        "kinds": [(code, label, code == kind) for code, label in KINDS.items()],
        "kind": kind,
        "start": start,
        "end": end,
        "section": Section(
            KINDS[kind],
            columns=columns,
            rows=[[_shown(cell) for cell in row] for row in rows],
            align=align,
            empty=_("Nothing in this time."),
        ),
    }
    return render_page(request, "purchasing/report.html", context)


Report = tuple[list[Any], list[list[Any]], dict[int, str]]


def _compare(start: dt.date, end: dt.date) -> Report:
    suppliers = list(Supplier.objects.order_by("name", "id")[:MOST_SUPPLIERS])
    found = performance_of(suppliers, since=start, until=end)
    columns = [
        _("Supplier"), _("Orders finished"), _("Days promised"), _("Days really"), _("In time"), _("Fill rate"),
        _("Rejected"), _("Rating, of 5"),
    ]  # fmt: skip
    rows = [
        [supplier.name, *_figures(found[supplier.pk])] for supplier in suppliers if found[supplier.pk].orders
    ]
    return columns, rows, dict.fromkeys(range(1, 8), "end")


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


def _spent_by(by: str, label: Any) -> Any:
    def read(start: dt.date, end: dt.date) -> Report:
        columns = [_("Month"), label, _("Goods"), _("Landed costs"), _("Value")]
        nothing = _now("Without a category") if by == "category" else ""
        rows: list[list[Any]] = [
            [f"{row.month:%Y-%m}", row.label or nothing, row.goods, row.charges, row.value]
            for row in spend(by, start, end)
        ]
        return columns, rows, {2: "end", 3: "end", 4: "end"}

    return read


def _prices(start: dt.date, end: dt.date) -> Report:
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
    return columns, rows, {4: "end", 5: "end", 6: "end"}


_READERS: dict[str, Any] = {
    "suppliers": _compare,
    "spend": _spent_by("supplier", _("Supplier")),
    "categories": _spent_by("category", _("Category")),
    "prices": _prices,
}


def _read_day(request: HttpRequest, name: str, default: dt.date) -> dt.date:
    """The day in the address; what is none, or decades away, is not taken."""
    try:
        day = parse_date(request.GET.get(name, ""))
    except ValueError:
        day = None
    return day if day is not None and 1990 <= day.year <= 2200 else default


def _shown(cell: Any) -> Any:
    return format_amount(cell) if isinstance(cell, Decimal) else cell


def _as_csv(name: str, columns: Sequence[Any], rows: Sequence[Sequence[Any]]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="purchasing-{name}.csv"'
    response.write("\ufeff")  # without the mark a spreadsheet reads names in the wrong alphabet
    currency = get_current_business().currency
    places = minor_digits(currency)
    writer = csv.writer(response)
    has_amounts = any(isinstance(cell, Decimal) for row in rows for cell in row)
    writer.writerow([str(column) for column in columns] + ([_now("Currency")] if has_amounts else []))
    for row in rows:
        cells = [f"{cell:.{places}f}" if isinstance(cell, Decimal) else _safe(str(cell)) for cell in row]
        writer.writerow(cells + ([currency] if has_amounts else []))
    return response


def _safe(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula; a change such as +5.0 is a number and stays."""
    if text.startswith(FORMULA_STARTS) and not text[1:].replace(".", "", 1).isdigit():
        return f"'{text}"
    return text


nav.register(section="Stock", label=_("Purchasing report"), url="admin:purchasing_report", permission=READ,
             icon="query_stats", order=63)  # fmt: skip
