"""Low stock: what ran low and where, since when, what is coming, from whom it is bought, and who takes care of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.filters import LocationFilter
from apps.goods.inventory.models import StockAlert
from apps.goods.inventory.page_parts import full_name, variant_url
from apps.goods.inventory.selectors import with_alert_facts
from apps.goods.inventory.services import acknowledge_alert, resolve_alert
from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_moment,
    moment_column,
    number_column,
    state_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb

_S = StockAlert.State


class CareForm(forms.Form):
    note = forms.CharField(
        label=_("What is done about it"),
        max_length=200,
        required=False,
        help_text=_("Colleagues see it here."),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class Acknowledge(Verb):
    name = "acknowledge"
    label = _("I take care of it")
    permission = "stock.adjust"
    icon = "front_hand"
    form_class = CareForm
    writes_back = True

    def is_available(self, actor: Actor, obj: StockAlert) -> bool:
        return obj.state != _S.RESOLVED

    def initial(self, actor: Actor, obj: StockAlert) -> dict[str, Any]:
        return {"note": obj.note}

    def perform(self, actor: Actor, obj: StockAlert, data: dict[str, Any], key: str) -> Any:
        return acknowledge_alert(actor, alert_id=obj.pk, note=data["note"])


class Resolve(Verb):
    name = "resolve"
    label = _("Close without new stock")
    permission = "stock.adjust"
    form_class = ReasonForm
    submit_label = _("Close it")

    def is_available(self, actor: Actor, obj: StockAlert) -> bool:
        return obj.state != _S.RESOLVED

    def explain(self, actor: Actor, obj: StockAlert) -> list[Any]:
        return [
            _now("It closes by itself when stock is back."),
            _now("Closed here it stays closed until stock was back once and runs low again."),
        ]

    def perform(self, actor: Actor, obj: StockAlert, data: dict[str, Any], key: str) -> Any:
        return resolve_alert(actor, alert_id=obj.pk, reason=data["reason"])


def _item_name(alert: StockAlert) -> str:
    return full_name(alert.variant)


_item_name.short_description = _("Item")  # type: ignore[attr-defined]


@register(StockAlert)
class StockAlertAdmin(TenantModelAdmin):
    """What runs low, the longest known first; resolved ones are the history."""

    read_permission = "stock.read"
    list_display = [
        _item_name,
        text_column("variant.sku", description=_("SKU")),
        text_column("location.name", description=_("Location")),
        number_column("left_now", description=_("Left now")),
        number_column("threshold", description=_("Warn at")),
        number_column("incoming", description=_("Coming")),
        text_column("bought_from", description=_("Bought from")),
        state_column("state", description=_("State")),
        text_column("note", description=_("What is done about it")),
        moment_column("opened_at", description=_("Since")),
    ]
    list_select_related = ["variant__product", "location"]
    list_filter = [LocationFilter]
    search_fields = ["variant__sku__istartswith", "variant__barcode__startswith"]
    search_help_text = _("SKU or barcode")
    verbs = [Acknowledge, Resolve]
    tabs = [
        Tab("open", _("Open"), Q(state=_S.OPEN), ("opened_at", "id")),
        Tab("cared", _("Taken care of"), Q(state=_S.ACKNOWLEDGED), ("opened_at", "id")),
        Tab("resolved", _("Resolved"), Q(state=_S.RESOLVED), ("-resolved_at", "-id")),
    ]
    ordering = ["-id"]
    empty_title = _("Nothing runs low")
    empty_text = _("Items appear here when as few as their warning level, or fewer, can be sold.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockAlert]:
        return with_alert_facts(super().get_queryset(request))

    def list_title(self) -> str:
        return _now("Low stock")

    def title(self, obj: StockAlert) -> str:
        return _now("%(item)s at %(place)s") % {"item": full_name(obj.variant), "place": obj.location.name}

    def facts(self, actor: Actor, obj: StockAlert) -> list[Fact]:
        return [
            Fact(_("Item"), full_name(obj.variant), url=variant_url(obj.variant_id)),
            Fact(_("Left now"), str(getattr(obj, "left_now", ""))),
            Fact(_("Left when it ran low"), str(obj.available)),
            Fact(_("Warn at"), str(obj.threshold)),
            Fact(_("Coming"), str(getattr(obj, "incoming", ""))),
            Fact(_("Bought from"), getattr(obj, "bought_from", "")),
            Fact(_("Since"), format_moment(obj.opened_at)),
            Fact(_("Taken care of by"), obj.acknowledged_by_label, help=format_moment(obj.acknowledged_at)),
            Fact(_("What is done about it"), obj.note),
            Fact(_("Resolved at"), format_moment(obj.resolved_at)),
            Fact(
                _("Resolved by"),
                obj.resolved_by_label or (_now("stock is back") if obj.resolved_at else ""),
                help=obj.resolution,
            ),
        ]


nav.register(section="Stock", label=_("Low stock"), url="admin:inventory_stockalert_changelist",
             permission="stock.read", icon="trending_down", order=37,
             under="admin:inventory_stockbalance_changelist")  # fmt: skip
