"""The list of payments, and one payment with everything that happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
)
from apps.platform.backoffice.detail import Fact, Section, Step
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.selling.payments import policies, selectors
from apps.selling.payments.models import Discrepancy, Dispute, Payment, Refund
from apps.selling.payments.owners import owner_url
from apps.selling.payments.providers import find_provider
from apps.selling.payments.services import refresh_attempt
from apps.selling.payments.states import OPEN_DISPUTES, PaymentState, RefundState

from .disputes import disputes_section
from .timeline import payment_timeline


def provider_name(code: str) -> str:
    """The company's name, or its code when the adapter is gone."""
    provider = find_provider(code)
    return str(provider.name) if provider else code


def format_reference(reference: str) -> str:
    """A company's long reference, allowed to break so that it fits a phone."""
    return format_html('<span style="overflow-wrap: anywhere">{}</span>', reference) if reference else ""


class AskCompany(Verb):
    """Whoever waits for a buyer's money need not wait for the next round of asking."""

    name = "ask"
    label = gettext_lazy("Ask the company now")
    permission = policies.RECONCILE
    icon = "sync"

    def is_available(self, actor: Actor, obj: Payment) -> bool:
        return not obj.is_closed

    def explain(self, actor: Actor, obj: Payment) -> list[Any]:
        return [_("The payment company is asked how the last attempt stands. Nobody is charged by that.")]

    def perform(self, actor: Actor, obj: Payment, data: dict[str, Any], key: str) -> Any:
        attempt = obj.attempts.order_by("created_at", "id").last()
        return obj if attempt is None else refresh_attempt(actor, attempt_id=attempt.pk)

    def success(self, obj: Payment, result: Payment) -> Any:
        return _("The payment is: %(state)s.") % {"state": str(result.get_state_display()).lower()}


