"""Orders for programs: read them, send them, give money back, end them."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet, prefetch_related_objects
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.goods.inventory.lines import LotPick
from apps.kernel.actors import Actor
from apps.platform.api.below import below
from apps.platform.api.filters import AmountFilter
from apps.platform.api.views import TenantViewSet
from apps.platform.approvals.selectors import list_approvers
from apps.platform.approvals.services import with_approver
from apps.platform.businesses.channels import Channel
from apps.platform.fields.api import TakesCustomFields
from apps.selling.orders import services
from apps.selling.orders.amend_api import AmendInput, AmendmentInput, TakesAmendments
from apps.selling.orders.api_shapes import (
    ApproverSerializer,
    CancelInput,
    DeliveredInput,
    FulfilInput,
    FulfilmentSerializer,
    MoneyInput,
    NoteInput,
    OrderDetailSerializer,
    OrderSerializer,
    ReallocateInput,
    RefundInput,
    RefundSerializer,
    TakeInput,
    TimelineSerializer,
)
from apps.selling.orders.models import (
    Fulfilment,
    FulfilmentLine,
    Order,
    OrderLine,
    OrderPayment,
    OrderRefund,
    OrderRefundLine,
    TimelineEntry,
)
from apps.selling.orders.states import FulfilmentState, OrderState, PaymentState


class OrderFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=OrderState.choices)
    payment_state = django_filters.ChoiceFilter(choices=PaymentState.choices)
    fulfilment_state = django_filters.ChoiceFilter(choices=FulfilmentState.choices)
    channel = django_filters.ChoiceFilter(choices=Channel.choices)
    number = django_filters.CharFilter(lookup_expr="iexact", max_length=24)
    po_number = django_filters.CharFilter(lookup_expr="iexact", max_length=60)
    email = django_filters.CharFilter(method="by_email", max_length=254)
    customer = django_filters.UUIDFilter(field_name="customer_id")
    placed_from = django_filters.IsoDateTimeFilter(field_name="placed_at", lookup_expr="gte")
    placed_before = django_filters.IsoDateTimeFilter(field_name="placed_at", lookup_expr="lt")
    updated_after = django_filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gt")
    min_total = AmountFilter(field_name="total", lookup_expr="gte")
    search = django_filters.CharFilter(
        method="by_words", max_length=100, help_text="Number, e-mail or part of a name."
    )

    class Meta:
        model = Order
        fields: ClassVar[list[str]] = []

    def by_email(self, orders: QuerySet[Order], _name: str, email: str) -> QuerySet[Order]:
        """Orders of this address, in any capitals."""
        return orders.filter(email=email.strip().lower())

    def by_words(self, orders: QuerySet[Order], _name: str, words: str) -> QuerySet[Order]:
        """Orders with this number, or of somebody called so."""
        return orders.filter(
            Q(number__iexact=words) | Q(email__startswith=words.lower()) | Q(ship_name__icontains=words)
        )


@extend_schema_view(retrieve=extend_schema(responses=OrderDetailSerializer))
@extend_schema(tags=["orders"])
class OrderViewSet(TakesAmendments, TakesCustomFields, TenantViewSet):
    """Promises to buyers, and what became of them."""

    model = Order
    permissions = {
        "custom_fields": "orders.note",
        "list": "orders.read",
        "retrieve": "orders.read",
        "timeline": "orders.read",
        "cancel": "orders.cancel",
        "fulfil": "orders.fulfil",
        "delivered": "orders.fulfil",
        "refund": "orders.refund",
        "approvers": "orders.refund",
        "notes": "orders.note",
        "money": "orders.take_money",
        "take": "orders.take_money",
        "reallocate": "orders.fulfil",
        "amend": "orders.amend",
        "amend_preview": "orders.amend",
        "versions": "orders.read",
    }
    keys_required = frozenset({"refund", "money", "amend"})
    input_classes = {
        "cancel": CancelInput,
        "fulfil": FulfilInput,
        "delivered": DeliveredInput,
        "refund": RefundInput,
        "notes": NoteInput,
        "money": MoneyInput,
        "take": TakeInput,
        "amend": AmendInput,
        "amend_preview": AmendmentInput,
        "reallocate": ReallocateInput,
    }
    serializer_class = OrderSerializer
    filterset_class = OrderFilter
    orderings = {
        "-placed_at": ("-placed_at", "-id"),
        "placed_at": ("placed_at", "id"),
        "-updated_at": ("-updated_at", "-id"),
        "updated_at": ("updated_at", "id"),
        "-total": ("-total", "-id"),
        "total": ("total", "id"),
    }

    def rows(self) -> QuerySet[Any]:
        return Order.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One order with lines, parcels and refunds."""
        return self._answer_with(self.get_row())

    @extend_schema(responses=TimelineSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None)
    def timeline(self, request: Request, pk: str) -> Response:
        """What happened to the order, a page at a time."""
        self.orderings = {  # type: ignore[misc]
            "id": ("id",),
            "-id": ("-id",),
        }
        entries = self.paginate_queryset(
            self.filter_queryset(TimelineEntry.objects.filter(order=self.get_row()))
        )
        data = TimelineSerializer(entries, many=True, context=self.get_serializer_context()).data
        return self.get_paginated_response(data)

    @extend_schema(request=CancelInput, responses=OrderDetailSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel the order, or what has not left yet. What was paid for it goes back, its stock is free again."""
        given = self.read_input()
        order = services.cancel_order(self._approved(given), order_id=self.row_id, **given, key=self.key)
        return self._answer_with(order)

    @extend_schema(
        request=FulfilInput,
        responses={201: FulfilmentSerializer},
        examples=[
            OpenApiExample(
                "Everything in one parcel",
                value={"carrier": "Royal Mail", "tracking_number": "AB123456789GB"},
                request_only=True,
            )
        ],
    )
    @action(detail=True, methods=["post"])
    def fulfil(self, request: Request, pk: str) -> Response:
        """Send goods of a paid order: all that waits, or the lines and quantities that are named."""
        given = self.read_input()
        if "lines" in given:
            given["lots"] = {
                line["line_id"]: [LotPick(**pick) for pick in line["lots"]]
                for line in given["lines"]
                if line.get("lots")
            }
            given["lines"] = [(line["line_id"], line["quantity"]) for line in given["lines"]]
        fulfilment = services.send_order(self.actor, order_id=self.row_id, **given, key=self.key)
        return self.answer(fulfilment, created=True, serializer_class=FulfilmentSerializer)

    @extend_schema(request=DeliveredInput, responses=OrderDetailSerializer)
    @action(detail=True, methods=["post"])
    def delivered(self, request: Request, pk: str) -> Response:
        """Note that a parcel, or all of them, arrived."""
        order = services.mark_delivered(self.actor, order_id=self.row_id, **self.read_input(), key=self.key)
        return self._answer_with(order)

    @extend_schema(
        request=RefundInput,
        responses={201: RefundSerializer},
        examples=[
            OpenApiExample(
                "One piece came back",
                value={
                    "lines": [{"line_id": "01900000-0000-7000-8000-000000000001", "quantity": 1}],
                    "restock": True,
                    "reason": "Wrong size",
                },
                request_only=True,
            )
        ],
    )
    @action(detail=True, methods=["post"])
    def refund(self, request: Request, pk: str) -> Response:
        """Give money back, for pieces, for delivery or as an amount. Needs an `Idempotency-Key`."""
        given = self.read_input()
        lines = [(line["line_id"], line["quantity"]) for line in given.pop("lines", [])]
        actor = self._approved(given)
        refund = services.refund_order(actor, order_id=self.row_id, lines=lines, **given, key=self.key)
        return self.answer(refund, created=True, serializer_class=RefundSerializer)

    @extend_schema(responses=ApproverSerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def approvers(self, request: Request) -> Response:
        """Who has a PIN and may give back more of an order than the caller may alone."""
        return Response(ApproverSerializer(list_approvers(self.actor, "orders.refund"), many=True).data)

    @extend_schema(request=ReallocateInput, responses=OrderDetailSerializer)
    @action(detail=True, methods=["post"])
    def reallocate(self, request: Request, pk: str) -> Response:
        """Take what was not sent yet from another location: all that is named, or nothing."""
        order = services.reallocate_order(self.actor, order_id=self.row_id, **self.read_input(), key=self.key)
        return self._answer_with(order)

    @extend_schema(request=MoneyInput, responses=OrderDetailSerializer)
    @action(detail=True, methods=["post"])
    def money(self, request: Request, pk: str) -> Response:
        """Record cash or a bank transfer that came for the order, all or a part. Needs an `Idempotency-Key`."""
        order = services.record_money(self.actor, order_id=self.row_id, **self.read_input(), key=self.key)
        return self._answer_with(order)

    @extend_schema(request=TakeInput, responses=OrderDetailSerializer)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str) -> Response:
        """Take the money that a payment company has reserved for the order. Asked twice it takes once."""
        return self._answer_with(
            services.take_reserved(self.actor, order_id=self.row_id, **self.read_input())
        )

    @extend_schema(request=NoteInput, responses={201: TimelineSerializer})
    @action(detail=True, methods=["post"])
    def notes(self, request: Request, pk: str) -> Response:
        """Write a note that only staff see."""
        entry = services.add_note(self.actor, order_id=self.row_id, **self.read_input(), key=self.key)
        return self.answer(entry, created=True, serializer_class=TimelineSerializer)

    def _approved(self, given: dict[str, Any]) -> Actor:
        """The caller with who approves, taken out of what was sent."""
        if "approver" not in given:
            return self.actor
        return with_approver(self.actor, approver_id=given.pop("approver"), pin=given.pop("pin"))

    def _answer_with(self, order: Order) -> Response:
        prefetch_related_objects(
            [order],
            below("lines", OrderLine),
            below("payments", OrderPayment),
            below("fulfilments", Fulfilment),
            below("fulfilments__lines", FulfilmentLine),
            below("refunds", OrderRefund),
            below("refunds__lines", OrderRefundLine),
        )
        return self.answer(order, serializer_class=OrderDetailSerializer)


def register(router: BaseRouter) -> None:
    """Mount orders."""
    router.register("orders", OrderViewSet, basename="order")
