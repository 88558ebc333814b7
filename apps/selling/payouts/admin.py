"""Payouts in the back office: lines of the companies' files, and the page of payment operations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_moment,
    format_state,
    moment_column,
    money_column,
    state_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact, Section, tells_of
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.selling.payments.admin.payments import format_reference, provider_name
from apps.selling.payments.models import Payment

from . import operations_page  # noqa: F401  (registers its page)
from .models import PayoutLine
from .policies import READ, RECONCILE, can_settle
from .selectors import dispute_state
from .services import settle_line

ADVICE = {
    PayoutLine.Why.UNKNOWN: _(
        "Look it up at the company: it may be of another shop, or a payment that nobody told us about."
    ),
    PayoutLine.Why.AMOUNT: _("Compare with the payment: the company took or gave back another amount."),
    PayoutLine.Why.TWICE: _("The company may have paid or taken twice. Ask it."),
    PayoutLine.Why.OTHER: _("Find out at the company what it is, and write an entry by hand if money moved."),
}


class SettleForm(forms.Form):
    note = forms.CharField(
        label=_("How it was settled"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What you found, and what you did about it."),
    )


class SettleLine(Verb):
    name = "settle"
    label = _("Mark as settled")
    permission = RECONCILE
    icon = "task_alt"
    form_class = SettleForm

    def is_available(self, actor: Actor, obj: PayoutLine) -> bool:
        return can_settle(actor, obj)

    def explain(self, actor: Actor, obj: PayoutLine) -> list[Any]:
        return [
            ADVICE.get(PayoutLine.Why(obj.why), ""),
            _now("No money moves by this: it only leaves the list."),
        ]

    def perform(self, actor: Actor, obj: PayoutLine, data: dict[str, Any], key: str) -> Any:
        return settle_line(actor, line_id=obj.pk, note=data["note"], key=key)

    def success(self, obj: PayoutLine, result: Any) -> Any:
        return _now("Settled.")


@register(PayoutLine)
class PayoutLineAdmin(TenantModelAdmin):
    """What companies' files say, and what of it fits nothing."""

    read_permission = READ
    list_display = [
        text_column("reference", description=_("Company's reference")),
        state_column("kind", description=_("Kind")),
        state_column("state", description=_("State")),
        money_column("gross", currency="currency", description=_("Amount")),
        money_column("fee", currency="currency", description=_("Fee")),
        money_column("net", currency="currency", description=_("Net")),
        moment_column("occurred_at", description=_("When")),
    ]
    ordering = ["-occurred_at", "-id"]
    tabs = [
        Tab("waiting", _("Waiting"), Q(state="waiting")),
        Tab("payouts", _("Paid out"), Q(kind="payout")),
        Tab("disputes", _("Disputes"), Q(kind__in=("dispute", "dispute_won"))),
        Tab("all", _("All"), Q()),
    ]
    search_fields = ["reference__exact", "payout_ref__exact", "line_ref__exact"]
    search_help_text = _("Company's reference, or number of the payout")
    verbs = [SettleLine]
    empty_title = _("Nothing here")
    empty_text = _("Bring in a company's payout file: Catalogue, Imports, and choose payouts.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PayoutLine]:
        lines: QuerySet[PayoutLine] = super().get_queryset(request).select_related("payment")
        return lines

    def title(self, obj: PayoutLine) -> Any:
        return f"{obj.get_kind_display()} {obj.reference}"

    def facts(self, actor: Actor, obj: PayoutLine) -> list[Fact]:
        facts = [
            Fact(_("Amount"), format_amount(obj.gross, obj.currency)),
            Fact(_("Fee"), format_amount(obj.fee, obj.currency)),
            Fact(_("Net"), format_amount(obj.net, obj.currency)),
            Fact(_("Payment company"), provider_name(obj.provider)),
            Fact(_("Payout"), format_reference(obj.payout_ref)),
            Fact(_("When"), format_moment(obj.occurred_at)),
        ]
        if obj.payment is not None:
            url = reverse("admin:payments_payment_change", args=[obj.payment_id])
            facts.insert(0, Fact(_("Payment"), obj.payment.reference, url=url))
        if obj.state == PayoutLine.State.WAITING:
            facts.append(
                Fact(
                    _("What does not fit"),
                    obj.get_why_display(),
                    help=ADVICE.get(PayoutLine.Why(obj.why), ""),
                )
            )
        if obj.resolved_at:
            facts.append(Fact(_("Settled"), format_moment(obj.resolved_at), help=obj.resolved_by))
            facts.append(Fact(_("How"), obj.note))
        return facts


@tells_of(Payment)
def payouts_of_payment(actor: Actor, obj: Payment) -> list[Section]:
    """What the company's files say of a payment, and how a dispute over it stands."""
    if not actor.may(READ):
        return []
    lines = list(PayoutLine.objects.filter(payment=obj).order_by("occurred_at", "id")[:50])
    if not lines:
        return []
    rows = [
        [
            format_moment(line.occurred_at),
            line.get_kind_display(),
            format_reference(line.payout_ref),
            format_amount(line.gross, line.currency),
            format_amount(line.fee, line.currency),
        ]
        for line in lines
    ]
    found = [
        Section(
            _("In the company's payouts"),
            columns=[_("When"), _("Kind"), _("Payout"), _("Amount"), _("Fee")],
            rows=rows,
            align={3: "end", 4: "end"},
        )
    ]
    state, cost = dispute_state(obj.pk)
    if state:
        label = _("Won: the money came back") if state == "won" else _("The buyer's bank has the money")
        tone = "good" if state == "won" else "bad"
        row = [format_state(state, label, tone), format_amount(cost, obj.currency)]
        found.insert(0, Section(_("Dispute"), columns=[_("State"), _("Costs")], rows=[row], align={1: "end"}))
    return found


nav.register(
    section="Money",
    label=_("Payouts"),
    url="admin:payouts_payoutline_changelist",
    under="admin:payments_payment_changelist",
    permission=READ,
    icon="account_balance",
    order=32,
)
