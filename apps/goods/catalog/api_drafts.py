"""Drafts and versions of products for programs."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urljoin
from uuid import UUID

import django_filters
from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.goods.catalog import services
from apps.goods.catalog.api_shapes import ContentNumber, ProductChange
from apps.goods.catalog.models import ProductDraft, ProductVersion
from apps.goods.catalog.models.products import ContentUnit
from apps.platform.api.fields import AmountField, RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet
from apps.platform.businesses.selectors import get_current_business


class VersionSerializer(RowSerializer):
    content = serializers.DictField(help_text="What the product said; prices by variant.")
    changed = serializers.ListField(
        child=serializers.CharField(), help_text="What differs from the one before."
    )

    class Meta:
        model = ProductVersion
        fields: ClassVar[list[str]] = [
            "id",
            "product",
            "number",
            "way",
            "made_by",
            "made_at",
            "changed",
            "content",
        ]


class DraftSerializer(RowSerializer):
    content = serializers.DictField(help_text="What the product would say; prices by variant.")
    preview_url = serializers.SerializerMethodField(help_text="Secret: whoever has it sees the preview.")

    class Meta:
        model = ProductDraft
        fields: ClassVar[list[str]] = [
            "id", "product", "state", "content", "preview_url", "begun_by", "changed_by", "publish_at",
            "scheduled_by", "problem", "version", "created_at", "updated_at",
        ]  # fmt: skip

    def get_preview_url(self, draft: ProductDraft) -> str:
        if not draft.is_open:
            return ""
        path = reverse("storefront:preview", args=[get_current_business().slug, draft.token])
        return urljoin(settings.PUBLIC_BASE_URL, path)


class DraftInput(StrictSerializer):
    product_id = serializers.UUIDField()
    version_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="An old version to go back to."
    )


class PriceInput(StrictSerializer):
    variant_id = serializers.UUIDField()
    price = AmountField(min_value=0, required=False)
    compare_at_price = AmountField(min_value=0, required=False, allow_null=True)


class DraftChange(ProductChange):
    """What is left out stays. Prices need the permission `products.price`."""

    slug = None  # type: ignore[assignment]
    strain = serializers.CharField(max_length=120, required=False, allow_blank=True)
    classification = serializers.CharField(max_length=60, required=False, allow_blank=True)
    thc_min = ContentNumber()
    thc_max = ContentNumber()
    thc_unit = serializers.ChoiceField(choices=ContentUnit.choices, required=False)
    cbd_min = ContentNumber()
    cbd_max = ContentNumber()
    cbd_unit = serializers.ChoiceField(choices=ContentUnit.choices, required=False)
    prices = PriceInput(many=True, required=False, max_length=250)  # type: ignore[call-arg]


class PublishInput(StrictSerializer):
    anyway = serializers.BooleanField(default=False, help_text="Also over what was changed meanwhile.")


class ScheduleInput(StrictSerializer):
    publish_at = serializers.DateTimeField(allow_null=True, help_text="Null: not by the clock.")


class DraftFilter(django_filters.FilterSet):
    product = django_filters.UUIDFilter(field_name="product_id")
    state = django_filters.ChoiceFilter(choices=ProductDraft.State.choices)

    class Meta:
        model = ProductDraft
        fields: ClassVar[list[str]] = []


class VersionFilter(django_filters.FilterSet):
    product = django_filters.UUIDFilter(field_name="product_id")

    class Meta:
        model = ProductVersion
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["products"])
class DraftViewSet(TenantViewSet):
    """What is being prepared for products in the store."""

    model = ProductDraft
    permissions = {
        "list": "products.change",
        "retrieve": "products.change",
        "create": "products.change",
        "partial_update": "products.change",
        "discard": "products.change",
        "publish": "products.publish",
        "schedule": "products.publish",
    }
    input_classes = {
        "create": DraftInput,
        "partial_update": DraftChange,
        "publish": PublishInput,
        "schedule": ScheduleInput,
    }
    serializer_class = DraftSerializer
    filterset_class = DraftFilter

    def rows(self) -> QuerySet[Any]:
        return ProductDraft.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One draft."""
        return self.answer(self.get_row())

    @extend_schema(request=DraftInput, responses={201: DraftSerializer})
    def create(self, request: Request) -> Response:
        """Begin a draft of what a product says now, or of an old version of it."""
        return self.answer(services.begin_draft(self.actor, **self.read_input(), key=self.key), created=True)

    @extend_schema(request=DraftChange, responses=DraftSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what the draft says; the store shows nothing of it."""
        given = self.read_input(partial=True)
        prices = {str(UUID(str(one.pop("variant_id")))): one for one in given.pop("prices", [])}
        return self.answer(services.change_draft(self.actor, draft_id=self.row_id, prices=prices, **given))

    @extend_schema(request=PublishInput, responses=DraftSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """Let the store show it now."""
        services.publish_draft(self.actor, draft_id=self.row_id, **self.read_input())
        return self.answer(self.rows().get(pk=self.row_id))

    @extend_schema(request=ScheduleInput, responses=DraftSerializer)
    @action(detail=True, methods=["post"])
    def schedule(self, request: Request, pk: str) -> Response:
        """Let the store show it at a time to come."""
        return self.answer(services.schedule_draft(self.actor, draft_id=self.row_id, **self.read_input()))

    @extend_schema(request=None, responses=DraftSerializer)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: str) -> Response:
        """Throw it away."""
        return self.answer(services.discard_draft(self.actor, draft_id=self.row_id))


@extend_schema(tags=["products"])
class VersionViewSet(TenantViewSet):
    """What the store showed of products, and since when; newest first."""

    model = ProductVersion
    permissions = {"list": "products.read", "retrieve": "products.read"}
    serializer_class = VersionSerializer
    filterset_class = VersionFilter
    orderings = {"-made_at": ("-made_at", "-id")}

    def rows(self) -> QuerySet[Any]:
        return ProductVersion.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One version."""
        return self.answer(self.get_row())


def register(router: BaseRouter) -> None:
    """Mount them."""
    router.register("product-drafts", DraftViewSet, basename="product-draft")
    router.register("product-versions", VersionViewSet, basename="product-version")
