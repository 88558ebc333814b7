"""Returns for programs: see, start, decide, receive, settle."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet, prefetch_related_objects
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.platform.api.below import below
from apps.platform.api.fields import AmountField, QuantityField, RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet

from . import policies, services
from .models import GoodsReturn, Reason, ReturnLine, ReturnSettlement, ReturnState, Wish
from .services.asking import WishedLine
from .services.receiving import ReceivedLine


class ReturnLineSerializer(RowSerializer):
    class Meta:
        model = ReturnLine
        fields: ClassVar[list[str]] = [
            "id", "order_line", "quantity", "reason", "exchange_variant", "sellable", "damaged", "missing",
        ]  # fmt: skip


class SettlementSerializer(RowSerializer):
    amount = AmountField(read_only=True)

    class Meta:
        model = ReturnSettlement
        fields: ClassVar[list[str]] = [
            "id",
            "how",
            "amount",
            "refund",
            "exchange_order",
            "problem",
            "created_at",
        ]


class ReturnSerializer(RowSerializer):
    class Meta:
        model = GoodsReturn
        fields: ClassVar[list[str]] = [
            "id", "number", "order", "state", "wish", "note", "words", "by_buyer", "requested_at", "decided_at",
            "settled_at", "updated_at",
        ]  # fmt: skip


class ReturnDetailSerializer(ReturnSerializer):
    """With its lines and what was paid back."""

    lines = ReturnLineSerializer(many=True)
    settlements = SettlementSerializer(many=True)

    class Meta(ReturnSerializer.Meta):
        fields: ClassVar[list[str]] = [*ReturnSerializer.Meta.fields, "lines", "settlements"]


class WishedLineInput(StrictSerializer):
    line_id = serializers.UUIDField(help_text="A line of the order.")
    quantity = QuantityField()
    reason = serializers.ChoiceField(choices=Reason.choices, default=Reason.OTHER)
    exchange_variant_id = serializers.UUIDField(required=False, allow_null=True)


class NewReturn(StrictSerializer):
    order_id = serializers.UUIDField()
    lines = WishedLineInput(many=True, max_length=500)  # type: ignore[call-arg]
    wish = serializers.ChoiceField(choices=Wish.choices, default=Wish.REFUND)
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class WordsInput(StrictSerializer):
    words = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class ReturnReceivedLineInput(StrictSerializer):
    line_id = serializers.UUIDField(help_text="A line of the return.")
    sellable = QuantityField(min_value=0, default=0)
    damaged = QuantityField(min_value=0, default=0)
    missing = QuantityField(min_value=0, default=0)


class ReturnReceiveInput(StrictSerializer):
    lines = ReturnReceivedLineInput(many=True, max_length=500)  # type: ignore[call-arg]


class ReturnSettleInput(StrictSerializer):
    how = serializers.ChoiceField(
        choices=Wish.choices, required=False, help_text="Without it, as was wished."
    )


class ReturnFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=ReturnState.choices)
    order = django_filters.UUIDFilter(field_name="order_id")

    class Meta:
        model = GoodsReturn
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["returns"])
class ReturnViewSet(TenantViewSet):
    """Goods that come back, and what becomes of their money."""

    model = GoodsReturn
    permissions = {
        "list": policies.READ,
        "retrieve": policies.READ,
        "create": policies.DECIDE,
        "approve": policies.DECIDE,
        "refuse": policies.DECIDE,
        "withdraw": policies.DECIDE,
        "receive": policies.RECEIVE,
        "settle": policies.DECIDE,
    }
    keys_required = frozenset({"settle"})
    input_classes = {
        "create": NewReturn,
        "approve": WordsInput,
        "refuse": WordsInput,
        "receive": ReturnReceiveInput,
        "settle": ReturnSettleInput,
    }
    serializer_class = ReturnSerializer
    filterset_class = ReturnFilter

    def rows(self) -> QuerySet[Any]:
        return GoodsReturn.objects.all()

    @extend_schema(responses=ReturnDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One return with its lines and what was paid back."""
        return self._answer_with(self.get_row())

    @extend_schema(
        request=NewReturn,
        responses={201: ReturnDetailSerializer},
        examples=[
            OpenApiExample(
                "One piece, for store credit",
                value={
                    "order_id": "01900000-0000-7000-8000-000000000001",
                    "lines": [
                        {"line_id": "01900000-0000-7000-8000-000000000002", "quantity": 1, "reason": "size"}
                    ],
                    "wish": "store_credit",
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Start a return of an order. It counts as approved, and the buyer is mailed how to send it."""
        given = self.read_input()
        given["lines"] = [WishedLine(**line) for line in given["lines"]]
        row = services.request_return(self.actor, **given, key=self.key)
        return self._answer_with(row, created=True)

    @extend_schema(request=WordsInput, responses=ReturnDetailSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Agree to what a buyer asked for."""
        return self._answer_with(
            services.approve_return(self.actor, return_id=self.row_id, **self.read_input())
        )

    @extend_schema(request=WordsInput, responses=ReturnDetailSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: str) -> Response:
        """Say no, in words that the buyer reads."""
        words = self.read_input().get("words", "")
        return self._answer_with(services.refuse_return(self.actor, return_id=self.row_id, words=words))

    @extend_schema(request=None, responses=ReturnDetailSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Call it off before anything has arrived."""
        return self._answer_with(services.withdraw_return(self.actor, return_id=self.row_id))

    @extend_schema(request=ReturnReceiveInput, responses=ReturnDetailSerializer)
    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> Response:
        """Note what arrived and how; pieces left out are still on their way."""
        lines = [ReceivedLine(**line) for line in self.read_input()["lines"]]
        row = services.receive_return(self.actor, return_id=self.row_id, lines=lines, key=self.key)
        return self._answer_with(row)

    @extend_schema(request=ReturnSettleInput, responses=ReturnDetailSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: str) -> Response:
        """Pay back what arrived. Needs `orders.refund` as well, and an `Idempotency-Key`."""
        given = self.read_input()
        row = services.settle_return(
            self.actor, return_id=self.row_id, how=given.get("how", ""), key=self.key
        )
        return self._answer_with(row)

    def _answer_with(self, row: GoodsReturn, *, created: bool = False) -> Response:
        prefetch_related_objects([row], below("lines", ReturnLine), below("settlements", ReturnSettlement))
        return self.answer(row, created=created, serializer_class=ReturnDetailSerializer)


def register(router: BaseRouter) -> None:
    """Mount it."""
    router.register("returns", ReturnViewSet, basename="return")
