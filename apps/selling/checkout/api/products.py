"""What a store shows to everybody."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.goods.catalog.amounts import QuantityRule, rule_of
from apps.goods.catalog.models import Product, Variant
from apps.goods.catalog.searching import Asked, in_collection, narrow
from apps.goods.catalog.selectors import get_published_product, list_collections, list_published
from apps.goods.inventory.selectors import STORE, availability, in_stock_products, product_availability
from apps.kernel import clock
from apps.platform.api.fields import CurrencyField, RowSerializer
from apps.platform.api.filters import AmountFilter, YesNoFilter
from apps.platform.api.permissions import PUBLIC
from apps.platform.api.views import StoreViewSet
from apps.selling.pricing.resolving import shown_prices
from apps.selling.pricing.services.keeping import ranges_of


class StoreProductSerializer(RowSerializer):
    """A product in a store's list."""

    currency = CurrencyField()
    in_stock = serializers.SerializerMethodField()

    class Meta:
        model = Product
        fields = [
            "id", "title", "slug", "vendor_name", "min_price", "max_price", "compare_at_price", "currency",
            "variant_count", "in_stock", "published_at",
        ]  # fmt: skip

    def get_in_stock(self, product: Product) -> bool:
        found = self.context["available"].get(product.pk)
        return found is not None and not found.sold_out


class StorePackSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    quantity = serializers.IntegerField(help_text="Stock units in it.")
    sku = serializers.CharField()
    price = serializers.CharField(help_text="Of the whole pack.")


class StoreVariantSerializer(RowSerializer):
    currency = CurrencyField()
    option_values = serializers.ListField(child=serializers.CharField())
    available = serializers.SerializerMethodField(help_text="Pieces that may be bought; null: any number.")
    packs = serializers.SerializerMethodField()
    order_min = serializers.SerializerMethodField(
        help_text="Sold from so many, by its own rule or the product's."
    )
    order_max = serializers.SerializerMethodField(help_text="Null: any number.")
    order_step = serializers.SerializerMethodField(help_text="Sold in multiples of this.")

    class Meta:
        model = Variant
        fields = [
            "id", "title", "option_values", "sku", "price", "compare_at_price", "currency", "available", "unit",
            "shown_unit", "content_amount", "content_unit", "order_min", "order_max", "order_step", "packs",
        ]  # fmt: skip

    @extend_schema_field(StorePackSerializer(many=True))
    def get_packs(self, variant: Variant) -> Any:
        """The packs that a buyer may choose; name one as `pack_id` when putting it into the cart."""
        page = self.context["page"]
        return [
            {**pack, "price": pack["price"] or f"{variant.price * int(pack['quantity']):f}"}
            for pack in page.packs
            if pack["variant"] == str(variant.pk)
        ]

    def get_order_min(self, variant: Variant) -> int:
        return self._rule(variant).least

    def get_order_max(self, variant: Variant) -> int | None:
        return self._rule(variant).most

    def get_order_step(self, variant: Variant) -> int:
        return self._rule(variant).step

    def _rule(self, variant: Variant) -> QuantityRule:
        variant.product = self.context["page"].product
        return rule_of(variant)

    def get_available(self, variant: Variant) -> int | None:
        found = self.context["available"].get(variant.pk)
        return max(0, found.sellable) if found is not None and found.sellable is not None else None


class StoreOptionSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    values = serializers.ListField(child=serializers.CharField())


class StoreResultSerializer(serializers.Serializer[Any]):
    analyte = serializers.CharField()
    value = serializers.DecimalField(max_digits=9, decimal_places=4, allow_null=True)
    unit = serializers.CharField()
    passed = serializers.BooleanField(allow_null=True)


class StoreCertificateSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    lot_code = serializers.CharField()
    lab = serializers.CharField()
    issued_on = serializers.CharField(allow_null=True)
    results = StoreResultSerializer(many=True)


