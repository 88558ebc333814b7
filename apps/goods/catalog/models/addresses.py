"""Former web addresses, so that saved links keep working."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import TenantEntity


class FormerAddress(TenantEntity):
    """An address that something of the store had before. What has it now always goes first."""

    class Kind(models.TextChoices):
        PRODUCT = "product", _("Product")
        CATEGORY = "category", _("Category")
        COLLECTION = "collection", _("Collection")
        BRAND = "brand", _("Brand")

    kind = models.CharField(max_length=10, choices=Kind)
    slug = models.SlugField(max_length=255)
    target_id = models.UUIDField()

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        ordering = ("kind", "slug")
        constraints = [
            models.UniqueConstraint(
                fields=("business", "kind", "slug"), name="catalog_former_address_unique"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("product", "category", "collection", "brand")),
                name="catalog_former_address_kind",
            ),
        ]
        indexes = [models.Index(fields=("target_id",), name="catalog_former_address_of")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.slug}"
