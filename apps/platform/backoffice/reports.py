"""Reports: figures for a period, on a page or as CSV, the same for every app.

An app lists its `Report`s and hands them to `answer`; each reads rows of plain values. A `Decimal` is an amount in the
business's currency, anything else is shown as it is.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import formats
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.money import minor_digits
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.detail import Section
from apps.platform.backoffice.pages import render_page
from apps.platform.businesses.selectors import get_current_business

# A spreadsheet runs what begins like this; names are typed by people.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
DAYS_SHOWN = 365
# A page that a person reads; the file has all of it.
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Table:
    """What a report found. `align` maps columns to "end" for figures; `total` is one more row, at the foot."""

    columns: Sequence[Any]
    rows: Sequence[Sequence[Any]]
    align: dict[int, str] = field(default_factory=dict)
    total: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One report: `read(start, end)` gets the first and the last day, both included."""

    code: str
    label: Any
    note: Any
    read: Callable[[dt.date, dt.date], Table]
    # Stands for one day, the last: the first is not asked.
    is_of_one_day: bool = False
    # Knows no past: neither day is asked, and the file is named after today.
    is_of_now: bool = False


def answer(request: HttpRequest, reports: Sequence[Report], *, file_name: str) -> HttpResponse:
    """The report and the period that the address names, on the page or, with `format=csv`, as a file."""
    chosen = next((one for one in reports if one.code == request.GET.get("report")), reports[0])
    end = _read_day(request, "to", clock.today(get_current_business().time_zone))
    start = min(_read_day(request, "from", end - dt.timedelta(days=DAYS_SHOWN)), end)
    if chosen.is_of_now:
        start = end = clock.today(get_current_business().time_zone)
    table = chosen.read(start, end)
    if request.GET.get("format") == "csv":
        days = f"{end}" if chosen.is_of_one_day or chosen.is_of_now else f"{start}-{end}"
        return as_csv(f"{file_name}-{chosen.code}-{days}", table)
    context = {
        "reports": [(one.code, one.label, one is chosen) for one in reports],
        "report": chosen,
        "start": start,
        "end": end,
        "more": max(0, len(table.rows) - MOST_SHOWN),
        "section": Section(
            chosen.label,
            columns=table.columns,
            rows=[[_shown(cell) for cell in row] for row in table.rows[:MOST_SHOWN]],
            align=table.align,
            footer=[[_shown(cell) for cell in table.total]] if table.total and table.rows else (),
            empty=_("Nothing in this time."),
        ),
    }
    return render_page(request, "backoffice/report.html", context)


def _read_day(request: HttpRequest, name: str, default: dt.date) -> dt.date:
    """The day in the address; what is none, or decades away, is not taken."""
    try:
        day = parse_date(request.GET.get(name, ""))
    except ValueError:
        day = None
    return day if day is not None and 1990 <= day.year <= 2200 else default


def _shown(cell: Any) -> Any:
    if isinstance(cell, dt.date):
        return formats.date_format(cell, "DATE_FORMAT")
    return format_amount(cell) if isinstance(cell, Decimal) else cell


def as_csv(name: str, table: Table) -> HttpResponse:
    """The table as a file that spreadsheets open as it is meant."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.write("\ufeff")  # without the mark a spreadsheet reads names in the wrong alphabet
    currency = get_current_business().currency
    places = minor_digits(currency)
    writer = csv.writer(response)
    has_amounts = any(isinstance(cell, Decimal) for row in table.rows for cell in row)
    writer.writerow([str(column) for column in table.columns] + ([_now("Currency")] if has_amounts else []))
    for row in table.rows:
        cells = [f"{cell:.{places}f}" if isinstance(cell, Decimal) else _safe(str(cell)) for cell in row]
        writer.writerow(cells + ([currency] if has_amounts else []))
    return response


def _safe(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula; a change such as +5.0 is a number and stays."""
    if text.startswith(FORMULA_STARTS) and not text[1:].replace(".", "", 1).isdigit():
        return f"'{text}"
    return text
