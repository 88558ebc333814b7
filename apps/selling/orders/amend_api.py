"""Changing placed orders, for programs: what it would come to, doing it, and the versions."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.platform.api.fields import AmountField, QuantityField, RowSerializer, StrictSerializer
from apps.selling.orders.amendments import AmendmentDraft, plan_amendment
from apps.selling.orders.api_shapes import ApprovedInput
from apps.selling.orders.drafts import LineDraft
from apps.selling.orders.models import OrderLine, OrderVersion
from apps.selling.orders.services import amend_order
from apps.selling.orders.versions import changes_of, list_versions


class VersionChangeSerializer(serializers.Serializer[Any]):
    """What differs from the version before. `amount` is the difference, tax included."""

    what = serializers.CharField(help_text="quantity, removed, added or delivery.")
    title = serializers.CharField()
    line_id = serializers.UUIDField(required=False)
    before = serializers.CharField()
    after = serializers.CharField()
    amount = serializers.CharField()


class OrderVersionSerializer(RowSerializer):
    """One version as it was promised."""

    changes = VersionChangeSerializer(many=True)

    class Meta:
        model = OrderVersion
        fields = ["id", "order", "number", "made_at", "actor_label", "reason", "total", "changes", "snapshot"]


class AmendmentPreviewSerializer(serializers.Serializer[Any]):
    """What a change would come to."""

    total = AmountField(help_text="The order's new total.")
    difference = AmountField()
    tax = AmountField()
    owed = AmountField(help_text="What the buyer would be asked for.")
    goes_back = AmountField(help_text="What would go back, of what was paid.")
    changes = VersionChangeSerializer(many=True)


class AmendedLineInput(StrictSerializer):
    line_id = serializers.UUIDField()
    quantity = QuantityField(min_value=0, help_text="The whole line, with what left; 0 takes it off.")


class AddedLineInput(StrictSerializer):
    variant_id = serializers.UUIDField()
    quantity = QuantityField()
    pack_id = serializers.UUIDField(required=False, allow_null=True)
    unit_price = AmountField(
        min_value=0,
        required=False,
        allow_null=True,
        help_text="Needs `orders.price`. Left out: the buyer's price.",
    )


class AmendmentInput(StrictSerializer):
    lines = AmendedLineInput(many=True, required=False, max_length=500)  # type: ignore[call-arg]
    added = AddedLineInput(many=True, required=False, max_length=100)  # type: ignore[call-arg]
    shipping = AmountField(min_value=0, required=False, allow_null=True, help_text="The new delivery charge.")


class AmendInput(AmendmentInput, ApprovedInput):
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)
    version = serializers.IntegerField(
        min_value=1, required=False, help_text="The version you looked at; refused when there is a newer one."
    )


def draft_of(given: dict[str, Any]) -> AmendmentDraft:
    """The input as the service takes it, taken out of what was sent."""
    return AmendmentDraft(
        quantities={line["line_id"]: line["quantity"] for line in given.pop("lines", [])},
        added=[LineDraft(**line) for line in given.pop("added", [])],
        shipping=given.pop("shipping", None),
    )


class TakesAmendments:
    """The addresses of changes, for the view set of orders."""

    @extend_schema(request=AmendmentInput, responses=AmendmentPreviewSerializer)
    @action(detail=True, methods=["post"], url_path="amend-preview")
    def amend_preview(self: Any, request: Request, pk: str) -> Response:
        """What a change would come to; nothing is written."""
        order = self.get_row()
        lines = OrderLine.objects.filter(order=order).select_related("variant__product").order_by("position")
        plan = plan_amendment(order, list(lines), draft_of(self.read_input()))
        answer = {
            "total": plan.total,
            "difference": plan.difference,
            "tax": plan.tax,
            "owed": plan.owed,
            "goes_back": plan.goes_back if order.paid_total else 0,
            "changes": changes_of(order, plan),
        }
        context = self.get_serializer_context()
        return Response(AmendmentPreviewSerializer(answer, context=context).data)

    @extend_schema(request=AmendInput, responses={201: OrderVersionSerializer})
    @action(detail=True, methods=["post"])
    def amend(self: Any, request: Request, pk: str) -> Response:
        """Make the next version: the difference is asked of the buyer, or goes back. Needs an `Idempotency-Key`."""
        given = self.read_input()
        actor = self._approved(given)
        made = amend_order(actor, order_id=self.row_id, draft=draft_of(given), **given, key=self.key)
        return self.answer(made, created=True, serializer_class=OrderVersionSerializer)

    @extend_schema(responses=OrderVersionSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None, filterset_class=None)
    def versions(self: Any, request: Request, pk: str) -> Response:
        """The order's versions, newest first; empty while nothing was changed."""
        made = list_versions(self.get_row())
        context = self.get_serializer_context()
        return Response(OrderVersionSerializer(made, many=True, context=context).data)
