"""What products are ordered by, for programs: categories, brands, collections."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.goods.catalog.models import Brand, Category, Collection
from apps.platform.api.fields import RowSerializer
from apps.platform.api.views import TenantViewSet


class CategorySerializer(RowSerializer):
    class Meta:
        model = Category
        fields = ["id", "parent", "name", "slug", "path", "depth", "position"]


class BrandSerializer(RowSerializer):
    class Meta:
        model = Brand
        fields = ["id", "name", "slug", "description", "logo", "created_at", "updated_at"]


class RuleSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(
        help_text="What is asked: title, brand, category, tag, price_below, in_stock …"
    )
    value = serializers.CharField()


class CollectionSerializer(RowSerializer):
    """Its products are at `/products/?collection=`, worked out at the moment of asking."""

    rules = RuleSerializer(many=True)

    class Meta:
        model = Collection
        fields: ClassVar[list[str]] = [
            "id", "name", "slug", "description", "kind", "match", "rules", "published", "created_at", "updated_at",
        ]  # fmt: skip


@extend_schema(tags=["products"])
class CategoryViewSet(TenantViewSet):
    """The tree that products hang in."""

    model = Category
    permissions = {"list": "products.read", "retrieve": "products.read"}
    serializer_class = CategorySerializer
    orderings = {"path": ("path", "id")}

    def rows(self) -> QuerySet[Any]:
        return Category.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One category."""
        return self.answer(self.get_row())


@extend_schema(tags=["products"])
class BrandViewSet(TenantViewSet):
    """Who makes the products."""

    model = Brand
    permissions = {"list": "products.read", "retrieve": "products.read"}
    serializer_class = BrandSerializer
    orderings = {"name": ("name", "id"), "-updated_at": ("-updated_at", "-id")}

    def rows(self) -> QuerySet[Any]:
        return Brand.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One brand."""
        return self.answer(self.get_row())


@extend_schema(tags=["products"])
class CollectionViewSet(TenantViewSet):
    """Products put together by hand or by rules."""

    model = Collection
    permissions = {"list": "products.read", "retrieve": "products.read"}
    serializer_class = CollectionSerializer
    orderings = {"name": ("name", "id"), "-updated_at": ("-updated_at", "-id")}

    def rows(self) -> QuerySet[Any]:
        return Collection.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One collection with its rules."""
        return self.answer(self.get_row())


def register(router: BaseRouter) -> None:
    """Mount them."""
    router.register("categories", CategoryViewSet, basename="category")
    router.register("brands", BrandViewSet, basename="brand")
    router.register("collections", CollectionViewSet, basename="collection")
