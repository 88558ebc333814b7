"""Orders and the people who placed them, in the back office."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.web import sentence as refusal_sentence
from apps.platform.backoffice import nav, search
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_field_state,
    format_moment,
    moment_column,
    money_column,
    state_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact, Section, Step
from apps.platform.backoffice.pages import page
from apps.platform.backoffice.tabs import Tab
from apps.platform.fields.carrying import CarriesFields
from apps.platform.media.panel import CarriesFiles
from apps.selling.payments.admin.disputes import disputes_section
from apps.selling.payments.models import Dispute
from apps.selling.payments.selectors import list_disputes_of

from . import customer_admin, deliveries, later_admin, today_cards  # noqa: F401  (register their pages and figures)
from .account_verbs import TO_APPROVE, ApproveOrder, RefuseOrder, account_facts
from .amend_verbs import AmendOrder, versions_section
from .bulk_verbs import BulkOrders, TagOrder
from .buyer_verbs import AnswerBuyer
from .discounts import discount_summands, promotion_facts
from .forms import RefundForm
from .holding_verbs import HoldOrder, ReleaseOrder, UnpackOrder
from .kits import contents_words
from .models import Fulfilment, Order, OrderLine, OrderRefund, WaitingLine
from .models.order import TO_SHIP
from .money_verbs import RecordMoney, RemindOfPayment, TakeReserved
from .pages import order_path
from .profit import profit_section, sees_profit
from .reallocation import ReallocateOrder, sources_section
from .selectors import (
    OrderView,
    get_order,
    list_steps,
    list_to_ship,
    order_view,
    preview_refund,
    search_orders,
)
from .sold import counting_of_line, sold_line
from .states import PaymentState
from .tenders import credit_of, read_received, way_words, ways_back
from .verbs import AddNote, CancelOrder, ConfirmOrder, MarkDelivered, RefundOrder, ShipOrder

MOST_ON_BADGE = 99


def order_url(order: Order) -> str:
    """The order's page."""
    return reverse("admin:orders_order_change", args=[order.pk])


def delivery(order: Order) -> Any:
    """Where its goods are, and whether some have to come first."""
    state = format_field_state(order, "fulfilment_state")
    if not getattr(order, "waits", False):
        return state
    return format_html("{} <span class='mdk-soft'>{}</span>", state, _now("waits for goods"))


delivery.short_description = _("Delivery")  # type: ignore[attr-defined]
delivery.admin_order_field = "fulfilment_state"  # type: ignore[attr-defined]


@register(Order)
class OrderAdmin(CarriesFiles, CarriesFields, TenantModelAdmin):
    read_permission = "orders.read"
    attach_permission = "orders.note"
    list_display = (
        text_column("number", description=_("Number")),
        text_column("ship_name", description=_("Buyer")),
        state_column("state", description=_("Order")),
        state_column("payment_state", description=_("Payment")),
        delivery,
        money_column("total", currency="currency", description=_("Total")),
        moment_column("placed_at", description=_("Placed")),
    )
    list_filter = ("channel", "payment_state", "fulfilment_state")
    search_fields = ("number",)
    search_help_text = _("Number, buyer's order number, e-mail or name")
    ordering = ("-placed_at", "-id")
    tabs = (
        Tab("to_ship", _("To ship"), TO_SHIP, ordering=("placed_at", "id")),
        Tab("waiting", _("Waiting for goods"), Q(waits=True)),
        Tab("on_hold", _("On hold"), Q(fulfilment_state="on_hold", state__in=("placed", "confirmed"))),
        Tab("reserved", _("Money reserved"), Q(payment_state="authorised"), ordering=("placed_at", "id")),
        Tab("approve", _("To approve"), TO_APPROVE, ordering=("placed_at", "id")),
        Tab(
            "asked",
            _("Change asked for"),
            Q(change_asked_at__isnull=False),
            ordering=("change_asked_at", "id"),
        ),
        Tab("unpaid", _("Unpaid"), Q(state="placed") & ~TO_APPROVE, ordering=("placed_at", "id")),
        Tab("all", _("All"), Q()),
        Tab("cancelled", _("Cancelled"), Q(state__in=("cancelled", "expired", "rejected"))),
    )
    list_verbs = (BulkOrders,)
    empty_title = _("Nothing here")
    empty_text = _("Orders appear here as soon as somebody buys.")
    verbs = (
        ShipOrder, ApproveOrder, RefuseOrder, AnswerBuyer, MarkDelivered, RecordMoney, RemindOfPayment,
        TakeReserved, ReleaseOrder,
        ConfirmOrder, AmendOrder, RefundOrder, ReallocateOrder, HoldOrder, UnpackOrder, AddNote, TagOrder, CancelOrder,
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        orders: QuerySet[Order] = super().get_queryset(request).select_related("customer", "company")
        # Said in the list itself: which orders wait for goods that have to come first.
        waiting = WaitingLine.objects.filter(order=OuterRef("pk"), arrived_at__isnull=True)
        orders = orders.annotate(waits=Exists(waiting))
        match = request.resolver_match
        if match is not None and match.url_name == "orders_order_change":
            # The page of one order asks for its disputes only when there are any.
            disputed = Dispute.objects.filter(payment__owner_type="order", payment__owner_id=OuterRef("pk"))
            orders = orders.select_related("business").annotate(is_disputed=Exists(disputed))
        return orders

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=[order.pk for order in search_orders(search_term)]), False

    def title(self, obj: Order) -> Any:
        return _now("Order %(number)s") % {"number": obj.number}

    def subtitle(self, obj: Order) -> Any:
        return format_html("{} · {}", obj.get_channel_display(), format_moment(obj.placed_at))

    def facts(self, actor: Actor, obj: Order) -> list[Fact]:
        return [
            *_buyer_facts(actor, obj),
            *_money_facts(obj),
            *account_facts(obj),
            *promotion_facts(obj),
            *([Fact(_("Came from"), " · ".join(obj.attribution.values()))] if obj.attribution else []),
            Fact(_("Delivery"), obj.shipping_name, help=", ".join(obj.ship_lines)),
            Fact(_("Buyer's note"), obj.note)
            if obj.note
            else Fact(_("Buyer's page"), _("Open"), order_path(obj.business.slug, obj.public_token)),
        ]

    def sections(self, actor: Actor, obj: Order) -> list[Section]:
        view = order_view(obj, with_timeline=False)
        sources = sources_section(obj)
        is_disputed = getattr(obj, "is_disputed", False)
        disputes = disputes_section(list_disputes_of("order", obj.pk)) if is_disputed else None
        return [
            *([disputes] if disputes and disputes.rows else []),
            _lines_section(view),
            *([sources] if sources else []),
            *([_parcels_section(view)] if view.fulfilments else []),
            *([_refunds_section(view)] if view.refunds else []),
            *versions_section(obj),
            *([profit_section(view.lines, obj.currency)] if sees_profit(actor) else []),
        ]

    def timeline(self, actor: Actor, obj: Order) -> list[Step]:
        return [Step(step.at, step.text, step.actor_label) for step in reversed(list_steps(obj))]


