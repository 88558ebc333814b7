"""Sales of the past in the back office: papers, what was matched, and the same on a customer's page."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.people.customers.models import Customer
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_moment,
    moment_column,
    money_column,
    number_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact, Section, tells_of
from apps.platform.backoffice.tabs import Tab

from . import report_pages  # noqa: F401  (registers its page)
from .models import MatchedReturn, PastOrder
from .policies import READ
from .selectors import MOST_LINES, list_lines, list_matches, list_past_orders_of

LAST_ORDERS = 50


@register(PastOrder)
class PastOrderAdmin(TenantModelAdmin):
    """Papers of another system, newest first. Nothing here can be changed: undo the import they came with."""

    read_permission = READ
    list_display = (
        text_column("number", description=_("Number")),
        text_column("customer", description=_("Customer")),
        text_column("country", description=_("Country")),
        number_column("line_count", description=_("Lines")),
        money_column("returns", currency="currency", description=_("Returns")),
        money_column("total", currency="currency", description=_("Total")),
        moment_column("placed_at", description=_("Placed")),
    )
    search_fields = ("number",)
    search_help_text = _("Number of the paper")
    ordering = ("-placed_at", "-id")
    tabs = (
        Tab("all", _("All"), Q()),
        Tab("returns", _("With returns"), Q(returns__lt=0)),
    )
    empty_title = _("No sales of the past yet")
    empty_text = _("Bring in a file of invoice lines: Catalogue, Imports, and choose sales of the past.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PastOrder]:
        orders: QuerySet[PastOrder] = super().get_queryset(request).select_related("customer")
        return orders

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(number__in={term, term.upper()}) if term else queryset), False

    def facts(self, actor: Actor, obj: PastOrder) -> list[Fact]:
        amounts = [
            (_("Goods"), obj.goods),
            (_("Discounts"), obj.discounts),
            (_("Returns"), obj.returns),
            (_("Delivery"), obj.delivery),
            (_("Other"), obj.others),
            (_("Tax"), obj.tax),
        ]
        return [
            _buyer(actor, obj),
            Fact(_("Country"), obj.country or _("not known")),
            *(Fact(label, format_amount(amount, obj.currency)) for label, amount in amounts if amount),
            Fact(_("Total"), format_amount(obj.total, obj.currency)),
        ]

    def subtitle(self, obj: PastOrder) -> Any:
        return format_html("{} · {}", _("Brought in from another system"), format_moment(obj.placed_at))

    def sections(self, actor: Actor, obj: PastOrder) -> list[Section]:
        lines = list_lines(obj)
        rows = [
            [line.sku, line.title, line.get_kind_display(), line.quantity, line.came_back or "",  # type: ignore[attr-defined]
             format_amount(line.unit_price, obj.currency), format_amount(line.gross, obj.currency)]
            for line in lines
        ]  # fmt: skip
        title = _("Lines") if obj.line_count <= MOST_LINES else _("The first 500 lines")
        found = [
            Section(
                title,
                columns=[
                    _("Code"),
                    _("Description"),
                    _("Kind"),
                    _("Pieces"),
                    _("Came back"),
                    _("Price"),
                    _("Sum"),
                ],
                rows=rows,
                align={3: "end", 4: "end", 5: "end", 6: "end"},
            )
        ]
        matches = list_matches(obj) if obj.returns or any(row[4] for row in rows) else []
        if matches:
            found.append(_matches(obj, matches))
        return found


def _buyer(actor: Actor, order: PastOrder) -> Fact:
    if order.customer is None:
        return Fact(_("Customer"), _("not known"))
    url = reverse("admin:customers_customer_change", args=[order.customer_id])
    return Fact(_("Customer"), str(order.customer), url if actor.may("customers.read") else "")


def _matches(order: PastOrder, matches: list[MatchedReturn]) -> Section:
    rows = []
    for match in matches:
        other = match.sale_line.order if match.return_line.order_id == order.pk else match.return_line.order
        takes = match.return_line.order_id == order.pk
        rows.append(
            [
                match.sale_line.title,
                match.quantity,
                _("sold on") if takes else _("came back on"),
                _link(other),
            ]
        )
    return Section(
        _("Returns and their sales"),
        columns=[_("Description"), _("Pieces"), "", _("Paper")],
        rows=rows,
        align={1: "end"},
    )


def _link(order: PastOrder) -> Any:
    url = reverse("admin:history_pastorder_change", args=[order.pk])
    return format_html('<a href="{}">{}</a>', url, order.number)


@tells_of(Customer)
def past_of_customer(actor: Actor, obj: Customer) -> list[Section]:
    """What the customer bought before, where there is something."""
    if not actor.may(READ):
        return []
    orders = list(list_past_orders_of(obj.pk)[:LAST_ORDERS])
    if not orders:
        return []
    rows = [
        [
            _link(order),
            order.line_count,
            format_amount(order.total, order.currency),
            format_moment(order.placed_at),
        ]
        for order in orders
    ]
    return [
        Section(
            _("Bought before"),
            columns=[_("Number"), _("Lines"), _("Total"), _("Placed")],
            rows=rows,
            align={1: "end", 2: "end"},
        )
    ]


nav.register(
    section="Sell",
    label=_("Sales of the past"),
    url="admin:history_pastorder_changelist",
    under="admin:orders_order_changelist",
    permission=READ,
    icon="history",
    order=61,
)