class StoreLicensedSerializer(serializers.Serializer[Any]):
    """Strain, contents in per cent (or milligrams in one piece, as the unit says), and the laboratory's papers that
    customers may read."""

    strain = serializers.CharField(source="product.strain")
    classification = serializers.CharField(source="product.classification")
    thc_min = serializers.CharField(source="product.thc_min", allow_null=True)
    thc_max = serializers.CharField(source="product.thc_max", allow_null=True)
    thc_unit = serializers.CharField(source="product.thc_unit", help_text="percent or mg.")
    cbd_min = serializers.CharField(source="product.cbd_min", allow_null=True)
    cbd_max = serializers.CharField(source="product.cbd_max", allow_null=True)
    cbd_unit = serializers.CharField(source="product.cbd_unit", help_text="percent or mg.")
    certificates = StoreCertificateSerializer(many=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return super().to_representation(instance) if instance.licensed else {}


class StoreProductDetailSerializer(serializers.Serializer[Any]):
    """A product with what a buyer chooses from."""

    id = serializers.UUIDField(source="product.id")
    title = serializers.CharField(source="product.title")
    slug = serializers.CharField(source="product.slug")
    vendor_name = serializers.CharField(source="product.vendor_name")
    description_html = serializers.CharField(source="product.description_html")
    currency = CurrencyField(source="*")
    order_min = serializers.IntegerField(source="product.order_min", help_text="Sold from so many pieces.")
    order_max = serializers.IntegerField(
        source="product.order_max", allow_null=True, help_text="Null: any number."
    )
    order_step = serializers.IntegerField(source="product.order_step", help_text="Sold in multiples of this.")
    licensed = StoreLicensedSerializer(source="*", help_text="Empty outside of the licensed trade.")
    options = StoreOptionSerializer(many=True)
    variants = StoreVariantSerializer(many=True)


class StoreProductFilter(django_filters.FilterSet):
    min_price = AmountFilter(field_name="max_price", lookup_expr="gte")
    max_price = AmountFilter(field_name="min_price", lookup_expr="lte")
    category = django_filters.CharFilter(
        method="narrowed", max_length=140, help_text="Address of a category."
    )
    search = django_filters.CharFilter(method="narrowed", max_length=100)
    tag = django_filters.CharFilter(method="narrowed", max_length=255)
    brand = django_filters.CharFilter(method="narrowed", max_length=255, help_text="Address of a brand.")
    collection = django_filters.CharFilter(
        method="of_collection", max_length=255, help_text="Address of a collection that the store shows."
    )
    in_stock = YesNoFilter(method="by_stock")
    classification = django_filters.CharFilter(method="narrowed", max_length=60)
    thc_min = AmountFilter(method="narrowed", help_text="Per cent.")
    thc_max = AmountFilter(method="narrowed", help_text="Per cent.")
    cbd_min = AmountFilter(method="narrowed", help_text="Per cent.")
    cbd_max = AmountFilter(method="narrowed", help_text="Per cent.")

    class Meta:
        model = Product
        fields: ClassVar[list[str]] = []

    def narrowed(self, products: QuerySet[Product], name: str, value: Any) -> QuerySet[Product]:
        """The catalogue's own search: one rule for the pages and for programs."""
        argument: dict[str, Any] = {"term" if name == "search" else name: value}
        return narrow(products, Asked(**argument))

    def of_collection(self, products: QuerySet[Product], _name: str, slug: str) -> QuerySet[Product]:
        """What a shown collection holds at this moment; of another nothing."""
        collection = list_collections().filter(slug=slug).first()
        return products.none() if collection is None else in_collection(products, collection)

    def by_stock(self, products: QuerySet[Product], _name: str, wanted: bool) -> QuerySet[Product]:
        """Those of which a unit can be sold; false asks for nothing."""
        return in_stock_products(products) if wanted else products


@extend_schema_view(retrieve=extend_schema(responses=StoreProductDetailSerializer))
@extend_schema(tags=["store"])
class StoreProductViewSet(StoreViewSet):
    """Published products."""

    model = Product
    permissions = {"list": PUBLIC, "retrieve": PUBLIC}
    serializer_class = StoreProductSerializer
    filterset_class = StoreProductFilter
    lookup_field = "slug"
    lookup_value_regex = r"[-a-zA-Z0-9_]{1,255}"
    orderings = {
        "-published_at": ("-published_at", "id"),
        "title": ("title", "id"),
        "min_price": ("min_price", "id"),
        "-min_price": ("-min_price", "-id"),
    }

    def rows(self) -> QuerySet[Any]:
        return list_published()

    @extend_schema(responses=StoreProductSerializer(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page of products."""
        products = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        shown = shown_prices(self.business, [one.pk for one in products], buyer=None, at=clock.now())
        ranges = ranges_of(shown)
        for product in products:
            if product.pk in ranges:
                product.min_price, product.max_price, product.compare_at_price = ranges[product.pk]
        context = {
            **self.get_serializer_context(),
            "available": product_availability([product.pk for product in products]),
        }
        return self.get_paginated_response(StoreProductSerializer(products, many=True, context=context).data)

    def retrieve(self, request: Request, store: str, slug: str) -> Response:
        """One product with options, variants and what is left of each."""
        page = get_published_product(slug)
        shown = shown_prices(self.business, [page.product.pk], buyer=None, at=clock.now())
        prices = {one.variant_id: one.price for one in shown}
        for variant in page.variants:
            if price := prices.get(variant.pk):
                variant.price, variant.compare_at_price = price.unit_price, price.compare_at
        context = {
            **self.get_serializer_context(),
            "available": availability([variant.pk for variant in page.variants], channel=STORE),
            "page": page,
        }
        return Response(StoreProductDetailSerializer(page, context=context).data)