@register(Payment)
class PaymentAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = [
        "reference",
        state_column("state"),
        money_column("amount", currency="currency"),
        money_column("captured_amount", currency="currency", description=gettext_lazy("Captured")),
        money_column("refunded_amount", currency="currency", description=gettext_lazy("Refunded")),
        moment_column("created_at", description=gettext_lazy("Asked for")),
    ]
    search_fields = ["reference__istartswith", "attempts__provider_ref__exact"]
    search_help_text = gettext_lazy("Reference, or the company's reference")
    ordering = ["-created_at", "-id"]
    change_list_template = "payments/payment_list.html"
    verbs = [AskCompany]
    empty_title = gettext_lazy("No payments here")
    empty_text = gettext_lazy("Payments appear as soon as somebody begins to pay.")

    def get_tabs(self, request: HttpRequest) -> Sequence[Tab]:
        # Built for each request: the subqueries see the rows of the business that is bound now.
        failed = Refund.objects.filter(payment=OuterRef("pk"), state=RefundState.FAILED)
        strange = Discrepancy.objects.filter(payment=OuterRef("pk"), resolved_at__isnull=True)
        disputed = Dispute.objects.filter(payment=OuterRef("pk"), state__in=OPEN_DISPUTES)
        captured = Q(state__in=[PaymentState.CAPTURED, PaymentState.PART_REFUNDED])
        refunded = Q(state__in=[PaymentState.REFUNDED, PaymentState.PART_REFUNDED])
        return [
            Tab(
                "attention",
                _("Needs attention"),
                Q(Exists(failed)) | Q(Exists(strange)) | Q(Exists(disputed)),
            ),
            Tab("disputed", _("Disputed"), Q(Exists(Dispute.objects.filter(payment=OuterRef("pk"))))),
            Tab("captured", _("Captured"), captured),
            Tab("reserved", _("Reserved"), Q(state=PaymentState.AUTHORISED)),
            Tab("open", _("Open"), Q(state__in=[PaymentState.OPEN, PaymentState.FAILED])),
            Tab("by-hand", _("By cash or transfer"), Q(provider__in=selectors.manual_codes())),
            Tab("refunded", _("Refunded"), refunded),
            Tab("all", _("All")),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        counts = selectors.count_reconciled() if self.has_view_permission(request) else None
        return super().changelist_view(request, {"counts": counts, **(extra_context or {})})

    def title(self, obj: Payment) -> str:
        return _("Payment for %(reference)s") % {"reference": obj.reference}

    def facts(self, actor: Actor, obj: Payment) -> list[Fact]:
        facts = [
            Fact(_("Asked for"), format_amount(obj.amount, obj.currency)),
            Fact(_("Captured"), format_amount(obj.captured_amount, obj.currency)),
            Fact(_("Refunded"), format_amount(obj.refunded_amount, obj.currency)),
        ]
        if obj.refunding_amount:
            facts.append(Fact(_("Refund on its way"), format_amount(obj.refunding_amount, obj.currency)))
        facts += [
            Fact(_("Paid for"), obj.reference, url=owner_url(obj.owner_type, obj.owner_id)),
            Fact(_("Payment company"), provider_name(obj.provider)),
        ]
        if obj.state == PaymentState.AUTHORISED and (held := obj.attempts.filter(state="authorised").first()):
            facts.append(Fact(_("Reserved until"), format_moment(held.lapses_at)))
        if obj.expires_at and not obj.is_closed:
            facts.append(Fact(_("Open until"), format_moment(obj.expires_at)))
        return facts

    def sections(self, actor: Actor, obj: Payment) -> list[Section]:
        discrepancies = self._discrepancies(obj)
        sections = [self._attempts(obj), self._refunds(obj), self._receipts(obj)]
        disputes = disputes_section(obj.disputes.all())
        return [*(one for one in (disputes, discrepancies) if one.rows), *sections]

    def timeline(self, actor: Actor, obj: Payment) -> list[Step]:
        return payment_timeline(obj)

    def _discrepancies(self, obj: Payment) -> Section:
        return Section(
            _("Does not fit"),
            columns=[_("What"), _("Company says"), _("Settled")],
            rows=[
                [
                    format_html(
                        '<a href="{}">{}</a>',
                        reverse("admin:payments_discrepancy_change", args=[found.pk]),
                        found.get_kind_display(),
                    ),
                    format_amount(found.said_amount, found.said_currency or obj.currency),
                    format_moment(found.resolved_at) or format_state("open", _("Waits for you")),
                ]
                for found in obj.discrepancies.all()
            ],
            align={1: "end"},
        )

    def _attempts(self, obj: Payment) -> Section:
        return Section(
            _("Attempts"),
            columns=[_("Begun"), _("State"), _("Company's reference"), _("What went wrong")],
            rows=[
                [
                    format_moment(attempt.created_at),
                    format_state(attempt.state, attempt.get_state_display()),
                    format_reference(attempt.provider_ref),
                    attempt.error,
                ]
                for attempt in obj.attempts.all()
            ],
            empty=_("Nobody has tried to pay yet."),
        )

    def _refunds(self, obj: Payment) -> Section:
        return Section(
            _("Refunds"),
            columns=[_("Requested"), _("State"), _("Reason"), _("Amount")],
            rows=[
                [
                    format_html(
                        '<a href="{}">{}</a>',
                        reverse("admin:payments_refund_change", args=[refund.pk]),
                        format_moment(refund.created_at),
                    ),
                    format_state(refund.state, refund.get_state_display()),
                    refund.error or refund.reason,
                    format_amount(refund.amount, obj.currency),
                ]
                for refund in obj.refunds.all()
            ],
            align={3: "end"},
            empty=_("Nothing has gone back. Refunds begin at the order."),
        )

    def _receipts(self, obj: Payment) -> Section:
        return Section(
            _("Messages of the company"),
            columns=[_("First came"), _("Message"), _("What became of it"), _("Times")],
            rows=[
                [
                    format_moment(receipt.received_at),
                    receipt.kind,
                    receipt.get_outcome_display(),
                    receipt.times_received,
                ]
                for receipt in obj.receipts.all()[:50]
            ],
            align={3: "end"},
            empty=_("The company has not sent a message yet."),
        )


nav.register(
    section="Money",
    label=gettext_lazy("Payments"),
    url="admin:payments_payment_changelist",
    permission=policies.READ,
    icon="payments",
    order=10,
)
