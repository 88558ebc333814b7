"""Where a business delivers, in what, and at which price."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import MoneyField, TenantEntity


class DeliveryZone(TenantEntity):
    """Places that cost the same: countries, or parts of them by region or postcode. See `zoning`."""

    name = models.CharField(_("name"), max_length=80)
    countries = ArrayField(
        models.CharField(max_length=2), verbose_name=_("countries"), default=list, blank=True
    )
    regions = ArrayField(
        models.CharField(max_length=80), verbose_name=_("states or regions"), default=list, blank=True
    )
    postcodes = ArrayField(
        models.CharField(max_length=40), verbose_name=_("postcodes"), default=list, blank=True
    )

    class Meta:
        verbose_name = _("delivery zone")
        verbose_name_plural = _("delivery zones")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["business", "name"], name="zone_name_once"),
            # A region or a postcode means nothing without its country.
            models.CheckConstraint(
                condition=Q(regions=[], postcodes=[]) | ~Q(countries=[]), name="zone_parts_of_countries"
            ),
        ]
        indexes = [GinIndex(fields=["countries"], name="zone_by_country")]

    def __str__(self) -> str:
        return self.name


class Package(TenantEntity):
    """A box or a bag that parcels are packed in: its outer size, and what it weighs empty."""

    name = models.CharField(_("name"), max_length=80)
    length_mm = models.PositiveIntegerField(_("length in mm"))
    width_mm = models.PositiveIntegerField(_("width in mm"))
    height_mm = models.PositiveIntegerField(_("height in mm"))
    empty_grams = models.PositiveIntegerField(_("weight when empty, in grams"), default=0)
    is_default = models.BooleanField(_("the usual one"), default=False)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("package")
        verbose_name_plural = _("packages")
        ordering = ["-is_default", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["business", "name"], name="package_name_once"),
            models.UniqueConstraint(
                fields=["business"], condition=Q(is_default=True), name="package_one_usual"
            ),
            models.CheckConstraint(
                condition=Q(length_mm__gt=0, width_mm__gt=0, height_mm__gt=0), name="package_has_a_size"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(active=True), name="package_usual_is_in_use"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Measure(models.TextChoices):
    """What the price of a rate goes by."""

    FLAT = "flat", _("One price")
    WEIGHT = "weight", _("By weight")
    SUBTOTAL = "subtotal", _("By what the goods are worth")
    PIECES = "pieces", _("By the number of items")
    CARRIER = "carrier", _("Price from a carrier")


class ShippingRate(TenantEntity):
    """One way of delivery. Amounts are in the business's currency and tax mode.

    It serves the countries it names itself, or its zone. `steps` are [up to, price] in rising order, the last may be
    [None, price] for all above; without steps `price` counts. What is above the last step is not served.
    Priced by a carrier, it costs what `carrier_service` of the account does, `carrier_percent` of it more, and
    `carrier_extra` more; while the carrier cannot say, `fallback`, and without one it is not offered.
    """

    name = models.CharField(_("name"), max_length=80)
    countries = ArrayField(
        models.CharField(max_length=2),
        verbose_name=_("countries"),
        default=list,
        blank=True,
        help_text=_("Leave empty to deliver everywhere."),
    )
    zone = models.ForeignKey(
        DeliveryZone, models.PROTECT, null=True, blank=True, related_name="rates", verbose_name=_("zone")
    )
    price = MoneyField(_("price"))
    measure = models.CharField(
        _("price goes by"), max_length=10, choices=Measure, default=Measure.FLAT, db_default="flat"
    )
    steps = models.JSONField(_("steps"), default=list, blank=True, db_default=[])
    carrier_account = models.ForeignKey(
        "shipping.CarrierAccount",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rates",
        verbose_name=_("carrier"),
    )
    carrier_service = models.CharField(_("service"), max_length=60, blank=True, db_default="")
    carrier_percent = models.DecimalField(
        _("added to the carrier's price, in percent"), max_digits=6, decimal_places=2, default=0, db_default=0
    )
    carrier_extra = MoneyField(_("added to the carrier's price"), default=0, db_default=0)
    fallback = MoneyField(_("price while the carrier cannot say"), null=True, blank=True)
    free_over = MoneyField(_("free from"), null=True, blank=True)
    # What goods of a shipping class cost more: [class, amount, "once" or "each"], or [class, null, ""]: not sent so.
    surcharges = models.JSONField(_("surcharges"), default=list, blank=True, db_default=[])
    # Somebody comes for it: nothing is sent, and the goods must lie there.
    pickup_location = models.ForeignKey(
        "businesses.Location",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("collected at"),
    )
    delivery_days_min = models.PositiveSmallIntegerField(_("fastest, in days"))
    delivery_days_max = models.PositiveSmallIntegerField(_("slowest, in days"))
    active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("delivery rate")
        verbose_name_plural = _("delivery rates")
        ordering = ["position", "created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="rate_price_not_negative"),
            models.CheckConstraint(
                condition=Q(free_over__isnull=True) | Q(free_over__gt=0), name="rate_free_over_positive"
            ),
            models.CheckConstraint(
                condition=Q(delivery_days_min__lte=F("delivery_days_max")), name="rate_days_in_order"
            ),
            models.UniqueConstraint(
                fields=["business", "name"], condition=Q(active=True), name="rate_name_once"
            ),
            models.CheckConstraint(
                condition=Q(zone__isnull=True) | Q(countries=[]), name="rate_zone_or_countries"
            ),
            models.CheckConstraint(
                condition=Q(measure__in=("flat", "carrier"), steps=[])
                | (~Q(measure__in=("flat", "carrier")) & ~Q(steps=[])),
                name="rate_steps_of_a_measure",
            ),
            models.CheckConstraint(
                condition=(Q(measure="carrier", carrier_account__isnull=False) & ~Q(carrier_service=""))
                | (
                    ~Q(measure="carrier")
                    & Q(carrier_account__isnull=True, carrier_service="", fallback__isnull=True)
                ),
                name="rate_carrier_of_a_measure",
            ),
            models.CheckConstraint(
                condition=Q(carrier_percent__gte=0, carrier_extra__gte=0)
                & (Q(fallback__isnull=True) | Q(fallback__gte=0)),
                name="rate_carrier_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["business", "position", "created_at", "id"], name="rate_of_business"),
            GinIndex(fields=["countries"], name="rate_by_country"),
        ]

    def __str__(self) -> str:
        return self.name
