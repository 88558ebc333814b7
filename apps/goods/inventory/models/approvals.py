"""What a business allows without a second pair of eyes, and the adjustments that wait for one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.models.ledger import AdjustReason
from apps.kernel.models import MoneyField, TenantEntity


class Valuation(models.TextChoices):
    """By which cost goods leave."""

    AVERAGE = "average", _("Moving average")
    FIFO = "fifo", _("First in, first out")


class StockRules(TenantEntity):
    """A business's limits, one row: above them a change of stock waits for somebody else."""

    adjust_approval_above = MoneyField(
        _("adjustments above this value wait for approval"), null=True, blank=True
    )
    count_approval_above = MoneyField(_("counts that differ by more than this value wait"), default=0)
    valuation = models.CharField(_("valued by"), max_length=8, choices=Valuation, default=Valuation.AVERAGE)

    class Meta:
        verbose_name = _("stock rules")
        verbose_name_plural = _("stock rules")
        constraints = [
            models.UniqueConstraint(fields=("business",), name="inventory_rules_once"),
            models.CheckConstraint(
                condition=(Q(adjust_approval_above=None) | Q(adjust_approval_above__gte=0))
                & Q(count_approval_above__gte=0),
                name="inventory_rules_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return str(self.adjust_approval_above or "")


class Adjustment(TenantEntity):
    """An adjustment of so much value that it waits for somebody's approval."""

    class State(models.TextChoices):
        WAITING = "requested", _("Waiting for approval")
        APPROVED = "posted", _("Approved")
        REJECTED = "rejected", _("Rejected")

    number = models.CharField(_("number"), max_length=20)
    location = models.ForeignKey("businesses.Location", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    reason_code = models.CharField(_("cause"), max_length=40, choices=AdjustReason)
    note = models.CharField(_("note"), max_length=500, blank=True)
    # What the lines were worth together, gains and losses alike, when it was asked for.
    worth = MoneyField(_("value"))
    requested_by_id = models.UUIDField(null=True, blank=True)
    requested_by_label = models.CharField(_("requested by"), max_length=200, blank=True)
    decided_by_label = models.CharField(_("decided by"), max_length=200, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision = models.CharField(_("reason of the decision"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("adjustment")
        verbose_name_plural = _("adjustments")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("business", "number"), name="inventory_adjustment_number_once"),
            models.CheckConstraint(
                condition=Q(state="requested", decided_at=None)
                | Q(state__in=("posted", "rejected"), decided_at__isnull=False),
                name="inventory_adjustment_decided_once",
            ),
        ]
        indexes = [models.Index(fields=("business", "-id"), name="inventory_adjustment_recent")]

    def __str__(self) -> str:
        return self.number


class AdjustmentLine(TenantEntity):
    """By how many units one kind of goods is to be put right: the difference that was seen when it was asked for."""

    adjustment = models.ForeignKey(Adjustment, on_delete=models.PROTECT, related_name="lines")
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(
        "inventory.Lot", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    delta = models.IntegerField(_("by"))
    value_delta = MoneyField(_("value"))
    # How often the number had been put right when it was asked for: another correction makes the line outdated.
    corrections = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("adjustment line")
        verbose_name_plural = _("adjustment lines")
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=("adjustment", "variant", "lot"),
                name="inventory_adjustment_variant_lot_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=~Q(delta=0), name="inventory_adjustment_line_changes"),
        ]

    def __str__(self) -> str:
        return f"{self.delta:+d}"
