"""Returns, their lines, how each was settled, and the business's rules for them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import MoneyField, TenantEntity


class Wish(models.TextChoices):
    """What the buyer would like for it."""

    REFUND = "refund", _("Money back")
    STORE_CREDIT = "store_credit", _("Store credit")
    EXCHANGE = "exchange", _("Exchange")


class Reason(models.TextChoices):
    """Why it comes back."""

    SIZE = "size", _("Does not fit")
    LIKES = "likes", _("Do not like it")
    DAMAGED = "damaged", _("Arrived damaged")
    WRONG = "wrong", _("Not what I ordered")
    FAULTY = "faulty", _("Does not work")
    LATE = "late", _("Came too late")
    OTHER = "other", _("Something else")


# What came back for one of these is not put on the shelf unless somebody who has it in hand says so.
NOT_FOR_SALE = frozenset({Reason.DAMAGED.value, Reason.FAULTY.value})


class ReturnState(models.TextChoices):
    REQUESTED = "requested", _("Asked for")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    PART_RECEIVED = "part_received", _("Part received")
    RECEIVED = "received", _("Received")
    SETTLED = "settled", _("Settled")


OPEN = ("requested", "approved", "part_received", "received")
AGREED = ("approved", "part_received", "received")


class ReturnRules(TenantEntity):
    """What the shop takes back from buyers; one row a business, none: the usual."""

    accepts = models.BooleanField(_("buyers may ask for returns themselves"), default=True)
    window_days = models.PositiveSmallIntegerField(_("days after arrival"), default=14)
    offers_exchange = models.BooleanField(_("offer an exchange"), default=True)
    offers_credit = models.BooleanField(_("offer store credit"), default=True)
    # Goods with one of these tags are not taken back: made to measure, opened, on sale.
    excluded_tags = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("tags of goods not taken back"),
        default=list,
        blank=True,
    )
    instructions = models.TextField(_("how to send it back"), blank=True)

    class Meta:
        verbose_name = _("return rules")
        verbose_name_plural = _("return rules")
        constraints: ClassVar = [models.UniqueConstraint(fields=["business"], name="return_rules_once")]

    def __str__(self) -> str:
        return str(self.window_days)


class GoodsReturn(TenantEntity):
    """Goods of one order that are to come back."""

    State = ReturnState

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="returns", verbose_name=_("order"))
    number = models.CharField(_("number"), max_length=32)
    state = models.CharField(
        _("state"), max_length=16, choices=ReturnState.choices, default=ReturnState.REQUESTED
    )
    wish = models.CharField(_("wish"), max_length=16, choices=Wish.choices, default=Wish.REFUND)
    note = models.TextField(_("what the buyer says"), blank=True)
    words = models.TextField(_("answer of the shop"), blank=True)
    by_buyer = models.BooleanField(_("asked for by the buyer"), default=True)
    requested_at = models.DateTimeField(_("asked for"), default=clock.now)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "number"], name="return_number_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "-requested_at", "-id"], name="return_recent"),
            models.Index(
                fields=["business", "requested_at", "id"], name="return_open", condition=Q(state__in=OPEN)
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ReturnLine(TenantEntity):
    """Pieces of one order line, as they were promised, as they arrived, and how many of them are settled."""

    goods_return = models.ForeignKey(
        GoodsReturn, models.CASCADE, related_name="lines", verbose_name=_("return")
    )
    order_line = models.ForeignKey(
        "orders.OrderLine", models.PROTECT, related_name="+", verbose_name=_("order line")
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    reason = models.CharField(_("reason"), max_length=16, choices=Reason.choices, default=Reason.OTHER)
    exchange_variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("instead")
    )
    sellable = models.PositiveIntegerField(_("back on the shelf"), default=0)
    damaged = models.PositiveIntegerField(_("damaged"), default=0)
    missing = models.PositiveIntegerField(_("not received"), default=0)
    settled_sellable = models.PositiveIntegerField(default=0, editable=False)
    settled_damaged = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["goods_return", "order_line"], name="return_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="return_line_at_least_one"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("sellable") + F("damaged") + F("missing")),
                name="return_line_each_piece_once",
            ),
            models.CheckConstraint(
                condition=Q(sellable__gte=F("settled_sellable"), damaged__gte=F("settled_damaged")),
                name="return_line_settles_what_arrived",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line_id}"

    @property
    def open_quantity(self) -> int:
        """Pieces that nobody has said anything about yet."""
        return self.quantity - self.sellable - self.damaged - self.missing

    @property
    def arrived(self) -> int:
        return self.sellable + self.damaged

    @property
    def unsettled(self) -> int:
        """Pieces that arrived and were not paid back."""
        return self.arrived - self.settled_sellable - self.settled_damaged


class ReturnSettlement(TenantEntity):
    """One refund of a return, and the order of the exchange that its credit pays for."""

    goods_return = models.ForeignKey(
        GoodsReturn, models.PROTECT, related_name="settlements", verbose_name=_("return")
    )
    refund = models.OneToOneField(
        "orders.OrderRefund", models.PROTECT, related_name="+", verbose_name=_("refund")
    )
    how = models.CharField(_("how"), max_length=16, choices=Wish.choices)
    amount = MoneyField(_("amount"))
    # What the buyer gets instead: [[variant id, pieces], …].
    wanted = models.JSONField(default=list)
    exchange_order = models.ForeignKey(
        "orders.Order", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("new order")
    )
    problem = models.CharField(_("why there is none"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")

    def __str__(self) -> str:
        return f"{self.how} {self.amount}"
