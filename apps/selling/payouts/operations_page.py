"""Payment operations: what came in by company, what is on its way to the bank, what failed, and what to do about it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.goods.imports.models import ImportJob
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.money import ZERO
from apps.platform.backoffice import nav
from apps.platform.backoffice.columns import format_amount, format_moment, format_state
from apps.platform.backoffice.detail import Section
from apps.platform.backoffice.pages import page, render_page
from apps.platform.backoffice.verbs import list_verb_url, verb_url
from apps.platform.businesses.selectors import get_current_business
from apps.selling.payments.admin.disputes import disputes_section
from apps.selling.payments.admin.payments import provider_name
from apps.selling.payments.models import Payment, PaymentAttempt
from apps.selling.payments.policies import REFUND
from apps.selling.payments.selectors import list_open_disputes

from .policies import READ, RECONCILE
from .selectors import (
    MOST,
    Company,
    count_open_discrepancies,
    list_companies,
    list_on_the_way,
    list_refused_refunds,
    list_unpaid,
    list_waiting,
)

DAYS_SHOWN = 30


@page("payments/operations/", name="payment_operations", title=_("Payment operations"), permission=READ)
def show_operations(request: HttpRequest) -> HttpResponse:
    """One page for whoever looks after the money that comes in."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    end = _day(request, "to", clock.today(get_current_business().time_zone))
    start = min(_day(request, "from", end - dt.timedelta(days=DAYS_SHOWN)), end)
    companies = list_companies(start, end)
    sections = [
        _came_in(companies),
        _on_its_way(companies),
        _by_location(start, end),
        _reconciled(companies),
        _disputes(),
        _waiting(actor),
        _unpaid(_("Payments that failed"), failed=True),
        _unpaid(_("Payments that are open"), failed=False),
        _refused(actor),
    ]
    context = {"sections": sections, "start": start, "end": end, "imports_url": _imports_url(actor)}
    return render_page(request, "payouts/operations.html", context)


def _day(request: HttpRequest, name: str, default: dt.date) -> dt.date:
    try:
        day = parse_date(request.GET.get(name, ""))
    except ValueError:
        day = None
    return day if day is not None and 1990 <= day.year <= 2200 else default


def _imports_url(actor: Actor) -> str:
    return list_verb_url(ImportJob, "upload") if actor.may(RECONCILE) else ""


def _came_in(companies: list[Company]) -> Section:
    rows = [[provider_name(one.provider), one.count, *map(format_amount, _trade(one))] for one in companies]
    sums = [sum((_trade(one)[place] for one in companies), ZERO) for place in range(5)]
    return Section(
        _("What came in, by company"),
        columns=[
            _("Company"),
            _("Payments"),
            _("Came in"),
            _("Went back"),
            _("Fees"),
            _("Disputed"),
            _("Paid out"),
        ],
        rows=rows,
        align=dict.fromkeys(range(1, 7), "end"),
        footer=[[_("Together"), sum(one.count for one in companies), *map(format_amount, sums)]]
        if rows
        else (),
        empty=_("Nobody has paid through a company yet."),
    )


def _trade(one: Company) -> list[Any]:
    return [one.captured, one.refunded, one.fees, one.disputed, one.paid_out]


def _on_its_way(companies: list[Company]) -> Section:
    rows = [[provider_name(one.provider), format_amount(one.held)] for one in companies]
    total = sum((one.held for one in companies), ZERO)
    return Section(
        _("On its way to your bank, now"),
        columns=[_("Company"), _("Holds of yours")],
        rows=rows,
        align={1: "end"},
        footer=[[_("Together"), format_amount(total)]] if rows else (),
        empty=_("No company holds money of yours."),
    )


def _by_location(start: dt.date, end: dt.date) -> Section:
    places = list_on_the_way(start, end)
    return Section(
        _("On its way, by location"),
        columns=[_("Location"), _("Payments"), _("In no payout file yet")],
        rows=[[one.place, one.count, format_amount(one.amount)] for one in places],
        align={1: "end", 2: "end"},
        footer=[
            [
                _("Together"),
                sum(one.count for one in places),
                format_amount(sum((one.amount for one in places), ZERO)),
            ]
        ]
        if places
        else (),
        empty=_("Payout files tell of every payment of this time."),
    )


