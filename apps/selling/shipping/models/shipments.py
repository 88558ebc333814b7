"""Carriers of a business, and the parcels they carry for it."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import MoneyField, TenantEntity

from .rates import Package


class CarrierAccount(TenantEntity):
    """What a business entered about its account at a carrier; secrets are in the vault."""

    carrier = models.SlugField(_("carrier"), max_length=32)
    settings = models.JSONField(default=dict, blank=True)
    active = models.BooleanField(_("in use"), default=False)

    class Meta:
        verbose_name = _("carrier")
        verbose_name_plural = _("carriers")
        ordering = ["carrier", "id"]
        constraints = [models.UniqueConstraint(fields=["business", "carrier"], name="carrier_once")]

    def __str__(self) -> str:
        return self.carrier


class CarrierAnswer(TenantEntity):
    """What a carrier said a parcel would cost: the prices of its services, for a quarter of an hour.

    `question` is a digest of everything the price depends on (`live.Question`), so that no place is kept. `services`
    are {"service", "name", "price", "currency", "days"}; none where the carrier could not say, and `problem` why.
    """

    account = models.ForeignKey(
        CarrierAccount, models.CASCADE, related_name="answers", verbose_name=_("carrier")
    )
    question = models.CharField(max_length=64)
    services = models.JSONField(default=list, blank=True)
    problem = models.CharField(_("problem"), max_length=200, blank=True)
    # Until when somebody may be charged these prices, and from when on the carrier is asked anew.
    valid_until = models.DateTimeField(_("valid until"))
    ask_again_at = models.DateTimeField()

    class Meta:
        verbose_name = _("answer of a carrier")
        verbose_name_plural = _("answers of carriers")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "question"], name="carrier_answer_once"),
        ]
        indexes = [models.Index(fields=["valid_until"], name="carrier_answer_old")]

    def __str__(self) -> str:
        return self.question[:12]


class Shipment(TenantEntity):
    """A label and the parcel it sticks on: the way of one fulfilment to the buyer, or back again."""

    class State(models.TextChoices):
        ASKED = "asked", _("Label is being bought")
        READY = "ready", _("Label bought")
        IN_TRANSIT = "in_transit", _("On its way")
        FAILED = "failed", _("Needs attention")
        DELIVERED = "delivered", _("Delivered")
        REFUSED = "refused", _("Not bought")
        VOID = "void", _("Taken back")

    class Direction(models.TextChoices):
        OUT = "out", _("To the buyer")
        BACK = "back", _("Back to the shop")

    fulfilment = models.ForeignKey(
        "orders.Fulfilment", models.PROTECT, related_name="shipments", verbose_name=_("parcel")
    )
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+", verbose_name=_("order"))
    direction = models.CharField(_("direction"), max_length=4, choices=Direction, default=Direction.OUT)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.ASKED)
    carrier = models.SlugField(_("carrier"), max_length=32)
    service = models.CharField(_("service"), max_length=60)
    service_name = models.CharField(_("service"), max_length=80, blank=True)
    package = models.ForeignKey(
        Package, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("package")
    )
    grams = models.PositiveIntegerField(_("weight in grams"))
    length_mm = models.PositiveIntegerField(_("length in mm"))
    width_mm = models.PositiveIntegerField(_("width in mm"))
    height_mm = models.PositiveIntegerField(_("height in mm"))
    # How often a label was asked for: each time under a reference of its own, or the carrier's search would find what
    # was taken back.
    round = models.PositiveSmallIntegerField(default=0)
    tracking_number = models.CharField(_("tracking number"), max_length=80, blank=True)
    tracking_url = models.URLField(_("tracking link"), max_length=500, blank=True)
    carrier_ref = models.CharField(max_length=120, blank=True)
    price = MoneyField(_("price"), null=True, blank=True)
    price_currency = models.CharField(max_length=3, blank=True)
    label = models.ForeignKey(
        "media.Media", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("label")
    )
    # A label that was paid for is kept here until the file store has it.
    label_waiting = models.BinaryField(null=True, blank=True, editable=False)
    problem = models.CharField(_("problem"), max_length=300, blank=True)
    due_at = models.DateTimeField(_("promised for"), null=True, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    bought_at = models.DateTimeField(_("bought"), null=True, blank=True)
    printed_at = models.DateTimeField(_("printed"), null=True, blank=True)
    listed_at = models.DateTimeField(_("on a courier's list"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    # When the carrier is asked next; None: never again.
    check_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["fulfilment", "direction"],
                condition=~Q(state__in=("refused", "void")),
                name="shipment_one_label_a_way",
            ),
            models.UniqueConstraint(
                fields=["business", "carrier", "tracking_number"],
                condition=~Q(tracking_number=""),
                name="shipment_tracking_number_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("asked", "refused", "void")) | ~Q(tracking_number=""),
                name="shipment_bought_has_a_number",
            ),
            models.CheckConstraint(
                condition=Q(grams__gt=0, length_mm__gt=0, width_mm__gt=0, height_mm__gt=0),
                name="shipment_has_a_size",
            ),
        ]
        indexes = [
            models.Index(fields=["business", "state", "-id"], name="shipment_by_state"),
            models.Index(fields=["check_at"], condition=Q(check_at__isnull=False), name="shipment_to_check"),
        ]

    def __str__(self) -> str:
        return self.tracking_number or str(self.pk)

    @property
    def reference(self) -> str:
        """Our word for it at the carrier."""
        return f"{self.pk}-{self.round}" if self.round else str(self.pk)


class ShipmentEvent(TenantEntity):
    """One thing a carrier said of a parcel, once however often it says it. Append-only."""

    class Kind(models.TextChoices):
        LABEL = "label", _("Announced to the carrier")
        MOVING = "moving", _("On its way")
        OUT = "out", _("Out for delivery")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Could not be delivered")
        RETURNED = "returned", _("Goes back to the sender")

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="events", verbose_name=_("shipment"))
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    text = models.CharField(_("what the carrier says"), max_length=200, blank=True)
    place = models.CharField(_("place"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("shipment event")
        verbose_name_plural = _("shipment events")
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "at", "kind", "text"], name="shipment_event_once")
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="stays_as_said", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return self.kind
