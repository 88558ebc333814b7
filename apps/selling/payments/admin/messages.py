"""Messages of payment companies: what came of each, and applying one again."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_field_state, format_moment, moment_column, text_column
from apps.platform.backoffice.detail import Fact
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.selling.payments import policies
from apps.selling.payments.models import WebhookReceipt
from apps.selling.payments.services import replay_message

from .payments import format_reference, provider_name


class ApplyAgain(Verb):
    name = "replay"
    label = gettext_lazy("Apply it again")
    permission = policies.RECONCILE
    icon = "replay"

    def is_available(self, actor: Actor, obj: WebhookReceipt) -> bool:
        return policies.can_replay(actor, obj)

    def explain(self, actor: Actor, obj: WebhookReceipt) -> list[Any]:
        return [
            _("As if the message came now: useful when it came before what it is about was known here."),
            _("What it moved before does not move again."),
        ]

    def perform(self, actor: Actor, obj: WebhookReceipt, data: dict[str, Any], key: str) -> Any:
        return replay_message(actor, receipt_id=obj.pk, key=key)

    def success(self, obj: WebhookReceipt, result: WebhookReceipt) -> Any:
        return _("The message was applied: %(outcome)s.") % {"outcome": result.get_outcome_display()}


def company(receipt: WebhookReceipt) -> str:
    return provider_name(receipt.provider)


def outcome(receipt: WebhookReceipt) -> Any:
    return format_field_state(receipt, "outcome")


company.short_description = gettext_lazy("Payment company")  # type: ignore[attr-defined]
outcome.short_description = gettext_lazy("What came of it")  # type: ignore[attr-defined]


@register(WebhookReceipt)
class WebhookReceiptAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = [
        text_column("kind", description=gettext_lazy("Message")),
        company,
        text_column("payment.reference", description=gettext_lazy("Payment")),
        outcome,
        moment_column("received_at", description=gettext_lazy("Came")),
    ]
    list_select_related = ["payment"]
    search_fields = ["event_id__exact", "payment__reference__istartswith"]
    ordering = ["-received_at", "-id"]
    tabs = [
        Tab("attention", gettext_lazy("Need attention"), Q(outcome="attention")),
        Tab("all", gettext_lazy("All")),
    ]
    verbs = [ApplyAgain]

    def list_title(self) -> str:
        return _("Messages of payment companies")

    empty_title = gettext_lazy("No messages here")
    empty_text = gettext_lazy(
        "What payment companies tell about payments, refunds and disputes is listed here."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).select_related("payment")
        return found

    def title(self, obj: WebhookReceipt) -> str:
        return obj.kind or obj.event_id

    def facts(self, actor: Actor, obj: WebhookReceipt) -> list[Fact]:
        facts = [
            Fact(_("What came of it"), format_field_state(obj, "outcome")),
            Fact(_("Payment company"), provider_name(obj.provider)),
            Fact(_("Company's number of the message"), format_reference(obj.event_id)),
            Fact(_("Came"), format_moment(obj.received_at)),
            Fact(_("How often"), str(obj.times_received)),
            Fact(_("Applied again"), format_moment(obj.replayed_at)),
        ]
        if obj.payment:
            url = reverse("admin:payments_payment_change", args=[obj.payment_id])
            facts.insert(1, Fact(_("Payment"), obj.payment.reference, url=url))
        return facts


nav.register(
    section="Money",
    label=gettext_lazy("Messages of companies"),
    url="admin:payments_webhookreceipt_changelist",
    under="admin:payments_payment_changelist",
    permission=policies.READ,
    icon="move_to_inbox",
    order=33,
)
