"""From where orders are taken: the business's policy, an exception for a channel, and where its locations lie."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import TenantEntity


class AllocationWay(models.TextChoices):
    """Which location is asked first."""

    DEFAULT = "default", _("The default location first, then the others")
    PRIORITY = "priority", _("In the order of my list")
    NEAREST = "nearest", _("The nearest to the delivery address first")
    FIXED = "fixed", _("One location only")


class AllocationSplit(models.TextChoices):
    """Whether one order may come from several locations."""

    FREELY = "freely", _("Each item for itself: the first location that has it")
    TOGETHER = "together", _("From one location when one has everything, else from several")
    NEVER = "never", _("From one location only: else the order is refused")


class AllocationPolicy(TenantEntity):
    """How orders of a channel are taken from locations; an empty channel means all that have none of their own."""

    channel = models.CharField(_("way in"), max_length=16, blank=True)
    way = models.CharField(
        _("which location first"), max_length=10, choices=AllocationWay, default=AllocationWay.DEFAULT
    )
    split = models.CharField(
        _("several locations"), max_length=10, choices=AllocationSplit, default=AllocationSplit.FREELY
    )
    places = ArrayField(models.UUIDField(), verbose_name=_("list"), default=list, blank=True)
    only_listed = models.BooleanField(_("only locations on the list"), default=False)
    location = models.ForeignKey(
        "businesses.Location", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("allocation policy")
        verbose_name_plural = _("allocation policies")
        ordering = ("channel",)
        constraints = [
            models.UniqueConstraint(fields=("business", "channel"), name="inventory_policy_channel_once"),
            models.CheckConstraint(
                condition=Q(way="fixed", location__isnull=False) | ~Q(way="fixed") & Q(location=None),
                name="inventory_policy_fixed_names_place",
            ),
        ]

    def __str__(self) -> str:
        return self.channel or self.way


class PlaceSite(TenantEntity):
    """Where a location lies, for choosing the nearest."""

    location = models.ForeignKey("businesses.Location", on_delete=models.CASCADE, related_name="+")
    country = models.CharField(_("country"), max_length=2, blank=True)
    region = models.CharField(_("region"), max_length=80, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5, null=True, blank=True)

    class Meta:
        verbose_name = _("place of a location")
        verbose_name_plural = _("places of locations")
        constraints = [
            models.UniqueConstraint(fields=("location",), name="inventory_site_once"),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="inventory_site_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.country, self.region, self.postcode) if part)

    def facts(self) -> dict[str, Any]:
        """The columns that are typed."""
        return {name: getattr(self, name) for name in SITE_FIELDS}


SITE_FIELDS = ("country", "region", "postcode", "latitude", "longitude")
