"""Garments and their library for programs."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.goods.garments import services
from apps.goods.garments.library_api import register as register_library
from apps.goods.garments.models import Garment, MeasurePoint, SampleCheck
from apps.platform.api.below import below
from apps.platform.api.fields import RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet

READ, CHANGE = "products.read", "products.change"
_TAGS = ["garments"]


class MaterialSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)
    percent = serializers.CharField(max_length=5, help_text="Up to one decimal place; a part comes to 100.")


class PartSerializer(serializers.Serializer[Any]):
    part = serializers.CharField(max_length=40, help_text="Shell, lining, ribs …")
    materials = MaterialSerializer(many=True)


class PointSerializer(RowSerializer):
    values = serializers.DictField(child=serializers.CharField(), help_text="By size.")

    class Meta:
        model = MeasurePoint
        fields: ClassVar[list[str]] = ["name", "tolerance", "values"]


class GarmentSerializer(RowSerializer):
    composition = PartSerializer(many=True)
    care = serializers.ListField(child=serializers.CharField(), help_text="Codes of symbols, such as wash30.")
    measured_sizes = serializers.ListField(
        child=serializers.CharField(), help_text="Those of the points, in order."
    )
    points = PointSerializer(many=True)

    class Meta:
        model = Garment
        fields: ClassVar[list[str]] = [
            "id", "product", "style", "season", "scale", "chart", "composition", "care", "unit", "measured_sizes",
            "points", "created_at", "updated_at",
        ]  # fmt: skip


class GarmentChange(StrictSerializer):
    style_id = serializers.UUIDField(required=False, allow_null=True)
    season_id = serializers.UUIDField(required=False, allow_null=True)
    scale_id = serializers.UUIDField(required=False, allow_null=True)
    chart_id = serializers.UUIDField(required=False, allow_null=True)
    composition = PartSerializer(many=True, required=False)
    care = serializers.ListField(child=serializers.CharField(max_length=20), max_length=12, required=False)


class GarmentInput(GarmentChange):
    product_id = serializers.UUIDField(help_text="The product that is a garment.")


class PointInput(StrictSerializer):
    name = serializers.CharField(max_length=80)
    tolerance = serializers.CharField(max_length=10, help_text="Either way; not negative.")
    values = serializers.DictField(child=serializers.CharField(max_length=10), help_text="By size.")


class PointsInput(StrictSerializer):
    points = PointInput(many=True, help_text="All of them; what is left out is taken off.")
    unit = serializers.ChoiceField(choices=Garment.Unit.choices, required=False)


class SampleInput(StrictSerializer):
    size = serializers.CharField(max_length=20)
    measured = serializers.DictField(
        child=serializers.CharField(max_length=10), help_text="By point of measure."
    )
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class SampleResultSerializer(serializers.Serializer[Any]):
    point = serializers.CharField()
    asked = serializers.CharField()
    tolerance = serializers.CharField()
    measured = serializers.CharField()
    off = serializers.CharField()
    within = serializers.BooleanField()


class SampleSerializer(RowSerializer):
    results = SampleResultSerializer(many=True)

    class Meta:
        model = SampleCheck
        fields: ClassVar[list[str]] = ["id", "garment", "size", "is_within", "results", "note", "created_at"]


class GarmentFilter(django_filters.FilterSet):
    product = django_filters.UUIDFilter(field_name="product_id")
    season = django_filters.UUIDFilter(field_name="season_id")
    style = django_filters.UUIDFilter(field_name="style_id")

    class Meta:
        model = Garment
        fields: ClassVar[list[str]] = []


SHIRT = OpenApiExample(
    "A shirt",
    value={
        "composition": [
            {
                "part": "Shell",
                "materials": [{"name": "Cotton", "percent": "95"}, {"name": "Elastane", "percent": "5"}],
            }
        ],
        "care": ["wash30", "tumbleno"],
    },
    request_only=True,
)


@extend_schema(tags=_TAGS)
class GarmentViewSet(TenantViewSet):
    """What is known of products as garments."""

    model = Garment
    permissions = {
        "list": READ,
        "retrieve": READ,
        "create": CHANGE,
        "partial_update": CHANGE,
        "points": CHANGE,
        "samples": CHANGE,
    }
    input_classes = {
        "create": GarmentInput,
        "partial_update": GarmentChange,
        "points": PointsInput,
        "samples": SampleInput,
    }
    serializer_class = GarmentSerializer
    filterset_class = GarmentFilter

    def rows(self) -> QuerySet[Any]:
        return Garment.objects.prefetch_related(below("points", MeasurePoint))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One garment."""
        return self.answer(self.get_row())

    @extend_schema(request=GarmentInput, responses={201: GarmentSerializer})
    def create(self, request: Request) -> Response:
        """Make a product a garment; one that is changes by what is given."""
        made = services.describe_garment(self.actor, **self.read_input())
        return self.answer(made, created=True)

    @extend_schema(request=GarmentChange, examples=[SHIRT])
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a garment; what is left out stays."""
        garment = self.get_row()
        services.describe_garment(self.actor, product_id=garment.product_id, **self.read_input(partial=True))
        return self.answer(self.get_row())

    @extend_schema(request=PointsInput, responses=GarmentSerializer)
    @action(detail=True, methods=["post"])
    def points(self, request: Request, pk: str) -> Response:
        """Write the points of measure anew, each with its tolerance and a value for each size."""
        services.set_points(self.actor, garment_id=self.row_id, **self.read_input())
        return self.answer(self.get_row())

    @extend_schema(request=SampleInput, responses={201: SampleSerializer})
    @action(detail=True, methods=["post"])
    def samples(self, request: Request, pk: str) -> Response:
        """Hold a measured sample against the measures of its size."""
        checked = services.check_sample(self.actor, garment_id=self.row_id, **self.read_input(), key=self.key)
        return self.answer(checked, created=True, serializer_class=SampleSerializer)


def register(router: BaseRouter) -> None:
    """Mount garments and their library."""
    router.register("garments", GarmentViewSet, basename="garment")
    register_library(router)
