"""Transfers in the back office."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.policies import SEES_COSTS
from apps.goods.inventory.filters import DestinationFilter, SourceFilter
from apps.goods.inventory.page_parts import full_name, variant_url
from apps.goods.warehouse import count_pages, note_page, today_cards  # noqa: F401
from apps.goods.warehouse.models import Transfer, TransferLine, TransferStep
from apps.goods.warehouse.transfer_verbs import (
    ApproveTransfer,
    CancelTransfer,
    ReceiveTransfer,
    RequestTransfer,
    SetTransferRules,
    ShipTransfer,
    lines_of,
)
from apps.kernel.actors import Actor, say_who
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_moment,
    link_column,
    moment_column,
    number_column,
    state_column,
    text_column,
    who_column,
)
from apps.platform.backoffice.detail import Fact, Section, Step
from apps.platform.backoffice.tabs import Tab
from apps.platform.fields.carrying import CarriesFields
from apps.platform.media.panel import CarriesFiles

_S = Transfer.State


def transfer_url(transfer_id: Any) -> str:
    """The transfer's page."""
    return reverse("admin:warehouse_transfer_change", args=[transfer_id])


@register(Transfer)
class TransferAdmin(CarriesFiles, CarriesFields, TenantModelAdmin):
    """What somebody must do first: send what was asked for, receive what is coming."""

    read_permission = "stock.read"
    attach_permission = "stock.transfer"
    list_display = [
        "number",
        state_column("state", description=_("State")),
        text_column("source.name", description=_("From")),
        text_column("destination.name", description=_("To")),
        moment_column("created_at", description=_("Written")),
        moment_column("shipped_at", description=_("Sent")),
    ]
    list_select_related = ["source", "destination"]
    list_filter = [SourceFilter, DestinationFilter]
    search_fields = ["number__istartswith"]
    search_help_text = _("Number")
    ordering = ["-id"]
    verbs = [ApproveTransfer, ShipTransfer, ReceiveTransfer, CancelTransfer]
    list_verbs = [RequestTransfer, SetTransferRules]
    empty_title = _("No transfers here")
    empty_text = _(
        "A transfer carries goods from one location to another, and keeps count of them on the way."
    )
    empty_verb = "request"
    tabs = [
        Tab("open", _("Open"), Q(state__in=[_S.REQUESTED, _S.IN_TRANSIT, _S.PART_RECEIVED])),
        Tab("approve", _("To approve"), Q(state=_S.REQUESTED, approval="waiting")),
        Tab("send", _("To send"), Q(state=_S.REQUESTED) & ~Q(approval="waiting")),
        Tab("coming", _("On their way"), Q(state__in=[_S.IN_TRANSIT, _S.PART_RECEIVED])),
        Tab("all", _("All")),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        return super().get_queryset(request).select_related("source", "destination")

    def title(self, obj: Transfer) -> str:
        return _now("Transfer %(number)s") % {"number": obj.number}

    def subtitle(self, obj: Transfer) -> str:
        return f"{obj.source.name} → {obj.destination.name}"

    def facts(self, actor: Actor, obj: Transfer) -> list[Fact]:
        with_worth = actor.may(SEES_COSTS)
        value = TransferLine.objects.filter(transfer=obj).aggregate(
            sent=Sum("sent_value"), open=Sum(F("sent_value") - F("landed_value"))
        )
        return [
            Fact(_("From"), obj.source.name),
            Fact(_("To"), obj.destination.name),
            Fact(_("Requested by"), say_who(obj.requested_by_label)),
            Fact(
                _("Approval"),
                obj.get_approval_display() if obj.approval else "",
                help=say_who(obj.approved_by_label),
            ),
            Fact(_("Transfer note"), _("Open as PDF"), url=note_page.note_url(obj)),
            Fact(_("Sent"), format_moment(obj.shipped_at)),
            *(
                [
                    Fact(_("Value sent"), format_amount(value["sent"])),
                    Fact(_("Value on its way"), format_amount(value["open"])),
                ]
                if with_worth
                else []
            ),
            Fact(_("Note"), obj.note),
        ]

    def sections(self, actor: Actor, obj: Transfer) -> list[Section]:
        with_worth = actor.may(SEES_COSTS)
        return [
            Section(
                _("Goods"),
                columns=[
                    _("Item"), _("SKU"), _("Asked for"), _("Sent"), _("Arrived"), _("Damaged"), _("Missing"),
                    _("On its way"), *([_("Value")] if with_worth else []),
                ],
                rows=[
                    [
                        format_html('<a href="{}">{}</a>', variant_url(line.variant_id), full_name(line.variant)),
                        line.variant.sku,
                        line.requested_quantity,
                        line.sent_quantity,
                        line.arrived_quantity,
                        line.damaged_quantity,
                        line.missing_quantity,
                        line.open_quantity,
                        *([format_amount(line.sent_value)] if with_worth else []),
                    ]
                    for line in lines_of(obj)
                ],
                align=dict.fromkeys(range(2, 9), "end"),
            )
        ]  # fmt: skip

    def timeline(self, actor: Actor, obj: Transfer) -> list[Step]:
        steps = TransferStep.objects.filter(transfer=obj).order_by("-id")[:100]
        return [Step(at=step.at, text=step_text(step), actor=step.actor_label) for step in steps]


def step_text(step: TransferStep) -> str:
    """`Received 8, damaged 1: box was wet`."""
    words = [step.get_kind_display() + (f" {step.quantity}" if step.quantity else "")]
    if step.damaged_quantity:
        words.append(_now("damaged %(count)s") % {"count": step.damaged_quantity})
    if step.missing_quantity:
        words.append(_now("missing %(count)s") % {"count": step.missing_quantity})
    text = ", ".join(words)
    return f"{text}: {step.note}" if step.note else text


@register(TransferStep)
class TransferStepAdmin(TenantModelAdmin):
    """The log of all transfers, newest first."""

    read_permission = "stock.read"
    list_display = [
        moment_column("at", description=_("When")),
        link_column("transfer.number", lambda row: transfer_url(row.transfer_id), description=_("Transfer")),
        text_column("get_kind_display", description=_("What")),
        text_column("transfer.source.name", description=_("From")),
        text_column("transfer.destination.name", description=_("To")),
        number_column("quantity", description=_("Pieces")),
        number_column("damaged_quantity", description=_("Damaged")),
        number_column("missing_quantity", description=_("Missing")),
        who_column(),
    ]
    list_select_related = ["transfer__source", "transfer__destination"]
    search_fields = ["transfer__number__istartswith"]
    search_help_text = _("Number of the transfer")
    ordering = ["-id"]
    tabs = [
        Tab("all", _("All")),
        Tab("losses", _("With losses"), Q(damaged_quantity__gt=0) | Q(missing_quantity__gt=0)),
    ]
    empty_title = _("Nothing was moved yet")
    empty_text = _("Each request, consignment and receipt between locations is written here.")

    def list_title(self) -> str:
        return _now("Transfer log")

    def row_url(self, obj: TransferStep) -> str:
        return transfer_url(obj.transfer_id)

    def title(self, obj: TransferStep) -> str:
        return step_text(obj)

    def facts(self, actor: Actor, obj: TransferStep) -> list[Fact]:
        return [
            Fact(_("Transfer"), obj.transfer.number, url=transfer_url(obj.transfer_id)),
            Fact(_("By"), say_who(obj.actor_label)),
            Fact(_("Note"), obj.note),
        ]


nav.register(section="Stock", label=_("Transfers"), url="admin:warehouse_transfer_changelist",
             permission="stock.read", icon="move_up", order=32)  # fmt: skip
nav.register(
    section="Stock",
    label=_("Transfer log"),
    url="admin:warehouse_transferstep_changelist",
    under="admin:warehouse_transfer_changelist",
    permission="stock.read",
    icon="history",
    order=34,
)
