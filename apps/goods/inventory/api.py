"""Stock for programs: what lies where, what came in, what was found to be different."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import F, Q, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.goods.catalog.costs import CostField
from apps.goods.inventory import services
from apps.goods.inventory.api_adjustments import AdjustmentDetailSerializer, AdjustmentViewSet
from apps.goods.inventory.api_alerts import StockAlertViewSet
from apps.goods.inventory.api_kits import register as register_kits
from apps.goods.inventory.api_reports import REPORTS, StockReports
from apps.goods.inventory.incoming import with_incoming
from apps.goods.inventory.lines import AdjustLine, SetLine, StockLine
from apps.goods.inventory.lot_api import LotInput, LotViewSet, drafts_of
from apps.goods.inventory.models import AdjustReason, StockBalance, StockMovement
from apps.goods.inventory.selectors import list_low_stock
from apps.platform.api.fields import (
    AmountField,
    CurrencyField,
    QuantityField,
    RowSerializer,
    StrictSerializer,
)
from apps.platform.api.filters import YesNoFilter
from apps.platform.api.views import TenantViewSet
from apps.platform.businesses.models import Location


class LocationSerializer(RowSerializer):
    class Meta:
        model = Location
        fields = ["id", "name", "code", "kind", "is_default", "active"]


class BalanceSerializer(RowSerializer):
    available = serializers.IntegerField(read_only=True, help_text="On hand and promised to nobody.")
    incoming = serializers.IntegerField(read_only=True, help_text="On its way to this location.")
    sku = serializers.CharField(source="variant.sku", read_only=True)
    location_code = serializers.CharField(source="location.code", read_only=True)
    value = CostField()
    currency = CurrencyField()

    class Meta:
        model = StockBalance
        fields = [
            "id", "variant", "sku", "location", "location_code", "on_hand", "reserved", "available", "incoming",
            "value", "currency", "backorder_limit", "low_stock_threshold", "updated_at",
        ]  # fmt: skip


class MovementSerializer(RowSerializer):
    value_delta = CostField()
    unit_cost = CostField()
    currency = CurrencyField()

    class Meta:
        model = StockMovement
        fields = [
            "id", "variant", "location", "lot", "on_hand_delta", "reserved_delta", "value_delta", "unit_cost",
            "currency", "reason", "reason_code", "reference_type", "reference_id", "note", "actor_label", "occurred_at",
        ]  # fmt: skip


class MovementsSerializer(serializers.Serializer[Any]):
    """What a receipt or an adjustment wrote."""

    movements = MovementSerializer(many=True)


class ProposedSerializer(serializers.Serializer[Any]):
    """What an adjustment wrote; or the one that waits for somebody's approval."""

    movements = MovementSerializer(many=True)
    waiting = AdjustmentDetailSerializer(allow_null=True)


class ReceiveLineInput(StrictSerializer):
    variant_id = serializers.UUIDField()
    quantity = QuantityField()
    unit_cost = AmountField(
        min_value=0, required=False, allow_null=True, help_text="Left out: the variant's own cost."
    )
    lots = LotInput(many=True, required=False, max_length=500, help_text="Of goods that are told apart.")  # type: ignore[call-arg]


