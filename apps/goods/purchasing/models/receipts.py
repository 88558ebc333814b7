"""Receipts: what came of an order, what was rejected, and what it cost to get it here. Rows are only ever added."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.goods.purchasing.models.orders import PurchaseLine, PurchaseOrder
from apps.kernel.models import MoneyField, TenantEntity

_FACT = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class RejectReason(models.TextChoices):
    """Why pieces were not accepted."""

    DAMAGED = "damaged", _("Damaged")
    WRONG = "wrong", _("Wrong item")
    QUALITY = "quality", _("Poor quality")
    EXPIRED = "expired", _("Too near its date")
    OTHER = "other", _("Another reason")


class ChargeKind(models.TextChoices):
    """What it costs to get goods here."""

    FREIGHT = "freight", _("Freight")
    DUTY = "duty", _("Duty")
    INSURANCE = "insurance", _("Insurance")
    OTHER = "other", _("Other costs")


class ChargeBasis(models.TextChoices):
    """By what a charge is spread over the lines of a receipt."""

    VALUE = "value", _("By value")
    QUANTITY = "quantity", _("By quantity")
    WEIGHT = "weight", _("By weight")


class GoodsReceipt(TenantEntity):
    """One delivery of an order at a location. Values are in the business's currency: goods and charges make `value`."""

    updated_at = None
    number = models.CharField(_("number"), max_length=24)
    order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="receipts")
    location = models.ForeignKey("businesses.Location", on_delete=models.PROTECT, related_name="+")
    delivery_note = models.CharField(_("delivery note"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=8)
    goods_value = MoneyField(_("goods"))
    charges_value = MoneyField(_("landed costs"))
    value = MoneyField(_("value"))
    received_at = models.DateTimeField(_("received"))
    actor_label = models.CharField(_("by"), max_length=200)

    class Meta:
        verbose_name = _("goods receipt")
        verbose_name_plural = _("goods receipts")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("business", "number"), name="purchasing_receipt_number_once"),
            models.CheckConstraint(
                condition=Q(value=F("goods_value") + F("charges_value")), name="purchasing_receipt_adds_up"
            ),
        ]
        indexes = [
            models.Index(fields=("business", "-id"), name="purchasing_receipt_recent"),
            models.Index(fields=("order", "-id"), name="purchasing_receipt_of_order"),
        ]
        triggers = [_FACT]

    def __str__(self) -> str:
        return self.number


class GoodsReceiptLine(TenantEntity):
    """What came of one line. `unit_cost` is landed, four places; `value` is exact and is what stock is worth."""

    updated_at = None
    receipt = models.ForeignKey(GoodsReceipt, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(PurchaseLine, on_delete=models.PROTECT, related_name="receipt_lines")
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    accepted = models.PositiveIntegerField(_("accepted"))
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    reject_reason = models.CharField(_("why"), max_length=10, choices=RejectReason, blank=True)
    goods_value = MoneyField(_("goods"))
    charges_value = MoneyField(_("landed costs"))
    value = MoneyField(_("value"))
    unit_cost = MoneyField(_("unit cost"))

    class Meta:
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")
        ordering = ("receipt", "id")
        constraints = [
            models.UniqueConstraint(fields=("receipt", "order_line"), name="purchasing_receipt_line_once"),
            models.CheckConstraint(
                condition=Q(accepted__gt=0) | Q(rejected__gt=0), name="purchasing_receipt_line_some"
            ),
            models.CheckConstraint(
                condition=Q(rejected=0, reject_reason="") | (Q(rejected__gt=0) & ~Q(reject_reason="")),
                name="purchasing_receipt_line_says_why",
            ),
            models.CheckConstraint(
                condition=Q(value=F("goods_value") + F("charges_value")),
                name="purchasing_receipt_line_adds_up",
            ),
        ]
        triggers = [_FACT]

    def __str__(self) -> str:
        return f"{self.accepted} × {self.order_line}"


class LandedCost(TenantEntity):
    """Freight, duty or insurance of a receipt, in the business's currency, and by what it was spread."""

    updated_at = None
    receipt = models.ForeignKey(GoodsReceipt, on_delete=models.PROTECT, related_name="charges")
    kind = models.CharField(_("kind"), max_length=10, choices=ChargeKind)
    amount = MoneyField(_("amount"))
    basis = models.CharField(_("spread"), max_length=10, choices=ChargeBasis)

    class Meta:
        verbose_name = _("landed cost")
        verbose_name_plural = _("landed costs")
        ordering = ("receipt", "id")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="purchasing_charge_above_zero"),
        ]
        triggers = [_FACT]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"
