"""Purchase orders for programs."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.goods.inventory.lot_api import drafts_of
from apps.goods.purchasing import services
from apps.goods.purchasing.drafts import ArrivalDraft, LineDraft, OrderDraft
from apps.goods.purchasing.landing import Charge
from apps.goods.purchasing.models import OrderState, PurchaseLine, PurchaseOrder
from apps.goods.purchasing.policies import APPROVE, READ, WRITE
from apps.goods.purchasing.receipt_api import GoodsReceiptInput, GoodsReceiptSerializer
from apps.goods.purchasing.report_api import REPORTS, PurchaseReports
from apps.goods.purchasing.supplier_api import ForeignAmountField
from apps.platform.api.below import below
from apps.platform.api.fields import AmountField, QuantityField, RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet
from apps.platform.fields.api import CustomValuesField, TakesCustomFields


class PurchaseLineSerializer(RowSerializer):
    unit_cost = ForeignAmountField(currency="order.currency")
    pack_cost = ForeignAmountField(currency="order.currency", allow_null=True)
    net = ForeignAmountField(currency="order.currency")
    tax = ForeignAmountField(currency="order.currency")

    class Meta:
        model = PurchaseLine
        fields = [
            "id", "position", "variant", "title", "sku", "supplier_sku", "quantity", "unit_cost", "pack_name",
            "pack_quantity", "pack_cost", "tax_rate", "net", "tax", "most_quantity", "received_quantity",
            "rejected_quantity",
        ]  # fmt: skip


class PurchaseOrderSerializer(RowSerializer):
    custom_fields = CustomValuesField()
    net_total = ForeignAmountField(currency="currency")
    tax_total = ForeignAmountField(currency="currency")
    total = ForeignAmountField(currency="currency")
    base_total = AmountField(read_only=True, help_text="Net, in the business's currency.")
    lines = PurchaseLineSerializer(many=True, read_only=True)

    class Meta:
        model = PurchaseOrder
        fields = [
            "id", "custom_fields",
            "number", "version", "supplier", "location", "state", "currency", "rate", "rate_on", "expected_on",
            "note", "net_total", "tax_total", "total", "base_total", "submitted_at", "approved_at", "sent_at",
            "received_at", "closed_at", "cancelled_at", "lines", "created_at", "updated_at",
        ]  # fmt: skip


class PurchaseLineInput(StrictSerializer):
    variant_id = serializers.UUIDField()
    quantity = QuantityField(help_text="Stock units; packs when a pack is named.")
    pack_id = serializers.UUIDField(required=False, allow_null=True, help_text="One of the variant's packs.")
    pack_size = QuantityField(
        required=False,
        max_value=1_000_000,
        help_text="Instead of a pack: how many are in one of the supplier's.",
    )
    pack_cost = serializers.DecimalField(
        max_digits=19, decimal_places=4, min_value=0, required=False, allow_null=True,
        help_text="One pack, in the supplier's currency, without tax. Left out: the supplier's cost.",
    )  # fmt: skip
    unit_cost = serializers.DecimalField(
        max_digits=19, decimal_places=4, min_value=0, required=False, allow_null=True,
        help_text="One piece, in the supplier's currency, without tax. Left out: the supplier's cost.",
    )  # fmt: skip
    tax_rate = serializers.DecimalField(
        max_digits=7, decimal_places=4, required=False, allow_null=True, help_text="A fraction."
    )
    supplier_sku = serializers.CharField(max_length=120, required=False, allow_null=True, allow_blank=True)


class PurchaseOrderChange(StrictSerializer):
    location_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="Left out: the default location."
    )
    expected_on = serializers.DateField(required=False, allow_null=True)
    rate = serializers.DecimalField(
        max_digits=18, decimal_places=8, required=False, allow_null=True,
        help_text="What 1 of the supplier's currency is worth in the business's. Needed when they differ.",
    )  # fmt: skip
    rate_on = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    lines = PurchaseLineInput(many=True, allow_empty=False, max_length=500)  # type: ignore[call-arg]


class PurchaseOrderInput(PurchaseOrderChange):
    supplier_id = serializers.UUIDField()


class SendPurchaseOrderInput(StrictSerializer):
    email = serializers.EmailField(
        max_length=254,
        required=False,
        allow_blank=True,
        help_text="Left out: the supplier was told otherwise.",
    )
    message = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class PurchaseReasonInput(StrictSerializer):
    reason = serializers.CharField(max_length=500)


class OptionalPurchaseReasonInput(StrictSerializer):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class PurchaseOrderFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=OrderState.choices)
    supplier = django_filters.UUIDFilter(field_name="supplier_id")
    location = django_filters.UUIDFilter(field_name="location_id")
    number = django_filters.CharFilter(field_name="number", lookup_expr="iexact", max_length=24)
    updated_after = django_filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gt")

    class Meta:
        model = PurchaseOrder
        fields: ClassVar[list[str]] = []


def draft_of(given: dict[str, Any]) -> OrderDraft:
    """The input as the service takes it."""
    lines = [LineDraft(**line) for line in given.pop("lines")]
    return OrderDraft(lines=lines, **given)


@extend_schema(tags=["purchasing"])
class PurchaseOrderViewSet(PurchaseReports, TakesCustomFields, TenantViewSet):
    """What was ordered from suppliers."""

    model = PurchaseOrder
    permissions = {
        **dict.fromkeys(REPORTS, READ),
        "custom_fields": WRITE,
        "list": READ,
        "retrieve": READ,
        "create": WRITE,
        "update": WRITE,
        "submit": WRITE,
        "send_back": APPROVE,
        "approve": APPROVE,
        "send": WRITE,
        "amend": WRITE,
        "receive": "stock.receive",
        "close": WRITE,
        "cancel": WRITE,
    }
    keys_required = frozenset({"submit", "receive"})
    input_classes = {
        "create": PurchaseOrderInput,
        "update": PurchaseOrderChange,
        "send_back": PurchaseReasonInput,
        "send": SendPurchaseOrderInput,
        "amend": PurchaseReasonInput,
        "receive": GoodsReceiptInput,
        "close": OptionalPurchaseReasonInput,
        "cancel": PurchaseReasonInput,
    }
    serializer_class = PurchaseOrderSerializer
    filterset_class = PurchaseOrderFilter

    def rows(self) -> QuerySet[Any]:
        return PurchaseOrder.objects.prefetch_related(below("lines", PurchaseLine))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One purchase order with its lines."""
        return self.answer(self.get_row())

    @extend_schema(
        request=PurchaseOrderInput,
        responses={201: PurchaseOrderSerializer},
        examples=[
            OpenApiExample(
                "A hundred mugs",
                value={
                    "supplier_id": "01900000-0000-7000-8000-000000000001",
                    "rate": "0.86",
                    "lines": [
                        {
                            "variant_id": "01900000-0000-7000-8000-000000000002",
                            "quantity": 100,
                            "unit_cost": "4.2550",
                        }
                    ],
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Write a draft."""
        given = self.read_input()
        order = services.draft_order(
            self.actor, supplier_id=given.pop("supplier_id"), draft=draft_of(given), key=self.key
        )
        return self.answer(order, created=True)

    @extend_schema(request=PurchaseOrderChange)
    def update(self, request: Request, pk: str) -> Response:
        """Write a draft anew; its lines become these."""
        order = self.get_row()
        draft = draft_of(self.read_input())
        return self.answer(services.change_order(self.actor, order_id=order.pk, draft=draft))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        """Ask for approval."""
        return self.answer(services.submit_order(self.actor, order_id=self.get_row().pk, key=self.key))

    @extend_schema(request=PurchaseReasonInput)
    @action(detail=True, methods=["post"], url_path="send-back")
    def send_back(self, request: Request, pk: str) -> Response:
        """Give it back to who wrote it."""
        given = self.read_input()
        return self.answer(services.send_back_order(self.actor, order_id=self.get_row().pk, **given))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Allow it, and keep this version."""
        return self.answer(services.approve_order(self.actor, order_id=self.get_row().pk))

    @extend_schema(request=SendPurchaseOrderInput)
    @action(detail=True, methods=["post"])
    def send(self, request: Request, pk: str) -> Response:
        """Send it to the supplier; its goods are incoming from now on."""
        given = self.read_input()
        return self.answer(services.send_order(self.actor, order_id=self.get_row().pk, key=self.key, **given))

    @extend_schema(request=PurchaseReasonInput)
    @action(detail=True, methods=["post"])
    def amend(self, request: Request, pk: str) -> Response:
        """Begin the next version of an approved order."""
        given = self.read_input()
        return self.answer(services.amend_order(self.actor, order_id=self.get_row().pk, **given))

    @extend_schema(request=GoodsReceiptInput, responses={201: GoodsReceiptSerializer})
    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> Response:
        """Take in what came, with its landed costs; answers with the receipt."""
        given = self.read_input()
        receipt = services.receive_goods(
            self.actor,
            order_id=self.get_row().pk,
            lines=[ArrivalDraft(**drafts_of(line)) for line in given.pop("lines")],
            charges=[Charge(**charge) for charge in given.pop("charges", [])],
            key=self.key,
            **given,
        )
        return self.answer(receipt, created=True, serializer_class=GoodsReceiptSerializer)

    @extend_schema(request=OptionalPurchaseReasonInput)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """End it with what has come."""
        given = self.read_input()
        return self.answer(services.close_order(self.actor, order_id=self.get_row().pk, **given))

    @extend_schema(request=PurchaseReasonInput)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Take it back before anything has come."""
        given = self.read_input()
        return self.answer(services.cancel_order(self.actor, order_id=self.get_row().pk, **given))
