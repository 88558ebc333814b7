"""What products are ordered by, for programs: categories, brands, collections."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.goods.catalog import services
from apps.goods.catalog.api_shapes import ProductSerializer
from apps.goods.catalog.models import Brand, Category, Collection
from apps.goods.catalog.searching import preview_rules
from apps.platform.api.fields import RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet

WORDS = ("description", "seo_title", "seo_description")


class ShelfInput(StrictSerializer):
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    seo_title = serializers.CharField(
        max_length=255, required=False, allow_blank=True, help_text="For search engines; empty: the name."
    )
    seo_description = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="Empty: the description."
    )


class CategorySerializer(RowSerializer):
    position = serializers.IntegerField(
        read_only=True, help_text="Among those beside it, from 1; 0 where nobody has ordered them by hand."
    )

    class Meta:
        model = Category
        fields = ["id", "parent", "name", "slug", "path", "depth", "position", *WORDS]


class BrandSerializer(RowSerializer):
    class Meta:
        model = Brand
        fields = ["id", "name", "slug", *WORDS, "logo", "created_at", "updated_at"]


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
            "id", "name", "slug", *WORDS, "kind", "match", "rules", "published", "created_at", "updated_at",
        ]  # fmt: skip


class CategoryInput(ShelfInput):
    name = serializers.CharField(max_length=120)
    parent_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="Null: it stands at the top."
    )
    slug = serializers.CharField(max_length=160, required=False, help_text="Made of the name when left out.")


class StepInput(StrictSerializer):
    step = serializers.IntegerField(
        min_value=-10_000, max_value=10_000, help_text="So many places later; less than nought: earlier."
    )


class BrandInput(ShelfInput):
    name = serializers.CharField(max_length=255)
    slug = serializers.CharField(max_length=160, required=False, help_text="Made of the name when left out.")


class CollectionChange(ShelfInput):
    name = serializers.CharField(max_length=120)
    slug = serializers.CharField(max_length=160, required=False, help_text="Made of the name when left out.")
    rules = RuleSerializer(many=True, required=False)
    match = serializers.ChoiceField(choices=Collection.Match.choices, required=False)


class CollectionInput(CollectionChange):
    kind = serializers.ChoiceField(choices=Collection.Kind.choices, required=False)


class RulesInput(StrictSerializer):
    rules = RuleSerializer(many=True)
    match = serializers.ChoiceField(choices=Collection.Match.choices, default=Collection.Match.ALL)


class RulesFoundSerializer(serializers.Serializer[Any]):
    """What rules would hold now: how many products of the store, and the first of them by title."""

    count = serializers.IntegerField()
    products = ProductSerializer(many=True)


class ChosenProducts(StrictSerializer):
    product_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=1000, help_text="All of them, in their order."
    )


class CategoryFilter(django_filters.FilterSet):
    parent = django_filters.UUIDFilter(field_name="parent_id")
    below = django_filters.UUIDFilter(
        method="branch", help_text="A category: all that stand below it, at any depth."
    )

    class Meta:
        model = Category
        fields: ClassVar[list[str]] = []

    def branch(self, rows: QuerySet[Category], _name: str, pk: UUID) -> QuerySet[Category]:
        """By the path, so one statement at any depth; nothing for a foreign category."""
        above = Category.objects.filter(pk=pk).first()
        return rows.none() if above is None else rows.filter(path__startswith=f"{above.path}/")


@extend_schema(tags=["products"])
class CategoryViewSet(TenantViewSet):
    """The tree that products hang in."""

    model = Category
    permissions = {
        "list": "products.read",
        "retrieve": "products.read",
        "create": "products.arrange",
        "partial_update": "products.arrange",
        "move": "products.arrange",
        "destroy": "products.arrange",
    }
    input_classes = {"create": CategoryInput, "partial_update": CategoryInput, "move": StepInput}
    serializer_class = CategorySerializer
    filterset_class = CategoryFilter
    orderings = {"place": ("place", "id"), "path": ("path", "id")}

    def rows(self) -> QuerySet[Any]:
        return Category.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One category."""
        return self.answer(self.get_row())

    @extend_schema(request=CategoryInput, responses={201: CategorySerializer})
    def create(self, request: Request) -> Response:
        """Add one."""
        made = services.create_category(self.actor, **self.read_input(), key=self.key)
        return self.answer(made, created=True)

    @extend_schema(request=CategoryInput)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change or move a category; what stands below it moves along."""
        given = self.read_input(partial=True)
        return self.answer(services.change_category(self.actor, category_id=self.row_id, **given))

    @extend_schema(request=StepInput)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Let it stand earlier or later among the categories beside it; at either end it stays."""
        moved = services.move_category(self.actor, category_id=self.row_id, **self.read_input(), key=self.key)
        return self.answer(moved)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an empty category; its products and categories must be elsewhere."""
        services.delete_category(self.actor, category_id=self.row_id)
        return Response(status=204)


@extend_schema(tags=["products"])
class BrandViewSet(TenantViewSet):
    """Who makes the products."""

    model = Brand
    permissions = {
        "list": "products.read",
        "retrieve": "products.read",
        "create": "products.arrange",
        "partial_update": "products.arrange",
        "destroy": "products.arrange",
    }
    input_classes = {"create": BrandInput, "partial_update": BrandInput}
    serializer_class = BrandSerializer
    orderings = {"name": ("name", "id"), "-updated_at": ("-updated_at", "-id")}

    def rows(self) -> QuerySet[Any]:
        return Brand.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One brand."""
        return self.answer(self.get_row())

    @extend_schema(request=BrandInput, responses={201: BrandSerializer})
    def create(self, request: Request) -> Response:
        """Add one."""
        made = services.create_brand(self.actor, **self.read_input(), key=self.key)
        return self.answer(made, created=True)

    @extend_schema(request=BrandInput)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a brand; its products carry the new name."""
        given = self.read_input(partial=True)
        return self.answer(services.change_brand(self.actor, brand_id=self.row_id, **given))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a brand that no product has."""
        services.delete_brand(self.actor, brand_id=self.row_id)
        return Response(status=204)


