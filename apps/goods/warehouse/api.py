"""Transfers for programs."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.goods.catalog.costs import CostField
from apps.goods.warehouse import services
from apps.goods.warehouse.count_api import CountViewSet
from apps.goods.warehouse.lines import LandedLine, WantedLine
from apps.goods.warehouse.models import Transfer, TransferLine
from apps.platform.api.below import below
from apps.platform.api.fields import CurrencyField, QuantityField, RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet
from apps.platform.fields.api import CustomValuesField, TakesCustomFields


class TransferLineSerializer(RowSerializer):
    sku = serializers.CharField(source="variant.sku", read_only=True)
    open_quantity = serializers.IntegerField(read_only=True, help_text="Still on its way.")
    sent_value = CostField()
    landed_value = CostField()

    class Meta:
        model = TransferLine
        fields = [
            "id", "variant", "sku", "requested_quantity", "sent_quantity", "arrived_quantity", "damaged_quantity",
            "missing_quantity", "open_quantity", "sent_value", "landed_value",
        ]  # fmt: skip


class TransferSerializer(RowSerializer):
    """A transfer in a list."""

    custom_fields = CustomValuesField()

    class Meta:
        model = Transfer
        fields = [
            "id", "custom_fields", "number", "state", "source", "destination", "note", "requested_by_label", "approval",
            "approved_by_label", "approved_at", "created_at", "shipped_at",
            "closed_at",
        ]  # fmt: skip


class TransferDetailSerializer(TransferSerializer):
    currency = CurrencyField()
    lines = TransferLineSerializer(many=True, read_only=True)

    class Meta(TransferSerializer.Meta):
        fields = [*TransferSerializer.Meta.fields, "currency", "lines"]


class WantedLineInput(StrictSerializer):
    variant_id = serializers.UUIDField()
    quantity = QuantityField()


class TransferInput(StrictSerializer):
    source_id = serializers.UUIDField(help_text="The location the goods leave.")
    destination_id = serializers.UUIDField()
    lines = WantedLineInput(many=True, allow_empty=False, max_length=500)  # type: ignore[call-arg]
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class SentLineInput(StrictSerializer):
    line_id = serializers.UUIDField()
    quantity = QuantityField(min_value=0)


class ShipInput(StrictSerializer):
    lines = SentLineInput(  # type: ignore[call-arg]
        many=True, required=False, max_length=500, help_text="Left out: all that was asked for."
    )
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class LandedLineInput(StrictSerializer):
    line_id = serializers.UUIDField()
    arrived = QuantityField(min_value=0, default=0)
    damaged = QuantityField(min_value=0, default=0)
    missing = QuantityField(min_value=0, default=0)


class ReceiveTransferInput(StrictSerializer):
    lines = LandedLineInput(many=True, allow_empty=False, max_length=500)  # type: ignore[call-arg]
    reason = serializers.CharField(
        max_length=300, required=False, allow_blank=True, help_text="Needed with damaged or missing pieces."
    )


class ApproveTransferInput(StrictSerializer):
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class CancelTransferInput(StrictSerializer):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class TransferFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=Transfer.State.choices)
    source = django_filters.UUIDFilter(field_name="source_id")
    destination = django_filters.UUIDFilter(field_name="destination_id")

    class Meta:
        model = Transfer
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["stock"])
class TransferViewSet(TakesCustomFields, TenantViewSet):
    """Goods between locations, newest first."""

    model = Transfer
    permissions = {
        "custom_fields": "stock.transfer",
        "list": "stock.read",
        "retrieve": "stock.read",
        "create": "stock.transfer",
        "approve": "stock.approve_transfer",
        "ship": "stock.transfer",
        "receive": "stock.transfer",
        "cancel": "stock.transfer",
    }
    input_classes = {
        "create": TransferInput,
        "approve": ApproveTransferInput,
        "ship": ShipInput,
        "receive": ReceiveTransferInput,
        "cancel": CancelTransferInput,
    }
    serializer_class = TransferSerializer
    filterset_class = TransferFilter

    def rows(self) -> QuerySet[Any]:
        return Transfer.objects.all()

    @extend_schema(responses={200: TransferDetailSerializer})
    def retrieve(self, request: Request, pk: str) -> Response:
        """One transfer with its lines."""
        return self._show(self.get_row())

    @extend_schema(request=TransferInput, responses={201: TransferDetailSerializer})
    def create(self, request: Request) -> Response:
        """Ask for goods of another location."""
        given = self.read_input()
        lines = [WantedLine(**line) for line in given.pop("lines")]
        return self._show(services.request_transfer(self.actor, lines=lines, **given, key=self.key), True)

    @extend_schema(request=ApproveTransferInput, responses={200: TransferDetailSerializer})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Agree that they leave, where the business wants somebody to."""
        given = self.read_input()
        return self._show(
            services.approve_transfer(self.actor, transfer_id=self.row_id, **given, key=self.key)
        )

    @extend_schema(request=ShipInput, responses={200: TransferDetailSerializer})
    @action(detail=True, methods=["post"])
    def ship(self, request: Request, pk: str) -> Response:
        """Send them: all that was asked for, or less."""
        given = self.read_input()
        lines = given.pop("lines", None)
        sent = None if lines is None else {line["line_id"]: line["quantity"] for line in lines}
        return self._show(
            services.ship_transfer(
                self.actor, transfer_id=self.row_id, quantities=sent, **given, key=self.key
            )
        )

    @extend_schema(request=ReceiveTransferInput, responses={200: TransferDetailSerializer})
    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> Response:
        """Receive a part or the rest; damaged and missing pieces are written off."""
        given = self.read_input()
        lines = [LandedLine(**line) for line in given.pop("lines")]
        return self._show(
            services.receive_transfer(self.actor, transfer_id=self.row_id, lines=lines, **given, key=self.key)
        )

    @extend_schema(request=CancelTransferInput, responses={200: TransferDetailSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Call it off before it is sent."""
        given = self.read_input()
        return self._show(
            services.cancel_transfer(self.actor, transfer_id=self.row_id, **given, key=self.key)
        )

    def _show(self, transfer: Transfer, created: bool = False) -> Response:
        row = (
            self.rows()
            .prefetch_related(below("lines", TransferLine.objects.select_related("variant")))
            .get(pk=transfer.pk)
        )
        return self.answer(row, created=created, serializer_class=TransferDetailSerializer)


def register(router: BaseRouter) -> None:
    """Mount transfers and counts."""
    router.register("stock/counts", CountViewSet, basename="stock-count")
    router.register("stock/transfers", TransferViewSet, basename="transfer")
