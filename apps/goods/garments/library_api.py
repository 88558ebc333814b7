"""The library of garments for programs: sizes, colours, seasons, styles, size charts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.goods.garments import services
from apps.goods.garments.models import Colour, Season, SizeChart, SizeScale, Style
from apps.platform.api.fields import RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet

READ, ARRANGE = "products.read", "products.arrange"
_TAGS = ["garments"]


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


class ScaleInput(StrictSerializer):
    name = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=SizeScale.Kind.choices, required=False)
    sizes = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=60, help_text="Smallest first."
    )


class ColourInput(StrictSerializer):
    name = serializers.CharField(max_length=60, help_text="As the option of products says it.")
    hex = serializers.CharField(max_length=7, required=False, allow_blank=True, help_text="#2a5b6c")
    names = serializers.DictField(
        child=serializers.CharField(max_length=60), required=False, help_text="In other languages, by code."
    )
    media_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="A picture of the library as its swatch."
    )


class SeasonInput(StrictSerializer):
    half = serializers.ChoiceField(choices=Season.Half.choices)
    year = serializers.IntegerField(min_value=1950, max_value=2100)


class StyleInput(StrictSerializer):
    number = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)


class ChartInput(StrictSerializer):
    name = serializers.CharField(max_length=80)
    regions = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=20, help_text="EU, UK, US, JP."
    )
    measures = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20)
    rows = ChartRowSerializer(many=True)


class _Library(TenantViewSet):
    permissions = {
        "list": READ,
        "retrieve": READ,
        "create": ARRANGE,
        "partial_update": ARRANGE,
        "destroy": ARRANGE,
    }
    # The service that adds one.
    save: ClassVar[Callable[..., Any]]

    def rows(self) -> QuerySet[Any]:
        model: Any = self.model
        return model.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One of them."""
        return self.answer(self.get_row())

    def create(self, request: Request) -> Response:
        """Add one."""
        return self.answer(type(self).save(self.actor, **self.read_input(), key=self.key), created=True)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change one; what is left out stays."""
        given = self.read_input(partial=True)
        row = services.change_entry(self.actor, kind=self.kind, entry_id=self.row_id, values=given)
        return self.answer(row)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete one that no garment has."""
        services.delete_entry(self.actor, kind=self.kind, entry_id=self.row_id)
        return Response(status=204)

    @property
    def kind(self) -> str:
        """What the services call this part of the library."""
        model: Any = self.model
        return str(model._meta.model_name)


def _library(given: type[StrictSerializer], shown: type[RowSerializer]) -> Any:
    """What the addresses of one part of the library take and answer."""
    return extend_schema_view(
        create=extend_schema(request=given, responses={201: shown}),
        partial_update=extend_schema(request=given, responses=shown),
        destroy=extend_schema(responses={204: None}),
    )


@_library(ScaleInput, ScaleSerializer)
@extend_schema(tags=_TAGS)
class ScaleViewSet(_Library):
    """Sizes in their order."""

    model = SizeScale
    serializer_class = ScaleSerializer
    input_classes = dict.fromkeys(("create", "partial_update"), ScaleInput)
    save = staticmethod(services.save_scale)


@_library(ColourInput, ColourSerializer)
@extend_schema(tags=_TAGS)
class ColourViewSet(_Library):
    """Colours with their hex codes."""

    model = Colour
    serializer_class = ColourSerializer
    input_classes = dict.fromkeys(("create", "partial_update"), ColourInput)
    save = staticmethod(services.save_colour)


@_library(SeasonInput, SeasonSerializer)
@extend_schema(tags=_TAGS)
class SeasonViewSet(_Library):
    """Spring and summer, autumn and winter."""

    model = Season
    serializer_class = SeasonSerializer
    input_classes = dict.fromkeys(("create", "partial_update"), SeasonInput)
    save = staticmethod(services.save_season)


@_library(StyleInput, StyleSerializer)
@extend_schema(tags=_TAGS)
class StyleViewSet(_Library):
    """Designs under their numbers."""

    model = Style
    serializer_class = StyleSerializer
    input_classes = dict.fromkeys(("create", "partial_update"), StyleInput)
    save = staticmethod(services.save_style)


@_library(ChartInput, ChartSerializer)
@extend_schema(tags=_TAGS)
class ChartViewSet(_Library):
    """What sizes are called in regions, and the body they fit."""

    model = SizeChart
    serializer_class = ChartSerializer
    input_classes = dict.fromkeys(("create", "partial_update"), ChartInput)
    save = staticmethod(services.save_chart)


def register(router: BaseRouter) -> None:
    """Mount them."""
    router.register("size-scales", ScaleViewSet, basename="size-scale")
    router.register("colours", ColourViewSet, basename="colour")
    router.register("seasons", SeasonViewSet, basename="season")
    router.register("styles", StyleViewSet, basename="style")
    router.register("size-charts", ChartViewSet, basename="size-chart")
