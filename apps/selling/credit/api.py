"""Gift cards and store credit for programs: see, give, correct, block."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.platform.api.fields import AmountField, RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet

from . import policies, services
from .models import AccountKind, CreditAccount, CreditEntry
from .selectors import list_entries

MOST_ENTRIES = 100


class CreditEntrySerializer(RowSerializer):
    class Meta:
        model = CreditEntry
        fields: ClassVar[list[str]] = ["id", "kind", "amount", "balance_after", "reference", "reason", "at"]


class CreditSerializer(RowSerializer):
    class Meta:
        model = CreditAccount
        fields: ClassVar[list[str]] = [
            "id", "kind", "currency", "balance", "last4", "customer", "recipient_name", "recipient_email",
            "expires_on", "blocked_at", "blocked_because", "created_at", "updated_at",
        ]  # fmt: skip


class CreditDetailSerializer(CreditSerializer):
    """With its ledger, the newest first."""

    entries = serializers.SerializerMethodField()

    class Meta(CreditSerializer.Meta):
        fields: ClassVar[list[str]] = [*CreditSerializer.Meta.fields, "entries"]

    @extend_schema_field(CreditEntrySerializer(many=True))
    def get_entries(self, account: CreditAccount) -> list[dict[str, Any]]:
        rows = list_entries(account)[:MOST_ENTRIES]
        return [dict(row) for row in CreditEntrySerializer(rows, many=True, context=self.context).data]


class IssuedCreditSerializer(CreditDetailSerializer):
    code = serializers.CharField(
        source="shown_code", default="", help_text="Shown this once; empty for credit that had a code before."
    )

    class Meta(CreditDetailSerializer.Meta):
        fields: ClassVar[list[str]] = [*CreditDetailSerializer.Meta.fields, "code"]


class IssueInput(StrictSerializer):
    amount = AmountField(min_value=Decimal("0.0001"))
    reason = serializers.CharField(max_length=200)
    customer_id = serializers.UUIDField(
        required=False, help_text="Store credit of this customer; without it a new gift card."
    )
    recipient_name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    recipient_email = serializers.EmailField(
        required=False, allow_blank=True, help_text="The code is mailed there."
    )
    expires_on = serializers.DateField(required=False, allow_null=True)


class CorrectInput(StrictSerializer):
    amount = AmountField(help_text="What is added; below zero, what is taken off.")
    reason = serializers.CharField(max_length=200)


class BlockInput(StrictSerializer):
    reason = serializers.CharField(max_length=200)


class CreditFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=AccountKind.choices)
    customer = django_filters.UUIDFilter(field_name="customer_id")
    last4 = django_filters.CharFilter(lookup_expr="iexact", max_length=4)

    class Meta:
        model = CreditAccount
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["credit"])
class CreditViewSet(TenantViewSet):
    """What is owed to whoever holds a gift card, and to customers."""

    model = CreditAccount
    permissions = {
        "list": policies.READ,
        "retrieve": policies.READ,
        "create": policies.ISSUE,
        "correct": policies.CORRECT,
        "block": policies.BLOCK,
        "unblock": policies.BLOCK,
    }
    keys_required = frozenset({"create", "correct"})
    input_classes = {"create": IssueInput, "correct": CorrectInput, "block": BlockInput}
    serializer_class = CreditSerializer
    filterset_class = CreditFilter

    def rows(self) -> QuerySet[Any]:
        return CreditAccount.objects.all()

    @extend_schema(responses=CreditDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One account with its ledger."""
        return self.answer(self.get_row(), serializer_class=CreditDetailSerializer)

    @extend_schema(
        request=IssueInput,
        responses={201: IssuedCreditSerializer},
        examples=[
            OpenApiExample(
                "A card of 25",
                value={"amount": "25.00", "reason": "Prize", "recipient_email": "ada@example.com"},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Give a gift card, or store credit to a customer. Needs an `Idempotency-Key`; the code is answered once."""
        given = services.issue_credit(self.actor, **self.read_input(), key=self.key)
        return self.answer(given, created=True, serializer_class=IssuedCreditSerializer)

    @extend_schema(request=CorrectInput, responses=CreditDetailSerializer)
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, pk: str) -> Response:
        """Add to it, or take off it. Needs an `Idempotency-Key`."""
        row = services.correct_credit(self.actor, account_id=self.row_id, **self.read_input(), key=self.key)
        return self.answer(row, serializer_class=CreditDetailSerializer)

    @extend_schema(request=BlockInput, responses=CreditDetailSerializer)
    @action(detail=True, methods=["post"])
    def block(self, request: Request, pk: str) -> Response:
        """Let nobody spend it."""
        row = services.block_credit(self.actor, account_id=self.row_id, **self.read_input())
        return self.answer(row, serializer_class=CreditDetailSerializer)

    @extend_schema(request=None, responses=CreditDetailSerializer)
    @action(detail=True, methods=["post"])
    def unblock(self, request: Request, pk: str) -> Response:
        """Let it be spent again."""
        row = services.unblock_credit(self.actor, account_id=self.row_id)
        return self.answer(row, serializer_class=CreditDetailSerializer)


def register(router: BaseRouter) -> None:
    """Mount it."""
    router.register("credit", CreditViewSet, basename="credit")
