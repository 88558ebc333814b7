"""Refunds: on their way, refused, done."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_moment,
    moment_column,
    money_column,
    state_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.selling.payments import policies
from apps.selling.payments.models import Refund
from apps.selling.payments.providers.manual import BankTransfer, Cash
from apps.selling.payments.services import record_payout, retry_refund
from apps.selling.payments.states import PENDING_REFUNDS, RefundState

from .payments import format_reference, provider_name

MANUAL = (BankTransfer.code, Cash.code)


class RetryRefund(Verb):
    name = "retry"
    label = gettext_lazy("Send again")
    permission = policies.REFUND
    icon = "redo"

    def is_available(self, actor: Actor, obj: Refund) -> bool:
        return policies.can_retry_refund(actor, obj)

    def explain(self, actor: Actor, obj: Refund) -> list[Any]:
        amount = format_amount(obj.amount, obj.payment.currency)
        return [
            _("The refund of %(amount)s for %(reference)s is sent to the payment company once more.")
            % {"amount": amount, "reference": obj.payment.reference},
            _("The company refused it before, so nothing has gone back yet."),
        ]

    def submit(self, actor: Actor, obj: Refund) -> Any:
        return _("Send %(amount)s again") % {"amount": format_amount(obj.amount, obj.payment.currency)}

    def perform(self, actor: Actor, obj: Refund, data: dict[str, Any], key: str) -> Any:
        return retry_refund(actor, refund_id=obj.pk, key=key)

    def success(self, obj: Refund, result: Any) -> Any:
        return _("The refund is on its way again.")


class PayoutForm(forms.Form):
    """What the bank or the till says of it."""

    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=120, required=False)


class PaidOut(Verb):
    name = "paid-out"
    label = gettext_lazy("Record as paid out")
    permission = policies.PAY_OUT
    icon = "payments"
    form_class = PayoutForm

    def is_available(self, actor: Actor, obj: Refund) -> bool:
        return policies.can_pay_out(actor, obj)

    def explain(self, actor: Actor, obj: Refund) -> list[Any]:
        amount = format_amount(obj.amount, obj.payment.currency)
        way = provider_name(obj.payment.provider)
        return [
            _("You have given %(amount)s back for %(reference)s: %(way)s.")
            % {"amount": amount, "reference": obj.payment.reference, "way": way},
            _("This is noted and cannot be taken back."),
        ]

    def perform(self, actor: Actor, obj: Refund, data: dict[str, Any], key: str) -> Any:
        return record_payout(actor, refund_id=obj.pk, reference=data["reference"], key=key)

    def success(self, obj: Refund, result: Any) -> Any:
        return _("The refund is done.")


@register(Refund)
class RefundAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = [
        text_column("payment.reference", description=gettext_lazy("Paid for")),
        state_column("state"),
        "reason",
        money_column("amount", currency="payment.currency"),
        moment_column("created_at", description=gettext_lazy("Requested")),
    ]
    list_select_related = ["payment"]
    search_fields = ["payment__reference__istartswith"]
    ordering = ["-created_at", "-id"]
    tabs = [
        Tab("failed", gettext_lazy("Refused"), Q(state=RefundState.FAILED)),
        Tab("pending", gettext_lazy("On their way"), Q(state__in=PENDING_REFUNDS)),
        Tab(
            "by-hand",
            gettext_lazy("To be paid out by hand"),
            Q(state__in=PENDING_REFUNDS, payment__provider__in=MANUAL),
        ),
        Tab("all", gettext_lazy("All")),
    ]
    verbs = [RetryRefund, PaidOut]
    empty_title = gettext_lazy("No refunds here")
    empty_text = gettext_lazy("Refunds begin at an order. Those that a company refuses wait here.")

    def title(self, obj: Refund) -> str:
        amount = format_amount(obj.amount, obj.payment.currency)
        return _("Refund of %(amount)s") % {"amount": amount}

    def facts(self, actor: Actor, obj: Refund) -> list[Fact]:
        facts = [
            Fact(
                _("Payment"),
                obj.payment.reference,
                url=reverse("admin:payments_payment_change", args=[obj.payment_id]),
            ),
            Fact(_("Amount"), format_amount(obj.amount, obj.payment.currency)),
            Fact(_("Reason"), obj.reason),
            Fact(_("Requested"), format_moment(obj.created_at), help=obj.requested_by),
            Fact(_("Company's reference"), format_reference(obj.provider_ref)),
        ]
        if obj.error:
            facts.append(Fact(_("What went wrong"), obj.error))
        if obj.settled_at:
            facts.append(Fact(_("Answered"), format_moment(obj.settled_at)))
        elif obj.times_sent:
            facts.append(Fact(_("Sent"), obj.times_sent, help=_("times; the company has not answered yet")))
        return facts


nav.register(
    section="Money",
    label=gettext_lazy("Refunds"),
    url="admin:payments_refund_changelist",
    permission=policies.READ,
    icon="undo",
    order=20,
)
