"""Sessions in which people say what they found at a location."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import MoneyField, TenantEntity


class StockCount(TenantEntity):
    """One session at one location. States in `states.py`."""

    class State(models.TextChoices):
        COUNTING = "open", _("Counting")
        REVIEW = "pending", _("To be approved")
        POSTED = "posted", _("Posted")
        CANCELLED = "cancelled", _("Cancelled")

    class Scope(models.TextChoices):
        ALL = "all", _("Everything there")
        CATEGORY = "category", _("A category")
        CHOSEN = "chosen", _("Chosen items")
        STALE = "stale", _("What was not counted for a while")

    number = models.CharField(_("number"), max_length=20)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.COUNTING)
    location = models.ForeignKey("businesses.Location", on_delete=models.PROTECT, related_name="+")
    scope = models.CharField(_("what is counted"), max_length=12, choices=Scope, default=Scope.ALL)
    category = models.ForeignKey(
        "catalog.Category", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    stale_days = models.PositiveIntegerField(_("not counted for so many days"), null=True, blank=True)
    is_blind = models.BooleanField(_("blind"), default=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    opened_by_label = models.CharField(_("opened by"), max_length=200, blank=True)
    finished_by_id = models.UUIDField(null=True, blank=True)
    finished_by_label = models.CharField(_("finished by"), max_length=200, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    decided_by_label = models.CharField(_("approved by"), max_length=200, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    value_delta = MoneyField(_("value"), null=True, blank=True)

    class Meta:
        verbose_name = _("stock count")
        verbose_name_plural = _("stock counts")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("business", "number"), name="warehouse_count_number_once"),
            models.CheckConstraint(
                condition=Q(state__in=("posted", "cancelled"), closed_at__isnull=False)
                | Q(state__in=("open", "pending"), closed_at=None),
                name="warehouse_count_closed_at_its_end",
            ),
            models.CheckConstraint(
                condition=Q(scope="category", category__isnull=False)
                | (~Q(scope="category") & Q(category=None)),
                name="warehouse_count_category_named",
            ),
        ]
        indexes = [models.Index(fields=("business", "-id"), name="warehouse_count_recent")]

    def __str__(self) -> str:
        return self.number


class CountLine(TenantEntity):
    """One kind of goods in a count: what was found, and what the ledger said at that moment."""

    count = models.ForeignKey(StockCount, on_delete=models.PROTECT, related_name="lines")
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    counted_quantity = models.PositiveIntegerField(_("counted"), null=True, blank=True)
    expected_quantity = models.IntegerField(_("expected"), null=True, blank=True)
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    # How often the number had been put right by then: another correction since makes this line outdated.
    corrections = models.PositiveIntegerField(default=0)
    is_moved = models.BooleanField(_("moved while it was counted"), default=False)
    is_outdated = models.BooleanField(_("put right by somebody else"), default=False)
    posted_delta = models.IntegerField(_("posted"), null=True, blank=True)

    class Meta:
        verbose_name = _("count line")
        verbose_name_plural = _("count lines")
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("count", "variant"), name="warehouse_count_variant_once"),
            models.CheckConstraint(
                condition=Q(counted_quantity=None, expected_quantity=None, counted_at=None)
                | Q(
                    counted_quantity__isnull=False, expected_quantity__isnull=False, counted_at__isnull=False
                ),
                name="warehouse_count_compared_at_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.counted_quantity}/{self.expected_quantity}"

    @property
    def variance(self) -> int | None:
        """By how many the shelf differed from the ledger when it was counted."""
        if self.counted_quantity is None or self.expected_quantity is None:
            return None
        return self.counted_quantity - self.expected_quantity


class CountScan(TenantEntity):
    """One thing that somebody said: a scan, or a number typed in. Rows are only ever added."""

    updated_at = None  # A fact is never updated.
    count = models.ForeignKey(StockCount, on_delete=models.PROTECT, related_name="scans")
    line = models.ForeignKey(CountLine, on_delete=models.PROTECT, related_name="scans")
    key = models.CharField(max_length=200)
    quantity = models.IntegerField(_("quantity"))
    is_total = models.BooleanField(_("the whole number"), default=False)
    counted_after = models.PositiveIntegerField(_("counted then"))
    actor_label = models.CharField(_("by"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"), default=clock.now)

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=("count", "key"), name="warehouse_scan_once")]
        triggers = [pgtrigger.Protect(name="scan_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.quantity:+d}"
