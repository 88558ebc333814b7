"""Draft orders of staff, and what was agreed when they were sent."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import MoneyField, TenantEntity


def new_token() -> str:
    """A secret that nobody guesses: the key in the pay link."""
    return secrets.token_urlsafe(32)


class QuoteState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SENT = "sent", _("Sent")
    PLACED = "placed", _("Ordered")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Quote(TenantEntity):
    """What a shop would sell to one buyer. `total` is as it was priced last, for lists."""

    number = models.CharField(_("number"), max_length=24)
    state = models.CharField(_("state"), max_length=12, choices=QuoteState, default=QuoteState.DRAFT)
    customer = models.ForeignKey(
        "customers.Customer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("customer"),
    )
    currency = models.CharField(_("currency"), max_length=3)
    language = models.CharField(max_length=16, default="en")
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    line1 = models.CharField(_("address"), max_length=120, blank=True)
    line2 = models.CharField(_("address, second line"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    region = models.CharField(_("region"), max_length=80, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)

    codes = models.JSONField(_("codes"), default=list, blank=True)
    order_discount = MoneyField(_("discount"), default=0)
    # What delivery costs, when staff said so; else the buyer chooses a way of delivery.
    shipping_name = models.CharField(_("delivery"), max_length=120, blank=True)
    shipping_price = MoneyField(_("delivery charge"), null=True, blank=True)
    note = models.TextField(_("note to the buyer"), blank=True)
    po_number = models.CharField(_("buyer's order number"), max_length=60, blank=True)
    may_change = models.BooleanField(_("the buyer may change quantities"), default=False)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)

    version = models.PositiveSmallIntegerField(_("version"), default=1)
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    total = MoneyField(_("total"), default=0)
    # Promotions in what was sent: `values.AppliedPromotion` as text, shares by line.
    promised = models.JSONField(default=list, editable=False)
    # What was sent, as it stands on its paper: see `content.py`.
    snapshot = models.JSONField(default=dict, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    asked_again_at = models.DateTimeField(_("asked for again"), null=True, blank=True)
    written_by = models.CharField(_("written by"), max_length=200, blank=True)
    order = models.OneToOneField(
        "orders.Order", models.PROTECT, null=True, blank=True, related_name="quote", verbose_name=_("order")
    )

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["business", "number"], name="quote_number_once"),
            models.CheckConstraint(
                condition=Q(order_discount__gte=0)
                & (Q(shipping_price__isnull=True) | Q(shipping_price__gte=0)),
                name="quote_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(state="placed", order__isnull=False)
                | (~Q(state="placed") & Q(order__isnull=True)),
                name="quote_placed_has_its_order",
            ),
        ]
        indexes = [
            models.Index(fields=["business", "state", "-id"], name="quote_worklist"),
            models.Index(Upper("po_number"), name="quote_po_number", condition=~Q(po_number="")),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_over(self) -> bool:
        """Sent, and its time is over: it can be asked for again."""
        return (
            self.state == QuoteState.SENT and self.valid_until is not None and self.valid_until <= clock.now()
        )

    @property
    def is_open(self) -> bool:
        """Whether the buyer may accept it now."""
        return self.state == QuoteState.SENT and not self.is_over


class QuoteLine(TenantEntity):
    """A quantity of a variant, or of one of its packs. `unit_price` is one of staff's own; None: the buyer's price.

    `agreed_price` and `agreed_discount` (of the whole line, promotions included) hold from the sending on.
    """

    updated_at = None
    quote = models.ForeignKey(Quote, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(_("position"))
    variant = models.ForeignKey("catalog.Variant", models.PROTECT, related_name="+")
    pack = models.ForeignKey("catalog.Pack", models.PROTECT, null=True, blank=True, related_name="+")
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_price = MoneyField(_("own price"), null=True, blank=True)
    agreed_price = MoneyField(_("agreed price"), null=True, blank=True)
    agreed_discount = MoneyField(_("agreed discount"), default=0)

    class Meta:
        verbose_name = _("line of a quote")
        verbose_name_plural = _("lines of quotes")
        ordering = ("quote", "position")
        constraints = [
            models.UniqueConstraint(fields=["quote", "position"], name="quote_line_position_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="quote_line_at_least_one"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"
