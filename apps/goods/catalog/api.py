"""The catalogue for programs: products, variants, categories."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet, prefetch_related_objects
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.goods.catalog import selectors, services
from apps.goods.catalog.api_certificates import register as register_certificates
from apps.goods.catalog.api_drafts import register as register_drafts
from apps.goods.catalog.api_shapes import (
    NEW_PRODUCT,
    LicensedInput,
    PacksInput,
    PictureChoice,
    PictureInput,
    PictureOrder,
    PictureWords,
    ProductChange,
    ProductDetailSerializer,
    ProductInput,
    ProductSerializer,
    VariantChange,
    VariantInput,
    VariantSerializer,
)
from apps.goods.catalog.api_shelves import register as register_shelves
from apps.goods.catalog.drafts import PackDraft, VariantDraft
from apps.goods.catalog.models import Collection, Product, ProductImage, ProductOption, Variant
from apps.goods.catalog.packs import with_packs
from apps.goods.catalog.searching import in_collection
from apps.kernel.errors import NotFound
from apps.platform.api.below import below
from apps.platform.api.filters import AmountFilter, YesNoFilter
from apps.platform.api.views import TenantViewSet
from apps.platform.fields.api import TakesCustomFields
from apps.platform.fields.selectors import with_values


class ProductFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=Product.Status.choices)
    published = YesNoFilter()
    category = django_filters.UUIDFilter(field_name="category_id")
    vendor = django_filters.CharFilter(field_name="vendor_name", max_length=255)
    brand = django_filters.UUIDFilter(field_name="brand_id")
    collection = django_filters.UUIDFilter(
        method="of_collection", help_text="Products that a collection holds at this moment."
    )
    min_price = AmountFilter(
        field_name="max_price", lookup_expr="gte", help_text="At least one variant costs this."
    )
    max_price = AmountFilter(field_name="min_price", lookup_expr="lte")
    updated_after = django_filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gt")
    search = django_filters.CharFilter(
        method="by_words", max_length=100, help_text="Words of title, vendor, SKU, tags."
    )

    class Meta:
        model = Product
        fields: ClassVar[list[str]] = []

    def of_collection(self, products: QuerySet[Product], _name: str, pk: UUID) -> QuerySet[Product]:
        """What the collection holds; of an unknown one nothing."""
        collection = Collection.objects.filter(pk=pk).first()
        return products.none() if collection is None else in_collection(products, collection)

    def by_words(self, products: QuerySet[Product], _name: str, words: str) -> QuerySet[Product]:
        """Rows that hold all the words."""
        return selectors.search_products(products, words)


class VariantFilter(django_filters.FilterSet):
    product = django_filters.UUIDFilter(field_name="product_id")
    sku = django_filters.CharFilter(lookup_expr="iexact", max_length=120)
    barcode = django_filters.CharFilter(max_length=120)
    active = YesNoFilter()
    updated_after = django_filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gt")

    class Meta:
        model = Variant
        fields: ClassVar[list[str]] = []


@extend_schema_view(
    list=extend_schema(responses=ProductSerializer(many=True)),
    retrieve=extend_schema(responses=ProductDetailSerializer),
)
@extend_schema(tags=["products"])
class ProductViewSet(TakesCustomFields, TenantViewSet):
    """What the business sells, described."""

    model = Product
    permissions = {
        "custom_fields": "products.change",
        "list": "products.read",
        "retrieve": "products.read",
        "create": "products.change",
        "partial_update": "products.change",
        "publish": "products.publish",
        "unpublish": "products.publish",
        "archive": "products.publish",
        "restore": "products.publish",
        "pictures": "products.change",
        "arrange_pictures": "products.change",
        "describe_picture": "products.change",
        "remove_picture": "products.change",
        "licensed": "products.change",
        "variants": "products.change",
    }
    input_classes = {
        "create": ProductInput,
        "partial_update": ProductChange,
        "pictures": PictureInput,
        "arrange_pictures": PictureOrder,
        "describe_picture": PictureWords,
        "remove_picture": PictureChoice,
        "licensed": LicensedInput,
        "variants": VariantInput,
    }
    serializer_class = ProductSerializer
    filterset_class = ProductFilter
    orderings = {
        "-created_at": ("-created_at", "-id"),
        "created_at": ("created_at", "id"),
        "title": ("title", "id"),
        "-title": ("-title", "-id"),
        "min_price": ("min_price", "id"),
        "-min_price": ("-min_price", "-id"),
        "-updated_at": ("-updated_at", "-id"),
        "updated_at": ("updated_at", "id"),
    }

    def rows(self) -> QuerySet[Any]:
        return Product.objects.defer("search", "search_text", "description_html")

    def retrieve(self, request: Request, pk: str) -> Response:
        """One product with options, variants and pictures."""
        return self._answer_with(self.row_id)

    @extend_schema(request=ProductInput, responses={201: ProductDetailSerializer}, examples=[NEW_PRODUCT])
    def create(self, request: Request) -> Response:
        """Describe a new product; it is a draft until it is published."""
        given = self.read_input()
        drafts = [VariantDraft(**variant) for variant in given.pop("variants")]
        product = services.create_product(self.actor, variants=drafts, **given, key=self.key)
        return self._answer_with(product.pk, created=True)

    @extend_schema(request=ProductChange, responses=ProductDetailSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is said about a product; what is left out stays."""
        services.update_product(self.actor, product_id=self.row_id, **self.read_input(partial=True))
        return self._answer_with(self.row_id)

    @extend_schema(request=None, responses=ProductDetailSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """Show the product in the store."""
        services.publish_product(self.actor, product_id=self.row_id)
        return self._answer_with(self.row_id)

    @extend_schema(request=None, responses=ProductDetailSerializer)
    @action(detail=True, methods=["post"])
    def unpublish(self, request: Request, pk: str) -> Response:
        """Take the product out of the store."""
        services.unpublish_product(self.actor, product_id=self.row_id)
        return self._answer_with(self.row_id)

    @extend_schema(request=None, responses=ProductDetailSerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: str) -> Response:
        """Put the product away: it is neither sold nor listed among what is for sale."""
        services.archive_product(self.actor, product_id=self.row_id)
        return self._answer_with(self.row_id)

    @extend_schema(request=None, responses=ProductDetailSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Bring an archived product back as a draft."""
        services.restore_product(self.actor, product_id=self.row_id)
        return self._answer_with(self.row_id)

    @extend_schema(
        request=PictureInput,
        responses=ProductDetailSerializer,
        examples=[
            OpenApiExample(
                "A photo of the library",
                value={"media_id": "01890000-0000-7000-8000-000000000002", "alt": "A blue mug on a quay"},
                request_only=True,
            )
        ],
    )
    @action(detail=True, methods=["post"])
    def pictures(self, request: Request, pk: str) -> Response:
        """Add a picture of the library behind the others; the first that is ready is the cover. Twice is once."""
        given = self.read_input()
        media_ids = [given.pop("media_id")]
        services.add_pictures(self.actor, product_id=self.row_id, media_ids=media_ids, **given)
        return self._answer_with(self.row_id)

    @extend_schema(request=PictureOrder, responses=ProductDetailSerializer)
    @action(detail=True, methods=["post"], url_path="pictures/arrange")
    def arrange_pictures(self, request: Request, pk: str) -> Response:
        """Put pictures into an order."""
        services.arrange_pictures(self.actor, product_id=self.row_id, **self.read_input())
        return self._answer_with(self.row_id)

    @extend_schema(request=PictureWords, responses=ProductDetailSerializer)
    @action(detail=True, methods=["post"], url_path="pictures/describe")
    def describe_picture(self, request: Request, pk: str) -> Response:
        """Say what a picture shows and for which variant the store shows it; what is left out stays."""
        given = self.read_input()
        self._require_picture(given["image_id"])
        services.describe_picture(self.actor, **given)
        return self._answer_with(self.row_id)

    @extend_schema(request=PictureChoice, responses=ProductDetailSerializer)
    @action(detail=True, methods=["post"], url_path="pictures/remove")
    def remove_picture(self, request: Request, pk: str) -> Response:
        """Take a picture off the product; its file stays in the library."""
        image_id = self.read_input()["image_id"]
        self._require_picture(image_id)
        services.remove_image(self.actor, image_id=image_id)
        return self._answer_with(self.row_id)

    @extend_schema(request=LicensedInput, responses=ProductDetailSerializer)
    @action(detail=True, methods=["post"])
    def licensed(self, request: Request, pk: str) -> Response:
        """Say what the licensed trade asks for: strain, classification, contents in per cent."""
        services.describe_licensed(self.actor, product_id=self.row_id, **self.read_input())
        return self._answer_with(self.row_id)

    @extend_schema(request=VariantInput, responses={201: ProductDetailSerializer})
    @action(detail=True, methods=["post"])
    def variants(self, request: Request, pk: str) -> Response:
        """Add a variant: one value for each option of the product. A retired one with the same values comes back."""
        draft = VariantDraft(**self.read_input())
        services.add_variant(self.actor, product_id=self.row_id, draft=draft, key=self.key)
        return self._answer_with(self.row_id, created=True)

    def _require_picture(self, image_id: UUID) -> None:
        if not self.get_row().images.filter(pk=image_id).exists():
            raise NotFound()

    def _answer_with(self, product_id: Any, *, created: bool = False) -> Response:
        product = selectors.get_product(product_id)
        variants = below("variants", with_values(with_packs(Variant.objects.all())))
        prefetch_related_objects(
            [product], below("options", ProductOption), variants, below("images", ProductImage)
        )
        return self.answer(product, created=created, serializer_class=ProductDetailSerializer)


@extend_schema(tags=["products"])
class VariantViewSet(TakesCustomFields, TenantViewSet):
    """What is sold, stocked and priced."""

    model = Variant
    permissions = {"list": "products.read", "retrieve": "products.read", "partial_update": "products.change"}
    permissions["custom_fields"] = "products.change"
    permissions |= {"destroy": "products.change", "packs": "products.change"}
    input_classes = {"partial_update": VariantChange, "packs": PacksInput}
    serializer_class = VariantSerializer
    filterset_class = VariantFilter

    def rows(self) -> QuerySet[Any]:
        return with_packs(Variant.objects.all())

    def retrieve(self, request: Request, pk: str) -> Response:
        """One variant."""
        return self.answer(self.get_row())

    @extend_schema(
        request=VariantChange,
        examples=[OpenApiExample("New price", value={"price": "13.00"}, request_only=True)],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a variant, its price among others; what is left out stays."""
        given = self.read_input(partial=True)
        return self.answer(services.update_variant(self.actor, variant_id=self.row_id, **given))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Stop selling a variant; orders and the stock ledger keep it, and its values bring it back."""
        services.retire_variant(self.actor, variant_id=self.row_id)
        return Response(status=204)

    @extend_schema(request=PacksInput, responses=VariantSerializer)
    @action(detail=True, methods=["post"])
    def packs(self, request: Request, pk: str) -> Response:
        """Say in which packs it is bought and sold; packs that are left out are retired."""
        drafts = [PackDraft(**pack) for pack in self.read_input()["packs"]]
        services.set_packs(self.actor, variant_id=self.row_id, packs=drafts)
        return self.answer(self.get_row())


def register(router: BaseRouter) -> None:
    """Mount the catalogue."""
    router.register("products", ProductViewSet, basename="product")
    router.register("variants", VariantViewSet, basename="variant")
    register_shelves(router)
    register_certificates(router)
    register_drafts(router)
