"""Garments and their library for programs."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.goods.garments import services
from apps.goods.garments.models import Colour, Garment, MeasurePoint, Season, SizeChart, SizeScale, Style
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
    permissions = {"list": READ, "retrieve": READ, "partial_update": CHANGE}
    input_classes = {"partial_update": GarmentChange}
    serializer_class = GarmentSerializer
    filterset_class = GarmentFilter

    def rows(self) -> QuerySet[Any]:
        return Garment.objects.prefetch_related("points")

    def retrieve(self, request: Request, pk: str) -> Response:
        """One garment."""
        return self.answer(self.get_row())

    @extend_schema(request=GarmentChange, examples=[SHIRT])
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a garment; what is left out stays."""
        garment = self.get_row()
        services.describe_garment(self.actor, product_id=garment.product_id, **self.read_input(partial=True))
        return self.answer(self.get_row())


class ScaleSerializer(RowSerializer):
    sizes = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = SizeScale
        fields: ClassVar[list[str]] = ["id", "name", "kind", "sizes", "created_at", "updated_at"]


class ColourSerializer(RowSerializer):
    names = serializers.DictField(child=serializers.CharField(), help_text="By language.")

    class Meta:
        model = Colour
        fields: ClassVar[list[str]] = ["id", "name", "hex", "names", "swatch", "created_at", "updated_at"]


class SeasonSerializer(RowSerializer):
    class Meta:
        model = Season
        fields: ClassVar[list[str]] = ["id", "half", "year", "collection", "created_at", "updated_at"]


class StyleSerializer(RowSerializer):
    class Meta:
        model = Style
        fields: ClassVar[list[str]] = ["id", "number", "name", "created_at", "updated_at"]


class ChartRowSerializer(serializers.Serializer[Any]):
    size = serializers.CharField()
    regions = serializers.DictField(child=serializers.CharField())
    measures = serializers.DictField(child=serializers.CharField())


class ChartSerializer(RowSerializer):
    regions = serializers.ListField(child=serializers.CharField())
    measures = serializers.ListField(child=serializers.CharField())
    rows = ChartRowSerializer(many=True)

    class Meta:
        model = SizeChart
        fields: ClassVar[list[str]] = [
            "id",
            "name",
            "regions",
            "measures",
            "rows",
            "created_at",
            "updated_at",
        ]


class _Library(TenantViewSet):
    permissions = {"list": READ, "retrieve": READ}

    def rows(self) -> QuerySet[Any]:
        model: Any = self.model
        return model.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One of them."""
        return self.answer(self.get_row())


@extend_schema(tags=_TAGS)
class ScaleViewSet(_Library):
    """Sizes in their order."""

    model = SizeScale
    serializer_class = ScaleSerializer


@extend_schema(tags=_TAGS)
class ColourViewSet(_Library):
    """Colours with their hex codes."""

    model = Colour
    serializer_class = ColourSerializer


@extend_schema(tags=_TAGS)
class SeasonViewSet(_Library):
    """Spring and summer, autumn and winter."""

    model = Season
    serializer_class = SeasonSerializer


@extend_schema(tags=_TAGS)
class StyleViewSet(_Library):
    """Designs under their numbers."""

    model = Style
    serializer_class = StyleSerializer


@extend_schema(tags=_TAGS)
class ChartViewSet(_Library):
    """What sizes are called in regions, and the body they fit."""

    model = SizeChart
    serializer_class = ChartSerializer


def register(router: BaseRouter) -> None:
    """Mount them."""
    router.register("garments", GarmentViewSet, basename="garment")
    router.register("size-scales", ScaleViewSet, basename="size-scale")
    router.register("colours", ColourViewSet, basename="colour")
    router.register("seasons", SeasonViewSet, basename="season")
    router.register("styles", StyleViewSet, basename="style")
    router.register("size-charts", ChartViewSet, basename="size-chart")
