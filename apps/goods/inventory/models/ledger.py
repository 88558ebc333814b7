from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.triggers import ADD_MOVEMENTS_TO_BALANCES
from apps.kernel import clock
from apps.kernel.models import MoneyField, TenantEntity

DEFAULT_WARN_AT = 5


class AdjustReason(models.TextChoices):
    """Why stock was found to be more or less than the ledger says."""

    CORRECTION = "correction", _("Correction")
    COUNT = "count", _("Counted")
    DAMAGE = "damage", _("Damaged")
    LOSS = "loss", _("Lost or stolen")
    EXPIRED = "expired", _("Past its date")
    OWN_USE = "own_use", _("Own use or sample")
    FOUND = "found", _("Found")
    IMPORT = "import", _("Quantity from a file")


# Causes that say "the number was wrong"; the others are things that happened to goods.
CORRECTING = frozenset(
    {AdjustReason.CORRECTION, AdjustReason.COUNT, AdjustReason.LOSS, AdjustReason.FOUND, AdjustReason.IMPORT}
)


class StockMovement(TenantEntity):
    """One fact of the stock ledger. Rows are only ever added; the database adds them to the balances."""

    class Reason(models.TextChoices):
        RECEIVE = "receive", _("Received")
        ADJUST = "adjust", _("Adjusted")
        RESERVE = "reserve", _("Reserved")
        RELEASE = "release", _("Released")
        CONSUME = "consume", _("Sold")
        RETURN = "return", _("Returned")
        TRANSFER_OUT = "transfer_out", _("Sent to another location")
        TRANSFER_IN = "transfer_in", _("Came from another location")
        HAND_OVER = "hand_over", _("Handed over")
        COUNT = "count", _("Counted")

    updated_at = None  # A fact is never updated.
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="movements")
    location = models.ForeignKey("businesses.Location", on_delete=models.PROTECT, related_name="+")
    # Of goods that are told apart: which. Its reserved delta is what is withheld, unless it leaves for its owner.
    lot = models.ForeignKey(
        "inventory.Lot",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="movements",
        db_index=False,
    )
    on_hand_delta = models.IntegerField(_("on hand"), default=0)
    reserved_delta = models.IntegerField(_("reserved"), default=0)
    value_delta = MoneyField(_("value"), default=0)
    unit_cost = MoneyField(_("unit cost"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=16, choices=Reason)
    reason_code = models.CharField(_("cause"), max_length=40, blank=True)
    reference_type = models.CharField(_("belongs to"), max_length=40, blank=True)
    reference_id = models.UUIDField(null=True, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    actor_label = models.CharField(_("by"), max_length=200, blank=True)
    occurred_at = models.DateTimeField(_("at"), default=clock.now)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(on_hand_delta=0, reserved_delta=0, value_delta=0),
                name="inventory_movement_moves",
            ),
        ]
        indexes = [
            models.Index(fields=("business", "-id"), name="inventory_movement_recent"),
            # A shelf's newest arrivals without walking past all that left: first in, first out asks at each parcel.
            models.Index(
                fields=("variant", "location", "-id"),
                name="inventory_movement_arrivals",
                condition=Q(on_hand_delta__gt=0),
            ),
            # What was recorded since a day was closed.
            models.Index(fields=("business", "created_at"), name="inventory_movement_recorded"),
            models.Index(fields=("variant", "location", "-id"), name="inventory_movement_card"),
            models.Index(
                fields=("business", "reference_type", "reference_id"), name="inventory_movement_owner"
            ),
            models.Index(
                fields=("lot", "-id"), name="inventory_movement_lot", condition=Q(lot__isnull=False)
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="add_to_balances",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_movements"),
                func=ADD_MOVEMENTS_TO_BALANCES,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.on_hand_delta:+d}/{self.reserved_delta:+d}"


class StockBalance(TenantEntity):
    """The running sum of one variant's movements at one location, changed by the database only."""

    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="balances")
    location = models.ForeignKey("businesses.Location", on_delete=models.PROTECT, related_name="+")
    on_hand = models.IntegerField(_("on hand"), default=0)
    reserved = models.IntegerField(_("reserved"), default=0)
    value = MoneyField(_("value"), default=0)
    backorder_limit = models.PositiveIntegerField(_("backorder limit"), default=0)
    last_counted_at = models.DateTimeField(_("last counted"), null=True, blank=True)
    # How often somebody put this number right: a count that began before is outdated, and must not do it again.
    corrections = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    low_stock_threshold = models.PositiveIntegerField(
        _("warn at"), null=True, blank=True, help_text=_("Warn when this many or fewer can be sold.")
    )

    class Meta:
        verbose_name = _("stock balance")
        verbose_name_plural = _("stock balances")
        ordering = ("variant", "location")
        constraints = [
            models.UniqueConstraint(
                fields=("variant", "location"), name="inventory_balance_variant_location_unique"
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0), name="inventory_balance_reserved_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(reserved__lte=F("on_hand") + F("backorder_limit")),
                name="inventory_balance_never_oversold",
            ),
            models.CheckConstraint(
                condition=Q(on_hand__gte=0 - F("backorder_limit")),
                name="inventory_balance_on_hand_not_below_cap",
            ),
        ]
        indexes = [
            models.Index(F("business"), F("on_hand") - F("reserved"), name="inventory_balance_available"),
            models.Index(
                F("business"),
                F("last_counted_at").asc(nulls_first=True),
                name="inventory_balance_to_count",
                condition=~Q(on_hand=0),
            ),
        ]
        triggers = [
            # Depth 0 is a statement of ours; the ledger's own trigger works one level deeper.
            pgtrigger.Protect(
                name="only_by_movement",
                operation=pgtrigger.UpdateOf("on_hand", "reserved", "value"),
                condition=pgtrigger.Condition("pg_trigger_depth() = 0"),
            ),
            pgtrigger.Protect(
                name="born_empty",
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__on_hand__df=0)
                | pgtrigger.Q(new__reserved__df=0)
                | pgtrigger.Q(new__value__df=0),
            ),
            pgtrigger.Protect(
                name="kept_while_stocked",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__on_hand__df=0)
                | pgtrigger.Q(old__reserved__df=0)
                | pgtrigger.Q(old__value__df=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on_hand}/{self.reserved}"

    @property
    def available(self) -> int:
        """Units on hand that nobody was promised. Negative while backorders wait."""
        return self.on_hand - self.reserved

    @property
    def sellable(self) -> int:
        """Units that may still be promised, backorder included."""
        return self.on_hand - self.reserved + self.backorder_limit

    @property
    def warn_at(self) -> int:
        """The number of sellable units at or below which this row counts as low."""
        return DEFAULT_WARN_AT if self.low_stock_threshold is None else self.low_stock_threshold


