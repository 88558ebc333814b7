"""Tests of promotions for programs: begin one, read its figures, end it by choosing a version."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.platform.api.fields import AmountField, RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet

from . import policies, services
from .figures import figures_of, say_result
from .models import PromotionTest
from .services.trying import MOST_ARMS
from .trials import difference_of

_OPEN = Q(ended_at=None)


class RatioSerializer(serializers.Serializer[Any]):
    rate = serializers.FloatField(help_text="Of one buyer: 0.25 is a quarter.")
    low = serializers.FloatField(help_text="The lower end of what the truth may be, in 95 of 100 tests.")
    high = serializers.FloatField()


class RatioDifferenceSerializer(serializers.Serializer[Any]):
    by = serializers.FloatField(help_text="By how much the share is larger than that of the first version.")
    low = serializers.FloatField()
    high = serializers.FloatField()
    is_clear = serializers.BooleanField(help_text="Whether chance alone hardly makes it.")


class PromotionVersionSerializer(serializers.Serializer[Any]):
    """One version beside the others."""

    id = serializers.UUIDField()
    promotion = serializers.UUIDField(allow_null=True, help_text="Null: these buyers get nothing.")
    name = serializers.CharField()
    chosen = serializers.BooleanField()
    buyers = serializers.IntegerField(help_text="Who were quoted, each once.")
    ordered = serializers.IntegerField(help_text="How many of them ordered.")
    orders = serializers.IntegerField(help_text="Without those that were cancelled or never paid.")
    revenue = AmountField(help_text="What the orders came to.")
    discount = AmountField()
    share = RatioSerializer(allow_null=True, help_text="Who ordered, of who came; null without buyers.")
    against_first = RatioDifferenceSerializer(allow_null=True)


class PromotionTestSerializer(RowSerializer):
    state = serializers.SerializerMethodField(help_text="running or ended.")

    class Meta:
        model = PromotionTest
        fields: ClassVar[list[str]] = [
            "id", "name", "state", "started_at", "ended_at", "created_at", "updated_at",
        ]  # fmt: skip

    def get_state(self, test: PromotionTest) -> str:
        return "running" if test.ended_at is None else "ended"


class PromotionTestDetailSerializer(PromotionTestSerializer):
    """With what its versions brought."""

    versions = serializers.SerializerMethodField()
    words = serializers.SerializerMethodField(help_text="What the figures say, and what may be chance.")

    class Meta(PromotionTestSerializer.Meta):
        fields: ClassVar[list[str]] = [*PromotionTestSerializer.Meta.fields, "versions", "words"]

    def to_representation(self, instance: PromotionTest) -> dict[str, Any]:
        self._figures = figures_of(instance)
        shown: dict[str, Any] = super().to_representation(instance)
        return shown

    @extend_schema_field(PromotionVersionSerializer(many=True))
    def get_versions(self, test: PromotionTest) -> list[dict[str, Any]]:
        first, rows = self._figures[0].share, []
        for place, one in enumerate(self._figures):
            share = one.share
            against = difference_of(first, share) if place and first and share else None
            rows.append(
                {
                    "id": one.arm.pk,
                    "promotion": one.arm.promotion_id,
                    "name": str(one.arm),
                    "chosen": one.arm.chosen,
                    "buyers": one.buyers,
                    "ordered": one.ordered,
                    "orders": one.orders,
                    "revenue": one.revenue,
                    "discount": one.discount,
                    "share": asdict(share) if share else None,
                    "against_first": {**asdict(against), "is_clear": against.is_clear} if against else None,
                }
            )
        return [dict(row) for row in PromotionVersionSerializer(rows, many=True, context=self.context).data]

    def get_words(self, test: PromotionTest) -> list[str]:
        return say_result(self._figures)


class StartTestInput(StrictSerializer):
    name = serializers.CharField(max_length=80)
    promotion_ids = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=MOST_ARMS,
        help_text="Promotions that run and need no code.",
    )
    with_nothing = serializers.BooleanField(
        default=False, help_text="Whether a part of the buyers gets none of them."
    )


class EndTestInput(StrictSerializer):
    version_id = serializers.UUIDField(help_text="The version that goes on for everybody.")


class PromotionTestFilter(django_filters.FilterSet):
    running = django_filters.BooleanFilter(method="by_running")

    class Meta:
        model = PromotionTest
        fields: ClassVar[list[str]] = []

    def by_running(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return rows.filter(_OPEN if value else ~_OPEN)


@extend_schema(tags=["promotions"])
class PromotionTestViewSet(TenantViewSet):
    """Versions of a promotion, each for its part of the buyers, until one of them is chosen."""

    model = PromotionTest
    permissions = {
        "list": policies.READ,
        "retrieve": policies.READ,
        "create": policies.MANAGE,
        "end": policies.MANAGE,
    }
    input_classes = {"create": StartTestInput, "end": EndTestInput}
    serializer_class = PromotionTestSerializer
    filterset_class = PromotionTestFilter

    def rows(self) -> QuerySet[Any]:
        return PromotionTest.objects.all()

    @extend_schema(responses=PromotionTestDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One test with the figures of its versions, in their order."""
        return self._answer_one(self.get_row())

    @extend_schema(
        request=StartTestInput,
        responses={201: PromotionTestDetailSerializer},
        examples=[
            OpenApiExample(
                "Ten off or nothing",
                value={
                    "name": "Is it worth it?",
                    "promotion_ids": ["01890000-0000-7000-8000-000000000001"],
                    "with_nothing": True,
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Divide buyers among these promotions in equal parts, from now on. They stay as they are until it ends."""
        started = services.start_test(self.actor, **self.read_input(), key=self.key)
        return self._answer_one(started, created=True)

    @extend_schema(request=EndTestInput, responses=PromotionTestDetailSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """End it: the chosen version goes on for everybody, the others are ended for good. Ended before, it stays."""
        given = self.read_input()
        ended = services.end_test(self.actor, test_id=self.get_row().pk, arm_id=given["version_id"])
        return self._answer_one(ended)

    def _answer_one(self, test: PromotionTest, *, created: bool = False) -> Response:
        return self.answer(test, created=created, serializer_class=PromotionTestDetailSerializer)