def _buyer_facts(actor: Actor, order: Order) -> list[Fact]:
    url = ""
    if order.customer_id and actor.may("customers.read"):
        url = reverse("admin:customers_customer_change", args=[order.customer_id])
    contact = " · ".join(part for part in (order.email, order.phone) if part)
    return [Fact(_("Buyer"), order.ship_name or order.email or _now("unknown"), url, help=contact)]


def _money_facts(order: Order) -> list[Fact]:
    facts = [Fact(_("Total"), format_amount(order.total, order.currency))]
    if order.paid_total != order.total and not order.is_on_account:
        facts.append(Fact(_("Paid"), format_amount(order.paid_total, order.currency)))
    if order.paid_total:
        facts += [
            Fact(name, format_amount(amount, order.currency))
            for name, amount in credit_of(read_received(order))
        ]
    if order.refunded_total:
        facts.append(Fact(_("Refunded"), format_amount(order.refunded_total, order.currency)))
    if order.payment_state == PaymentState.PART_PAID:
        owed = format_amount(order.outstanding, order.currency)
        page = order_path(order.business.slug, order.public_token)
        facts.append(Fact(_("Still to be paid"), owed, page, help=_("Opens the page to pay it on")))
    return facts


def _lines_section(view: OrderView) -> Section:
    order = view.order
    contained = contents_words(order, view.lines)
    return Section(
        title=_("Items"),
        columns=[_("Item"), _("Pieces"), _("State"), _("Price"), _("Sum")],
        rows=[
            [
                format_html(
                    "{}<br><span class='mdk-soft'>{}</span>", line.title, contained.get(line.pk) or line.sku
                ),
                sold.words,
                _line_state(line),
                sold.price_words(format_amount(sold.price, order.currency)),
                format_amount(line.subtotal, order.currency),
            ]
            for line, sold in ((line, sold_line(line, order.currency)) for line in view.lines)
        ],
        align={1: "end", 3: "end", 4: "end"},
        footer=[[label, "", "", "", amount] for label, amount in _summands(order)],
    )


def _summands(order: Order) -> list[tuple[Any, Any]]:
    """How the order's total comes about; tax that the prices contain is said under it, not added to it."""
    shipping = order.shipping_total if order.tax_inclusive else order.shipping_net
    tax_name = order.business.tax_name or _now("Tax")
    summands: list[tuple[Any, Decimal]] = [(_("Items"), order.subtotal), (_("Delivery"), shipping)]
    summands[1:1] = discount_summands(order)
    if not order.tax_inclusive:
        summands.append((tax_name, order.tax_total))
    rows: list[tuple[Any, Any]] = [(label, format_amount(part, order.currency)) for label, part in summands]
    total = format_amount(order.total, order.currency)
    rows.append((format_html("<b>{}</b>", _("Total")), format_html("<b>{}</b>", total)))
    if order.tax_inclusive and order.tax_total:
        contained = _now("of which %(tax)s") % {"tax": tax_name}
        rows.append((contained, format_amount(order.tax_total, order.currency)))
    return rows


