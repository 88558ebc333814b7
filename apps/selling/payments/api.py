"""Payments for programs: money moves through orders and companies; what people paid out is recorded here."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.kernel.errors import NotFound
from apps.platform.api.below import below
from apps.platform.api.fields import RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet
from apps.selling.payments.models import Capture, Payment, Refund
from apps.selling.payments.policies import PAY_OUT, READ
from apps.selling.payments.services import record_payout
from apps.selling.payments.states import PaymentState


class PaymentSerializer(RowSerializer):
    class Meta:
        model = Payment
        fields: ClassVar[list[str]] = [
            "id", "owner_type", "owner_id", "reference", "amount", "currency", "provider", "state", "captured_amount",
            "refunding_amount", "refunded_amount", "expires_at", "captured_at", "created_at", "updated_at",
        ]  # fmt: skip


class CaptureSerializer(RowSerializer):
    class Meta:
        model = Capture
        fields = ["id", "amount", "provider_ref", "captured_at"]


class PaymentRefundSerializer(RowSerializer):
    class Meta:
        model = Refund
        fields = ["id", "amount", "state", "reason", "provider_ref", "error", "settled_at", "created_at"]


class PaymentDetailSerializer(PaymentSerializer):
    """A payment with what came and what went back."""

    captures = CaptureSerializer(many=True)
    refunds = PaymentRefundSerializer(many=True)

    class Meta(PaymentSerializer.Meta):
        fields: ClassVar[list[str]] = [*PaymentSerializer.Meta.fields, "captures", "refunds"]


class PaymentFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=PaymentState.choices)
    provider = django_filters.CharFilter(max_length=32)
    owner_id = django_filters.UUIDFilter(help_text="The order's id.")
    reference = django_filters.CharFilter(max_length=80)
    created_from = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Payment
        fields: ClassVar[list[str]] = []


class PaidOutInput(StrictSerializer):
    refund_id = serializers.UUIDField()
    reference = serializers.CharField(max_length=120, required=False, allow_blank=True)


@extend_schema_view(retrieve=extend_schema(responses=PaymentDetailSerializer))
@extend_schema(tags=["payments"])
class PaymentViewSet(TenantViewSet):
    """Amounts asked for and what became of them."""

    model = Payment
    permissions = {"list": READ, "retrieve": READ, "paid_out": PAY_OUT}
    keys_required = frozenset({"paid_out"})
    input_classes = {"paid_out": PaidOutInput}
    serializer_class = PaymentSerializer
    filterset_class = PaymentFilter
    orderings = {"-created_at": ("-created_at", "-id"), "created_at": ("created_at", "id")}

    def rows(self) -> QuerySet[Any]:
        payments = Payment.objects.all()
        if self.action != "retrieve":
            return payments
        return payments.prefetch_related(below("captures", Capture), below("refunds", Refund))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One payment with captures and refunds."""
        return self.answer(self.get_row(), serializer_class=PaymentDetailSerializer)

    @extend_schema(request=PaidOutInput, responses=PaymentDetailSerializer)
    @action(detail=True, methods=["post"], url_path="paid-out")
    def paid_out(self, request: Request, pk: str) -> Response:
        """Record that people paid a refund of this payment out, in cash or by transfer. Needs an `Idempotency-Key`."""
        given, payment = self.read_input(), self.get_row()
        if not Refund.objects.filter(pk=given["refund_id"], payment=payment).exists():
            raise NotFound()
        record_payout(self.actor, **given, key=self.key)
        return self.answer(self.get_row(), serializer_class=PaymentDetailSerializer)


def register(router: BaseRouter) -> None:
    """Mount payments."""
    router.register("payments", PaymentViewSet, basename="payment")
