"""Price lists and what stands on them; taxes by place, class and customer."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Category, Collection, Product, Variant
from apps.kernel.models import MoneyField, TenantEntity
from apps.people.customers.models import Customer


class Level(models.TextChoices):
    """From the nearest to the farthest: the first that has a price wins. See docs/pricing.md."""

    CONTRACT = "contract", _("Contract")
    CUSTOMER = "customer", _("Customer")
    SEGMENT = "segment", _("Segment")
    CHANNEL = "channel", _("Channel")
    SALE = "sale", _("Sale")


class PriceList(TenantEntity):
    """Prices for somebody, for some time. In force from `valid_from` on and before `valid_to`."""

    name = models.CharField(_("name"), max_length=80)
    level = models.CharField(_("level"), max_length=10, choices=Level)
    customer = models.ForeignKey(
        Customer, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("customer")
    )
    segment = models.CharField(_("customers with the tag"), max_length=40, blank=True)
    channels = ArrayField(
        models.CharField(max_length=16), verbose_name=_("channels"), default=list, blank=True
    )
    reference = models.CharField(_("contract number"), max_length=60, blank=True)
    priority = models.SmallIntegerField(_("priority"), default=0)
    valid_from = models.DateTimeField(_("from"), null=True, blank=True)
    valid_to = models.DateTimeField(_("until"), null=True, blank=True)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(fields=("business", "name"), name="price_list_name_once"),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="price_list_level_known"),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_to__isnull=True)
                | Q(valid_from__lt=F("valid_to")),
                name="price_list_window",
            ),
            models.CheckConstraint(
                condition=Q(level__in=("contract", "customer"), customer__isnull=False, segment="")
                | (Q(level="segment", customer__isnull=True) & ~Q(segment=""))
                | Q(level__in=("channel", "sale"), customer__isnull=True, segment=""),
                name="price_list_for_whom",
            ),
            models.CheckConstraint(
                condition=~Q(level="channel") | ~Q(channels=[]), name="price_list_channel_named"
            ),
        ]
        indexes = [
            models.Index(fields=("customer",), name="price_list_of_customer"),
        ]

    def __str__(self) -> str:
        return self.name


class PriceListEntry(TenantEntity):
    """One price on a list: for a variant, a product, a category, a collection, or (none named) for everything."""

    class Kind(models.TextChoices):
        FIXED = "fixed", _("Price")
        PERCENT = "percent", _("Percent off the price")
        VOLUME = "volume", _("Percent off the line")

    price_list = models.ForeignKey(PriceList, models.CASCADE, related_name="entries", verbose_name=_("list"))
    variant = models.ForeignKey(Variant, models.CASCADE, null=True, blank=True, related_name="+")
    product = models.ForeignKey(Product, models.CASCADE, null=True, blank=True, related_name="+")
    category = models.ForeignKey(Category, models.CASCADE, null=True, blank=True, related_name="+")
    collection = models.ForeignKey(Collection, models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.FIXED)
    price = MoneyField(_("price"), null=True, blank=True)
    percent = models.DecimalField(_("percent"), max_digits=5, decimal_places=2, null=True, blank=True)
    min_quantity = models.PositiveIntegerField(_("from quantity"), default=1)

    class Meta:
        verbose_name = _("price on a list")
        verbose_name_plural = _("prices on lists")
        ordering = ("price_list", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="fixed", price__gte=0, percent__isnull=True)
                | Q(kind__in=("percent", "volume"), price__isnull=True, percent__gte=0, percent__lte=100),
                name="price_entry_amount",
            ),
            models.CheckConstraint(condition=Q(min_quantity__gte=1), name="price_entry_at_least_one"),
            models.CheckConstraint(
                condition=Q(variant__isnull=True, product__isnull=True, category__isnull=True)
                | Q(variant__isnull=True, product__isnull=True, collection__isnull=True)
                | Q(variant__isnull=True, category__isnull=True, collection__isnull=True)
                | Q(product__isnull=True, category__isnull=True, collection__isnull=True),
                name="price_entry_one_target",
            ),
            models.UniqueConstraint(
                fields=("price_list", "variant", "product", "category", "collection", "min_quantity"),
                condition=~Q(kind="volume"),
                nulls_distinct=False,
                name="price_entry_price_once",
            ),
            models.UniqueConstraint(
                fields=("price_list", "variant", "product", "category", "collection", "min_quantity"),
                condition=Q(kind="volume"),
                nulls_distinct=False,
                name="price_entry_volume_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target_title}: {self.price if self.percent is None else f'{self.percent} %'}"

    @property
    def target_title(self) -> str:
        """What the price is for, in words; reads it where it was not read with the row."""
        if self.variant_id is not None and self.variant is not None:
            title = self.variant.product.title
            return f"{title} – {self.variant.title}" if self.variant.title else title
        target = self.product or self.category or self.collection
        return str(target) if target is not None else str(_("Everything"))


class PricePoint(TenantEntity):
    """From `since` on the store asked this for a variant, with `was` struck through beside it. Never changed."""

    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+", verbose_name=_("variant"))
    since = models.DateTimeField(_("since"))
    price = MoneyField(_("price"))
    was = MoneyField(_("before"), null=True, blank=True)

    class Meta:
        verbose_name = _("price of a moment")
        verbose_name_plural = _("prices over time")
        indexes = [models.Index(fields=["variant", "-since", "-id"], name="price_point_of_variant")]

    def __str__(self) -> str:
        return f"{self.price}"


class KeptPrices(TenantEntity):
    """Up to which moment the price ranges that products keep for sorting are those that the store shows."""

    kept_until = models.DateTimeField()
    is_stale = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("kept prices")
        verbose_name_plural = _("kept prices")
        constraints = [models.UniqueConstraint(fields=("business",), name="kept_prices_once")]

    def __str__(self) -> str:
        return str(self.kept_until)


class TaxClass(models.TextChoices):
    STANDARD = "standard", _("Standard")
    REDUCED = "reduced", _("Reduced")
    ZERO = "zero", _("Zero-rated")
    EXEMPT = "exempt", _("Exempt")


class TaxItem(TenantEntity):
    """The tax class of a product, or of one of its variants, with its code of the customs tariff (HSN)."""

    product = models.ForeignKey(Product, models.CASCADE, null=True, blank=True, related_name="+")
    variant = models.ForeignKey(Variant, models.CASCADE, null=True, blank=True, related_name="+")
    tax_class = models.CharField(_("tax class"), max_length=8, choices=TaxClass, default=TaxClass.STANDARD)
    hsn = models.CharField(_("HSN code"), max_length=12, blank=True)

    class Meta:
        verbose_name = _("tax of a product")
        verbose_name_plural = _("taxes of products")
        constraints = [
            models.UniqueConstraint(
                fields=("business", "product", "variant"), nulls_distinct=False, name="tax_item_once"
            ),
            models.CheckConstraint(
                condition=Q(product__isnull=True, variant__isnull=False)
                | Q(product__isnull=False, variant__isnull=True),
                name="tax_item_one_target",
            ),
            models.CheckConstraint(condition=Q(tax_class__in=TaxClass.values), name="tax_item_class_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_tax_class_display()} {self.hsn}".strip()


class TaxZone(TenantEntity):
    """Where the same taxes hold: some regions of a country, a country, or everywhere else (no country)."""

    name = models.CharField(_("name"), max_length=80)
    country = models.CharField(_("country"), max_length=2, blank=True)
    # In small letters, in every spelling that addresses use ("ka", "karnataka").
    regions = ArrayField(models.CharField(max_length=80), verbose_name=_("regions"), default=list, blank=True)
    shipping_class = models.CharField(
        _("tax class of delivery"), max_length=8, choices=TaxClass, default=TaxClass.STANDARD
    )
    reverse_charge = models.BooleanField(_("businesses with a tax number pay it themselves"), default=False)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("tax zone")
        verbose_name_plural = _("tax zones")
        ordering = ("country", "name", "id")
        constraints = [
            models.UniqueConstraint(fields=("business", "name"), name="tax_zone_name_once"),
            models.CheckConstraint(
                condition=~Q(country="") | Q(regions=[]), name="tax_zone_regions_of_a_country"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TaxRate(TenantEntity):
    """A tax of a zone: several of one class are charged together and shown apart (CGST and SGST)."""

    zone = models.ForeignKey(TaxZone, models.CASCADE, related_name="rates", verbose_name=_("zone"))
    tax_class = models.CharField(_("tax class"), max_length=8, choices=TaxClass, default=TaxClass.STANDARD)
    name = models.CharField(_("name"), max_length=32)
    rate = models.DecimalField(_("rate"), max_digits=7, decimal_places=4)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ("zone", "position", "id")
        constraints = [
            models.UniqueConstraint(fields=("zone", "tax_class", "name"), name="tax_rate_name_once"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lt=1), name="tax_rate_is_a_fraction"),
            # A rate of these classes would never be charged.
            models.CheckConstraint(
                condition=Q(tax_class__in=("standard", "reduced")), name="tax_rate_of_a_taxed_class"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.rate * 100:f} %"


class CustomerTax(TenantEntity):
    """What a customer has shown about her taxes: a number, or a certificate that exempts her."""

    customer = models.OneToOneField(Customer, models.CASCADE, related_name="+", verbose_name=_("customer"))
    tax_number = models.CharField(_("tax number"), max_length=40, blank=True)
    exempt = models.BooleanField(_("exempt from tax"), default=False)
    certificate = models.CharField(_("certificate number"), max_length=80, blank=True)
    valid_from = models.DateField(_("from"), null=True, blank=True)
    valid_to = models.DateField(_("last day"), null=True, blank=True)

    class Meta:
        verbose_name = _("taxes of a customer")
        verbose_name_plural = _("taxes of customers")
        constraints = [
            models.CheckConstraint(
                condition=Q(exempt=False) | ~Q(certificate=""), name="customer_tax_certificate_named"
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_to__isnull=True)
                | Q(valid_from__lte=F("valid_to")),
                name="customer_tax_window",
            ),
        ]

    def __str__(self) -> str:
        return self.tax_number or self.certificate


class CompetitorPrice(TenantEntity):
    """What somebody else asked for a thing of ours on a day, in the tax mode of our prices."""

    class Source(models.TextChoices):
        TYPED = "typed", _("Typed")
        FILE = "file", _("File")
        API = "api", _("Program")

    variant = models.ForeignKey(
        "catalog.Variant", models.CASCADE, related_name="competitor_prices", verbose_name=_("item")
    )
    competitor = models.CharField(_("competitor"), max_length=80)
    price = MoneyField(_("price"))
    currency = models.CharField(_("currency"), max_length=3)
    source = models.CharField(_("source"), max_length=5, choices=Source)
    seen_on = models.DateField(_("seen"))

    class Meta:
        verbose_name = _("competitor's price")
        verbose_name_plural = _("competitors' prices")
        ordering = ("-seen_on", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("variant", "competitor", "seen_on"), name="competitor_price_once_a_day"
            ),
            models.CheckConstraint(condition=Q(price__gt=0), name="competitor_price_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.competitor} {self.price} {self.currency}"


class DisplayRate(TenantEntity):
    """Another currency the store shows prices in besides, as a rough guide; charged is the business's own.

    `rate` is what one unit of the business's currency is worth in `currency`.
    """

    currency = models.CharField(_("currency"), max_length=3)
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=8)
    source = models.CharField(_("source"), max_length=80)
    day = models.DateField(_("of the day"))
    active = models.BooleanField(_("shown"), default=True)

    class Meta:
        verbose_name = _("currency shown besides")
        verbose_name_plural = _("currencies shown besides")
        ordering = ("currency",)
        constraints = [
            models.UniqueConstraint(fields=("business", "currency"), name="display_rate_once"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="display_rate_positive"),
        ]

    def __str__(self) -> str:
        return self.currency
