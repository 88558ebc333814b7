"""Purchase orders: what was asked for, in versions kept as they were approved."""

from __future__ import annotations

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.goods.purchasing.models.suppliers import Supplier
from apps.kernel.models import MoneyField, TenantEntity


class OrderState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waits for approval")
    APPROVED = "approved", _("Approved")
    SENT = "sent", _("Sent")
    PART_RECEIVED = "part_received", _("Part received")
    RECEIVED = "received", _("Received")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")


class PurchaseOrder(TenantEntity):
    """What is asked of a supplier. Totals are in `currency`; `base_total` is the net total in the business's.

    `rate` is what one unit of `currency` is worth in the business's currency, entered by hand as of `rate_on`.
    """

    number = models.CharField(_("number"), max_length=24)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="orders")
    location = models.ForeignKey("businesses.Location", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=16, choices=OrderState, default=OrderState.DRAFT)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    currency = models.CharField(_("currency"), max_length=3)
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=8, default=Decimal(1))
    rate_on = models.DateField(_("rate of"), null=True, blank=True)
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    note = models.TextField(_("note to the supplier"), blank=True)
    net_total = MoneyField(_("net"), default=0)
    tax_total = MoneyField(_("tax"), default=0)
    total = MoneyField(_("total"), default=0)
    base_total = MoneyField(_("net in the business's currency"), default=0)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=200, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    received_at = models.DateTimeField(_("all received"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)

    class Meta:
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("business", "number"), name="purchasing_order_number_once"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="purchasing_order_rate_positive"),
            models.CheckConstraint(
                condition=Q(total=F("net_total") + F("tax_total"), net_total__gte=0, tax_total__gte=0),
                name="purchasing_order_adds_up",
            ),
        ]
        indexes = [
            models.Index(fields=("business", "state", "-id"), name="purchasing_order_worklist"),
            models.Index(fields=("supplier", "-id"), name="purchasing_order_of_supplier"),
        ]

    def __str__(self) -> str:
        return self.number


class PurchaseLine(TenantEntity):
    """One item of an order. No more than `most_quantity` is ever accepted: the quantity and the tolerance.

    Quantities are stock units. Ordered in packs, `pack_cost` is what one of `pack_quantity` costs: that is exact,
    `unit_cost` is rounded to four places then.
    """

    updated_at = None
    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(_("position"))
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("item"), max_length=500)
    sku = models.CharField(_("SKU"), max_length=120, blank=True)
    supplier_sku = models.CharField(_("supplier's SKU"), max_length=120, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_cost = MoneyField(_("unit cost"))
    pack_name = models.CharField(_("pack"), max_length=80, blank=True, db_default="")
    pack_quantity = models.PositiveIntegerField(_("pieces in a pack"), default=1, db_default=1)
    pack_cost = MoneyField(_("cost of a pack"), null=True, blank=True)
    tax_rate = models.DecimalField(_("tax rate"), max_digits=7, decimal_places=4, default=0)
    net = MoneyField(_("net"))
    tax = MoneyField(_("tax"))
    most_quantity = models.PositiveIntegerField(_("most that is accepted"))
    received_quantity = models.PositiveIntegerField(_("accepted"), default=0)
    rejected_quantity = models.PositiveIntegerField(_("rejected"), default=0)

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ("order", "position")
        constraints = [
            models.UniqueConstraint(fields=("order", "position"), name="purchasing_line_position_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, unit_cost__gte=0, tax_rate__gte=0, tax_rate__lt=1),
                name="purchasing_line_within_reason",
            ),
            models.CheckConstraint(
                condition=Q(pack_quantity=1, pack_cost__isnull=True)
                | Q(pack_quantity__gte=2, pack_cost__gte=0),
                name="purchasing_line_pack_with_cost",
            ),
            models.CheckConstraint(
                condition=Q(received_quantity__lte=F("most_quantity")),
                name="purchasing_line_within_tolerance",
            ),
        ]
        indexes = [models.Index(fields=("variant", "order"), name="purchasing_line_of_variant")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"

    @property
    def exact_cost(self) -> Decimal:
        """What one stock unit costs, as exactly as it is known: a third of a pack has no end."""
        return self.unit_cost if self.pack_cost is None else self.pack_cost / self.pack_quantity

    @property
    def pack_words(self) -> str:
        """`5 × Case of 12`; empty when single pieces were ordered."""
        if self.pack_cost is None:
            return ""
        return f"{self.quantity // self.pack_quantity} × {self.pack_name}"

    @property
    def open_quantity(self) -> int:
        """What has not come yet."""
        return max(0, self.quantity - self.received_quantity)

    @property
    def acceptable_quantity(self) -> int:
        """How many may still be accepted."""
        return self.most_quantity - self.received_quantity


class PurchaseVersion(TenantEntity):
    """An order as it was approved: its content never changes; the PDF is made of it once and kept."""

    updated_at = None
    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    snapshot = models.JSONField(_("content"))
    total = MoneyField(_("total"))
    approved_by = models.CharField(_("approved by"), max_length=200)
    # The key of the link that the supplier is sent.
    token = models.CharField(max_length=43, unique=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    sent_to = models.EmailField(_("sent to"), blank=True)
    file = models.FileField(_("file"), max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ("order", "-number")
        constraints = [
            models.UniqueConstraint(fields=("order", "number"), name="purchasing_version_once"),
            models.CheckConstraint(
                condition=Q(sha256="", file="") | (~Q(sha256="") & ~Q(file="")),
                name="purchasing_version_file_with_digest",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="version_kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="version_stays",
                operation=pgtrigger.UpdateOf("order_id", "number", "snapshot", "total", "token"),
            ),
            pgtrigger.Protect(
                name="version_paper_stays",
                operation=pgtrigger.UpdateOf("file", "sha256"),
                condition=pgtrigger.Q(old__sha256__gt=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order}, {self.number}"

    @property
    def file_name(self) -> str:
        """How the PDF is called when somebody saves it."""
        return f"purchase-order-{self.snapshot['number']}-v{self.number}.pdf"


class PurchaseStep(TenantEntity):
    """One thing that happened to an order, for its timeline. Only added."""

    class Kind(models.TextChoices):
        DRAFTED = "drafted", _("Draft written")
        CHANGED = "changed", _("Draft changed")
        SUBMITTED = "submitted", _("Submitted for approval")
        APPROVED = "approved", _("Approved")
        RETURNED = "returned", _("Sent back")
        SENT = "sent", _("Sent to the supplier")
        AMENDED = "amended", _("Change begun")
        RECEIVED = "received", _("Goods received")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Cancelled")

    updated_at = None
    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind)
    detail = models.CharField(max_length=500, blank=True)
    actor_label = models.CharField(_("by"), max_length=200)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ("-id",)
        indexes = [models.Index(fields=("order", "-id"), name="purchasing_step_recent")]

    def __str__(self) -> str:
        return self.get_kind_display()
