"""Addresses that nothing more is sent to: bounced, refused, or stopped by hand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import moment_column, text_column
from apps.platform.backoffice.detail import Fact
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.platform.notifications import policies
from apps.platform.notifications.models import Suppression
from apps.platform.notifications.services import allow_address, stop_address
from apps.platform.notifications.states import ADDRESSED, SuppressionReason


class StopForm(forms.Form):
    channel = forms.ChoiceField(label=_("Channel"), choices=[(item.value, item.label) for item in ADDRESSED])
    address = forms.CharField(
        label=_("Address"), max_length=254, help_text=_("An e-mail address, or a number with its country.")
    )
    note = forms.CharField(label=_("Why"), max_length=200, required=False)


class WhyForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"), max_length=200, help_text=_("For example: the customer has a new mailbox.")
    )


class StopAddress(Verb):
    name = "stop"
    label = _("Stop an address")
    permission = policies.SUPPRESS
    icon = "block"
    form_class = StopForm

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("Nothing more is sent to it on this channel, not even about orders.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return stop_address(actor, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _("Nothing more goes to %(address)s.") % {"address": result.address}


class AllowAddress(Verb):
    name = "allow"
    label = _("Send there again")
    permission = policies.SUPPRESS
    form_class = WhyForm

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        said: list[Any] = [_("Messages to %(address)s go out again from now on.") % {"address": obj.address}]
        if obj.reason == SuppressionReason.UNSUBSCRIBED:
            said.append(_("This person refused advertising: you need a new consent."))
        return said

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return allow_address(actor, suppression_id=obj.pk, reason=data["reason"])

    def success(self, obj: Any, result: Any) -> Any:
        return _("Messages to %(address)s go out again.") % {"address": result}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:notifications_suppression_changelist")


@register(Suppression)
class SuppressionAdmin(TenantModelAdmin):
    """Newest first."""

    read_permission = "notifications.read"
    list_display = (
        "address",
        text_column("get_channel_display", description=_("Channel")),
        text_column("get_reason_display", description=_("Why")),
        moment_column("created_at", description=_("Since")),
    )
    search_fields = ("address__istartswith",)
    search_help_text = _("Search by address")
    ordering = ("-created_at", "-id")
    tabs = (
        Tab("all", _("All")),
        Tab("bounced", _("Does not exist"), Q(reason=SuppressionReason.BOUNCED)),
        Tab("unsubscribed", _("No advertising"), Q(reason=SuppressionReason.UNSUBSCRIBED)),
    )
    verbs = (AllowAddress,)
    list_verbs = (StopAddress,)
    empty_title = _("Every address is reached")
    empty_text = _("Addresses that do not exist, and people who want no advertising, are listed here.")

    def list_title(self) -> str:
        return str(_("Stopped addresses"))

    def facts(self, actor: Actor, obj: Any) -> list[Fact]:
        return [
            Fact(_("Channel"), obj.get_channel_display()),
            Fact(_("Why"), obj.get_reason_display()),
            Fact(_("Since"), moment_column("created_at")(obj)),
            *([Fact(_("Note"), obj.note)] if obj.note else []),
        ]


nav.register(
    section="Settings",
    label=_("Stopped addresses"),
    url="admin:notifications_suppression_changelist",
    under="admin:notifications_message_changelist",
    permission="notifications.read",
    icon="block",
    order=62,
)
