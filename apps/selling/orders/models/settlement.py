"""Money of an order: each capture once, and each refund with what it was for."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import MoneyField, TenantEntity

from .line import OrderLine
from .order import Order


class Tender(models.TextChoices):
    """By what money came: the books keep each of them in an account of its own."""

    PROVIDER = "provider", _("Payment company")
    CASH = "cash", _("Cash")
    BANK = "bank", _("Bank transfer")
    STORE_CREDIT = "store_credit", _("Store credit")
    GIFT_CARD = "gift_card", _("Gift card")
    # No money: what left is owed by the company of the order, which pays its invoices.
    ON_ACCOUNT = "on_account", _("On account")


class OrderPayment(TenantEntity):
    """One capture that was credited to an order. `capture_id` makes it happen once."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments", verbose_name=_("order"))
    payment_id = models.UUIDField(editable=False)
    capture_id = models.UUIDField(unique=True, editable=False)
    provider = models.CharField(_("provider"), max_length=40, blank=True)
    tender = models.CharField(_("paid by"), max_length=16, choices=Tender.choices, default=Tender.PROVIDER)
    # What the bank or the till says of money that people took.
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    amount = MoneyField(_("amount"))
    refunded_amount = MoneyField(_("refunded"), default=0)
    received_at = models.DateTimeField(_("received"), default=clock.now)

    class Meta:
        verbose_name = _("payment received")
        verbose_name_plural = _("payments received")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="order_payment_is_some_money"),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("amount")),
                name="order_payment_refunds_within_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.provider}"


class OrderRefund(TenantEntity):
    """Money given back: `amount` is the sum of its four parts.

    `deposit_part` was for goods that had not left, tax included; the others take back what was sold.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("On its way")
        COMPLETED = "completed", _("Done")

    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds", verbose_name=_("order"))
    amount = MoneyField(_("amount"))
    deposit_part = MoneyField(_("for goods not sent"), default=0)
    returns_net = MoneyField(_("goods without tax"), default=0)
    tax_part = MoneyField(_("tax"), default=0)
    shipping_net_part = MoneyField(_("delivery without tax"), default=0)
    restocked_cost = MoneyField(_("value put back in stock"), default=0)
    # Of `returns_net`: gift cards that were taken back. They had never been revenue.
    voucher_part = MoneyField(default=0, db_default=0, editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    restocked = models.BooleanField(_("put back in stock"), default=False)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.REQUESTED)
    completed_amount = MoneyField(_("paid out"), default=0)
    refunded_at = models.DateTimeField(_("refunded"), default=clock.now)
    # What it is made of: refunds asked of payment companies, entries of credit:
    # [{"refund_id", "payment_id", "amount", "provider", "tender"}].
    parts = models.JSONField(default=list, editable=False)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="order_refund_is_some_money"),
            models.CheckConstraint(
                condition=Q(
                    amount=F("deposit_part") + F("returns_net") + F("tax_part") + F("shipping_net_part")
                ),
                name="order_refund_is_the_sum_of_its_parts",
            ),
            models.CheckConstraint(
                condition=Q(
                    deposit_part__gte=0, returns_net__gte=0, tax_part__gte=0, shipping_net_part__gte=0
                ),
                name="order_refund_parts_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount}"


class OrderRefundLine(TenantEntity):
    """Pieces a refund was for: `cancelled` had not left, `returned` had."""

    refund = models.ForeignKey(OrderRefund, models.CASCADE, related_name="lines", verbose_name=_("refund"))
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="+", verbose_name=_("order line"))
    cancelled_quantity = models.PositiveIntegerField(_("not sent"), default=0)
    returned_quantity = models.PositiveIntegerField(_("sent"), default=0)
    restocked_quantity = models.PositiveIntegerField(_("back in stock"), default=0, db_default=0)
    net = MoneyField(_("without tax"))
    tax = MoneyField(_("tax"))

    class Meta:
        verbose_name = _("refund line")
        verbose_name_plural = _("refund lines")
        constraints = [
            models.UniqueConstraint(fields=["refund", "order_line"], name="order_refund_line_once"),
            models.CheckConstraint(
                condition=Q(restocked_quantity__lte=F("returned_quantity")),
                name="order_refund_line_restocks_what_came_back",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cancelled_quantity + self.returned_quantity} × {self.order_line_id}"
