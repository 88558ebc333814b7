"""What is sold before it is there, and the lines of orders that wait for it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import TenantEntity

from .line import OrderLine
from .order import Order


class LaterKind(models.TextChoices):
    BACKORDER = "backorder", _("Backorder")
    PREORDER = "preorder", _("Pre-order")


class LaterSale(TenantEntity):
    """That a variant is sold when none is left, as what, and for when. How many is the variant's backorder limit."""

    variant = models.OneToOneField(
        "catalog.Variant", models.PROTECT, related_name="+", verbose_name=_("variant")
    )
    kind = models.CharField(_("sold as"), max_length=10, choices=LaterKind)
    promised_on = models.DateField(_("promised for"), null=True, blank=True)

    class Meta:
        verbose_name = _("sale before it is there")
        verbose_name_plural = _("sales before it is there")
        ordering = ["promised_on", "id"]
        constraints = [
            # A pre-order without a date promises nothing.
            models.CheckConstraint(
                condition=~Q(kind="preorder") | Q(promised_on__isnull=False), name="later_preorder_has_a_date"
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class WaitingLine(TenantEntity):
    """So many units of an order's line wait for goods. Who ordered first is served first."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="waiting", verbose_name=_("order"))
    line = models.OneToOneField(
        OrderLine, models.CASCADE, related_name="waiting", verbose_name=_("order line")
    )
    # What is missing: the line's own, or a part of its kit.
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", verbose_name=_("variant")
    )
    kind = models.CharField(_("sold as"), max_length=10, choices=LaterKind)
    promised_on = models.DateField(_("promised for"), null=True, blank=True)
    quantity = models.PositiveIntegerField(_("waiting"))
    arrived_at = models.DateTimeField(_("arrived"), null=True, blank=True)

    class Meta:
        verbose_name = _("waiting line")
        verbose_name_plural = _("waiting lines")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(arrived_at__isnull=True, quantity__gte=1)
                | Q(arrived_at__isnull=False, quantity=0),
                name="waiting_until_it_is_there",
            )
        ]
        indexes = [
            models.Index(
                fields=["variant"], condition=Q(arrived_at__isnull=True), name="waiting_for_variant"
            ),
            models.Index(fields=["order"], condition=Q(arrived_at__isnull=True), name="waiting_order"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity}"
