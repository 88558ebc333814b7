"""How goods are told apart: by lot, by lot with a date, or each piece by its serial number."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import TenantEntity

# Holds what nobody can tell apart: stock from before the goods were tracked, and pieces found without a mark.
UNMARKED = "UNMARKED"


class Tracking(TenantEntity):
    """That a variant's pieces are told apart, and how. No row: they are not, and cost nothing more."""

    class Mode(models.TextChoices):
        LOT = "lot", _("By lot")
        EXPIRY = "expiry", _("By lot with an expiry date")
        SERIAL = "serial", _("By serial number")

    variant = models.OneToOneField("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(_("told apart"), max_length=8, choices=Mode)

    class Meta:
        verbose_name = _("tracking")
        verbose_name_plural = _("tracking")

    def __str__(self) -> str:
        return self.get_mode_display()


class Lot(TenantEntity):
    """Pieces of a variant that were made or came together; with a serial number it is a single piece."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        BLOCKED = "blocked", _("Blocked")
        RECALLED = "recalled", _("Recalled")

    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(_("lot or serial number"), max_length=60)
    is_serial = models.BooleanField(default=False, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    best_before = models.DateField(_("best before"), null=True, blank=True)
    received_on = models.DateField(_("received on"))
    supplier = models.CharField(_("supplier"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    state_reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("variant", "code"), name="inventory_lot_code_once"),
            models.CheckConstraint(condition=~Q(code=""), name="inventory_lot_has_code"),
        ]
        indexes = [
            models.Index(fields=("business", "-id"), name="inventory_lot_recent"),
            models.Index(fields=("business", "code"), name="inventory_lot_code"),
            models.Index(
                fields=("business", "expires_on"),
                name="inventory_lot_expiring",
                condition=Q(expires_on__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="stays_what_it_is", operation=pgtrigger.UpdateOf("variant_id", "is_serial")
            ),
        ]

    def __str__(self) -> str:
        return self.code


class LotBalance(TenantEntity):
    """The running sum of one lot's movements at one location, changed by the database only.

    `withheld` are pieces that the balance counts as promised to nobody, because their lot is blocked or expired.
    """

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="balances")
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey("businesses.Location", on_delete=models.PROTECT, related_name="+")
    is_serial = models.BooleanField(default=False, editable=False)
    on_hand = models.IntegerField(_("on hand"), default=0)
    withheld = models.IntegerField(_("withheld"), default=0)

    class Meta:
        verbose_name = _("lot balance")
        verbose_name_plural = _("lot balances")
        ordering = ("lot", "location")
        constraints = [
            models.UniqueConstraint(fields=("lot", "location"), name="inventory_lotbalance_place_once"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="inventory_lotbalance_never_below_zero"),
            models.CheckConstraint(
                condition=Q(withheld__gte=0, withheld__lte=F("on_hand")),
                name="inventory_lotbalance_withheld_is_there",
            ),
            models.CheckConstraint(
                condition=Q(is_serial=False) | Q(on_hand__lte=1), name="inventory_lotbalance_serial_is_one"
            ),
            # A serial number is one piece: it cannot lie in two places.
            models.UniqueConstraint(
                fields=("lot",),
                condition=Q(is_serial=True, on_hand__gt=0),
                name="inventory_lotbalance_serial_in_one_place",
            ),
        ]
        indexes = [
            models.Index(
                fields=("variant", "location"), name="inventory_lotbalance_lying", condition=Q(on_hand__gt=0)
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="only_by_movement",
                operation=pgtrigger.UpdateOf("on_hand", "withheld", "lot_id", "location_id"),
                condition=pgtrigger.Condition("pg_trigger_depth() = 0"),
            ),
            pgtrigger.Protect(
                name="born_empty",
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__on_hand__df=0) | pgtrigger.Q(new__withheld__df=0),
            ),
            pgtrigger.Protect(
                name="kept_while_stocked",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__on_hand__df=0) | pgtrigger.Q(old__withheld__df=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on_hand}"
