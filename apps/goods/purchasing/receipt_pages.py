"""Deliveries in the back office."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.filters import LocationFilter
from apps.goods.inventory.page_parts import variant_url
from apps.goods.purchasing.models import GoodsReceipt
from apps.goods.purchasing.order_verbs import order_url
from apps.goods.purchasing.page_parts import money
from apps.goods.purchasing.policies import READ
from apps.kernel.actors import Actor, say_who
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_amount, moment_column, money_column, text_column
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.businesses.selectors import get_current_business
from apps.platform.fields.carrying import CarriesFields
from apps.platform.media.panel import CarriesFiles


@register(GoodsReceipt)
class GoodsReceiptAdmin(CarriesFiles, CarriesFields, TenantModelAdmin):
    """What came, newest first. It can be read, never edited."""

    read_permission = READ
    attach_permission = "stock.receive"
    list_display = [
        "number",
        moment_column("received_at", description=_("When")),
        text_column("order.number", description=_("Order")),
        text_column("order.supplier.name", description=_("Supplier")),
        text_column("location.name", description=_("Location")),
        money_column("value", description=_("Value")),
    ]
    list_filter = [LocationFilter]
    search_fields = ["number__istartswith", "delivery_note__istartswith", "order__number__istartswith"]
    search_help_text = _("Number, delivery note or order")
    ordering = ["-id"]
    empty_title = _("Nothing was received yet")
    empty_text = _("Open a purchase order that was sent, and receive what came.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GoodsReceipt]:
        return super().get_queryset(request).select_related("order__supplier", "location")

    def title(self, obj: GoodsReceipt) -> Any:
        return _now("Goods receipt %(number)s") % {"number": obj.number}

    def facts(self, actor: Actor, obj: GoodsReceipt) -> list[Fact]:
        return [
            Fact(_("Order"), obj.order.number, url=order_url(obj.order_id)),
            Fact(_("Supplier"), obj.order.supplier.name),
            Fact(_("Location"), obj.location.name),
            Fact(_("Delivery note"), obj.delivery_note),
            Fact(_("Goods"), format_amount(obj.goods_value)),
            Fact(_("Landed costs"), format_amount(obj.charges_value)),
            Fact(_("Value"), format_amount(obj.value)),
            Fact(_("By"), say_who(obj.actor_label)),
            Fact(_("Note"), obj.note),
        ]

    def sections(self, actor: Actor, obj: GoodsReceipt) -> list[Section]:
        return [_lines_section(obj), _charges_section(obj)]


def _lines_section(receipt: GoodsReceipt) -> Section:
    ours = get_current_business().currency
    lines = receipt.lines(manager="objects").select_related("order_line").order_by("id")
    return Section(
        _("Items"),
        columns=[
            _("Item"), _("Accepted"), _("Rejected"), _("Why"), _("Goods"), _("Landed costs"), _("Value"),
            _("Unit cost"),
        ],
        rows=[
            [
                format_html('<a href="{}">{}</a>', variant_url(line.variant_id), line.order_line.title),
                line.accepted,
                line.rejected,
                line.get_reject_reason_display() if line.reject_reason else "",
                format_amount(line.goods_value),
                format_amount(line.charges_value),
                format_amount(line.value),
                money(line.unit_cost, ours),
            ]
            for line in lines
        ],
        align={1: "end", 2: "end", 4: "end", 5: "end", 6: "end", 7: "end"},
    )  # fmt: skip


def _charges_section(receipt: GoodsReceipt) -> Section:
    charges = receipt.charges(manager="objects").order_by("id")
    return Section(
        _("Landed costs"),
        columns=[_("Kind"), _("Spread"), _("Amount")],
        rows=[[c.get_kind_display(), c.get_basis_display(), format_amount(c.amount)] for c in charges],
        align={2: "end"},
        empty=_("No freight, duty or insurance was entered."),
    )


nav.register(
    section="Purchasing",
    label=_("Goods receipts"),
    url="admin:purchasing_goodsreceipt_changelist",
    under="admin:purchasing_purchaseorder_changelist",
    permission=READ,
    icon="move_to_inbox",
    order=61,
)
