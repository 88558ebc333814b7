"""Kits for programs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.goods.catalog.models import KitPart, Variant
from apps.goods.inventory.services import make_kit
from apps.platform.api.below import below
from apps.platform.api.fields import QuantityField, RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet


class KitPartSerializer(RowSerializer):
    variant = serializers.UUIDField(source="part_id")

    class Meta:
        model = KitPart
        fields: ClassVar[list[str]] = ["variant", "quantity"]


class KitSerializer(RowSerializer):
    """A kit: the variant that is sold, and the parts that leave with one of it."""

    parts = KitPartSerializer(many=True)

    class Meta:
        model = Variant
        fields: ClassVar[list[str]] = ["id", "product", "title", "sku", "parts", "updated_at"]


class KitPartInput(StrictSerializer):
    variant_id = serializers.UUIDField()
    quantity = QuantityField(max_value=1000, default=1)


class KitInput(StrictSerializer):
    variant_id = serializers.UUIDField(help_text="The variant that is, or becomes, the kit.")
    parts = KitPartInput(many=True, allow_empty=False, max_length=30)  # type: ignore[call-arg]


@extend_schema(tags=["products"])
class KitViewSet(TenantViewSet):
    """Variants that are made of others and have no stock of their own."""

    model = Variant
    permissions = {"list": "products.read", "retrieve": "products.read", "create": "products.change"}
    input_classes = {"create": KitInput}
    serializer_class = KitSerializer

    def rows(self) -> QuerySet[Any]:
        return Variant.objects.filter(is_kit=True).prefetch_related(below("parts", KitPart))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One kit with its parts."""
        return self.answer(self.get_row())

    @extend_schema(request=KitInput, responses={201: KitSerializer})
    def create(self, request: Request) -> Response:
        """Say what a variant is made of; it is a kit from now on. Orders that are placed keep what they had."""
        given = self.read_input()
        parts: dict[Any, int] = {}
        for part in given["parts"]:
            parts[part["variant_id"]] = parts.get(part["variant_id"], 0) + part["quantity"]
        made = make_kit(self.actor, variant_id=given["variant_id"], parts=parts)
        return self.answer(self.rows().get(pk=made.pk), created=True)


def register(router: BaseRouter) -> None:
    """Mount them."""
    router.register("kits", KitViewSet, basename="kit")
