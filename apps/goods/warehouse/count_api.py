"""Counts for programs: a counting device opens, scans and finishes; whoever may approves."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.goods.catalog.costs import CostField
from apps.goods.warehouse import services
from apps.goods.warehouse.models import CountLine, CountScan, StockCount
from apps.goods.warehouse.policies import sees_expected
from apps.platform.api.fields import CurrencyField, QuantityField, RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet


class CountLineSerializer(RowSerializer):
    sku = serializers.CharField(source="variant.sku", read_only=True)
    expected_quantity = serializers.SerializerMethodField(
        help_text="What the ledger said when it was counted; null in a blind count for whoever counts."
    )
    variance = serializers.SerializerMethodField()

    class Meta:
        model = CountLine
        fields = [
            "id", "variant", "sku", "counted_quantity", "expected_quantity", "variance", "counted_at", "is_moved",
            "is_outdated", "posted_delta",
        ]  # fmt: skip

    def get_expected_quantity(self, line: CountLine) -> int | None:
        return line.expected_quantity if self.context.get("shows_expected") else None

    def get_variance(self, line: CountLine) -> int | None:
        return line.variance if self.context.get("shows_expected") else None


class CountSerializer(RowSerializer):
    value_delta = CostField()
    currency = CurrencyField()

    class Meta:
        model = StockCount
        fields = [
            "id", "number", "state", "location", "scope", "category", "stale_days", "is_blind", "note",
            "opened_by_label", "finished_by_label", "finished_at", "decided_by_label", "closed_at", "value_delta",
            "currency", "created_at",
        ]  # fmt: skip


class CountDetailSerializer(CountSerializer):
    lines = CountLineSerializer(many=True, read_only=True)

    class Meta(CountSerializer.Meta):
        fields = [*CountSerializer.Meta.fields, "lines"]


class ScanSerializer(RowSerializer):
    variant = serializers.UUIDField(source="line.variant_id", read_only=True)
    sku = serializers.CharField(source="line.variant.sku", read_only=True)

    class Meta:
        model = CountScan
        fields = ["id", "variant", "sku", "quantity", "is_total", "counted_after", "actor_label", "at"]


class CountInput(StrictSerializer):
    location_id = serializers.UUIDField(required=False, help_text="Left out: the default location.")
    scope = serializers.ChoiceField(choices=StockCount.Scope.choices, default=StockCount.Scope.ALL)
    category_id = serializers.UUIDField(required=False, help_text="For the scope `category`.")
    variant_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=5000, help_text="For the scope `chosen`."
    )
    stale_days = serializers.IntegerField(
        min_value=1, max_value=3650, required=False, help_text="For the scope `stale`."
    )
    is_blind = serializers.BooleanField(default=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ScanInput(StrictSerializer):
    code = serializers.CharField(
        max_length=120, required=False, help_text="SKU or barcode. This or `variant_id`."
    )
    variant_id = serializers.UUIDField(required=False)
    quantity = QuantityField(min_value=-1_000_000, default=1, help_text="Below zero takes back.")
    is_total = serializers.BooleanField(default=False, help_text="The quantity is all there is of it.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("code" in attrs) == ("variant_id" in attrs):
            raise serializers.ValidationError("Say either code or variant_id.")
        return attrs


class FinishInput(StrictSerializer):
    rest_is_gone = serializers.BooleanField(default=False, help_text="What nobody counted is not there.")


class DropInput(StrictSerializer):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class CountFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=StockCount.State.choices)
    location = django_filters.UUIDFilter(field_name="location_id")

    class Meta:
        model = StockCount
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["stock"])
class CountViewSet(TenantViewSet):
    """Stock counts, newest first."""

    model = StockCount
    permissions = {
        "list": "stock.read",
        "retrieve": "stock.read",
        "create": "stock.count",
        "scan": "stock.count",
        "finish": "stock.count",
        "approve": "stock.count",
        "reopen": "stock.count",
        "cancel": "stock.count",
    }
    input_classes = {"create": CountInput, "scan": ScanInput, "finish": FinishInput, "cancel": DropInput}
    serializer_class = CountSerializer
    filterset_class = CountFilter

    def rows(self) -> QuerySet[Any]:
        return StockCount.objects.all()

    @extend_schema(responses={200: CountDetailSerializer})
    def retrieve(self, request: Request, pk: str) -> Response:
        """One count with its lines."""
        return self._show(self.get_row())

    @extend_schema(request=CountInput, responses={201: CountDetailSerializer})
    def create(self, request: Request) -> Response:
        """Open a session at a location."""
        return self._show(services.open_count(self.actor, **self.read_input(), key=self.key), created=True)

    @extend_schema(request=ScanInput, responses={201: ScanSerializer})
    @action(detail=True, methods=["post"])
    def scan(self, request: Request, pk: str) -> Response:
        """So many more were found. With the device's own `Idempotency-Key` a scan sent again counts once."""
        given = self.read_input()
        found = services.record_scan(self.actor, count_id=self.row_id, **given, key=self.key)
        return self.answer(found, created=True, serializer_class=ScanSerializer)

    @extend_schema(request=FinishInput, responses={200: CountDetailSerializer})
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str) -> Response:
        """End the counting; the differences can be looked at."""
        given = self.read_input()
        return self._show(services.finish_count(self.actor, count_id=self.row_id, **given, key=self.key))

    @extend_schema(request=None, responses={200: CountDetailSerializer})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Post the differences as one adjustment; above the business's limit by somebody else who may."""
        return self._show(services.approve_count(self.actor, count_id=self.row_id, key=self.key))

    @extend_schema(request=None, responses={200: CountDetailSerializer})
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Go on counting."""
        return self._show(services.reopen_count(self.actor, count_id=self.row_id, key=self.key))

    @extend_schema(request=DropInput, responses={200: CountDetailSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Drop the session; stock stays as it is."""
        given = self.read_input()
        return self._show(services.cancel_count(self.actor, count_id=self.row_id, **given, key=self.key))

    def _show(self, count: StockCount, created: bool = False) -> Response:
        counted = CountLine.objects.select_related("variant").order_by("pk")
        row = self.rows().prefetch_related(Prefetch("lines", counted)).get(pk=count.pk)
        context = {**self.get_serializer_context(), "shows_expected": sees_expected(self.actor, row)}
        data = CountDetailSerializer(row, context=context).data
        return Response(data, status=201 if created else 200)
