"""Goods that go from one location to another."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import MoneyField, TenantEntity


class Transfer(TenantEntity):
    """One consignment from one location to another. States in `states.py`."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        IN_TRANSIT = "in_transit", _("On its way")
        PART_RECEIVED = "part_received", _("Partly received")
        RECEIVED = "received", _("Received")
        CANCELLED = "cancelled", _("Cancelled")

    class Approval(models.TextChoices):
        NOT_NEEDED = "", _("Not needed")
        WAITING = "waiting", _("Waits for approval")
        GIVEN = "given", _("Approved")

    number = models.CharField(_("number"), max_length=20)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.REQUESTED)
    source = models.ForeignKey(
        "businesses.Location", on_delete=models.PROTECT, related_name="+", verbose_name=_("from")
    )
    destination = models.ForeignKey(
        "businesses.Location", on_delete=models.PROTECT, related_name="+", verbose_name=_("to")
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    requested_by_label = models.CharField(_("requested by"), max_length=200, blank=True)
    requested_by_id = models.UUIDField(null=True, blank=True)
    # As the business wanted it when the transfer was asked for: a later change of the rule stops nothing.
    approval = models.CharField(_("approval"), max_length=8, choices=Approval, blank=True, default="")
    needs_other_person = models.BooleanField(default=False)
    approved_by_label = models.CharField(_("approved by"), max_length=200, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("business", "number"), name="warehouse_transfer_number_once"),
            models.CheckConstraint(
                condition=~Q(source=F("destination")), name="warehouse_transfer_goes_elsewhere"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("requested", "cancelled"), shipped_at=None)
                | Q(state__in=("in_transit", "part_received", "received"), shipped_at__isnull=False),
                name="warehouse_transfer_sent_when_shipped",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("received", "cancelled"), closed_at__isnull=False)
                | Q(state__in=("requested", "in_transit", "part_received"), closed_at=None),
                name="warehouse_transfer_closed_at_its_end",
            ),
            models.CheckConstraint(
                condition=~Q(approval="waiting") | Q(state__in=("requested", "cancelled")),
                name="warehouse_transfer_not_sent_unapproved",
            ),
        ]
        indexes = [
            models.Index(fields=("business", "-id"), name="warehouse_transfer_recent"),
            models.Index(
                fields=("business", "destination"),
                name="warehouse_transfer_coming",
                condition=Q(state__in=("in_transit", "part_received")),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_on_the_way(self) -> bool:
        return self.state in (self.State.IN_TRANSIT, self.State.PART_RECEIVED)


class TransferRules(TenantEntity):
    """Whether somebody must agree before goods leave for another location; one row a business, none: nobody must."""

    class Approval(models.TextChoices):
        NONE = "none", _("No: sending is the sender's consent")
        ANYBODY = "anybody", _("Yes, by anybody who may approve transfers")
        SOMEBODY_ELSE = "somebody_else", _("Yes, and by somebody else than who asked")

    approval = models.CharField(
        _("transfers need approval"), max_length=16, choices=Approval, default=Approval.NONE
    )

    class Meta:
        verbose_name = _("transfer rules")
        verbose_name_plural = _("transfer rules")
        constraints = [models.UniqueConstraint(fields=("business",), name="warehouse_transfer_rules_once")]

    def __str__(self) -> str:
        return self.approval


class TransferLine(TenantEntity):
    """One kind of goods of a transfer: asked for, sent, and what became of it, with its value."""

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="lines")
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    requested_quantity = models.PositiveIntegerField(_("requested"))
    sent_quantity = models.PositiveIntegerField(_("sent"), default=0)
    arrived_quantity = models.PositiveIntegerField(_("arrived"), default=0)
    damaged_quantity = models.PositiveIntegerField(_("damaged"), default=0)
    missing_quantity = models.PositiveIntegerField(_("missing"), default=0)
    sent_value = MoneyField(_("value sent"), default=0)
    landed_value = MoneyField(_("value landed"), default=0)

    class Meta:
        verbose_name = _("transfer line")
        verbose_name_plural = _("transfer lines")
        ordering = ("transfer", "position")
        constraints = [
            models.UniqueConstraint(fields=("transfer", "variant"), name="warehouse_line_variant_once"),
            models.CheckConstraint(condition=Q(requested_quantity__gt=0), name="warehouse_line_some"),
            models.CheckConstraint(
                condition=Q(sent_quantity__lte=F("requested_quantity")),
                name="warehouse_line_not_more_than_requested",
            ),
            models.CheckConstraint(
                condition=Q(
                    sent_quantity__gte=F("arrived_quantity") + F("damaged_quantity") + F("missing_quantity")
                ),
                name="warehouse_line_lands_once",
            ),
            models.CheckConstraint(
                condition=Q(landed_value__gte=0, landed_value__lte=F("sent_value")),
                name="warehouse_line_value_lands_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    sent_quantity__gt=F("arrived_quantity") + F("damaged_quantity") + F("missing_quantity")
                )
                | Q(landed_value=F("sent_value")),
                name="warehouse_line_all_value_lands",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requested_quantity} × {self.variant_id}"

    @property
    def landed_quantity(self) -> int:
        return self.arrived_quantity + self.damaged_quantity + self.missing_quantity

    @property
    def open_quantity(self) -> int:
        """Units that are still on their way."""
        return self.sent_quantity - self.landed_quantity


class TransferStep(TenantEntity):
    """The transfer's log: what was done, by whom, with how many units. Rows are only ever added."""

    class Kind(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        APPROVED = "approved", _("Approved")
        SENT = "sent", _("Sent")
        RECEIVED = "received", _("Received")
        CANCELLED = "cancelled", _("Cancelled")

    updated_at = None  # A fact is never updated.
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=12, choices=Kind)
    quantity = models.PositiveIntegerField(default=0)
    damaged_quantity = models.PositiveIntegerField(default=0)
    missing_quantity = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=500, blank=True)
    actor_label = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("transfer step")
        verbose_name_plural = _("transfer steps")
        ordering = ("-id",)
        indexes = [models.Index(fields=("business", "-id"), name="warehouse_step_recent")]
        triggers = [pgtrigger.Protect(name="step_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity}"
