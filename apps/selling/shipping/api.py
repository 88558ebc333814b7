"""Goods as carriers and customs know them, for programs: lists of HS codes, origins and shipping classes."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.platform.api.fields import RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet

from . import policies, rates_api
from .goods import read_goods
from .models import ShippingItem
from .services import describe_goods
from .services.goods import MOST_AT_ONCE


class ShippingItemSerializer(RowSerializer):
    class Meta:
        model = ShippingItem
        fields: ClassVar[list[str]] = [
            "id", "product", "variant", "shipping_class", "hs_code", "origin", "customs_text", "created_at",
            "updated_at",
        ]  # fmt: skip


class GoodsRowInput(StrictSerializer):
    sku = serializers.CharField(max_length=120, help_text="SKU or barcode of the variant.")
    hs_code = serializers.CharField(
        max_length=15, required=False, allow_blank=True, help_text="Six to ten digits of the customs tariff."
    )
    origin = serializers.CharField(max_length=2, required=False, allow_blank=True, help_text="As in DE.")
    shipping_class = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="Your own word, such as Bulky."
    )
    customs_text = serializers.CharField(
        max_length=70, required=False, allow_blank=True, help_text="Left out, the product's title."
    )


class GoodsInput(StrictSerializer):
    goods = serializers.ListField(child=GoodsRowInput(), min_length=1, max_length=MOST_AT_ONCE)


class BadGoodsSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="Of the list that was sent; the first is 1.")
    text = serializers.CharField()
    problem = serializers.CharField()


class GoodsAnswer(serializers.Serializer[Any]):
    kept = serializers.IntegerField()
    bad = BadGoodsSerializer(many=True)


class ShippingItemFilter(django_filters.FilterSet):
    product = django_filters.UUIDFilter(field_name="product_id")
    variant = django_filters.UUIDFilter(field_name="variant_id")

    class Meta:
        model = ShippingItem
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["shipping"])
class ShippingItemViewSet(TenantViewSet):
    """How products and variants are sent; what is empty at a variant is as its product has it."""

    model = ShippingItem
    permissions = {"list": policies.READ, "retrieve": policies.READ, "create": policies.MANAGE}
    input_classes = {"create": GoodsInput}
    serializer_class = ShippingItemSerializer
    filterset_class = ShippingItemFilter

    def rows(self) -> QuerySet[Any]:
        return ShippingItem.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """What is said of one thing."""
        return self.answer(self.get_row())

    @extend_schema(
        request=GoodsInput,
        responses={201: GoodsAnswer},
        examples=[
            OpenApiExample(
                "A mug",
                value={"goods": [{"sku": "MUG-1", "hs_code": "6912002310", "origin": "PT"}]},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Say of variants how they are sent; each row replaces what was said of the same one.

        Rows that cannot be taken are answered with the reason; the others are kept.
        """
        drafts, bad = read_goods(self.read_input()["goods"])
        if drafts:
            describe_goods(self.actor, drafts=drafts, key=self.key)
        wrong = [{"row": one.row, "text": one.text, "problem": one.problem} for one in bad]
        return Response({"kept": len(drafts), "bad": wrong}, status=201)


def register(router: BaseRouter) -> None:
    """Mount it, and zones, packages and rates."""
    rates_api.register(router)
    router.register("shipping-goods", ShippingItemViewSet, basename="shipping-goods")
