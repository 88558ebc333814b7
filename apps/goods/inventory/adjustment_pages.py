"""Adjustments that wait for somebody's approval, and the limits above which they do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.costs import HidesCosts, cost_column
from apps.goods.catalog.forms import AmountField
from apps.goods.catalog.policies import SEES_COSTS
from apps.goods.inventory.filters import LocationFilter
from apps.goods.inventory.models import Adjustment, AdjustmentLine
from apps.goods.inventory.page_parts import full_name, variant_url
from apps.goods.inventory.policies import can_decide, get_stock_rules
from apps.goods.inventory.services import approve_adjustment, reject_adjustment, set_stock_limits
from apps.kernel.actors import Actor, say_who
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_moment,
    moment_column,
    state_column,
    text_column,
    who_column,
)
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.platform.media.panel import CarriesFiles

_S = Adjustment.State


class DecisionForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class RefusalForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Whoever asked for it reads this.")
    )


class LimitsForm(forms.Form):
    adjust_approval_above = AmountField(
        label=_("Adjustments above this value wait for approval"),
        required=False,
        help_text=_("Gains and losses added up. Empty: adjustments never wait."),
    )
    count_approval_above = AmountField(
        label=_("Counts that differ by more than this value wait for approval"),
        help_text=_("With 0 each difference waits."),
    )


class Approve(Verb):
    name = "approve"
    label = _("Approve")
    permission = "stock.approve"
    form_class = DecisionForm
    submit_label = _("Approve and change stock")

    def is_available(self, actor: Actor, obj: Adjustment) -> bool:
        return can_decide(actor, obj)

    def explain(self, actor: Actor, obj: Adjustment) -> list[Any]:
        return [
            _now("Stock at %(place)s changes by the differences listed on the adjustment's page.")
            % {"place": obj.location.name},
            _now("What was sold since it was asked for stays true."),
        ]

    def perform(self, actor: Actor, obj: Adjustment, data: dict[str, Any], key: str) -> Any:
        return approve_adjustment(actor, adjustment_id=obj.pk, reason=data["reason"], key=key)

    def success(self, obj: Any, result: Adjustment) -> Any:
        return _now("Adjustment %(number)s is written.") % {"number": result.number}


class Reject(Verb):
    name = "reject"
    label = _("Reject")
    permission = "stock.approve"
    dangerous = True
    form_class = RefusalForm
    submit_label = _("Reject the adjustment")

    def is_available(self, actor: Actor, obj: Adjustment) -> bool:
        return bool(obj.state == _S.WAITING)

    def explain(self, actor: Actor, obj: Adjustment) -> list[Any]:
        return [_now("Stock stays as it is.")]

    def perform(self, actor: Actor, obj: Adjustment, data: dict[str, Any], key: str) -> Any:
        return reject_adjustment(actor, adjustment_id=obj.pk, reason=data["reason"], key=key)

    def success(self, obj: Any, result: Adjustment) -> Any:
        return _now("Adjustment %(number)s is rejected.") % {"number": result.number}


class SetLimits(Verb):
    name = "limits"
    label = _("Approval limits")
    permission = "stock.limits"
    form_class = LimitsForm
    submit_label = _("Save limits")
    writes_back = True

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        rules = get_stock_rules()
        return {
            "adjust_approval_above": rules.adjust_approval_above,
            "count_approval_above": rules.count_approval_above,
        }

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Nobody approves what he asked for himself; an owner needs no approval.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return set_stock_limits(actor, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The limits were saved.")


@register(Adjustment)
class AdjustmentAdmin(HidesCosts, CarriesFiles, TenantModelAdmin):
    """What waits first."""

    read_permission = "stock.read"
    attach_permission = "stock.adjust"
    list_display = [
        "number",
        state_column("state", description=_("State")),
        text_column("location.name", description=_("Location")),
        text_column("get_reason_code_display", description=_("Cause")),
        cost_column("worth", description=_("Value")),
        who_column("requested_by_label", description=_("Requested by")),
        moment_column("created_at", description=_("When")),
    ]
    list_select_related = ["location"]
    list_filter = ["reason_code", LocationFilter]
    search_fields = ["number__istartswith"]
    search_help_text = _("Number")
    ordering = ["-id"]
    verbs = [Approve, Reject]
    list_verbs = [SetLimits]
    tabs = [Tab("waiting", _("Waiting"), Q(state=_S.WAITING)), Tab("all", _("All"))]
    empty_title = _("Nothing waits for approval")
    empty_text = _("Adjustments above the limit of the business wait here for somebody's second look.")

    def list_title(self) -> str:
        return _now("Approvals")

    def title(self, obj: Adjustment) -> str:
        return _now("Adjustment %(number)s") % {"number": obj.number}

    def facts(self, actor: Actor, obj: Adjustment) -> list[Fact]:
        return [
            Fact(_("Location"), obj.location.name),
            Fact(_("Cause"), obj.get_reason_code_display()),
            *([Fact(_("Value"), format_amount(obj.worth))] if actor.may(SEES_COSTS) else []),
            Fact(_("Note"), obj.note),
            Fact(_("Requested by"), say_who(obj.requested_by_label)),
            Fact(_("Decided by"), say_who(obj.decided_by_label)),
            Fact(_("Decided at"), format_moment(obj.decided_at)),
            Fact(_("Reason of the decision"), obj.decision),
        ]

    def sections(self, actor: Actor, obj: Adjustment) -> list[Section]:
        with_worth = actor.may(SEES_COSTS)
        lines = (
            AdjustmentLine.objects.filter(adjustment=obj).select_related("variant__product").order_by("id")
        )
        return [
            Section(
                _("Goods"),
                columns=[_("Item"), _("SKU"), _("By"), *([_("Value")] if with_worth else [])],
                rows=[
                    [
                        format_html(
                            '<a href="{}">{}</a>', variant_url(line.variant_id), full_name(line.variant)
                        ),
                        line.variant.sku,
                        f"{line.delta:+d}",
                        *([format_amount(line.value_delta)] if with_worth else []),
                    ]
                    for line in lines
                ],
                align={2: "end", 3: "end"},
            )
        ]


nav.register(
    section="Stock",
    label=_("Approvals"),
    url="admin:inventory_adjustment_changelist",
    under="admin:inventory_stockbalance_changelist",
    permission="stock.read",
    icon="fact_check",
    order=38,
)
