"""Receivables by age, open invoices as of a day, and statements: pages of their own in the back office."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.dateparse import parse_date
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.money import ZERO
from apps.people.customers.selectors import get_company
from apps.platform.backoffice import nav
from apps.platform.backoffice.pages import page
from apps.platform.backoffice.reports import Report, Table, answer
from apps.platform.businesses.selectors import get_current_business

from .policies import READ
from .selectors import BUCKETS, Ageing, ageing, open_items
from .statements import render_statement, statement_of

DAYS_SHOWN = 90


def _by_company(_start: dt.date, end: dt.date) -> Table:
    rows = ageing(end)
    columns = [_("Company"), *(label for label, _most in BUCKETS), _("Credit"), _("Total")]
    figures = range(1, len(columns))
    return Table(
        columns,
        [[row.company, *row.buckets, ZERO - row.credit, row.total] for row in rows],
        dict.fromkeys(figures, "end"),
        [_("All"), *_sums(rows)],
    )


def _sums(rows: list[Ageing]) -> list[object]:
    by_age = [sum((row.buckets[place] for row in rows), ZERO) for place in range(len(BUCKETS))]
    return [*by_age, ZERO - sum((row.credit for row in rows), ZERO), sum((row.total for row in rows), ZERO)]


def _open_invoices(_start: dt.date, end: dt.date) -> Table:
    items = open_items(end)
    columns = [
        _("Invoice"), _("Company"), _("Order"), _("Date"), _("Due"), _("Days late"), _("Amount"), _("Open"),
    ]  # fmt: skip
    rows = [
        [
            one.receivable.document.reference,
            one.receivable.company.name,
            one.receivable.order.number,
            one.receivable.issued_on,
            one.receivable.due_on,
            max(0, one.late),
            one.receivable.amount,
            one.open_amount,
        ]
        for one in items
    ]
    amount = sum((one.receivable.amount for one in items), ZERO)
    total = [_("All"), "", "", "", "", "", amount, sum((one.open_amount for one in items), ZERO)]
    return Table(columns, rows, {5: "end", 6: "end", 7: "end"}, total)


_NOTE = _("At the end of the day, tax included. The total is the account “Receivables” in the books.")
REPORTS = (
    Report("ageing", _("By company and age"), _NOTE, _by_company, is_of_one_day=True),
    Report("open", _("Open invoices"), _NOTE, _open_invoices, is_of_one_day=True),
)


@page("receivables/", name="receivables_report", title=_("Receivables"), permission=READ)
def show_receivables(request: HttpRequest) -> HttpResponse:
    """What companies owe as of a day, on the page or as CSV."""
    return answer(request, REPORTS, file_name="receivables")


@page(
    "receivables/companies/<uuid:company_id>/statement.pdf",
    name="receivables_statement",
    title=_("Statement of account"),
    permission=READ,
)
def download_statement(request: HttpRequest, company_id: UUID) -> HttpResponse:
    """A company's statement for a period as PDF; the last ninety days unless said otherwise."""
    company, business = get_company(company_id), get_current_business()
    end = _day(request, "to") or clock.today(business.time_zone)
    start = min(_day(request, "from") or end - dt.timedelta(days=DAYS_SHOWN), end)
    paper = render_statement(business, statement_of(company, start, end))
    response = HttpResponse(paper, content_type="application/pdf")
    name = f"statement-{slugify(company.name)[:40] or company.pk}-{end}.pdf"
    response["Content-Disposition"] = f'inline; filename="{name}"'
    patch_cache_control(response, private=True, no_store=True)
    return response


def _day(request: HttpRequest, name: str) -> dt.date | None:
    try:
        day = parse_date(request.GET.get(name, ""))
    except ValueError:
        return None
    return day if day is not None and 1990 <= day.year <= 2200 else None


nav.register(
    section="Money",
    label=_("Receivables"),
    url="admin:receivables_report",
    permission=READ,
    icon="request_quote",
    order=28,
)
