"""What the API shows of orders, and what it takes."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from apps.platform.api.fields import AmountField, QuantityField, RowSerializer, StrictSerializer
from apps.platform.fields.api import CustomValuesField
from apps.selling.orders.models import (
    Fulfilment,
    FulfilmentLine,
    Order,
    OrderLine,
    OrderPayment,
    OrderRefund,
    OrderRefundLine,
    Tender,
    TimelineEntry,
)
from apps.selling.orders.timeline import sentence


class OrderSerializer(RowSerializer):
    """An order in a list."""

    custom_fields = CustomValuesField()
    outstanding = AmountField(read_only=True, help_text="What the buyer still owes.")

    class Meta:
        model = Order
        fields: ClassVar[list[str]] = [
            "id", "custom_fields",
            "number", "channel", "customer", "email", "state", "payment_state", "fulfilment_state", "currency",
            "version", "po_number", "tags", "total", "paid_total", "refunded_total", "outstanding",
            "placed_at", "expires_at", "paid_at", "closed_at", "updated_at",
        ]  # fmt: skip


class OrderLineSerializer(RowSerializer):
    class Meta:
        model = OrderLine
        fields = [
            "id", "position", "variant", "product_title", "variant_title", "sku", "pack_name", "pack_quantity",
            "quantity", "unit_price", "tax_rate", "subtotal", "discount", "net", "tax", "gross", "tax_parts", "hsn",
            "fulfilled_quantity", "cancelled_quantity", "refunded_quantity",
        ]  # fmt: skip


class OrderPromotionSerializer(serializers.Serializer[Any]):
    """What took something off the order, as it was."""

    promotion_id = serializers.UUIDField()
    name = serializers.CharField()
    code = serializers.CharField(help_text="The code it was had by; empty: it applied by itself.")
    kind = serializers.CharField(help_text="percent, amount, delivery, get or bundle.")
    amount = serializers.CharField()
    lines = serializers.DictField(
        child=serializers.CharField(), help_text="Amount by line; empty for delivery."
    )


class FulfilmentLineSerializer(RowSerializer):
    class Meta:
        model = FulfilmentLine
        fields = ["order_line", "quantity"]


class FulfilmentSerializer(RowSerializer):
    lines = FulfilmentLineSerializer(many=True)

    class Meta:
        model = Fulfilment
        fields = [
            "id", "order", "number", "state", "carrier", "tracking_number", "tracking_url", "shipped_at",
            "delivered_at", "lines",
        ]  # fmt: skip


class RefundLineSerializer(RowSerializer):
    class Meta:
        model = OrderRefundLine
        fields = ["order_line", "cancelled_quantity", "returned_quantity", "net", "tax"]


class RefundSerializer(RowSerializer):
    currency = serializers.CharField(source="order.currency", read_only=True)
    lines = RefundLineSerializer(many=True)

    class Meta:
        model = OrderRefund
        fields = ["id", "order", "amount", "currency", "reason", "restocked", "state", "refunded_at", "lines"]


class OrderPaymentSerializer(RowSerializer):
    """Money that came in for the order, or credit that paid for it."""

    class Meta:
        model = OrderPayment
        fields: ClassVar[list[str]] = ["id", "tender", "provider", "amount", "refunded_amount", "received_at"]


class OrderDetailSerializer(OrderSerializer):
    """An order with its lines, payments, parcels and refunds."""

    payments = OrderPaymentSerializer(many=True)
    lines = OrderLineSerializer(many=True)
    promotions = OrderPromotionSerializer(many=True)
    fulfilments = FulfilmentSerializer(many=True)
    refunds = RefundSerializer(many=True)

    class Meta(OrderSerializer.Meta):
        fields: ClassVar[list[str]] = [
            *OrderSerializer.Meta.fields,
            "attribution",
            "phone", "ship_name", "ship_line1", "ship_line2", "ship_city", "ship_region", "ship_postcode",
            "ship_country", "shipping_name", "note", "tax_inclusive", "subtotal", "discount_total", "shipping_net",
            "shipping_tax", "shipping_total", "tax_total", "tax_note", "promotions", "lines", "payments",
            "fulfilments", "refunds",
        ]  # fmt: skip


class TimelineSerializer(RowSerializer):
    text = serializers.SerializerMethodField(help_text="The entry as a sentence.")

    class Meta:
        model = TimelineEntry
        fields = ["id", "at", "kind", "text", "actor_label", "is_public"]

    def get_text(self, entry: TimelineEntry) -> str:
        return str(sentence(entry, currency=self.context["currency"]))


class ApprovedInput(StrictSerializer):
    """For who goes beyond what his role may give back alone."""

    approver = serializers.UUIDField(
        required=False, help_text="Who approves, a member of the business with a PIN."
    )
    pin = serializers.RegexField(r"^[0-9]{4,8}$", required=False, write_only=True)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("approver" in given) != ("pin" in given):
            raise serializers.ValidationError({"pin": ["Give `approver` and `pin` together."]})
        return given


class ApproverSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True, source="user.name")


class CancelInput(ApprovedInput):
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class PiecesInput(StrictSerializer):
    line_id = serializers.UUIDField()
    quantity = QuantityField()


class LotPickInput(StrictSerializer):
    code = serializers.CharField(max_length=60, help_text="Lot or serial number.")
    quantity = QuantityField(default=1)


class FulfilPiecesInput(PiecesInput):
    lots = LotPickInput(  # type: ignore[call-arg]
        many=True, required=False, max_length=500, help_text="Left out: the first to expire leave first."
    )


class FulfilInput(StrictSerializer):
    lines = FulfilPiecesInput(
        many=True, required=False, max_length=500, help_text="Left out: all that waits."
    )  # type: ignore[call-arg]
    carrier = serializers.CharField(max_length=80, required=False, allow_blank=True)
    tracking_number = serializers.CharField(max_length=80, required=False, allow_blank=True)
    tracking_url = serializers.URLField(max_length=500, required=False, allow_blank=True)


class DeliveredInput(StrictSerializer):
    fulfilment_id = serializers.UUIDField(required=False, allow_null=True, help_text="Left out: all parcels.")


class RefundInput(ApprovedInput):
    """Say lines, or an amount, or delivery; with none of them nothing is meant."""

    lines = PiecesInput(many=True, required=False, max_length=500)  # type: ignore[call-arg]
    amount = AmountField(min_value=0, required=False, allow_null=True)
    shipping = AmountField(
        min_value=0, required=False, allow_null=True, help_text="Of the delivery charge, with tax."
    )
    to_credit = serializers.BooleanField(
        default=False, help_text="As store credit of the customer instead of money."
    )
    restock = serializers.BooleanField(default=False, help_text="Put the pieces back on the shelf.")
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class ReallocateInput(StrictSerializer):
    location_id = serializers.UUIDField(help_text="The location the goods are taken from instead.")
    line_ids = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        allow_empty=False,
        max_length=500,
        help_text="Which lines; without them all that was not sent yet.",
    )
    reason = serializers.CharField(max_length=200, required=False)


class MoneyInput(StrictSerializer):
    amount = AmountField(min_value=0)
    tender = serializers.ChoiceField([Tender.CASH.value, Tender.BANK.value], help_text="`cash` or `bank`.")
    received_on = serializers.DateField(required=False, help_text="Left out: today.")
    reference = serializers.CharField(
        max_length=120, required=False, allow_blank=True, help_text="What the bank or the till says."
    )


class TakeInput(StrictSerializer):
    amount = AmountField(
        min_value=0, required=False, help_text="Left out: all. What is not taken now is free again."
    )


class NoteInput(StrictSerializer):
    text = serializers.CharField(max_length=2000)
