"""Purchase orders in the back office."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.filters import LocationFilter
from apps.goods.inventory.page_parts import variant_url
from apps.goods.purchasing.models import OrderState, PurchaseOrder
from apps.goods.purchasing.order_verbs import (
    AmendOrder,
    ApproveOrder,
    CancelOrder,
    ChangeOrder,
    ChooseSupplier,
    CloseOrder,
    OpenPaper,
    SendBackOrder,
    SendOrder,
    SetRules,
    SubmitOrder,
    order_url,
)
from apps.goods.purchasing.page_parts import day_text, money
from apps.goods.purchasing.policies import APPROVE, READ, WRITE
from apps.goods.purchasing.receipt_verbs import ReceiveGoods, receipt_url
from apps.goods.purchasing.supplier_verbs import supplier_url
from apps.kernel.actors import Actor, say_who
from apps.platform.backoffice import nav, search, today
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_moment,
    money_column,
    state_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact, Section, Step
from apps.platform.backoffice.tabs import Tab
from apps.platform.businesses.selectors import get_current_business
from apps.platform.fields.carrying import CarriesFields
from apps.platform.media.panel import CarriesFiles

STEPS_SHOWN = 50
MOST_WAITING = 3
OPEN = Q(state__in=["draft", "submitted", "approved", "sent", "part_received", "received"])


def _expected(order: PurchaseOrder) -> str:
    return day_text(order.expected_on)


_expected.short_description = _("Expected on")  # type: ignore[attr-defined]


@register(PurchaseOrder)
class PurchaseOrderAdmin(CarriesFiles, CarriesFields, TenantModelAdmin):
    """Orders by what they wait for; a page with everything about one."""

    read_permission = READ
    attach_permission = WRITE
    list_display = [
        "number",
        text_column("supplier.name", description=_("Supplier")),
        state_column("state", description=_("State")),
        text_column("location.name", description=_("Deliver to")),
        _expected,
        money_column("total", currency="currency", description=_("Total")),
    ]
    list_select_related = ["supplier", "location"]
    list_filter = [LocationFilter]
    search_fields = ["number__istartswith", "supplier__name__icontains"]
    search_help_text = _("Number or supplier")
    ordering = ["-id"]
    verbs = [
        SubmitOrder, ApproveOrder, SendOrder, ReceiveGoods, ChangeOrder, SendBackOrder, CloseOrder, OpenPaper,
        AmendOrder, CancelOrder,
    ]  # fmt: skip
    list_verbs = [ChooseSupplier, SetRules]
    empty_title = _("No purchase orders here")
    empty_text = _("Write one, or let Reordering propose what runs out.")
    empty_verb = "new"

    def get_tabs(self, request: HttpRequest) -> list[Tab]:
        return [
            Tab("open", _("Open"), OPEN),
            Tab("waiting", _("Waits for approval"), Q(state=OrderState.SUBMITTED)),
            Tab("coming", _("On the way"), Q(state__in=[OrderState.SENT, OrderState.PART_RECEIVED])),
            Tab("done", _("Done"), Q(state__in=[OrderState.CLOSED, OrderState.CANCELLED])),
            Tab("all", _("All")),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurchaseOrder]:
        return super().get_queryset(request).select_related("supplier", "location")

    def title(self, obj: PurchaseOrder) -> Any:
        return _now("Purchase order %(number)s") % {"number": obj.number}

    def subtitle(self, obj: PurchaseOrder) -> Any:
        return _now("Version %(version)s") % {"version": obj.version} if obj.version > 1 else ""

    def facts(self, actor: Actor, obj: PurchaseOrder) -> list[Fact]:
        facts = [
            Fact(
                _("Supplier"),
                obj.supplier.name,
                url=supplier_url(obj.supplier_id) if actor.may("suppliers.read") else "",
            ),
            Fact(_("Deliver to"), obj.location.name),
            Fact(_("Expected on"), day_text(obj.expected_on)),
            Fact(_("Without tax"), format_amount(obj.net_total, obj.currency)),
            Fact(_("Tax"), format_amount(obj.tax_total, obj.currency)),
            Fact(_("Total"), format_amount(obj.total, obj.currency)),
        ]
        ours = get_current_business().currency
        if obj.currency != ours:
            pair = {"theirs": obj.currency, "rate": f"{obj.rate.normalize():f}", "ours": ours}
            facts += [
                Fact(
                    _("Rate"),
                    _now("1 %(theirs)s = %(rate)s %(ours)s") % pair,
                    help=_now("of %(day)s") % {"day": day_text(obj.rate_on)},
                ),
                Fact(_("Without tax, in your currency"), format_amount(obj.base_total)),
            ]
        facts += [
            Fact(_("Approved by"), say_who(obj.approved_by)),
            Fact(_("Sent"), format_moment(obj.sent_at)),
            Fact(_("Note to the supplier"), obj.note),
        ]
        return facts

    def sections(self, actor: Actor, obj: PurchaseOrder) -> list[Section]:
        return [_lines_section(obj), _receipts_section(obj), _versions_section(obj)]

    def timeline(self, actor: Actor, obj: PurchaseOrder) -> list[Step]:
        steps = obj.steps(manager="objects").order_by("-id")[:STEPS_SHOWN]
        return [
            Step(
                at=step.created_at,
                text=f"{step.get_kind_display()}: {step.detail}" if step.detail else step.get_kind_display(),
                actor=step.actor_label,
                tone="good" if step.kind in {"approved", "received"} else "",
            )
            for step in steps
        ]


def _lines_section(order: PurchaseOrder) -> Section:
    lines = list(order.lines(manager="objects").order_by("position"))
    return Section(
        _("Items"),
        columns=[
            _("Item"),
            _("SKU"),
            _("Ordered"),
            _("Accepted"),
            _("Rejected"),
            _("Unit cost"),
            _("Without tax"),
        ],
        rows=[
            [
                format_html('<a href="{}">{}</a>', variant_url(line.variant_id), line.title),
                line.supplier_sku or line.sku,
                f"{line.quantity} ({line.pack_words})" if line.pack_words else line.quantity,
                line.received_quantity,
                line.rejected_quantity,
                money(line.unit_cost, order.currency),
                format_amount(line.net, order.currency),
            ]
            for line in lines
        ],
        footer=[["", "", "", "", "", _("Total"), format_amount(order.net_total, order.currency)]],
        align=dict.fromkeys(range(2, 7), "end"),
    )


def _receipts_section(order: PurchaseOrder) -> Section:
    receipts = order.receipts(manager="objects").order_by("-id")
    return Section(
        _("Deliveries"),
        columns=[_("Receipt"), _("When"), _("Delivery note"), _("Value")],
        rows=[
            [
                format_html('<a href="{}">{}</a>', receipt_url(receipt.pk), receipt.number),
                format_moment(receipt.received_at),
                receipt.delivery_note,
                format_amount(receipt.value),
            ]
            for receipt in receipts
        ],
        align={3: "end"},
        empty=_("Nothing has come yet."),
    )


def _versions_section(order: PurchaseOrder) -> Section:
    versions = order.versions(manager="objects").order_by("-number")
    return Section(
        _("Approved versions"),
        columns=[_("Version"), _("Total"), _("Approved by"), _("Sent"), _("Sent to")],
        rows=[
            [
                version.number,
                format_amount(version.total, order.currency),
                say_who(version.approved_by),
                format_moment(version.sent_at),
                version.sent_to,
            ]
            for version in versions
        ],
        align={1: "end"},
        empty=_("Not approved yet."),
    )


@today.register_waiting(permission=APPROVE, order=30)
def waits_for_approval(actor: Actor) -> list[today.Waiting]:
    """Submitted orders, the one that waits longest first."""
    rows = PurchaseOrder.objects.filter(state=OrderState.SUBMITTED).select_related("supplier").order_by("id")
    return [
        today.Waiting(
            text=_now("Purchase order %(number)s from %(name)s, %(total)s without tax, waits for approval:")
            % {
                "number": row.number,
                "name": row.supplier.name,
                "total": format_amount(row.net_total, row.currency),
            },
            verb=_("Look at it"),
            url=order_url(row.pk),
        )
        for row in rows[:MOST_WAITING]
    ]


@search.register(permission=READ)
def find_purchase_orders(actor: Actor, term: str) -> list[search.Hit]:
    """Purchase orders by number."""
    found = (
        PurchaseOrder.objects.filter(number__istartswith=term).select_related("supplier").order_by("-id")[:6]
    )
    return [
        search.Hit(
            title=row.number, description=row.supplier.name, url=order_url(row.pk), icon="receipt_long"
        )
        for row in found
    ]


nav.register(section="Purchasing", label=_("Purchase orders"), url="admin:purchasing_purchaseorder_changelist",
             permission=READ, icon="shopping_cart_checkout", order=60)  # fmt: skip