@extend_schema(tags=["products"])
class CollectionViewSet(TenantViewSet):
    """Products put together by hand or by rules."""

    model = Collection
    permissions = {
        "list": "products.read",
        "retrieve": "products.read",
        "create": "products.arrange",
        "partial_update": "products.arrange",
        "destroy": "products.arrange",
        "preview": "products.arrange",
        "products": "products.arrange",
        "show": "products.arrange",
        "hide": "products.arrange",
    }
    input_classes = {
        "create": CollectionInput,
        "partial_update": CollectionChange,
        "preview": RulesInput,
        "products": ChosenProducts,
    }
    serializer_class = CollectionSerializer
    orderings = {"name": ("name", "id"), "-updated_at": ("-updated_at", "-id")}

    def rows(self) -> QuerySet[Any]:
        return Collection.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One collection with its rules."""
        return self.answer(self.get_row())

    @extend_schema(request=CollectionInput, responses={201: CollectionSerializer})
    def create(self, request: Request) -> Response:
        """Add one."""
        made = services.create_collection(self.actor, **self.read_input(), key=self.key)
        return self.answer(made, created=True)

    @extend_schema(request=CollectionChange)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a collection; what is left out stays."""
        given = self.read_input(partial=True)
        return self.answer(services.change_collection(self.actor, collection_id=self.row_id, **given))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a collection; its products stay."""
        services.delete_collection(self.actor, collection_id=self.row_id)
        return Response(status=204)

    @extend_schema(request=RulesInput, responses=RulesFoundSerializer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """What a collection with these rules would hold, before it is saved. Writes nothing."""
        count, found = preview_rules(**self.read_input())
        return self.answer({"count": count, "products": found}, serializer_class=RulesFoundSerializer)

    @extend_schema(request=ChosenProducts, responses=CollectionSerializer)
    @action(detail=True, methods=["post"])
    def products(self, request: Request, pk: str) -> Response:
        """Say which products are in a collection made by hand."""
        services.set_collection_products(self.actor, collection_id=self.row_id, **self.read_input())
        return self.answer(self.get_row())

    @extend_schema(request=None, responses=CollectionSerializer)
    @action(detail=True, methods=["post"])
    def show(self, request: Request, pk: str) -> Response:
        """Show it in the store."""
        return self.answer(services.show_collection(self.actor, collection_id=self.row_id, published=True))

    @extend_schema(request=None, responses=CollectionSerializer)
    @action(detail=True, methods=["post"])
    def hide(self, request: Request, pk: str) -> Response:
        """Take it out of the store."""
        return self.answer(services.show_collection(self.actor, collection_id=self.row_id, published=False))


def register(router: BaseRouter) -> None:
    """Mount them."""
    router.register("categories", CategoryViewSet, basename="category")
    router.register("brands", BrandViewSet, basename="brand")
    router.register("collections", CollectionViewSet, basename="collection")
