"""The trial balance, an account's statement and the checks: pages of their own in the back office."""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.money import minor_digits
from apps.platform.backoffice.pages import page, render_page

from .selectors import TrialBalance, get_account, statement, trial_balance
from .verification import verify_books

# A spreadsheet runs what begins like this; a name of an account is typed by people.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
DAYS_SHOWN = 90


@page(
    "ledger/trial-balance/", name="ledger_trial_balance", title=_("Trial balance"), permission="ledger.read"
)
def show_trial_balance(request: HttpRequest) -> HttpResponse:
    """All accounts as of a day, on the page or as CSV."""
    today = _today(request)
    as_of, mistake = _read_day(request, "as_of", today)
    balance = trial_balance(as_of)
    if request.GET.get("format") == "csv":
        return _as_csv(balance, _currency(request))
    context = {"balance": balance, "as_of": as_of, "mistake": mistake, "currency": _currency(request)}
    return render_page(request, "ledger/trial_balance.html", context)


@page(
    "ledger/accounts/<uuid:account_id>/",
    name="ledger_statement",
    title=_("Account"),
    permission="ledger.read",
)
def show_statement(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """One account's lines with its running balance."""
    account = get_account(account_id)
    today = _today(request)
    end, wrong_end = _read_day(request, "to", today)
    start, wrong_start = _read_day(request, "from", end - dt.timedelta(days=DAYS_SHOWN))
    number = request.GET.get("page", "1")
    found = statement(
        account, start, end, int(number) if number.isdecimal() and 0 < int(number) < 10_000 else 1
    )
    context = {
        "title": str(account),
        "statement": found,
        "currency": _currency(request),
        "mistake": wrong_end or wrong_start,
        "address": request.path,
        "account_url": reverse("admin:ledger_account_change", args=[account.pk]),
    }
    return render_page(request, "ledger/statement.html", context)


@page("ledger/checks/", name="ledger_checks", title=_("Is the money right?"), permission="ledger.read")
def show_checks(request: HttpRequest) -> HttpResponse:
    """Everything `verify_books` checks, with what it found."""
    return render_page(request, "ledger/checks.html", {"verdict": verify_books()})


def _read_day(request: HttpRequest, name: str, default: dt.date) -> tuple[dt.date, Any]:
    text = request.GET.get(name, "")
    if not text:
        return default, ""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        return default, _now("“%(text)s” is not a date. Showing %(day)s.") % {
            "text": text[:40],
            "day": default,
        }
    return day, ""


def _today(request: HttpRequest) -> dt.date:
    return clock.today(request.business.time_zone)  # type: ignore[attr-defined]


def _currency(request: HttpRequest) -> str:
    return str(request.business.currency)  # type: ignore[attr-defined]


def _as_csv(balance: TrialBalance, currency: str) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="trial-balance-{balance.as_of}.csv"'
    response.write("\ufeff")  # without the mark a spreadsheet reads names in the wrong alphabet
    writer = csv.writer(response)
    writer.writerow(
        [_now("Code"), _now("Account"), _now("Kind"), _now("Debit"), _now("Credit"), _now("Currency")]
    )
    places = minor_digits(currency)
    for row in balance.rows:
        account = row.account
        words = [account.code, account.name, account.get_kind_display()]
        amounts = [f"{row.debit:.{places}f}", f"{row.credit:.{places}f}", currency]
        writer.writerow([safe_cell(word) for word in words] + amounts)
    writer.writerow(
        ["", _now("Total"), "", f"{balance.debit:.{places}f}", f"{balance.credit:.{places}f}", currency]
    )
    return response


def safe_cell(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
