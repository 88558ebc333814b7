"""The chain of an order's versions: what was promised each time, who changed it and why."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import MoneyField, TenantEntity

from .order import Order


class ThisTransaction(Func):
    """The number of the transaction that writes, the same inside of savepoints."""

    function = "txid_current"
    output_field = models.BigIntegerField()


class OrderVersion(TenantEntity):
    """One version as it was promised. The first is written down when the second is made.

    `made_in` is the transaction that wrote it: only there may the lines and totals of a paid order change.
    """

    updated_at = None
    order = models.ForeignKey(Order, models.PROTECT, related_name="versions", verbose_name=_("order"))
    number = models.PositiveSmallIntegerField(_("version"))
    made_at = models.DateTimeField(_("made"), default=clock.now)
    actor_label = models.CharField(_("by"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    total = MoneyField(_("total"))
    # {"lines": [...], "totals": {...}}: everything that was promised, amounts as text.
    snapshot = models.JSONField(default=dict)
    # [{"what", "title", "before", "after", "amount"}]: what differs from the version before.
    changes = models.JSONField(default=list)
    made_in = models.BigIntegerField(db_default=ThisTransaction(), editable=False)

    class Meta:
        verbose_name = _("version of an order")
        verbose_name_plural = _("versions of orders")
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="order_version_once"),
            models.CheckConstraint(condition=Q(number__gte=1, total__gte=0), name="order_version_sane"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="version_is_kept", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.number}"
