"""Counts in the back office."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.policies import SEES_COSTS
from apps.goods.inventory.filters import LocationFilter
from apps.goods.inventory.page_parts import full_name, variant_url
from apps.goods.warehouse.count_verbs import (
    ApproveCount,
    CancelCount,
    FinishCount,
    OpenCount,
    ReopenCount,
    Scan,
)
from apps.goods.warehouse.models import CountScan, StockCount
from apps.goods.warehouse.policies import sees_expected
from apps.goods.warehouse.scope import list_uncounted
from apps.goods.warehouse.selectors import ReviewedLine, list_reviewed
from apps.kernel.actors import Actor, say_who
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_moment,
    format_state,
    moment_column,
    number_column,
    state_column,
    text_column,
    who_column,
)
from apps.platform.backoffice.detail import Fact, Section, Step
from apps.platform.backoffice.tabs import Tab
from apps.platform.media.panel import CarriesFiles

_S = StockCount.State
MOST_SHOWN = 200


@register(StockCount)
class StockCountAdmin(CarriesFiles, TenantModelAdmin):
    """What is being counted, and what waits for approval."""

    read_permission = "stock.read"
    attach_permission = "stock.count"
    list_display = [
        "number",
        state_column("state", description=_("State")),
        text_column("location.name", description=_("Location")),
        text_column("get_scope_display", description=_("What is counted")),
        number_column("line_count", description=_("Items")),
        who_column("opened_by_label", description=_("Opened by")),
        moment_column("created_at", description=_("Opened")),
    ]
    list_select_related = ["location"]
    list_filter = [LocationFilter]
    search_fields = ["number__istartswith"]
    search_help_text = _("Number")
    ordering = ["-id"]
    verbs = [Scan, FinishCount, ApproveCount, ReopenCount, CancelCount]
    list_verbs = [OpenCount]
    tabs = [
        Tab("open", _("Open"), Q(state__in=[_S.COUNTING, _S.REVIEW])),
        Tab("review", _("To be approved"), Q(state=_S.REVIEW)),
        Tab("all", _("All")),
    ]
    empty_title = _("Nothing is being counted")
    empty_text = _(
        "Count a shelf, a category, or what was not counted for a while; selling goes on meanwhile."
    )
    empty_verb = "open"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockCount]:
        rows = super().get_queryset(request).select_related("location", "category")
        return rows.annotate(line_count=Count("lines", filter=Q(lines__counted_quantity__isnull=False)))

    def title(self, obj: StockCount) -> str:
        return _now("Count %(number)s") % {"number": obj.number}

    def facts(self, actor: Actor, obj: StockCount) -> list[Fact]:
        scope: Any = obj.get_scope_display()
        if obj.category is not None:
            scope = f"{scope}: {obj.category.name}"
        if obj.stale_days:
            scope = f"{scope}: {_now('%(days)s days') % {'days': obj.stale_days}}"
        return [
            Fact(_("Location"), obj.location.name),
            Fact(_("What is counted"), scope),
            Fact(_("Blind"), _("Yes") if obj.is_blind else _("No")),
            Fact(_("Opened by"), say_who(obj.opened_by_label)),
            Fact(_("Finished by"), say_who(obj.finished_by_label)),
            Fact(_("Approved by"), say_who(obj.decided_by_label)),
            Fact(_("Closed"), format_moment(obj.closed_at)),
            *([Fact(_("Value"), format_amount(obj.value_delta))] if actor.may(SEES_COSTS) else []),
            Fact(_("Note"), obj.note),
        ]

    def sections(self, actor: Actor, obj: StockCount) -> list[Section]:
        with_expected, with_worth = sees_expected(actor, obj), actor.may(SEES_COSTS)
        reviewed = list_reviewed(obj)
        columns = [_("Item"), _("SKU"), _("Counted")]
        if with_expected:
            columns += [_("Expected"), _("Difference"), *([_("Value")] if with_worth else []), _("Remark")]
        sections = [
            Section(
                _("Counted"),
                columns=columns,
                rows=[_row(found, with_expected, with_worth) for found in reviewed[:MOST_SHOWN]],
                align=dict.fromkeys(range(2, 5 + with_worth), "end"),
                empty=_("Nothing was counted yet."),
            )
        ]
        if obj.state in (_S.COUNTING, _S.REVIEW):
            left = list(list_uncounted(obj)[: MOST_SHOWN + 1])
            sections.append(
                Section(
                    _("Not counted yet"),
                    columns=[_("Item"), _("SKU"), *([_("On hand")] if with_expected else [])],
                    rows=[
                        [full_name(row.variant), row.variant.sku, *([row.on_hand] if with_expected else [])]
                        for row in left[:MOST_SHOWN]
                    ],
                    align={2: "end"},
                    empty=_("All that should lie here was counted."),
                )
            )
        return sections

    def timeline(self, actor: Actor, obj: StockCount) -> list[Step]:
        scans = CountScan.objects.filter(count=obj).select_related("line__variant__product").order_by("-id")
        return [
            Step(
                at=scan.at,
                text=f"{full_name(scan.line.variant)} {scan.quantity if scan.is_total else f'{scan.quantity:+d}'}"
                f" → {scan.counted_after}",
                actor=scan.actor_label,
            )
            for scan in scans[:50]
        ]


def _row(found: ReviewedLine, with_expected: bool, with_worth: bool) -> list[Any]:
    line = found.line
    row: list[Any] = [
        format_html('<a href="{}">{}</a>', variant_url(line.variant_id), full_name(line.variant)),
        line.variant.sku,
        line.counted_quantity,
    ]
    if with_expected:
        difference = f"{line.variance:+d}" if line.variance else "0"
        worth = [format_amount(found.value)] if with_worth else []
        row += [line.expected_quantity, difference, *worth, _remark(line)]
    return row


def _remark(line: Any) -> str:
    if line.is_outdated:
        return format_state("outdated", _("Put right by somebody else: not posted"), "bad")
    if line.is_moved:
        return format_state("moved", _("Moved while it was counted: count it again"), "warn")
    return ""


nav.register(section="Stock", label=_("Counts"), url="admin:warehouse_stockcount_changelist",
             permission="stock.read", icon="checklist", order=36)  # fmt: skip
