"""What carriers and customs ask of goods: beside the catalogue, which need not know."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Product, Variant
from apps.kernel.models import TenantEntity


class ShippingItem(TenantEntity):
    """How a product is sent, or one of its variants; what is empty here is as the product has it."""

    product = models.ForeignKey(Product, models.CASCADE, null=True, blank=True, related_name="+")
    variant = models.ForeignKey(Variant, models.CASCADE, null=True, blank=True, related_name="+")
    # The business's own word, such as "Bulky"; what it costs more stands on each rate.
    shipping_class = models.CharField(_("shipping class"), max_length=40, blank=True)
    hs_code = models.CharField(_("HS code"), max_length=10, blank=True)
    origin = models.CharField(_("country of origin"), max_length=2, blank=True)
    customs_text = models.CharField(_("description for customs"), max_length=70, blank=True)

    class Meta:
        verbose_name = _("how goods are sent")
        verbose_name_plural = _("how goods are sent")
        constraints = [
            models.UniqueConstraint(
                fields=("business", "product", "variant"), nulls_distinct=False, name="shipping_item_once"
            ),
            models.CheckConstraint(
                condition=Q(product__isnull=True, variant__isnull=False)
                | Q(product__isnull=False, variant__isnull=True),
                name="shipping_item_one_target",
            ),
        ]

    def __str__(self) -> str:
        return " · ".join(part for part in (self.shipping_class, self.hs_code, self.origin) if part)


def said(name: str, *, variant: str = "pk", product: str = "product_id") -> Coalesce:
    """For a query with columns for a variant and its product: what stands at the variant, else at the product; or null.

    `name` is a column of `ShippingItem`.
    """

    def of(**whose: Any) -> NullIf:
        return NullIf(Subquery(ShippingItem.objects.filter(**whose).values(name)[:1]), Value(""))

    return Coalesce(of(variant=OuterRef(variant)), of(product=OuterRef(product)))
