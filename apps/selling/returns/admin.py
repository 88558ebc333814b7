"""Returns in the back office: what waits first, and one return with its lines and money."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor, say_who
from apps.platform.backoffice import nav, today
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_field_state,
    format_moment,
    moment_column,
    state_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact, Section, tells_of
from apps.platform.backoffice.sites import site
from apps.platform.backoffice.tabs import Tab
from apps.platform.media.panel import CarriesFiles
from apps.selling.orders.models import Order
from apps.selling.orders.sold import counting_of_line
from apps.selling.orders.states import FulfilmentState

from . import policies
from .models import AGREED, GoodsReturn, ReturnLine, ReturnSettlement
from .selectors import lines_of_return, list_returns_of, settlements_of
from .verbs import (
    ApproveReturn,
    ReceiveReturn,
    RefuseReturn,
    SetRules,
    SettleReturn,
    StartReturn,
    WithdrawReturn,
)

MOST_WAITING = 3

# Orders do not know returns; the button on their page comes from here. The page that is registered has verbs of its
# own (custom fields add one to it): the class's, changed afterwards, were never asked.
_orders: Any = site._registry[Order]
_orders.verbs = [*_orders.verbs, StartReturn]


@register(GoodsReturn)
class GoodsReturnAdmin(CarriesFiles, TenantModelAdmin):
    read_permission = policies.READ
    attach_permission = policies.DECIDE
    list_display = [
        text_column("number", description=_("Number")),
        text_column("order.ship_name", description=_("Buyer")),
        state_column("state", description=_("State")),
        text_column("get_wish_display", description=_("Wish")),
        moment_column("requested_at", description=_("Asked for")),
    ]
    list_select_related = ["order"]
    ordering = ["-requested_at", "-id"]
    search_fields = ["number__istartswith"]
    search_help_text = _("Number of the return or of the order")
    tabs = [
        Tab("new", _("To decide"), Q(state="requested"), ordering=("requested_at", "id")),
        Tab("coming", _("Under way"), Q(state__in=AGREED), ordering=("requested_at", "id")),
        Tab("all", _("All"), Q()),
    ]
    verbs = [ApproveReturn, ReceiveReturn, SettleReturn, RefuseReturn, WithdrawReturn]
    list_verbs = [SetRules]
    empty_title = _("Nothing is on its way back")
    empty_text = _("Buyers ask on their order's page; you start one on the order's page here.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).select_related("order")
        return rows

    def title(self, obj: GoodsReturn) -> Any:
        return _now("Return %(number)s") % {"number": obj.number}

    def facts(self, actor: Actor, obj: GoodsReturn) -> list[Fact]:
        order = obj.order
        url = reverse("admin:orders_order_change", args=[order.pk]) if actor.may("orders.read") else ""
        facts = [
            Fact(_("Order"), order.number, url, help=order.ship_name),
            Fact(_("Wish"), obj.get_wish_display()),
            Fact(_("Asked for"), format_moment(obj.requested_at), help=_by(obj)),
        ]
        if obj.note:
            facts.append(Fact(_("What the buyer says"), obj.note))
        if obj.decided_at:
            facts.append(Fact(_("Answer of the shop"), obj.words, help=say_who(obj.decided_by)))
        return facts

    def sections(self, actor: Actor, obj: GoodsReturn) -> list[Section]:
        settled = settlements_of(obj)
        return [_lines_section(obj), *([_money_section(actor, obj, settled)] if settled else [])]


def _by(row: GoodsReturn) -> str:
    return _now("by the buyer") if row.by_buyer else say_who(row.decided_by)


def _lines_section(row: GoodsReturn) -> Section:
    return Section(
        title=_("Goods"),
        columns=[
            _("Item"),
            _("Pieces"),
            _("Reason"),
            _("Instead"),
            _("Can be sold"),
            _("Damaged"),
            _("Missing"),
        ],
        rows=[
            [
                format_html(
                    "{}<br><span class='mdk-soft'>{}</span>", line.order_line.title, line.order_line.sku
                ),
                words(line.quantity),
                line.get_reason_display(),
                _instead(line),
                words(line.sellable),
                words(line.damaged),
                words(line.missing),
            ]
            for line, words in (
                (line, counting_of_line(line.order_line).words) for line in lines_of_return(row)
            )
        ],
        align={1: "end", 4: "end", 5: "end", 6: "end"},
    )


def _instead(line: ReturnLine) -> str:
    variant = line.exchange_variant
    return "" if variant is None else variant.title or variant.product.title


def _money_section(actor: Actor, row: GoodsReturn, settled: list[ReturnSettlement]) -> Section:
    return Section(
        title=_("Paid back"),
        columns=[_("How"), _("Amount"), _("New order"), _("When")],
        rows=[
            [
                one.get_how_display(),
                format_amount(one.amount, row.order.currency),
                _new_order(actor, one),
                format_moment(one.created_at),
            ]
            for one in settled
        ],
        align={1: "end"},
    )


def _new_order(actor: Actor, one: ReturnSettlement) -> Any:
    if one.exchange_order is None:
        return one.problem
    if not actor.may("orders.read"):
        return one.exchange_order.number
    url = reverse("admin:orders_order_change", args=[one.exchange_order.pk])
    return format_html('<a href="{}">{}</a>', url, one.exchange_order.number)


@tells_of(Order)
def returns_of_order(actor: Actor, order: Any) -> list[Section]:
    """On the order's page: what comes back of it."""
    if not actor.may(policies.READ) or order.fulfilment_state == FulfilmentState.UNFULFILLED:
        return []
    rows = [
        [
            format_html(
                '<a href="{}">{}</a>', reverse("admin:returns_goodsreturn_change", args=[row.pk]), row.number
            ),
            format_field_state(row, "state"),
            row.get_wish_display(),
            format_moment(row.requested_at),
        ]
        for row in list_returns_of(order)
    ]
    heads = [_("Return"), _("State"), _("Wish"), _("Asked for")]
    return [Section(title=_("Returns"), columns=heads, rows=rows)] if rows else []


@today.register_waiting(permission=policies.DECIDE, order=26)
def waits(actor: Actor) -> list[today.Waiting]:
    """Returns that buyers ask for and goods that arrived and are not paid back, the longest waiting first."""
    states = ("requested", "received") if actor.may("orders.refund") else ("requested",)
    rows = GoodsReturn.objects.filter(state__in=states).order_by("requested_at", "id")
    said = {
        "requested": (_now("%(name)s asks to send goods back, %(number)s:"), _now("Decide")),
        "received": (_now("What %(name)s sent back is here, %(number)s:"), _now("Settle")),
    }
    sentences = [
        today.Waiting(
            text=said[row.state][0]
            % {"name": row.order.ship_name or row.order.email or _now("Somebody"), "number": row.number},
            verb=said[row.state][1],
            url=reverse("admin:returns_goodsreturn_change", args=[row.pk]),
        )
        for row in rows.select_related("order")[: MOST_WAITING + 1]
    ]
    if len(sentences) > MOST_WAITING:
        url = reverse("admin:returns_goodsreturn_changelist")
        more = today.Waiting(text=_now("More returns wait:"), verb=_now("See all"), url=url)
        sentences[MOST_WAITING:] = [more]
    return sentences


nav.register(
    section="Sell",
    label=_("Returns"),
    url="admin:returns_goodsreturn_changelist",
    permission=policies.READ,
    icon="assignment_return",
    order=15,
)
