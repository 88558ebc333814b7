"""What happened to an order, one entry for each move."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import TenantEntity

from .order import Order


class TimelineEntry(TenantEntity):
    """One sentence of an order's story, as a kind and its facts; `timeline.sentence` puts it into words."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="timeline", verbose_name=_("order"))
    at = models.DateTimeField(_("at"), default=clock.now)
    kind = models.CharField(_("kind"), max_length=40)
    data = models.JSONField(default=dict)
    actor_label = models.CharField(_("by"), max_length=200, blank=True)
    is_public = models.BooleanField(_("shown to the buyer"), default=False)

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline entries")
        indexes = [models.Index(fields=["order", "id"], name="timeline_of_order")]

    def __str__(self) -> str:
        return self.kind
