"""Sales of the past: papers of another system, their lines, what was matched, and what was told to the books."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import MoneyField, TenantEntity


class LineKind(models.TextChoices):
    GOODS = "goods", _("Goods")
    RETURN = "return", _("Return")
    DELIVERY = "delivery", _("Delivery")
    DISCOUNT = "discount", _("Discount")
    FEE = "fee", _("Fee")
    SAMPLE = "sample", _("Samples")
    VOUCHER = "voucher", _("Vouchers")
    BAD_DEBT = "bad_debt", _("Bad debt")
    MANUAL = "manual", _("Entered by hand")


class CustomerReference(TenantEntity):
    """Who a customer was in the other system."""

    reference = models.CharField(_("number there"), max_length=254)
    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, related_name="past_references", verbose_name=_("customer")
    )

    class Meta:
        verbose_name = _("number of a customer")
        verbose_name_plural = _("numbers of customers")
        constraints = [
            models.UniqueConstraint(fields=["business", "reference"], name="history_reference_once"),
        ]

    def __str__(self) -> str:
        return self.reference


class SalesPart(TenantEntity):
    """What one transaction brought in of one day: all its papers, or those of a piece of a large day."""

    updated_at = None
    batch_id = models.UUIDField(_("bulk change"), null=True)
    day = models.DateField(_("day"))
    order_count = models.PositiveIntegerField(_("papers"))
    line_count = models.PositiveIntegerField(_("lines"))
    total = MoneyField(_("total"))

    class Meta:
        verbose_name = _("part of a file of sales")
        verbose_name_plural = _("parts of files of sales")

    def __str__(self) -> str:
        return f"{self.day}"


class SalesPosting(TenantEntity):
    """What the books were told of a part, of one kind; its id is the source of the entry."""

    class Kind(models.TextChoices):
        SALES = "sales", _("Sales")
        RETURNS = "returns", _("Returns")
        ADJUSTMENTS = "adjustments", _("Adjustments")

    updated_at = None
    part = models.ForeignKey(SalesPart, models.CASCADE, related_name="postings", verbose_name=_("part"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    # {"goods": "100.00", "tax": "20.00", …}: what each kind of line comes to, without tax.
    amounts = models.JSONField(_("amounts"))
    # What the entry comes to: the larger of what is added and what is taken off, with tax on both of its sides.
    turnover = MoneyField(_("turnover"))

    class Meta:
        verbose_name = _("posting of past sales")
        verbose_name_plural = _("postings of past sales")
        constraints = [models.UniqueConstraint(fields=["part", "kind"], name="history_posting_once")]

    def __str__(self) -> str:
        return f"{self.part_id} {self.kind}"


class PastOrder(TenantEntity):
    """A paper of the other system. Its sums by kind of line are without tax, except `total`."""

    updated_at = None
    part = models.ForeignKey(SalesPart, models.PROTECT, related_name="orders", verbose_name=_("part"))
    number = models.CharField(_("number"), max_length=60)
    placed_at = models.DateTimeField(_("placed"))
    # The day where the business was; what reports count by.
    day = models.DateField(_("day"))
    customer = models.ForeignKey(
        "customers.Customer",
        models.SET_NULL,
        null=True,
        related_name="past_orders",
        verbose_name=_("customer"),
    )
    country = models.CharField(_("country"), max_length=60, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    line_count = models.PositiveIntegerField(_("lines"))
    goods = MoneyField(_("goods"), default=0)
    discounts = MoneyField(_("discounts"), default=0)
    returns = MoneyField(_("returns"), default=0)
    delivery = MoneyField(_("delivery"), default=0)
    others = MoneyField(_("other amounts"), default=0)
    tax = MoneyField(_("tax"), default=0)
    total = MoneyField(_("total"))
    # Of what the file said, so that the same paper is known again and another one under its number is refused.
    digest = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("past order")
        verbose_name_plural = _("past orders")
        ordering = ("-placed_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=["business", "number"], name="history_number_once"),
            models.CheckConstraint(
                condition=Q(
                    total=F("goods") + F("discounts") + F("returns") + F("delivery") + F("others") + F("tax")
                ),
                name="history_total_is_the_sum_of_its_parts",
            ),
        ]
        indexes = [
            models.Index(fields=["business", "-placed_at", "-id"], name="history_recent"),
            models.Index(fields=["business", "day"], name="history_by_day"),
            models.Index(fields=["customer", "-placed_at"], name="history_of_customer"),
        ]

    def __str__(self) -> str:
        return self.number


class PastLine(TenantEntity):
    """One row of a paper. Quantities and amounts of what went back are below nought, as the file has them."""

    updated_at = None
    order = models.ForeignKey(PastOrder, models.CASCADE, related_name="lines", verbose_name=_("past order"))
    position = models.PositiveIntegerField(_("position"))
    kind = models.CharField(_("kind"), max_length=10, choices=LineKind)
    day = models.DateField(_("day"))
    # Index by hand below: with the day, because reports ask for both.
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, null=True, related_name="+", verbose_name=_("item")
    )
    sku = models.CharField(_("code"), max_length=120, blank=True)
    title = models.CharField(_("description"), max_length=255, blank=True)
    quantity = models.IntegerField(_("quantity"))
    unit_price = MoneyField(_("price"))
    net = MoneyField(_("without tax"))
    tax = MoneyField(_("tax"))
    gross = MoneyField(_("with tax"))

    class Meta:
        verbose_name = _("past line")
        verbose_name_plural = _("past lines")
        ordering = ("order", "position")
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="history_line_once"),
            models.CheckConstraint(
                condition=Q(gross=F("net") + F("tax")), name="history_gross_is_net_and_tax"
            ),
        ]
        indexes = [models.Index(fields=["business", "day"], name="history_lines_by_day")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title or self.sku}"


class MatchedReturn(TenantEntity):
    """So many pieces of a line that came back, by the line that took them back."""

    updated_at = None
    return_line = models.ForeignKey(
        PastLine, models.CASCADE, related_name="takes_back", verbose_name=_("return")
    )
    sale_line = models.ForeignKey(PastLine, models.CASCADE, related_name="taken_back", verbose_name=_("sale"))
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("matched return")
        verbose_name_plural = _("matched returns")
        constraints = [
            models.UniqueConstraint(fields=["return_line", "sale_line"], name="history_match_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="history_match_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity}"
