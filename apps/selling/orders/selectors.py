"""Reads of orders that more than one door needs. Each has a constant number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import (
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Prefetch,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from apps.kernel.errors import NotFound
from apps.kernel.tenancy import across
from apps.people.customers.models import Company, Customer
from apps.people.customers.selectors import is_of_user
from apps.platform.businesses.selectors import get_current_business

from .drafts import RefundLine
from .models import Fulfilment, FulfilmentLine, Order, OrderLine, OrderRefund, TimelineEntry, WaitingLine
from .models.order import TO_SHIP
from .refunds import RefundPlan, plan_refund
from .states import CAME_TO_NOTHING, FulfilmentState, OrderState, PaymentState
from .timeline import sentence

UNSETTLED = (PaymentState.UNPAID, PaymentState.PART_PAID)
# Who has less than this left is not sent to a payment page any more.
TIME_TO_PAY = dt.timedelta(minutes=10)


def get_order(order_id: UUID) -> Order:
    """An order of the bound business; raises `NotFound`."""
    order: Order | None = Order.objects.select_related("business", "customer").filter(pk=order_id).first()
    if order is None:
        raise NotFound()
    return order


def find_order_by_token(token: str) -> Order | None:
    """The order of the bound business behind a secret link, or None."""
    order: Order | None = Order.objects.select_related("business").filter(public_token=token).first()
    return order


@across("orders.token")
def find_across_order_by_token(token: str) -> Order | None:
    """The order behind a secret link, whatever the business: the token itself is the permission."""
    order: Order | None = Order.unscoped.select_related("business").filter(public_token=token).first()
    return order


def list_orders_of_checkout(checkout_id: UUID) -> QuerySet[Order]:
    """The orders of the bound business that were placed by one checkout."""
    orders: QuerySet[Order] = Order.objects.filter(checkout_id=checkout_id).order_by("business_id", "id")
    return orders


def list_orders_of_customer(customer_id: UUID) -> QuerySet[Order]:
    """A customer's orders, newest first."""
    orders: QuerySet[Order] = Order.objects.filter(customer_id=customer_id).order_by("-placed_at", "-id")
    return orders


def list_orders_of_email(email: str) -> QuerySet[Order]:
    """The orders that name this address, newest first."""
    orders: QuerySet[Order] = Order.objects.filter(email=email.strip().lower())
    return orders.order_by("-placed_at", "-id")


def list_orders_of_buyer(user_id: UUID, company: Company | None = None) -> QuerySet[Order]:
    """The orders of who has signed in, and of the company for which she buys; newest first.

    As `is_of_user` finds customers: linked, or by an address that she has proved.
    """
    hers = Customer.objects.filter(is_of_user(user_id)).values("pk")
    wanted = Q(customer__in=hers)
    if company is not None:
        wanted |= Q(company=company)
    orders: QuerySet[Order] = Order.objects.filter(wanted).order_by("-placed_at", "-id")
    return orders


