"""How SKUs and barcodes are made."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import TenantEntity


class CodeRule(TenantEntity):
    """A business's way of making codes: a pattern for SKUs, a range for barcodes. Empty means none are made."""

    class Barcode(models.TextChoices):
        NONE = "", _("None")
        EAN13 = "ean13", _("EAN-13")
        EAN8 = "ean8", _("EAN-8")

    sku_pattern = models.CharField(_("pattern of SKUs"), max_length=80, blank=True)
    barcode_kind = models.CharField(_("barcodes"), max_length=5, choices=Barcode, blank=True)
    barcode_prefix = models.CharField(_("first digits"), max_length=11, blank=True)

    class Meta:
        verbose_name = _("code rule")
        verbose_name_plural = _("code rules")
        constraints = [
            models.UniqueConstraint(fields=("business",), name="catalog_code_rule_once"),
            models.CheckConstraint(
                condition=Q(barcode_kind__in=("", "ean13", "ean8")), name="catalog_code_rule_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.sku_pattern or self.barcode_kind


class MadeBarcode(TenantEntity):
    """A barcode that was given once: never again, whatever becomes of its variant."""

    code = models.CharField(_("barcode"), max_length=13)

    class Meta:
        verbose_name = _("made barcode")
        verbose_name_plural = _("made barcodes")
        constraints = [
            models.UniqueConstraint(fields=("business", "code"), name="catalog_made_barcode_once"),
        ]

    def __str__(self) -> str:
        return self.code
