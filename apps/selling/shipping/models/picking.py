"""Pick lists: what somebody takes from the shelves of one location for several orders at once."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import TenantEntity


class PickList(TenantEntity):
    """One walk along the shelves."""

    class State(models.TextChoices):
        OPEN = "open", _("To pick")
        PICKED = "picked", _("Picked")
        CANCELLED = "cancelled", _("Called off")

    number = models.CharField(_("number"), max_length=24)
    location = models.ForeignKey(
        "businesses.Location", models.PROTECT, related_name="+", verbose_name=_("location")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    opened_by_label = models.CharField(_("opened by"), max_length=200)
    picked_by_label = models.CharField(_("picked by"), max_length=200, blank=True)
    picked_at = models.DateTimeField(_("picked"), null=True, blank=True)

    class Meta:
        verbose_name = _("pick list")
        verbose_name_plural = _("pick lists")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["business", "number"], name="picklist_number_once")]
        indexes = [models.Index(fields=["business", "state", "-id"], name="picklist_by_state")]

    def __str__(self) -> str:
        return self.number


class PickLine(TenantEntity):
    """Pieces of one variant for one line of an order."""

    pick_list = models.ForeignKey(PickList, models.CASCADE, related_name="lines", verbose_name=_("pick list"))
    position = models.PositiveSmallIntegerField(_("position"))
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+", verbose_name=_("order"))
    order_line = models.ForeignKey(
        "orders.OrderLine", models.PROTECT, related_name="+", verbose_name=_("order line")
    )
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", verbose_name=_("variant")
    )
    # Stock units, also of packs and of the parts of kits.
    quantity = models.PositiveIntegerField(_("to pick"))
    picked = models.PositiveIntegerField(_("picked"), default=0)
    # While its list is open a line of an order stands on no other one.
    is_open = models.BooleanField(default=True, editable=False)

    class Meta:
        verbose_name = _("line of a pick list")
        verbose_name_plural = _("lines of pick lists")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1, picked__lte=F("quantity")), name="pickline_no_more_than_wanted"
            ),
            models.UniqueConstraint(
                fields=["order_line", "variant"], condition=Q(is_open=True), name="pickline_on_one_open_list"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.picked}/{self.quantity}"
