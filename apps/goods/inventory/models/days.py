"""What lay where at the end of each day: sums of the ledger, kept so that nobody adds up years again."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import MoneyField, TenantEntity


class StockDay(TenantEntity):
    """A day that was closed: `until` is its end where the business was, and the ledger's rows before it are in."""

    updated_at = None
    day = models.DateField(_("day"))
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("closed stock day")
        verbose_name_plural = _("closed stock days")
        ordering = ("-day",)
        constraints = [
            # Two workers at once close a day once.
            models.UniqueConstraint(fields=("business", "day"), name="inventory_stockday_once"),
        ]

    def __str__(self) -> str:
        return str(self.day)


class StockSnapshot(TenantEntity):
    """Units and worth of a variant at a location at the end of a closed day; what was not there has no row."""

    updated_at = None
    day = models.DateField(_("day"))
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+", db_index=False)
    location = models.ForeignKey(
        "businesses.Location", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    quantity = models.IntegerField(_("units"))
    value = MoneyField(_("value"))

    class Meta:
        verbose_name = _("stock of a day")
        verbose_name_plural = _("stock of days")
        ordering = ("-day", "variant", "location")
        constraints = [
            models.UniqueConstraint(
                fields=("business", "day", "variant", "location"), name="inventory_snapshot_once"
            ),
        ]
        triggers = [pgtrigger.Protect(name="stays", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.day} {self.quantity}"
