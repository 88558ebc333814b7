"""What runs low and where, for programs: alerts, and what is done about them."""

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
from apps.goods.inventory.models import StockAlert
from apps.goods.inventory.selectors import list_alerts
from apps.platform.api.fields import RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet


class StockAlertSerializer(RowSerializer):
    sku = serializers.CharField(source="variant.sku", read_only=True)
    location_code = serializers.CharField(source="location.code", read_only=True)
    available = serializers.IntegerField(read_only=True, help_text="When it ran low.")
    left_now = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="On hand and promised to nobody, at this moment."
    )
    incoming = serializers.IntegerField(read_only=True, help_text="On its way to this location.")
    bought_from = serializers.CharField(read_only=True, help_text="The supplier to ask; empty: nobody knows.")

    class Meta:
        model = StockAlert
        fields = [
            "id", "variant", "sku", "location", "location_code", "state", "threshold", "available", "left_now",
            "incoming", "bought_from", "note", "opened_at", "acknowledged_at", "acknowledged_by_label", "resolved_at",
            "resolved_by_label", "resolution",
        ]  # fmt: skip


class CareInput(StrictSerializer):
    note = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="What is done about it."
    )


class AlertReasonInput(StrictSerializer):
    reason = serializers.CharField(max_length=200)


class StockAlertFilter(django_filters.FilterSet):
    variant = django_filters.UUIDFilter(field_name="variant_id")
    location = django_filters.UUIDFilter(field_name="location_id")
    state = django_filters.ChoiceFilter(choices=StockAlert.State.choices)
    sku = django_filters.CharFilter(field_name="variant__sku", lookup_expr="iexact", max_length=120)
    since = django_filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gte")

    class Meta:
        model = StockAlert
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["stock"])
class StockAlertViewSet(TenantViewSet):
    """Falls to the warning level, newest first; each ends when stock is back or somebody says why not."""

    model = StockAlert
    permissions = {
        "list": "stock.read",
        "retrieve": "stock.read",
        "acknowledge": "stock.adjust",
        "resolve": "stock.adjust",
    }
    input_classes = {"acknowledge": CareInput, "resolve": AlertReasonInput}
    serializer_class = StockAlertSerializer
    filterset_class = StockAlertFilter

    def rows(self) -> QuerySet[Any]:
        return list_alerts().select_related("variant", "location")

    def retrieve(self, request: Request, pk: str) -> Response:
        """One alert."""
        return self.answer(self.get_row())

    @extend_schema(request=CareInput)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say that somebody takes care of it; again it changes the note."""
        services.acknowledge_alert(self.actor, alert_id=self.row_id, **self.read_input())
        return self.answer(self.get_row())

    @extend_schema(request=AlertReasonInput)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        """Close it without new stock: nothing is said until stock was back once and falls again."""
        services.resolve_alert(self.actor, alert_id=self.row_id, **self.read_input())
        return self.answer(self.get_row())
