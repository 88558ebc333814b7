"""Lots and serial numbers for programs: what expires, blocking, recall, and whom a lot reached."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.goods.inventory import services
from apps.goods.inventory.lines import LotDraft
from apps.goods.inventory.models import Lot, LotBalance
from apps.goods.inventory.tracing import trace_lot
from apps.platform.api.below import below
from apps.platform.api.fields import QuantityField, RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet
from apps.platform.fields.api import CustomValuesField, TakesCustomFields


class LotInput(StrictSerializer):
    """A lot, or a serial number, that comes in."""

    code = serializers.CharField(max_length=60, help_text="Lot or serial number.")
    quantity = QuantityField(
        required=False, help_text="Left out: all pieces of the line; 1 for a serial number."
    )
    expires_on = serializers.DateField(required=False, allow_null=True)
    best_before = serializers.DateField(required=False, allow_null=True)
    supplier = serializers.CharField(max_length=200, required=False, allow_blank=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


def drafts_of(line: dict[str, Any]) -> dict[str, Any]:
    """A line as read, its lots as drafts."""
    return {**line, "lots": [LotDraft(**lot) for lot in line.get("lots", [])]}


class LotBalanceSerializer(RowSerializer):
    class Meta:
        model = LotBalance
        fields = ["location", "on_hand", "withheld"]


class LotSerializer(RowSerializer):
    custom_fields = CustomValuesField()
    sku = serializers.CharField(source="variant.sku", read_only=True)
    balances = LotBalanceSerializer(many=True, read_only=True)

    class Meta:
        model = Lot
        fields = [
            "id", "custom_fields", "variant", "sku", "code", "is_serial", "state", "state_reason", "expires_on",
            "best_before", "received_on", "supplier", "note", "balances", "updated_at",
        ]  # fmt: skip


class TracedSerializer(serializers.Serializer[Any]):
    """What one paper did with the lot. Contact is empty for who may not read it."""

    reference_type = serializers.CharField()
    reference_id = serializers.UUIDField(allow_null=True)
    label = serializers.CharField(source="paper.label")  # type: ignore[assignment]
    name = serializers.CharField(source="paper.name")
    email = serializers.CharField(source="paper.email")
    phone = serializers.CharField(source="paper.phone")
    at = serializers.DateTimeField()
    went = serializers.IntegerField()
    came = serializers.IntegerField()


class TraceSerializer(serializers.Serializer[Any]):
    """Where a lot came from, whom it reached, what else moved it, where it lies."""

    receipts = TracedSerializer(many=True)
    buyers = TracedSerializer(many=True)
    transfers = TracedSerializer(many=True)
    others = TracedSerializer(many=True)
    lying = LotBalanceSerializer(many=True)


class LotReasonInput(StrictSerializer):
    reason = serializers.CharField(max_length=300)


class LotFilter(django_filters.FilterSet):
    variant = django_filters.UUIDFilter(field_name="variant_id")
    code = django_filters.CharFilter(method="by_code", max_length=60)
    state = django_filters.ChoiceFilter(choices=Lot.State.choices)
    expires_before = django_filters.DateFilter(field_name="expires_on", lookup_expr="lt")

    class Meta:
        model = Lot
        fields: ClassVar[list[str]] = []

    def by_code(self, lots: QuerySet[Lot], _name: str, code: str) -> QuerySet[Lot]:
        """The lot or serial number, in any capitals."""
        return lots.filter(code=code.strip().upper())


@extend_schema(tags=["stock"])
class LotViewSet(TakesCustomFields, TenantViewSet):
    """Lots and serial numbers of goods that are told apart."""

    model = Lot
    permissions = {
        "custom_fields": "stock.receive",
        "list": "stock.read",
        "retrieve": "stock.read",
        "trace": "stock.read",
        "block": "stock.lots",
        "open": "stock.lots",
        "recall": "stock.lots",
    }
    input_classes = {"block": LotReasonInput, "open": LotReasonInput, "recall": LotReasonInput}
    serializer_class = LotSerializer
    filterset_class = LotFilter

    def rows(self) -> QuerySet[Any]:
        return Lot.objects.select_related("variant").prefetch_related(below("balances", LotBalance))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One lot with where it lies."""
        return self.answer(self.get_row())

    @extend_schema(responses={200: TraceSerializer})
    @action(detail=True, methods=["get"])
    def trace(self, request: Request, pk: str) -> Response:
        """Every order, delivery and transfer that moved the lot, and its people."""
        return self.answer(trace_lot(self.actor, self.get_row()), serializer_class=TraceSerializer)

    @extend_schema(request=LotReasonInput)
    @action(detail=True, methods=["post"])
    def block(self, request: Request, pk: str) -> Response:
        """Keep its pieces on the shelf."""
        return self._decide(services.block_lot)

    @extend_schema(request=LotReasonInput)
    @action(detail=True, methods=["post"])
    def open(self, request: Request, pk: str) -> Response:
        """Let it be sold again."""
        return self._decide(services.open_lot)

    @extend_schema(request=LotReasonInput)
    @action(detail=True, methods=["post"])
    def recall(self, request: Request, pk: str) -> Response:
        """Block it for good cause; `trace` says whom it reached."""
        return self._decide(services.recall_lot)

    def _decide(self, service: Any) -> Response:
        given = self.read_input()
        return self.answer(service(self.actor, lot_id=self.row_id, **given, key=self.key))
