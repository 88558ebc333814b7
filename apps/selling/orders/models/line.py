"""A line of an order: what was promised at which price, and how far each piece of it has come."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import MoneyField, TenantEntity

from .order import Order

_REFUSE_WHEN_PAID = """
    IF EXISTS (SELECT 1 FROM orders_order WHERE id = {row}.order_id AND paid_total > 0) AND NOT EXISTS (
        SELECT 1 FROM orders_orderversion AS made JOIN orders_order AS own ON own.id = made.order_id
        WHERE own.id = {row}.order_id AND made.number = own.version + 1 AND made.made_in = txid_current()
    ) THEN
        RAISE EXCEPTION 'the lines of a paid order are frozen' USING ERRCODE = 'check_violation';
    END IF;
    RETURN {row};
"""
_PROMISE = (
    "order_id",
    "variant_id",
    "quantity",
    "unit_price",
    "tax_rate",
    "subtotal",
    "discount",
    "net",
    "tax",
    "gross",
    "tax_parts",
    "hsn",
    "product_title",
    "variant_title",
    "sku",
    "pack_name",
    "pack_quantity",
)


class OrderLine(TenantEntity):
    """Quantity of one variant with the snapshot it was sold under. Amounts are in the order's currency.

    A line of packs counts packs, in every number here: `pack_quantity` stock units of the variant are in one.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", verbose_name=_("order"))
    position = models.PositiveSmallIntegerField(_("position"))
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", verbose_name=_("variant")
    )
    product_title = models.CharField(_("product"), max_length=255)
    variant_title = models.CharField(_("variant"), max_length=255, blank=True)
    sku = models.CharField(_("SKU"), max_length=120, blank=True)
    pack_name = models.CharField(_("pack"), max_length=80, blank=True, db_default="")
    pack_quantity = models.PositiveIntegerField(_("pieces in a pack"), default=1, db_default=1)
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_price = MoneyField(_("price"))
    tax_rate = models.DecimalField(_("tax rate"), max_digits=7, decimal_places=4, default=0)
    subtotal = MoneyField(_("sum"))
    discount = MoneyField(_("discount"), default=0)
    net = MoneyField(_("without tax"))
    tax = MoneyField(_("tax"))
    gross = MoneyField(_("with tax"))
    # [{"name": "CGST", "rate": "0.09", "tax": "4.50"}, …]: what `tax` is made of; empty: one tax of the usual name.
    tax_parts = models.JSONField(_("taxes"), default=list, blank=True, db_default=[])
    hsn = models.CharField(_("HSN code"), max_length=12, blank=True, db_default="")
    unit_cost = MoneyField(_("cost"), null=True, blank=True)

    # Pieces: left the house; will never leave; left, and their money went back.
    fulfilled_quantity = models.PositiveIntegerField(_("sent"), default=0)
    cancelled_quantity = models.PositiveIntegerField(_("cancelled"), default=0)
    refunded_quantity = models.PositiveIntegerField(_("refunded"), default=0)

    # Money: sold with the pieces that left; given up with those that will not; returned of what was sold.
    recognised_net = MoneyField(default=0, editable=False)
    recognised_tax = MoneyField(default=0, editable=False)
    released_net = MoneyField(default=0, editable=False)
    released_tax = MoneyField(default=0, editable=False)
    returned_net = MoneyField(default=0, editable=False)
    returned_tax = MoneyField(default=0, editable=False)
    # Stock value that left with the pieces, and that came back.
    cost_total = MoneyField(default=0, editable=False)
    returned_cost = MoneyField(default=0, editable=False)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="order_line_at_least_one"),
            models.CheckConstraint(condition=Q(pack_quantity__gte=1), name="order_line_pack_holds_some"),
            models.CheckConstraint(
                condition=Q(gross=F("net") + F("tax"), net__gte=0, tax__gte=0),
                name="order_line_gross_is_net_and_tax",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("fulfilled_quantity") + F("cancelled_quantity"))
                & Q(fulfilled_quantity__gte=F("refunded_quantity")),
                name="order_line_each_piece_once",
            ),
            models.CheckConstraint(
                condition=Q(net__gte=F("recognised_net") + F("released_net"))
                & Q(tax__gte=F("recognised_tax") + F("released_tax"))
                & Q(recognised_net__gte=F("returned_net"))
                & Q(recognised_tax__gte=F("returned_tax")),
                name="order_line_each_cent_once",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="frozen_once_paid",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf(*_PROMISE),
                condition=pgtrigger.AnyChange(*_PROMISE),
                func=_REFUSE_WHEN_PAID.format(row="OLD").replace("RETURN OLD", "RETURN NEW"),
            ),
            pgtrigger.Trigger(
                name="kept_once_paid",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func=_REFUSE_WHEN_PAID.format(row="OLD"),
            ),
            pgtrigger.Trigger(
                name="none_added_once_paid",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_REFUSE_WHEN_PAID.format(row="NEW"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"

    @property
    def title(self) -> str:
        """Product, variant and pack as the buyer saw them."""
        return " · ".join(part for part in (self.product_title, self.variant_title, self.pack_name) if part)

    @property
    def pieces(self) -> int:
        """Stock units of the whole line."""
        return self.quantity * self.pack_quantity

    @property
    def waiting_quantity(self) -> int:
        """Pieces that are still to be sent."""
        return self.quantity - self.fulfilled_quantity - self.cancelled_quantity

    @property
    def returnable_quantity(self) -> int:
        """Pieces that left and whose money has not gone back."""
        return self.fulfilled_quantity - self.refunded_quantity

    @property
    def waiting_net(self) -> Decimal:
        """What the waiting pieces will bring, without tax."""
        return self.net - self.recognised_net - self.released_net

    @property
    def waiting_tax(self) -> Decimal:
        """The tax on `waiting_net`."""
        return self.tax - self.recognised_tax - self.released_tax
