"""The rates of a business."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import MoneyField, TenantEntity


class ShippingRate(TenantEntity):
    """One way of delivery. Amounts are in the business's currency and tax mode."""

    name = models.CharField(_("name"), max_length=80)
    countries = ArrayField(
        models.CharField(max_length=2),
        verbose_name=_("countries"),
        default=list,
        blank=True,
        help_text=_("Leave empty to deliver everywhere."),
    )
    price = MoneyField(_("price"))
    free_over = MoneyField(_("free from"), null=True, blank=True)
    delivery_days_min = models.PositiveSmallIntegerField(_("fastest, in days"))
    delivery_days_max = models.PositiveSmallIntegerField(_("slowest, in days"))
    active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("delivery rate")
        verbose_name_plural = _("delivery rates")
        ordering = ["position", "created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="rate_price_not_negative"),
            models.CheckConstraint(
                condition=Q(free_over__isnull=True) | Q(free_over__gt=0), name="rate_free_over_positive"
            ),
            models.CheckConstraint(
                condition=Q(delivery_days_min__lte=F("delivery_days_max")), name="rate_days_in_order"
            ),
            models.UniqueConstraint(
                fields=["business", "name"], condition=Q(active=True), name="rate_name_once"
            ),
        ]
        indexes = [
            models.Index(fields=["business", "position", "created_at", "id"], name="rate_of_business"),
            GinIndex(fields=["countries"], name="rate_by_country"),
        ]

    def __str__(self) -> str:
        return self.name
