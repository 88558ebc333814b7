"""A product with its options, variants and pictures."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models.brands import Brand
from apps.goods.catalog.models.categories import Category
from apps.goods.catalog.models.triggers import KEEP_WORDS, KEEP_WORDS_DECLARES, REFUSE_CODE_OF_PACK
from apps.kernel.models import MoneyField, TenantEntity
from apps.kernel.tenancy import TenantManager
from apps.platform.media.models import Media

VISIBLE = Q(status="active", published=True)


class ContentUnit(models.TextChoices):
    """What contents are said in: a share of the goods, or milligrams in one piece of them."""

    PERCENT = "percent", _("per cent")
    MILLIGRAM = "mg", _("milligrams")


class ContentField(models.DecimalField):  # type: ignore[type-arg]
    """How much of a substance is in it, in the unit beside it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args, **{"max_digits": 8, "decimal_places": 2, "null": True, "blank": True, **kwargs}
        )


def _range_of(name: str) -> Q:
    low, high = f"{name}_min", f"{name}_max"
    both = Q(**{f"{low}__gte": 0, f"{high}__gte": F(low)})
    both &= Q(**{f"{high}__lte": 100}) | Q(**{f"{name}_unit": "mg"})
    return both | Q(**{f"{low}__isnull": True, f"{high}__isnull": True})


class ProductQuerySet(models.QuerySet["Product"]):
    def visible(self) -> Self:
        """Products that the store shows: active and published."""
        return self.filter(VISIBLE)


