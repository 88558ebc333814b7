"""Deliveries for programs."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.goods.inventory.lot_api import LotInput
from apps.goods.purchasing.models import (
    ChargeBasis,
    ChargeKind,
    GoodsReceipt,
    GoodsReceiptLine,
    LandedCost,
    RejectReason,
)
from apps.goods.purchasing.policies import READ
from apps.platform.api.below import below
from apps.platform.api.fields import (
    AmountField,
    CurrencyField,
    QuantityField,
    RowSerializer,
    StrictSerializer,
)
from apps.platform.api.views import TenantViewSet
from apps.platform.fields.api import CustomValuesField, TakesCustomFields


class GoodsReceiptLineSerializer(RowSerializer):
    class Meta:
        model = GoodsReceiptLine
        fields = [
            "id", "order_line", "variant", "accepted", "rejected", "reject_reason", "goods_value", "charges_value",
            "value", "unit_cost",
        ]  # fmt: skip


class LandedCostSerializer(RowSerializer):
    class Meta:
        model = LandedCost
        fields = ["id", "kind", "amount", "basis"]


class GoodsReceiptSerializer(RowSerializer):
    custom_fields = CustomValuesField()
    currency = CurrencyField()
    lines = GoodsReceiptLineSerializer(many=True, read_only=True)
    charges = LandedCostSerializer(many=True, read_only=True)

    class Meta:
        model = GoodsReceipt
        fields = [
            "id", "custom_fields", "number", "order", "location", "delivery_note", "note", "rate", "goods_value",
            "charges_value", "value", "currency", "received_at", "lines", "charges",
        ]  # fmt: skip


class ArrivalInput(StrictSerializer):
    line_id = serializers.UUIDField(help_text="The order's line.")
    accepted = QuantityField(min_value=0, required=False)
    accepted_packs = QuantityField(
        min_value=0, required=False, help_text="Packs that the line was ordered in, besides single pieces."
    )
    rejected = QuantityField(min_value=0, required=False)
    reason = serializers.ChoiceField(
        choices=RejectReason.choices, required=False, help_text="Needed when pieces are rejected."
    )
    lots = LotInput(many=True, required=False, max_length=500, help_text="Of goods that are told apart.")  # type: ignore[call-arg]


class ChargeInput(StrictSerializer):
    kind = serializers.ChoiceField(choices=ChargeKind.choices)
    amount = AmountField(min_value=0, help_text="In the business's currency.")
    basis = serializers.ChoiceField(choices=ChargeBasis.choices, default=ChargeBasis.VALUE)


class GoodsReceiptInput(StrictSerializer):
    lines = ArrivalInput(many=True, allow_empty=False, max_length=500)  # type: ignore[call-arg]
    charges = ChargeInput(many=True, required=False, max_length=20)  # type: ignore[call-arg]
    location_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="Left out: the order's location."
    )
    delivery_note = serializers.CharField(max_length=60, required=False, allow_blank=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class GoodsReceiptFilter(django_filters.FilterSet):
    order = django_filters.UUIDFilter(field_name="order_id")
    location = django_filters.UUIDFilter(field_name="location_id")
    supplier = django_filters.UUIDFilter(field_name="order__supplier_id")
    since = django_filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="gte")

    class Meta:
        model = GoodsReceipt
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["purchasing"])
class GoodsReceiptViewSet(TakesCustomFields, TenantViewSet):
    """What came of purchase orders, and what it cost."""

    model = GoodsReceipt
    permissions = {"custom_fields": "stock.receive", "list": READ, "retrieve": READ}
    serializer_class = GoodsReceiptSerializer
    filterset_class = GoodsReceiptFilter

    def rows(self) -> QuerySet[Any]:
        return GoodsReceipt.objects.prefetch_related(
            below("lines", GoodsReceiptLine), below("charges", LandedCost)
        )

    def retrieve(self, request: Request, pk: str) -> Response:
        """One delivery with its lines and landed costs."""
        return self.answer(self.get_row())
