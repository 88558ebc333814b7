"""What goes into the catalogue's addresses and what comes out."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urljoin

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers

from apps.goods.catalog.models import Pack, Product, ProductImage, ProductOption, Variant
from apps.goods.catalog.models.products import ContentUnit
from apps.goods.catalog.packs import packs_along
from apps.goods.catalog.units import UNIT_CHOICES
from apps.platform.api.fields import (
    AmountField,
    CurrencyField,
    QuantityField,
    RowSerializer,
    StrictSerializer,
)
from apps.platform.fields.api import CustomValuesField
from apps.platform.media.lasting import lasting_address


class ContentNumber(serializers.DecimalField):
    """Per cent, or milligrams in one piece, with two places; the unit stands beside it."""

    def __init__(self, **kwargs: Any) -> None:
        fixed = {"max_digits": 8, "decimal_places": 2, "min_value": 0, "max_value": 100_000}
        super().__init__(**{**fixed, "required": False, "allow_null": True, **kwargs})


class PackSerializer(RowSerializer):
    price = AmountField(allow_null=True, help_text="Null: quantity × the variant's price.")

    class Meta:
        model = Pack
        fields: ClassVar[list[str]] = [
            "id", "name", "quantity", "barcode", "sku", "price", "sold", "for_purchasing",
        ]  # fmt: skip


class PackInput(StrictSerializer):
    pack_id = serializers.UUIDField(required=False, allow_null=True, help_text="The pack that is changed.")
    name = serializers.CharField(max_length=80)
    quantity = QuantityField(max_value=1_000_000, help_text="Stock units in it, two or more.")
    barcode = serializers.CharField(max_length=120, required=False, allow_blank=True)
    sku = serializers.CharField(max_length=120, required=False, allow_blank=True)
    price = AmountField(min_value=0, required=False, allow_null=True)
    sold = serializers.BooleanField(required=False)
    for_purchasing = serializers.BooleanField(required=False)


class PacksInput(StrictSerializer):
    packs = PackInput(many=True, max_length=12)  # type: ignore[call-arg]


class VariantSerializer(RowSerializer):
    custom_fields = CustomValuesField()
    packs = serializers.SerializerMethodField()
    currency = CurrencyField()
    product = serializers.PrimaryKeyRelatedField[Product](read_only=True)
    option_values = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Variant
        fields = [
            "id", "product", "title", "option_values", "sku", "barcode", "price", "compare_at_price", "currency",
            "weight_grams", "length_mm", "width_mm", "height_mm", "position",
            "track_stock", "backorder_limit", "taxable", "published", "active",
            "unit", "shown_unit",
            "content_amount", "content_unit", "order_min", "order_max", "order_step", "packs",
            "created_at", "updated_at", "custom_fields",
        ]  # fmt: skip

    @extend_schema_field(PackSerializer(many=True))
    def get_packs(self, variant: Variant) -> Any:
        """The packs that are in use, as they were arranged."""
        return PackSerializer(packs_along(variant), many=True, context=self.context).data


class ImageSerializer(RowSerializer):
    media = serializers.UUIDField(source="media_id", allow_null=True, help_text="Its file at `/media/`.")
    address = serializers.SerializerMethodField(
        help_text="A lasting address that everybody may read from the first publication on; empty until it is ready."
    )

    class Meta:
        model = ProductImage
        fields = ["id", "media", "variant", "alt", "position", "source_url", "width", "height", "address"]

    def get_address(self, image: ProductImage) -> str:
        path = lasting_address(image.image.name or "")
        return urljoin(settings.PUBLIC_BASE_URL, path) if path else ""


class OptionSerializer(RowSerializer):
    values = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ProductOption
        fields = ["name", "position", "values"]


class ProductSerializer(RowSerializer):
    """A product in a list."""

    custom_fields = CustomValuesField()
    currency = CurrencyField()
    tags = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Product
        fields: ClassVar[list[str]] = [
            "id", "title", "slug", "vendor_name", "brand", "product_type", "tags", "status", "published",
            "published_at", "category", "min_price", "max_price", "currency", "variant_count", "created_at",
            "updated_at", "custom_fields",
        ]  # fmt: skip


class ProductDetailSerializer(ProductSerializer):
    """A product with all that is known of it."""

    options = OptionSerializer(many=True)
    variants = VariantSerializer(many=True)
    images = ImageSerializer(many=True)

    class Meta(ProductSerializer.Meta):
        fields: ClassVar[list[str]] = [
            *ProductSerializer.Meta.fields,
            "subtitle", "description_html", "seo_title", "seo_description", "order_min", "order_max", "order_step",
            "strain", "classification", "thc_min", "thc_max", "thc_unit", "cbd_min", "cbd_max", "cbd_unit",
            "options", "variants", "images",
        ]  # fmt: skip


class VariantInput(StrictSerializer):
    price = AmountField(min_value=0)
    compare_at_price = AmountField(min_value=0, required=False, allow_null=True)
    cost = AmountField(min_value=0, required=False, allow_null=True)
    option_values = serializers.ListField(
        child=serializers.CharField(max_length=255), max_length=3, required=False
    )
    sku = serializers.CharField(max_length=120, required=False, allow_blank=True)
    barcode = serializers.CharField(max_length=120, required=False, allow_blank=True)
    weight_grams = QuantityField(min_value=0, max_value=10_000_000, required=False)
    length_mm = QuantityField(
        min_value=0, max_value=20_000, required=False, help_text="As it is packed: all three sides, or none."
    )
    width_mm = QuantityField(min_value=0, max_value=20_000, required=False)
    height_mm = QuantityField(min_value=0, max_value=20_000, required=False)
    track_stock = serializers.BooleanField(required=False)
    backorder_limit = QuantityField(min_value=0, required=False)
    taxable = serializers.BooleanField(required=False)
    published = serializers.BooleanField(required=False)
    unit = serializers.ChoiceField(choices=UNIT_CHOICES, required=False, help_text="In which stock is kept.")
    shown_unit = serializers.ChoiceField(
        choices=UNIT_CHOICES, required=False, allow_blank=True, help_text="Empty: the same."
    )
    content_amount = serializers.DecimalField(
        max_digits=11, decimal_places=3, required=False, allow_null=True, help_text="What is in one."
    )
    content_unit = serializers.ChoiceField(choices=UNIT_CHOICES, required=False, allow_blank=True)
    order_min = QuantityField(
        max_value=999,
        required=False,
        allow_null=True,
        help_text="Instead of the product's; null: the product's.",
    )
    order_max = QuantityField(max_value=1_000_000, required=False, allow_null=True)
    order_step = QuantityField(max_value=999, required=False, allow_null=True)


class VariantChange(VariantInput):
    """Amounts need the permission `products.price`. The option values stay as they are."""

    option_values = None  # type: ignore[assignment]


class ProductChange(StrictSerializer):
    title = serializers.CharField(max_length=255)
    slug = serializers.SlugField(max_length=255, required=False)
    subtitle = serializers.CharField(
        max_length=255, required=False, allow_blank=True, help_text="One line below the title."
    )
    description_html = serializers.CharField(
        max_length=100_000, required=False, allow_blank=True, help_text="Scripts and styles are taken out."
    )
    vendor_name = serializers.CharField(
        max_length=255, required=False, allow_blank=True, help_text="The brand; a name that is new adds it."
    )
    product_type = serializers.CharField(max_length=255, required=False, allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField(max_length=255), max_length=100, required=False)
    category_id = serializers.UUIDField(required=False, allow_null=True)
    seo_title = serializers.CharField(max_length=255, required=False, allow_blank=True)
    seo_description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    order_min = QuantityField(max_value=999, required=False, help_text="Sold from so many pieces.")
    order_max = QuantityField(
        max_value=1_000_000, required=False, allow_null=True, help_text="Null: any number."
    )
    order_step = QuantityField(max_value=999, required=False, help_text="Sold in multiples of this.")


class LicensedInput(StrictSerializer):
    """What is left out stays. One of a pair stands for both."""

    strain = serializers.CharField(max_length=120, required=False, allow_blank=True)
    classification = serializers.CharField(
        max_length=60, required=False, allow_blank=True, help_text="One of the business's own list."
    )
    thc_min = ContentNumber()
    thc_max = ContentNumber()
    thc_unit = serializers.ChoiceField(choices=ContentUnit.choices, required=False)
    cbd_min = ContentNumber()
    cbd_max = ContentNumber()
    cbd_unit = serializers.ChoiceField(choices=ContentUnit.choices, required=False)


class ProductInput(ProductChange):
    options = serializers.ListField(
        child=serializers.CharField(max_length=255),
        max_length=3,
        required=False,
        help_text="What a buyer chooses by, such as Size; each variant then has one value for each.",
    )
    variants = VariantInput(many=True, allow_empty=False, max_length=250)  # type: ignore[call-arg]


class PictureInput(StrictSerializer):
    media_id = serializers.UUIDField(help_text="A picture of the library, ready or on its way.")
    alt = serializers.CharField(
        max_length=512,
        required=False,
        allow_blank=True,
        help_text="What it shows, for those who cannot see it.",
    )
    variant_id = serializers.UUIDField(required=False, allow_null=True)


class PictureOrder(StrictSerializer):
    image_ids = serializers.ListField(
        child=serializers.UUIDField(),
        allow_empty=False,
        max_length=250,
        help_text="These first, the others behind.",
    )


class PictureWords(StrictSerializer):
    image_id = serializers.UUIDField()
    alt = serializers.CharField(max_length=512, required=False, allow_blank=True)
    variant_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="Null: it is of the product as a whole."
    )


class PictureChoice(StrictSerializer):
    image_id = serializers.UUIDField()


NEW_PRODUCT = OpenApiExample(
    "A mug in two sizes",
    value={
        "title": "Harbour mug",
        "description_html": "<p>Stoneware, dishwasher safe.</p>",
        "tags": ["kitchen"],
        "options": ["Size"],
        "variants": [
            {"option_values": ["Small"], "sku": "MUG-S", "price": "12.50"},
            {"option_values": ["Large"], "sku": "MUG-L", "price": "15.00"},
        ],
    },
    request_only=True,
)