class Reservation(TenantEntity):
    """A promise of units to one line of an owner. Without a location: the variant's stock is not counted."""

    class State(models.TextChoices):
        HELD = "held", _("Held")
        CONSUMED = "consumed", _("Used")
        RELEASED = "released", _("Released")

    owner_type = models.CharField(max_length=40)
    owner_id = models.UUIDField()
    line_id = models.UUIDField()
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey("businesses.Location", on_delete=models.PROTECT, null=True, related_name="+")
    quantity = models.PositiveIntegerField()
    # How many units of this variant go into one unit of the line: more than one for parts of kits.
    per_unit = models.PositiveIntegerField(default=1)
    consumed_quantity = models.PositiveIntegerField(default=0)
    released_quantity = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.HELD)
    expires_at = models.DateTimeField(null=True, blank=True)
    # Why from there, as facts that allocation_words.py puts into a sentence of the reader's language.
    why = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="inventory_reservation_some"),
            models.CheckConstraint(condition=Q(per_unit__gt=0), name="inventory_reservation_per_unit"),
            models.CheckConstraint(
                condition=Q(consumed_quantity__lte=F("quantity") - F("released_quantity")),
                name="inventory_reservation_not_used_twice",
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | Q(quantity__gt=F("consumed_quantity") + F("released_quantity")),
                name="inventory_reservation_held_is_open",
            ),
        ]
        indexes = [
            models.Index(fields=("business", "owner_type", "owner_id"), name="inventory_reservation_owner"),
            models.Index(
                fields=("variant", "location"), name="inventory_reservation_open", condition=Q(state="held")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner_type} {self.quantity}"

    @property
    def open_quantity(self) -> int:
        return self.quantity - self.consumed_quantity - self.released_quantity
