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
    # What was recorded from here on is this day's flow. Empty on days that were closed before flows were kept.
    since = models.DateTimeField(_("since"), null=True, blank=True)
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
    """Units and worth of a variant at a location at the end of a closed day; what was never there has no row.

    The other figures are sums of all time, so that what came in any span of days is the difference of two rows.
    """

    updated_at = None
    day = models.DateField(_("day"))
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+", db_index=False)
    location = models.ForeignKey(
        "businesses.Location", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    quantity = models.IntegerField(_("units"))
    value = MoneyField(_("value"))
    came = models.BigIntegerField(_("came so far"), default=0)
    moved_in = models.BigIntegerField(_("came from other locations so far"), default=0)
    sold_at = models.DateTimeField(_("last sold"), null=True, blank=True)
    # When the newest arrival was recorded that had come earlier than it was written down.
    late_at = models.DateTimeField(_("last recorded late"), null=True, blank=True)

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


class StockFlow(TenantEntity):
    """What one reason moved at a location on a closed day."""

    updated_at = None
    day = models.ForeignKey(StockDay, on_delete=models.CASCADE, related_name="flows", db_index=False)
    location = models.ForeignKey(
        "businesses.Location", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(_("reason"), max_length=16)
    times = models.PositiveIntegerField(_("times"))
    came = models.BigIntegerField(_("came"))
    went = models.BigIntegerField(_("went"))
    value = MoneyField(_("value"))

    class Meta:
        verbose_name = _("movements of a day")
        verbose_name_plural = _("movements of days")
        ordering = ("-day", "reason", "location")
        constraints = [
            models.UniqueConstraint(fields=("day", "location", "reason"), name="inventory_flow_once"),
        ]
        triggers = [pgtrigger.Protect(name="stays", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.reason} {self.came}/{self.went}"