class ReceiveInput(StrictSerializer):
    occurred_at = serializers.DateTimeField(
        required=False, help_text="When it came, if earlier: see stock.md."
    )
    location_id = serializers.UUIDField(required=False, help_text="Left out: the default location.")
    lines = ReceiveLineInput(many=True, allow_empty=False, max_length=500)  # type: ignore[call-arg]
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class AdjustLineInput(StrictSerializer):
    variant_id = serializers.UUIDField()
    delta = QuantityField(
        min_value=-1_000_000, required=False, help_text="By how many. Either this or `counted`."
    )
    counted = QuantityField(min_value=0, required=False, help_text="To how many.")
    lot_id = serializers.UUIDField(required=False, help_text="Of one lot alone.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("delta" in attrs) == ("counted" in attrs):
            raise serializers.ValidationError("Say either delta or counted.")
        return attrs


class AdjustInput(StrictSerializer):
    location_id = serializers.UUIDField(required=False, help_text="Left out: the default location.")
    lines = AdjustLineInput(many=True, allow_empty=False, max_length=500)  # type: ignore[call-arg]
    reason_code = serializers.ChoiceField(choices=AdjustReason.choices, default=AdjustReason.CORRECTION)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class SetLineInput(StrictSerializer):
    variant_id = serializers.UUIDField(required=False)
    code = serializers.CharField(
        max_length=120, required=False, help_text="SKU or barcode. This or `variant_id`."
    )
    quantity = QuantityField(min_value=0, help_text="How many lie there.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("code" in attrs) == ("variant_id" in attrs):
            raise serializers.ValidationError("Say either code or variant_id.")
        return attrs


class SetInput(StrictSerializer):
    location_id = serializers.UUIDField(required=False, help_text="Left out: the default location.")
    lines = SetLineInput(many=True, allow_empty=False, max_length=1000)  # type: ignore[call-arg]
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class WarningInput(StrictSerializer):
    threshold = QuantityField(
        min_value=0, allow_null=True, help_text="Warn when so many or fewer can be promised."
    )


class BalanceFilter(django_filters.FilterSet):
    variant = django_filters.UUIDFilter(field_name="variant_id")
    location = django_filters.UUIDFilter(field_name="location_id")
    sku = django_filters.CharFilter(field_name="variant__sku", lookup_expr="iexact", max_length=120)
    in_stock = YesNoFilter(method="by_stock", help_text="Whether anything may be promised.")
    low = YesNoFilter(method="by_level", help_text="Whether it is at its warning level, or below.")
    updated_after = django_filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gt")

    class Meta:
        model = StockBalance
        fields: ClassVar[list[str]] = []

    def by_stock(self, balances: QuerySet[StockBalance], _name: str, wanted: bool) -> QuerySet[StockBalance]:
        """Rows with, or without, available pieces."""
        there = {"on_hand__gt": F("reserved")}
        return balances.filter(**there) if wanted else balances.exclude(**there)

    def by_level(self, balances: QuerySet[StockBalance], _name: str, wanted: bool) -> QuerySet[StockBalance]:
        """Rows that run low, of goods that are sold and counted; or the others."""
        low = Q(pk__in=list_low_stock().order_by().values("pk"))
        return balances.filter(low if wanted else ~low)


class MovementFilter(django_filters.FilterSet):
    variant = django_filters.UUIDFilter(field_name="variant_id")
    location = django_filters.UUIDFilter(field_name="location_id")
    reason = django_filters.ChoiceFilter(choices=StockMovement.Reason.choices)
    since = django_filters.IsoDateTimeFilter(field_name="occurred_at", lookup_expr="gte")

    class Meta:
        model = StockMovement
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["stock"])
class StockViewSet(StockReports, TenantViewSet):
    """How many pieces of each variant lie at each location."""

    model = StockBalance
    permissions = {
        **dict.fromkeys(REPORTS, "stock.read"),
        "list": "stock.read",
        "retrieve": "stock.read",
        "partial_update": "stock.rules",
        "receive": "stock.receive",
        "adjust": "stock.adjust",
        "set": "stock.adjust",
    }
    input_classes = {
        "partial_update": WarningInput,
        "receive": ReceiveInput,
        "adjust": AdjustInput,
        "set": SetInput,
    }
    serializer_class = BalanceSerializer
    filterset_class = BalanceFilter
    orderings = {
        "-id": ("-id",),
        "id": ("id",),
        "-on_hand": ("-on_hand", "-id"),
        "on_hand": ("on_hand", "id"),
    }

    def rows(self) -> QuerySet[Any]:
        return with_incoming(StockBalance.objects.select_related("variant", "location"))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One balance."""
        return self.answer(self.get_row())

    @extend_schema(request=WarningInput)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Say at which number the location is warned; null: the usual level."""
        balance = self.get_row()
        services.set_warning_level(
            self.actor, variant_id=balance.variant_id, location_id=balance.location_id, **self.read_input()
        )
        return self.answer(self.get_row())

    @extend_schema(
        request=ReceiveInput,
        responses={201: MovementsSerializer},
        examples=[
            OpenApiExample(
                "Twelve mugs arrive",
                value={
                    "lines": [
                        {
                            "variant_id": "01900000-0000-7000-8000-000000000001",
                            "quantity": 12,
                            "unit_cost": "4.20",
                        }
                    ],
                    "note": "Delivery note 4711",
                },
                request_only=True,
            )
        ],
    )
    @action(detail=False, methods=["post"])
    def receive(self, request: Request) -> Response:
        """Put units on the shelves of a location."""
        given = self.read_input()
        lines = [StockLine(**drafts_of(line)) for line in given.pop("lines")]
        movements = services.receive_stock(
            self.actor,
            location_id=given.pop("location_id", None),
            lines=lines,
            **given,
            key=self.key,
        )
        return self._answer_movements(movements)

    @extend_schema(request=AdjustInput, responses={201: ProposedSerializer})
    @action(detail=False, methods=["post"])
    def adjust(self, request: Request) -> Response:
        """Correct what is on hand, by a difference or to a counted number.

        Above the business's limit nothing is written: `waiting` is the adjustment that somebody must approve.
        """
        given = self.read_input()
        lines = [AdjustLine(**line) for line in given.pop("lines")]
        proposed = services.propose_adjustment(
            self.actor,
            location_id=given.pop("location_id", None),
            lines=lines,
            **given,
            key=self.key,
        )
        return self.answer(proposed, created=True, serializer_class=ProposedSerializer)

    @extend_schema(request=SetInput, responses={201: ProposedSerializer})
    @action(detail=False, methods=["post"])
    def set(self, request: Request) -> Response:
        """Say how many lie there, for up to a thousand goods at once: all of it is written, or nothing.

        Sent again it changes nothing, with or without a key; goods that are right already write no movement.
        """
        given = self.read_input()
        proposed = services.set_quantities(
            self.actor,
            location_id=given.pop("location_id", None),
            lines=[SetLine(**line) for line in given.pop("lines")],
            **given,
            key=self.key,
        )
        return self.answer(proposed, created=True, serializer_class=ProposedSerializer)

    def _answer_movements(self, movements: list[StockMovement]) -> Response:
        return self.answer({"movements": movements}, created=True, serializer_class=MovementsSerializer)


@extend_schema(tags=["stock"])
class MovementViewSet(TenantViewSet):
    """The stock ledger, newest first."""

    model = StockMovement
    permissions = {"list": "stock.read", "retrieve": "stock.read"}
    serializer_class = MovementSerializer
    filterset_class = MovementFilter

    def rows(self) -> QuerySet[Any]:
        return StockMovement.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One movement."""
        return self.answer(self.get_row())


@extend_schema(tags=["stock"])
class LocationViewSet(TenantViewSet):
    """Where stock lies."""

    model = Location
    permissions = {"list": "stock.read", "retrieve": "stock.read"}
    serializer_class = LocationSerializer

    def rows(self) -> QuerySet[Any]:
        return Location.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One location."""
        return self.answer(self.get_row())


def register(router: BaseRouter) -> None:
    """Mount stock."""
    router.register("stock/movements", MovementViewSet, basename="stock-movement")
    router.register("stock/lots", LotViewSet, basename="lot")
    router.register("stock/locations", LocationViewSet, basename="location")
    router.register("stock/alerts", StockAlertViewSet, basename="stock-alert")
    router.register("stock/adjustments", AdjustmentViewSet, basename="adjustment")
    router.register("stock", StockViewSet, basename="stock")
    register_kits(router)
