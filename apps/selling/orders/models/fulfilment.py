"""Goods that left: a parcel or a hand-over, with the amounts that became revenue by it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import MoneyField, TenantEntity

from .line import OrderLine
from .order import Order


class Fulfilment(TenantEntity):
    """One parcel. Its amounts are what the order's books recognise, to the cent."""

    class State(models.TextChoices):
        SHIPPED = "shipped", _("Sent")
        DELIVERED = "delivered", _("Delivered")

    order = models.ForeignKey(Order, models.PROTECT, related_name="fulfilments", verbose_name=_("order"))
    number = models.PositiveSmallIntegerField(_("parcel"))
    carrier = models.CharField(_("carrier"), max_length=80, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=80, blank=True)
    tracking_url = models.URLField(_("tracking link"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.SHIPPED)
    shipped_at = models.DateTimeField(_("sent"), default=clock.now)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    lines_net = MoneyField(_("goods without tax"))
    tax = MoneyField(_("tax"))
    shipping_net = MoneyField(_("delivery without tax"))
    gross = MoneyField(_("with tax"))
    cost = MoneyField(_("cost of goods"))
    # Of `lines_net`: gift cards that were sent. They are owed until they are spent, and never revenue.
    voucher_net = MoneyField(default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="fulfilment_number_once"),
            models.CheckConstraint(
                condition=Q(gross=F("lines_net") + F("tax") + F("shipping_net")),
                name="fulfilment_gross_is_the_sum_of_its_parts",
            ),
        ]
        indexes = [
            models.Index(fields=["business", "-shipped_at"], name="fulfilment_recent"),
            # What is on its way is a handful, however many parcels have arrived.
            models.Index(
                fields=["business", "shipped_at"],
                condition=Q(state="shipped"),
                name="fulfilment_on_its_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.number}"


class FulfilmentLine(TenantEntity):
    """Pieces of one order line in one parcel."""

    fulfilment = models.ForeignKey(Fulfilment, models.CASCADE, related_name="lines", verbose_name=_("parcel"))
    order_line = models.ForeignKey(
        OrderLine, models.PROTECT, related_name="fulfilment_lines", verbose_name=_("order line")
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    net = MoneyField(_("without tax"))
    tax = MoneyField(_("tax"))
    cost = MoneyField(_("cost"))

    class Meta:
        verbose_name = _("parcel line")
        verbose_name_plural = _("parcel lines")
        constraints = [
            models.UniqueConstraint(fields=["fulfilment", "order_line"], name="fulfilment_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="fulfilment_line_at_least_one"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line_id}"
