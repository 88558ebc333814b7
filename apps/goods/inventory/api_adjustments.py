"""Adjustments that wait for somebody's approval, for programs."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.goods.catalog.costs import CostField
from apps.goods.inventory import services
from apps.goods.inventory.models import Adjustment, AdjustmentLine
from apps.platform.api.fields import CurrencyField, RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet


class AdjustmentLineSerializer(RowSerializer):
    value_delta = CostField()

    class Meta:
        model = AdjustmentLine
        fields = ["id", "variant", "lot", "delta", "value_delta"]


class AdjustmentSerializer(RowSerializer):
    """An adjustment in a list."""

    worth = CostField()
    currency = CurrencyField()

    class Meta:
        model = Adjustment
        fields = [
            "id", "number", "state", "location", "reason_code", "note", "worth", "currency", "requested_by_label",
            "decided_by_label", "decided_at", "decision", "created_at",
        ]  # fmt: skip


class AdjustmentDetailSerializer(AdjustmentSerializer):
    lines = AdjustmentLineSerializer(many=True, read_only=True)

    class Meta(AdjustmentSerializer.Meta):
        fields = [*AdjustmentSerializer.Meta.fields, "lines"]


class DecisionInput(StrictSerializer):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class RefusalInput(StrictSerializer):
    reason = serializers.CharField(max_length=300)


class AdjustmentFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=Adjustment.State.choices)
    location = django_filters.UUIDFilter(field_name="location_id")

    class Meta:
        model = Adjustment
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["stock"])
class AdjustmentViewSet(TenantViewSet):
    """Adjustments of so much value that they wait for approval, newest first."""

    model = Adjustment
    permissions = {
        "list": "stock.read",
        "retrieve": "stock.read",
        "approve": "stock.approve",
        "reject": "stock.approve",
    }
    input_classes = {"approve": DecisionInput, "reject": RefusalInput}
    serializer_class = AdjustmentSerializer
    filterset_class = AdjustmentFilter

    def rows(self) -> QuerySet[Any]:
        return Adjustment.objects.all()

    @extend_schema(responses={200: AdjustmentDetailSerializer})
    def retrieve(self, request: Request, pk: str) -> Response:
        """One adjustment with its lines."""
        return self._show(self.get_row())

    @extend_schema(request=DecisionInput, responses={200: AdjustmentDetailSerializer})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Write it. Not for whoever asked for it."""
        given = self.read_input()
        done = services.approve_adjustment(self.actor, adjustment_id=self.row_id, **given, key=self.key)
        return self._show(done)

    @extend_schema(request=RefusalInput, responses={200: AdjustmentDetailSerializer})
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Leave stock as it is, with a reason."""
        given = self.read_input()
        done = services.reject_adjustment(self.actor, adjustment_id=self.row_id, **given, key=self.key)
        return self._show(done)

    def _show(self, row: Adjustment) -> Response:
        return self.answer(row, serializer_class=AdjustmentDetailSerializer)