def _line_state(line: OrderLine) -> str:
    """How far the pieces of a line are, in words: "1 sent, 2 waiting"."""
    counts = (
        (line.waiting_quantity, _now("%(count)s waiting")),
        (line.fulfilled_quantity, _now("%(count)s sent")),
        (line.refunded_quantity, _now("%(count)s refunded")),
        (line.cancelled_quantity, _now("%(count)s cancelled")),
    )
    words = counting_of_line(line).words
    parts = ((text % {"count": words(count)},) for count, text in counts if count)
    return format_html_join(", ", '<span class="mdk-nowrap">{}</span>', parts)


def _parcels_section(view: OrderView) -> Section:
    return Section(
        title=_("Parcels"),
        columns=[_("Parcel"), _("Pieces"), _("Carrier"), _("Tracking"), _("State"), _("Sent")],
        rows=[
            [
                parcel.number,
                ", ".join(
                    f"{counting_of_line(piece.order_line).words(piece.quantity)} × {piece.order_line.title}"
                    for piece in parcel.lines.all()
                ),
                parcel.carrier,
                _tracking(parcel),
                format_field_state(parcel, "state"),
                format_moment(parcel.shipped_at),
            ]
            for parcel in view.fulfilments
        ],
    )


def _tracking(parcel: Fulfilment) -> Any:
    if not parcel.tracking_url:
        return parcel.tracking_number
    text = parcel.tracking_number or _now("Open")
    return format_html('<a href="{}" rel="noreferrer">{}</a>', parcel.tracking_url, text)


def _ways_back(refund: OrderRefund, currency: str) -> Any:
    """Each part of a refund with where it goes, below one another."""
    ways = ways_back(refund.parts)
    if not ways:
        return _now("the way it was paid")
    parts = (
        (format_amount(Decimal(amount), currency), way_words(tender, code)) for tender, code, amount in ways
    )
    return format_html_join(mark_safe("<br>"), '<span class="mdk-nowrap">{}</span> {}', parts)


def _refunds_section(view: OrderView) -> Section:
    def row(refund: OrderRefund) -> list[Any]:
        return [
            format_amount(refund.amount, view.order.currency),
            _ways_back(refund, view.order.currency),
            format_field_state(refund, "state"),
            refund.reason,
            _now("Yes") if refund.restocked else _now("No"),
            format_moment(refund.refunded_at),
        ]

    return Section(
        title=_("Refunds"),
        columns=[_("Amount"), _("Goes back"), _("State"), _("Reason"), _("Back in stock"), _("When")],
        rows=[row(refund) for refund in view.refunds],
        align={0: "end"},
    )


@page(
    "orders/<uuid:order_id>/refund-preview/",
    name="orders_refund_preview",
    title=_("Refund"),
    permission="orders.refund",
)
def refund_preview(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """What the refund on the page would come to, for htmx; nothing is written."""
    order = get_order(order_id)
    lines = list(OrderLine.objects.filter(order=order).select_related("variant").order_by("position"))
    form = RefundForm(order, lines, data=request.POST or None)
    context: dict[str, Any] = {"order": order}
    if form.is_valid():
        asked: Decimal | None = form.cleaned_data["amount"]
        try:
            plan = preview_refund(
                order, lines=form.wanted(), amount=asked, shipping=form.cleaned_data["shipping"]
            )
            context["plan"] = plan
            context["amount"] = format_amount(plan.amount, order.currency)
            context["deposit"] = format_amount(plan.deposit, order.currency) if plan.deposit else ""
            context["tax"] = format_amount(plan.tax, order.currency) if plan.tax else ""
        except DomainError as refused:
            context["problem"] = refusal_sentence(refused)
    return render(request, "orders/refund_preview.html", context)


def _waiting_badge(actor: Actor) -> str:
    count = len(list_to_ship().values_list("pk")[: MOST_ON_BADGE + 1])
    return "" if not count else str(count) if count <= MOST_ON_BADGE else f"{MOST_ON_BADGE}+"


nav.register(
    section="Sell",
    label=_("Orders"),
    url="admin:orders_order_changelist",
    permission="orders.read",
    icon="receipt_long",
    order=10,
    badge=_waiting_badge,
)


@search.register(permission="orders.read")
def find_orders(actor: Actor, term: str) -> list[search.Hit]:
    """Orders by number, e-mail or name."""
    return [
        search.Hit(
            title=_now("Order %(number)s") % {"number": order.number},
            description=f"{order.ship_name or order.email}, {format_amount(order.total, order.currency)}",
            url=order_url(order),
            icon="receipt_long",
        )
        for order in search_orders(term, limit=8)[:8]
    ]