def _reconciled(companies: list[Company]) -> Section:
    rows = [
        [
            provider_name(one.provider), one.confirmed, format_amount(one.confirmed_amount),
            one.count - one.confirmed, format_amount(one.captured - one.confirmed_amount),
        ]
        for one in companies
    ]  # fmt: skip
    strange = count_open_discrepancies()
    if strange:
        url = reverse("admin:payments_discrepancy_changelist")
        rows.append(
            [format_html('<a href="{}">{}</a>', url, _("Said by message, fits nothing")), "", "", strange, ""]
        )
    return Section(
        _("Reconciled with the companies' payout files"),
        columns=[_("Company"), _("Reconciled"), _("Amount"), _("Not yet"), _("Amount")],
        rows=rows,
        align=dict.fromkeys(range(1, 5), "end"),
        empty=_("Nothing to reconcile."),
    )


def _disputes() -> Section:
    disputes = list(list_open_disputes()[: MOST + 1])
    more = f"{reverse('admin:payments_payment_changelist')}?tab=disputed" if len(disputes) > MOST else ""
    return disputes_section(disputes[:MOST], links=True, url=more)


def _waiting(actor: Actor) -> Section:
    lines = list(list_waiting()[: MOST + 1])
    rows = [
        [
            format_moment(line.occurred_at),
            f"{line.get_kind_display()} {line.reference}",
            line.get_why_display(),
            format_amount(line.gross, line.currency),
            _link(verb_url(line, "settle"), _("Settle")) if actor.may(RECONCILE) else "",
        ]
        for line in lines[:MOST]
    ]
    return Section(
        _("Lines of payout files that wait for you"),
        columns=[_("When"), _("Line"), _("What does not fit"), _("Amount"), ""],
        rows=rows,
        align={3: "end"},
        url=reverse("admin:payouts_payoutline_changelist") if len(lines) > MOST else "",
        empty=_("Everything in the files fits."),
    )


def _unpaid(title: Any, *, failed: bool) -> Section:
    payments = list(list_unpaid(failed)[: MOST + 1])
    return Section(
        title,
        columns=[_("Asked for"), _("For"), _("Company"), _("Attempts"), _("Last one"), _("Amount"), ""],
        rows=[_payment_row(payment) for payment in payments[:MOST]],
        align={3: "end", 5: "end"},
        url=f"{reverse('admin:payments_payment_changelist')}?tab=open" if len(payments) > MOST else "",
        empty=_("None."),
    )


def _payment_row(payment: Payment) -> list[Any]:
    attempts = list(payment.attempts.all())
    last = attempts[-1] if attempts else None
    url = reverse("admin:payments_payment_change", args=[payment.pk])
    action = _link(url, _("Look"))
    if last is not None and last.is_live:
        action = _link(verb_url(payment, "ask"), _("Ask the company now"))
    return [
        format_moment(payment.created_at),
        _link(url, payment.reference),
        provider_name(payment.provider),
        len(attempts),
        _last(last),
        format_amount(payment.amount, payment.currency),
        action,
    ]  # fmt: skip


def _last(attempt: PaymentAttempt | None) -> Any:
    if attempt is None:
        return _("Nobody tried")
    return format_html("{} {}", format_state(attempt.state, attempt.get_state_display()), attempt.error)


def _refused(actor: Actor) -> Section:
    refunds = list(list_refused_refunds()[: MOST + 1])
    rows = [
        [
            format_moment(refund.created_at),
            refund.payment.reference,
            refund.error,
            refund.times_sent,
            format_amount(refund.amount, refund.payment.currency),
            _link(verb_url(refund, "retry"), _("Send again")) if actor.may(REFUND) else "",
        ]
        for refund in refunds[:MOST]
    ]
    return Section(
        _("Refunds that a company refused"),
        columns=[_("Requested"), _("For"), _("What went wrong"), _("Sent"), _("Amount"), ""],
        rows=rows,
        align={3: "end", 4: "end"},
        url=reverse("admin:payments_refund_changelist") if len(refunds) > MOST else "",
        empty=_("None."),
    )


def _link(url: str, text: Any) -> Any:
    return format_html('<a href="{}">{}</a>', url, text)


nav.register(
    section="Money",
    label=_("Payment operations"),
    url="admin:payment_operations",
    under="admin:payments_payment_changelist",
    permission=READ,
    icon="monitoring",
    order=31,
)
