"""That a variant ran low at a location: from the moment it did until stock came back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import TenantEntity


class StockAlert(TenantEntity):
    """One fall to the warning level, or below it. At most one that is not resolved for a variant and location."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACKNOWLEDGED = "acknowledged", _("Taken care of")
        RESOLVED = "resolved", _("Resolved")

    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey("businesses.Location", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)
    # As they were at the fall; what is there now stands in the balance.
    threshold = models.PositiveIntegerField(_("warn at"))
    available = models.IntegerField(_("left then"))
    opened_at = models.DateTimeField(_("since"), default=clock.now)
    acknowledged_at = models.DateTimeField(_("taken care of at"), null=True, blank=True)
    acknowledged_by_label = models.CharField(_("taken care of by"), max_length=200, blank=True)
    note = models.CharField(_("what is done about it"), max_length=200, blank=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    resolved_by_label = models.CharField(_("resolved by"), max_length=200, blank=True)
    resolution = models.CharField(_("reason"), max_length=200, blank=True)

    # Closed by hand though stock is low: nothing new is said until stock was back once.
    is_muted = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("low stock alert")
        verbose_name_plural = _("low stock alerts")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("variant", "location"),
                condition=~Q(state="resolved"),
                name="inventory_stockalert_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state="resolved", resolved_at__isnull=False)
                | ~Q(state="resolved") & Q(resolved_at=None),
                name="inventory_stockalert_resolved_once",
            ),
        ]
        indexes = [models.Index(fields=("business", "state", "-id"), name="inventory_stockalert_recent")]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.state}"