class Product(TenantEntity):
    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        ARCHIVED = "archived", _("Archived")

    title = models.CharField(_("title"), max_length=255)
    slug = models.SlugField(
        _("address"), max_length=255, help_text=_("The last part of the product's web address.")
    )
    description_html = models.TextField(_("description"), blank=True)
    # The name of the brand, kept with the product so that a list page reads one row a product.
    vendor_name = models.CharField(_("brand"), max_length=255, blank=True, editable=False)
    brand = models.ForeignKey(
        Brand,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("brand"),
    )
    subtitle = models.CharField(_("subtitle"), max_length=255, blank=True, default="", db_default="")
    product_type = models.CharField(_("type"), max_length=255, blank=True)
    tags = ArrayField(models.CharField(max_length=255), default=list, blank=True, verbose_name=_("tags"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    published = models.BooleanField(_("shown in the store"), default=False)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    seo_title = models.CharField(_("title for search engines"), max_length=255, blank=True)
    seo_description = models.CharField(_("description for search engines"), max_length=500, blank=True)
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("category"),
    )

    # How many pieces of a variant one order may hold: see `amounts`.
    order_min = models.PositiveIntegerField(_("smallest quantity"), default=1)
    order_max = models.PositiveIntegerField(_("largest quantity"), null=True, blank=True)
    order_step = models.PositiveIntegerField(_("sold in steps of"), default=1)

    # Said by businesses in the licensed trade alone: see `models.licensed`.
    strain = models.CharField(_("strain"), max_length=120, blank=True)
    classification = models.CharField(_("classification"), max_length=60, blank=True)
    thc_min = ContentField(_("THC from"))
    thc_max = ContentField(_("THC to"))
    thc_unit = models.CharField(
        _("THC in"), max_length=7, choices=ContentUnit, default=ContentUnit.PERCENT, db_default="percent"
    )
    cbd_min = ContentField(_("CBD from"))
    cbd_max = ContentField(_("CBD to"))
    cbd_unit = models.CharField(
        _("CBD in"), max_length=7, choices=ContentUnit, default=ContentUnit.PERCENT, db_default="percent"
    )

    # Kept by the services from the variants and pictures, so that a list page reads one row a product.
    min_price = MoneyField(default=0, editable=False)
    max_price = MoneyField(default=0, editable=False)
    compare_at_price = MoneyField(null=True, blank=True, editable=False)
    variant_count = models.PositiveIntegerField(default=0, editable=False)
    cover = models.ForeignKey(
        "ProductImage", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    search_text = models.TextField(blank=True, editable=False)
    # Kept by the database: see `triggers`.
    search = SearchVectorField(null=True, editable=False)

    objects = TenantManager.from_queryset(ProductQuerySet)()  # type: ignore[misc]

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("title", "id")
        constraints = [
            models.UniqueConstraint(fields=("business", "slug"), name="catalog_product_slug_unique"),
            models.CheckConstraint(
                condition=Q(status__in=("draft", "active", "archived")), name="catalog_product_status_known"
            ),
            models.CheckConstraint(
                condition=Q(min_price__gte=0, max_price__gte=F("min_price")),
                name="catalog_product_price_range",
            ),
            models.CheckConstraint(
                condition=Q(published=False) | Q(published_at__isnull=False),
                name="catalog_product_published_at_set",
            ),
            models.CheckConstraint(
                condition=Q(order_min__gte=1, order_step__gte=1)
                & (Q(order_max__isnull=True) | Q(order_max__gte=F("order_min"))),
                name="catalog_product_quantity_rule",
            ),
            models.CheckConstraint(
                condition=_range_of("thc")
                & _range_of("cbd")
                & Q(thc_unit__in=("percent", "mg"), cbd_unit__in=("percent", "mg")),
                name="catalog_product_contents",
            ),
            models.CheckConstraint(
                condition=Q(brand__isnull=True) | ~Q(vendor_name=""), name="catalog_product_brand_named"
            ),
        ]
        indexes = [
            # The store's four orders, each read from one end of one index.
            models.Index(
                F("business"),
                F("published_at").desc(),
                F("id"),
                name="catalog_store_newest",
                condition=VISIBLE,
            ),
            models.Index(
                F("business"), F("min_price"), F("id"), name="catalog_store_price", condition=VISIBLE
            ),
            models.Index(F("business"), F("title"), F("id"), name="catalog_store_title", condition=VISIBLE),
            models.Index(
                F("business"),
                F("category"),
                F("published_at").desc(),
                name="catalog_store_category",
                condition=VISIBLE,
            ),
            models.Index(
                F("business"),
                F("brand"),
                F("published_at").desc(),
                name="catalog_store_brand",
                condition=VISIBLE,
            ),
            models.Index(F("business"), F("status"), F("updated_at").desc(), name="catalog_product_worklist"),
            GinIndex(fields=("business", "search"), name="catalog_product_search", fastupdate=False),
            GinIndex(
                OpClass(F("business"), name="uuid_ops"),
                OpClass(F("search_text"), name="gin_trgm_ops"),
                name="catalog_product_trigram",
                fastupdate=False,
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="keep_words",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert
                | pgtrigger.UpdateOf("title", "search_text", "description_html", "category_id", "search"),
                declare=KEEP_WORDS_DECLARES,
                func=KEEP_WORDS,
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def visible(self) -> bool:
        return self.published and self.status == self.Status.ACTIVE

    @property
    def has_price_range(self) -> bool:
        return self.min_price != self.max_price


class ProductOption(TenantEntity):
    """One axis of choice of a product, with the values it offers in the order shown."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="options")
    name = models.CharField(_("name"), max_length=255)
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    values = models.JSONField(_("values"), default=list)

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        ordering = ("product", "position")
        constraints = [
            models.UniqueConstraint(fields=("product", "position"), name="catalog_option_position_unique"),
            models.UniqueConstraint(fields=("product", "name"), name="catalog_option_name_unique"),
            models.CheckConstraint(
                condition=Q(position__range=(1, 3)), name="catalog_option_position_1_to_3"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Variant(TenantEntity):
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    title = models.CharField(_("title"), max_length=255, blank=True)
    option_values = models.JSONField(_("option values"), default=list)
    sku = models.CharField(_("SKU"), max_length=120, blank=True)
    barcode = models.CharField(_("barcode"), max_length=120, blank=True)
    price = MoneyField(verbose_name=_("price"))
    compare_at_price = MoneyField(_("price before"), null=True, blank=True)
    cost = MoneyField(_("cost per item"), null=True, blank=True)
    weight_grams = models.PositiveIntegerField(_("weight in grams"), default=0)
    # Of one as it is packed; 0 is not known, and then all three are.
    length_mm = models.PositiveIntegerField(_("length in mm"), default=0, db_default=0)
    width_mm = models.PositiveIntegerField(_("width in mm"), default=0, db_default=0)
    height_mm = models.PositiveIntegerField(_("height in mm"), default=0, db_default=0)
    position = models.PositiveIntegerField(_("position"), default=1)
    track_stock = models.BooleanField(_("count stock"), default=True)
    # Made of parts and without stock of its own; a kit stays a kit. See docs/kits.md.
    is_kit = models.BooleanField(_("kit"), default=False, editable=False)
    backorder_limit = models.PositiveIntegerField(
        _("backorder limit"), default=0, help_text=_("How many may be promised beyond what is in stock.")
    )
    # In which unit stock is kept, and in which one it is shown: see `units`. Empty: the same.
    unit = models.CharField(_("kept in"), max_length=8, default="piece", db_default="piece")
    shown_unit = models.CharField(_("shown in"), max_length=8, blank=True, db_default="")
    # What is in one stock unit, for the price by measure: 400 g of tea, 0.75 l of wine.
    content_amount = models.DecimalField(
        _("contents"), max_digits=12, decimal_places=3, null=True, blank=True
    )
    content_unit = models.CharField(_("contents in"), max_length=8, blank=True, db_default="")
    # How many may be bought at once, where the product's rule does not hold: see `amounts`.
    order_min = models.PositiveIntegerField(_("smallest quantity"), null=True, blank=True)
    order_max = models.PositiveIntegerField(_("largest quantity"), null=True, blank=True)
    order_step = models.PositiveIntegerField(_("sold in steps of"), null=True, blank=True)
    taxable = models.BooleanField(_("taxable"), default=True)
    published = models.BooleanField(_("shown in the store"), default=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ("product", "position", "id")
        constraints = [
            models.UniqueConstraint(
                F("business"), Upper("sku"), condition=~Q(sku=""), name="catalog_variant_sku_unique"
            ),
            models.UniqueConstraint(
                fields=("product", "option_values"), name="catalog_variant_options_unique"
            ),
            models.CheckConstraint(
                condition=Q(is_kit=False) | Q(track_stock=False, backorder_limit=0),
                name="catalog_kit_without_own_stock",
            ),
            models.CheckConstraint(
                condition=Q(length_mm=0, width_mm=0, height_mm=0)
                | Q(length_mm__gt=0, width_mm__gt=0, height_mm__gt=0),
                name="catalog_variant_all_sides_or_none",
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="catalog_variant_price_not_negative"),
            models.CheckConstraint(
                condition=Q(content_amount__isnull=True, content_unit="")
                | (Q(content_amount__gt=0) & ~Q(content_unit="")),
                name="catalog_variant_contents_with_unit",
            ),
            models.CheckConstraint(
                condition=Q(order_min__isnull=True, order_max__isnull=True, order_step__isnull=True)
                | (
                    Q(order_min__gte=1, order_step__gte=1)
                    & (Q(order_max__isnull=True) | Q(order_max__gte=F("order_min")))
                ),
                name="catalog_variant_quantity_rule",
            ),
            models.CheckConstraint(
                condition=Q(compare_at_price__isnull=True) | Q(compare_at_price__gte=0),
                name="catalog_variant_compare_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(cost__isnull=True) | Q(cost__gte=0), name="catalog_variant_cost_not_negative"
            ),
        ]
        indexes = [
            models.Index(
                F("business"), F("barcode"), name="catalog_variant_barcode", condition=~Q(barcode="")
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="code_means_one_thing",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("barcode", "sku"),
                condition=pgtrigger.Condition("NEW.barcode <> '' OR NEW.sku <> ''"),
                func=REFUSE_CODE_OF_PACK,
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.product)


def original_path(image: ProductImage, filename: str) -> str:
    """Where the cleaned original of a picture is kept. The name sent by the browser is never used as a path."""
    suffix = PurePath(filename).suffix.lower()[:5]
    return f"products/{image.business_id}/{image.id}/original{suffix}"


class ProductImage(TenantEntity):
    """A picture of a product: a file of the library (`media`), or remembered from an import (`source_url`) and drawn
    instead. `image` and `renditions` hold the object keys that store pages show, so that no page reads the library;
    they are empty until the file is ready.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    variant = models.ForeignKey(
        Variant, on_delete=models.SET_NULL, null=True, blank=True, related_name="images"
    )
    media = models.ForeignKey(
        Media, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    image = models.ImageField(_("picture"), upload_to=original_path, max_length=300, blank=True)
    alt = models.CharField(_("text for those who cannot see it"), max_length=512, blank=True)
    position = models.PositiveIntegerField(_("position"), default=1)
    source_url = models.URLField(_("came from"), max_length=2000, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    height = models.PositiveIntegerField(null=True, blank=True, editable=False)
    # {"320": "…/320.webp", "320.avif": "…/320.avif", …}: only widths the original can fill.
    renditions = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ("product", "position", "id")
        constraints = [
            models.UniqueConstraint(fields=("product", "media"), name="catalog_image_media_once"),
        ]

    def __str__(self) -> str:
        return self.alt or str(self.id)

    @property
    def own_media(self) -> Media:
        """The file of a picture that has one; raises `ValueError` for a remembered or former one."""
        if self.media is None:
            raise ValueError(f"Picture {self.pk} has no file in the library.")
        return self.media
