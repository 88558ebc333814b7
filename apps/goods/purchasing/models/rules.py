"""How a business buys: its limits and what reordering reckons with."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import MoneyField, TenantEntity


class PurchaseRules(TenantEntity):
    """One row a business, made when somebody changes what holds without one."""

    over_receipt_percent = models.DecimalField(
        _("more than ordered, in %"), max_digits=5, decimal_places=2, default=Decimal(0)
    )
    approval_limit = MoneyField(_("approval limit"), default=0)
    demand_weeks = models.PositiveSmallIntegerField(_("weeks of sales looked at"), default=12)
    cover_weeks = models.PositiveSmallIntegerField(_("weeks an order shall last"), default=4)
    service_factor = models.DecimalField(
        _("safety factor"), max_digits=4, decimal_places=2, default=Decimal("1.65")
    )

    class Meta:
        verbose_name = _("purchasing rules")
        verbose_name_plural = _("purchasing rules")
        constraints = [
            models.UniqueConstraint(fields=("business",), name="purchasing_rules_once"),
            models.CheckConstraint(
                condition=Q(
                    over_receipt_percent__gte=0, over_receipt_percent__lte=100, approval_limit__gte=0
                ),
                name="purchasing_rules_within_reason",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Purchasing rules"))
