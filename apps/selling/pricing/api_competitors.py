"""Competitors' prices for programs: feeds write them here, in lists; nothing is fetched by us."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.platform.api.fields import RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet

from . import policies, services
from .competitors import read_rows
from .models import CompetitorPrice

MOST_AT_ONCE = 1000
_TAGS = ["prices"]


class CompetitorPriceSerializer(RowSerializer):
    class Meta:
        model = CompetitorPrice
        fields: ClassVar[list[str]] = [
            "id", "variant", "competitor", "price", "currency", "source", "seen_on", "created_at", "updated_at",
        ]  # fmt: skip


class CompetitorRowInput(StrictSerializer):
    sku = serializers.CharField(max_length=64, help_text="SKU, barcode or id of the variant.")
    competitor = serializers.CharField(max_length=80)
    price = serializers.CharField(max_length=24, help_text='As text: "8.50".')
    currency = serializers.CharField(max_length=3, required=False, help_text="Left out: the business's.")
    date = serializers.CharField(
        max_length=10, required=False, help_text="The day it was seen; left out: today."
    )


class CompetitorPricesInput(StrictSerializer):
    prices = serializers.ListField(child=CompetitorRowInput(), min_length=1, max_length=MOST_AT_ONCE)


class BadRowSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="Of the list that was sent; the first is 1.")
    text = serializers.CharField()
    problem = serializers.CharField()


class CompetitorPricesAnswer(serializers.Serializer[Any]):
    kept = serializers.IntegerField()
    bad = BadRowSerializer(many=True)


class CompetitorPriceFilter(django_filters.FilterSet):
    variant = django_filters.UUIDFilter(field_name="variant_id")
    competitor = django_filters.CharFilter(lookup_expr="iexact", max_length=80)
    seen_after = django_filters.DateFilter(field_name="seen_on", lookup_expr="gt")

    class Meta:
        model = CompetitorPrice
        fields: ClassVar[list[str]] = []


@extend_schema(tags=_TAGS)
class CompetitorPriceViewSet(TenantViewSet):
    """What competitors ask for the same things, with source and day."""

    model = CompetitorPrice
    permissions = {
        "list": policies.READ,
        "retrieve": policies.READ,
        "create": policies.MANAGE,
        "destroy": policies.MANAGE,
    }
    input_classes = {"create": CompetitorPricesInput}
    serializer_class = CompetitorPriceSerializer
    filterset_class = CompetitorPriceFilter

    def rows(self) -> QuerySet[Any]:
        return CompetitorPrice.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One price."""
        return self.answer(self.get_row())

    @extend_schema(
        request=CompetitorPricesInput,
        responses={201: CompetitorPricesAnswer},
        examples=[
            OpenApiExample(
                "A feed",
                value={
                    "prices": [{"sku": "MUG-1", "competitor": "Acme", "price": "8.50", "date": "2026-03-31"}]
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Keep a list of prices. Rows that cannot be taken are answered with the reason; the others are kept."""
        reading = read_rows(self.read_input()["prices"], self.business)
        kept = 0
        if reading.drafts:
            kept = services.note_competitor_prices(
                self.actor, drafts=reading.drafts, source=CompetitorPrice.Source.API, key=self.key
            )
        bad = [{"row": one.row, "text": one.text, "problem": one.problem} for one in reading.bad]
        return Response({"kept": kept, "bad": bad}, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take a price off again."""
        services.remove_competitor_price(self.actor, price_id=self.get_row().pk)
        return Response(status=204)
