"""What a kit is made of."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models.products import Variant
from apps.kernel.models import TenantEntity


class KitPart(TenantEntity):
    """So many pieces of a part in one piece of the kit. A part is never a kit itself."""

    kit = models.ForeignKey(Variant, models.PROTECT, related_name="parts", verbose_name=_("kit"))
    part = models.ForeignKey(Variant, models.PROTECT, related_name="kits", verbose_name=_("part"))
    quantity = models.PositiveIntegerField(_("pieces"))
    position = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name = _("part of a kit")
        verbose_name_plural = _("parts of kits")
        ordering = ("kit", "position", "id")
        constraints = [
            models.UniqueConstraint(fields=("kit", "part"), name="catalog_kit_part_once"),
            models.CheckConstraint(condition=Q(quantity__range=(1, 1000)), name="catalog_kit_part_some"),
            models.CheckConstraint(condition=~Q(kit=F("part")), name="catalog_kit_not_in_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.part}"
