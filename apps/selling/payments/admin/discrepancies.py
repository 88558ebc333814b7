"""Unreconciled money: what a company says and we do not know, until a person settles it."""

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
from apps.platform.backoffice.columns import format_amount, format_moment, moment_column, text_column
from apps.platform.backoffice.detail import Fact
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.selling.payments import policies, selectors
from apps.selling.payments.models import Discrepancy
from apps.selling.payments.services import resolve_discrepancy

from .payments import format_reference, provider_name

ADVICE = {
    Discrepancy.Kind.AMOUNT: gettext_lazy(
        "Compare with the company's page. Send the money back there, or ask the buyer for the rest."
    ),
    Discrepancy.Kind.CURRENCY: gettext_lazy(
        "Send the money back at the company, then let the buyer pay again."
    ),
    Discrepancy.Kind.UNKNOWN_REFERENCE: gettext_lazy(
        "Find out at the company who paid and for what; send back what is not yours."
    ),
    Discrepancy.Kind.PAID_TWICE: gettext_lazy("Send the second payment back at the company."),
    Discrepancy.Kind.UNKNOWN_REFUND: gettext_lazy(
        "Somebody refunded at the company itself. Correct the order and the books by hand."
    ),
    Discrepancy.Kind.UNKNOWN_DISPUTE: gettext_lazy(
        "Find the payment at the company and answer the dispute there. When the payment is known here by now, apply the"
        " message again under Messages of companies."
    ),
    Discrepancy.Kind.REFUND_BEYOND_CAPTURE: gettext_lazy(
        "A refund that had been refused went out after all. Ask the company to take one back."
    ),
}


class SettleForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("How it was settled"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What you found, and what you did about it."),
    )


class Settle(Verb):
    name = "settle"
    label = gettext_lazy("Mark as settled")
    permission = policies.RECONCILE
    icon = "task_alt"
    form_class = SettleForm

    def is_available(self, actor: Actor, obj: Discrepancy) -> bool:
        return policies.can_resolve(actor, obj)

    def explain(self, actor: Actor, obj: Discrepancy) -> list[Any]:
        return [ADVICE[Discrepancy.Kind(obj.kind)], _("No money moves by this: it only leaves the list.")]

    def perform(self, actor: Actor, obj: Discrepancy, data: dict[str, Any], key: str) -> Any:
        return resolve_discrepancy(actor, discrepancy_id=obj.pk, note=data["note"], key=key)

    def success(self, obj: Discrepancy, result: Any) -> Any:
        return _("Settled.")


def said_amount(found: Discrepancy) -> str:
    """What the company says, as far as it can be shown."""
    if found.said_amount is None:
        return ""
    if found.said_currency:
        return format_amount(found.said_amount, found.said_currency)
    return str(found.said_amount)


def reference(found: Discrepancy) -> str:
    return format_reference(found.provider_ref)


reference.short_description = gettext_lazy("Company's reference")  # type: ignore[attr-defined]
said_amount.short_description = gettext_lazy("Company says")  # type: ignore[attr-defined]


@register(Discrepancy)
class DiscrepancyAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = [
        "kind",
        text_column("payment.reference", description=gettext_lazy("Payment")),
        said_amount,
        reference,
        moment_column("created_at", description=gettext_lazy("Noticed")),
    ]
    list_select_related = ["payment"]
    search_fields = ["provider_ref__exact", "payment__reference__istartswith"]
    ordering = ["-created_at", "-id"]
    tabs = [
        Tab("waiting", gettext_lazy("Waiting"), Q(resolved_at__isnull=True)),
        Tab("settled", gettext_lazy("Settled"), Q(resolved_at__isnull=False)),
    ]
    verbs = [Settle]
    empty_title = gettext_lazy("All money is accounted for")
    empty_text = gettext_lazy("What a payment company says and does not fit an order waits here.")

    def title(self, obj: Discrepancy) -> str:
        return str(obj.get_kind_display())

    def facts(self, actor: Actor, obj: Discrepancy) -> list[Fact]:
        facts = [
            Fact(_("Company says"), said_amount(obj)),
            Fact(_("Payment company"), provider_name(obj.provider)),
            Fact(_("Company's reference"), format_reference(obj.provider_ref)),
            Fact(_("Noticed"), format_moment(obj.created_at)),
        ]
        if obj.payment:
            asked = format_amount(obj.payment.amount, obj.payment.currency)
            url = reverse("admin:payments_payment_change", args=[obj.payment_id])
            facts.insert(0, Fact(_("Payment"), obj.payment.reference, url=url))
            facts.insert(1, Fact(_("Asked for"), asked))
        if obj.resolved_at:
            facts.append(Fact(_("Settled"), format_moment(obj.resolved_at), help=obj.resolved_by))
            facts.append(Fact(_("How"), obj.note))
        else:
            facts.append(Fact(_("What to do"), ADVICE[Discrepancy.Kind(obj.kind)]))
        return facts


def badge(actor: Actor) -> str:
    """How many wait, at most "9+"."""
    waiting = selectors.count_unreconciled(most=10)
    return "" if not waiting else "9+" if waiting > 9 else str(waiting)


nav.register(
    section="Money",
    label=gettext_lazy("Unreconciled"),
    url="admin:payments_discrepancy_changelist",
    permission=policies.READ,
    icon="rule",
    order=30,
    badge=badge,
)
