"""Brands: who makes a product."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models.shelves import Shelf
from apps.kernel.models import TenantEntity
from apps.platform.media.models import Media


class Brand(Shelf, TenantEntity):
    """A maker or label, found by its name in any capitals. Products carry the name too (`vendor_name`)."""

    name = models.CharField(_("name"), max_length=255)
    slug = models.SlugField(_("address"), max_length=255)
    description = models.TextField(_("description"), max_length=2000, blank=True)
    logo = models.ForeignKey(
        Media, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("logo")
    )
    # The object key that store pages show, so that no page reads the library; empty until the file is ready.
    logo_path = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(F("business"), Upper("name"), name="catalog_brand_name_unique"),
            models.UniqueConstraint(fields=("business", "slug"), name="catalog_brand_slug_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="catalog_brand_named"),
        ]

    def __str__(self) -> str:
        return self.name