@across("tasks.due")
def list_across_due_orders(moment: dt.datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(order, business) of unpaid orders whose time is over, of all businesses, the oldest first."""
    due = Order.unscoped.filter(state=OrderState.PLACED, expires_at__lte=moment).order_by("expires_at")
    return list(due.values_list("pk", "business_id")[:limit])


@across("tasks.due")
def list_across_unpaid_orders(moment: dt.datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(order, business) of unpaid orders of which half the time is over and enough is left to pay in."""
    waiting = Order.unscoped.filter(state=OrderState.PLACED, payment_state__in=UNSETTLED, reminded_at=None)
    span = DurationField()
    halved = waiting.exclude(email="").annotate(
        left=ExpressionWrapper(F("expires_at") - moment, span),
        gone=ExpressionWrapper(Value(moment, DateTimeField()) - F("placed_at"), span),
    )
    due = halved.filter(expires_at__gt=moment + TIME_TO_PAY, left__lte=F("gone")).order_by("expires_at")
    return list(due.values_list("pk", "business_id")[:limit])


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence of an order's story."""

    at: dt.datetime
    text: str
    actor_label: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class OrderView:
    """All that the staff's page of an order shows."""

    order: Order
    lines: list[OrderLine]
    fulfilments: list[Fulfilment]
    refunds: list[OrderRefund]
    timeline: list[Step]


def order_view(order: Order, *, with_timeline: bool = True) -> OrderView:
    """An order with its lines, parcels, refunds and story: five queries for any size."""
    return OrderView(
        order=order,
        lines=list(OrderLine.objects.filter(order=order).select_related("variant").order_by("position")),
        fulfilments=_parcels(order),
        refunds=_refunds(order),
        timeline=list_steps(order) if with_timeline else [],
    )


def list_steps(order: Order, *, only_public: bool = False) -> list[Step]:
    """The order's story, oldest first; `only_public` leaves out what is for staff. One query."""
    entries = TimelineEntry.objects.filter(order=order)
    if only_public:
        entries = entries.filter(is_public=True)
    return [
        Step(entry.at, sentence(entry, currency=order.currency), entry.actor_label, entry.kind)
        for entry in entries.order_by("id")
    ]


def _parcels(order: Order) -> list[Fulfilment]:
    lines = FulfilmentLine.objects.select_related("order_line__variant").order_by("order_line__position")
    parcels = Fulfilment.objects.filter(order=order).prefetch_related(Prefetch("lines", queryset=lines))
    return list(parcels.order_by("number"))


def _refunds(order: Order) -> list[OrderRefund]:
    """Its refunds; an order of which nothing went back has none, and is not asked."""
    return list(OrderRefund.objects.filter(order=order).order_by("id")) if order.refunded_total else []


@dataclass(frozen=True, slots=True)
class TrackingView:
    """All that the buyer's page behind the secret link shows. `next_step` says what happens next."""

    order: Order
    lines: list[OrderLine]
    parcels: list[Fulfilment]
    steps: list[Step]
    next_step: str
    refunds: list[OrderRefund] = field(default_factory=list)


def buyer_lines(order: Order) -> list[OrderLine]:
    """The order's lines with their products, covers and what of them waits for goods (`waiting_part`); one query."""
    lines = OrderLine.objects.filter(order=order).select_related("variant__product__cover", "waiting")
    return list(lines.defer("variant__product__search", "variant__product__search_text").order_by("position"))


def waiting_part(line: OrderLine) -> WaitingLine | None:
    """What of a line of `buyer_lines` waits for goods that have not come yet."""
    part: WaitingLine | None = getattr(line, "waiting", None)
    return part if part is not None and part.arrived_at is None else None


def tracking_view(order: Order, *, with_goods: bool = False) -> TrackingView:
    """What a buyer sees of her order: five queries for any size, nothing that is for staff only.

    `with_goods` is for the store's page: lines as `buyer_lines`, parcels without what is in them.
    """
    lines = OrderLine.objects.filter(order=order).order_by("position")
    return TrackingView(
        order=order,
        lines=buyer_lines(order) if with_goods else list(lines),
        parcels=list(Fulfilment.objects.filter(order=order).order_by("number"))
        if with_goods
        else _parcels(order),
        steps=list_steps(order, only_public=True),
        next_step=next_step(order),
        refunds=_refunds(order),
    )


def next_step(order: Order) -> str:
    """What happens next, in one sentence for the buyer."""
    if order.state == OrderState.CANCELLED:
        return _("This order is cancelled. What you paid goes back to you.")
    if order.state == OrderState.REJECTED:
        return _("The shop cannot take this order on. What you paid goes back to you.")
    if order.state == OrderState.EXPIRED:
        return _("This order was not paid in time. Nothing was taken; you can order again.")
    if order.payment_state == PaymentState.REFUNDED:
        return _("Your money goes back to you.")
    if order.state == OrderState.PLACED:
        return _("We are waiting for your payment; until then your items are kept for you.")
    sentences = {
        FulfilmentState.UNFULFILLED: _("We are packing your order."),
        FulfilmentState.PART_FULFILLED: _("A part is on its way; we are packing the rest."),
        FulfilmentState.ON_HOLD: _("Your order waits with us; we write to you when it goes on."),
        FulfilmentState.READY: _("Your order is packed and leaves next."),
        FulfilmentState.IN_TRANSIT: _("Your order is on its way."),
        FulfilmentState.FULFILLED: _("Your order is on its way."),
        FulfilmentState.DELIVERED: _("Your order has arrived. Enjoy it!"),
        FulfilmentState.RETURNING: _("We are waiting for what you send back."),
        FulfilmentState.RETURNED: _("Your goods are back with us."),
    }
    return sentences[FulfilmentState(order.fulfilment_state)]


def preview_refund(
    order: Order,
    *,
    lines: Sequence[tuple[UUID, int] | RefundLine] = (),
    amount: Decimal | None = None,
    shipping: Decimal | None = None,
) -> RefundPlan:
    """What a refund would come to, without any effect; raises as `refund_order` does. One query."""
    of_order = list(OrderLine.objects.filter(order=order).order_by("position"))
    return plan_refund(order, of_order, pieces=lines, amount=amount, shipping=shipping)


MOST_FOUND = 200
SHORTEST_NAME = 3


def search_orders(term: str, limit: int = MOST_FOUND) -> QuerySet[Order]:
    """Orders by number, beginning of the e-mail address, or a part of the buyer's name; newest first.

    Each look-up reads one index and is bounded, so that a search costs the same among a thousand and a million.
    """
    term = term.strip().lstrip("#")
    found: QuerySet[Order] = Order.objects.none()
    if term:
        numbers = {term, term.upper()}
        if prefix := get_current_business().order_prefix:
            numbers.add(f"{prefix}{term}")
        ids = set(Order.objects.filter(number__in=numbers).values_list("pk", flat=True))
        named = Order.objects.exclude(po_number="").annotate(named=Upper("po_number"))
        ids |= set(named.filter(named=term.upper()).values_list("pk", flat=True)[:limit])
        if len(term) >= 2:
            ids |= set(
                Order.objects.filter(email__startswith=term.lower()).values_list("pk", flat=True)[:limit]
            )
        if len(term) >= SHORTEST_NAME:
            # Shorter than three letters the trigram index would read everything.
            ids |= set(Order.objects.filter(ship_name__icontains=term).values_list("pk", flat=True)[:limit])
        found = Order.objects.filter(pk__in=ids)
    return found.order_by("-placed_at", "-id")


@dataclass(frozen=True, slots=True)
class Trade:
    """Orders placed in a span of time, those that came to nothing left out."""

    count: int
    total: Decimal


def trade_between(*spans: tuple[dt.datetime, dt.datetime]) -> list[Trade]:
    """Number and sum of the orders placed in each span (from, to); one query for all spans."""
    sold = ~Q(state__in=(*CAME_TO_NOTHING, OrderState.DRAFT))
    sums: dict[str, Any] = {}
    within = Q()
    for index, (start, end) in enumerate(spans):
        span = Q(placed_at__gte=start, placed_at__lt=end)
        within |= span
        sums[f"count_{index}"] = Count("pk", filter=span & sold)
        sums[f"total_{index}"] = Sum("total", filter=span & sold)
    found = Order.objects.filter(within).aggregate(**sums)
    return [
        Trade(found[f"count_{index}"], found[f"total_{index}"] or Decimal(0)) for index in range(len(spans))
    ]


def list_to_ship() -> QuerySet[Order]:
    """Orders with goods that have not left, paid or with reserved money, the one that waits longest first."""
    orders: QuerySet[Order] = Order.objects.filter(TO_SHIP)
    return orders.order_by("placed_at", "id")
