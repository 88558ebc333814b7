"""How a variant's pieces are told apart: switched on, changed, and off again."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.goods.inventory.lines import LotDraft
from apps.goods.inventory.models import UNMARKED, StockBalance, StockMovement, Tracking
from apps.goods.inventory.services.piles import ensure_lots, pick
from apps.goods.inventory.services.shelves import (
    Shelf,
    lock_balances,
    look_at,
    movement,
    write_movements,
)
from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from apps.kernel.money import ZERO, round_money
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Location

# A cause of its own, so that reports of trade leave it out: nothing came and nothing went.
REBOOKED = "tracking"


@use_case(permission="stock.rules", idempotent=True, audits="stock.tracking_set")
def choose_tracking(actor: Actor, *, variant_id: UUID, mode: str, key: str | None = None) -> Variant:
    """Tell a variant's pieces apart by lot, lot with expiry or serial number; empty: no more.

    What lies there is put into one lot, UNMARKED, at each place, and out of its lots when tracking ends: on hand and
    value stay, so nothing drifts. Raises `Conflict` while pieces are owed that are not there, `InvalidInput` for goods
    that are not counted, `PermissionRefused` for who is limited to some locations.
    """
    if mode and mode not in Tracking.Mode.values:
        raise InvalidInput(fields={"mode": [_("Choose one of the ways.")]})
    if actor.location_ids is not None:
        raise PermissionRefused(_("This concerns all locations, and you work at some of them."))
    variant = Variant.objects.filter(pk=variant_id).first()
    if variant is None:
        raise NotFound()
    if mode and not variant.track_stock:
        raise InvalidInput(_("The stock of this item is not counted."), code="stock_not_counted")
    shelves = _lock_everywhere(variant)
    known = Tracking.objects.filter(variant=variant).first()
    before = known.mode if known else ""
    if before == mode:
        return variant
    if any(shelf.on_hand < 0 for shelf in shelves):
        raise Conflict(
            _("More pieces left than there were: receive what is owed first."), code="stock_below_zero"
        )
    if known is not None and (not mode or Tracking.Mode.SERIAL in (mode, before)):
        known.delete()
        _take_out_of_lots(actor, shelves)
        known = None
    if known is not None:
        known.mode = mode
        known.save(update_fields=["mode", "updated_at"])
    elif mode:
        _put_into_one_lot(actor, variant, shelves)
        Tracking.objects.create(variant=variant, mode=mode)
    audit.record(actor, "stock.tracking_set", variant, before={"mode": before}, after={"mode": mode})
    return variant


def _lock_everywhere(variant: Variant) -> list[Shelf]:
    """The variant's shelves at all places, laid out where there was none: whoever receives there waits for us."""
    places = list(Location.objects.all())
    rows = [
        StockBalance(
            variant=variant,
            location=place,
            backorder_limit=variant.backorder_limit if place.is_default else 0,
        )
        for place in places
        if place.active
    ]
    StockBalance.objects.bulk_create(rows, ignore_conflicts=True)
    locked = lock_balances([variant.pk], even_closed=True)
    shelves = {
        row.location_id: Shelf(row.variant, row.location, row.business.currency, row) for row in locked
    }
    return list(look_at(shelves).values())


def _put_into_one_lot(actor: Actor, variant: Variant, shelves: list[Shelf]) -> None:
    lying = [shelf for shelf in shelves if shelf.on_hand]
    if not lying:
        return
    lots = ensure_lots({(variant.pk, UNMARKED): LotDraft(UNMARKED)}, {})
    lot = lots[variant.pk, UNMARKED]
    movements = []
    for shelf in lying:
        movements.append(_rebooked(actor, shelf, None, -shelf.on_hand, -shelf.value))
        movements.append(_rebooked(actor, shelf, lot.pk, shelf.on_hand, shelf.value))
    write_movements(movements, ())


def _take_out_of_lots(actor: Actor, shelves: list[Shelf]) -> None:
    movements: list[StockMovement] = []
    for shelf in shelves:
        if not shelf.on_hand:
            continue
        units, value, freed = shelf.on_hand, shelf.value, 0
        for pile, part in pick(shelf, shelf.on_hand, whatever=True):
            if pile is None:
                continue
            worth = value if part == units else round_money(value * part / units, shelf.currency)
            units, value, freed = units - part, value - worth, freed + pile.withheld
            movements.append(_rebooked(actor, shelf, pile.lot_id, -part, -worth, -pile.withheld))
        movements.append(_rebooked(actor, shelf, None, shelf.on_hand, shelf.value))
    write_movements(movements, ())


def _rebooked(
    actor: Actor, shelf: Shelf, lot_id: UUID | None, units: int, value: object, held: int = 0
) -> StockMovement:
    return movement(
        actor,
        shelf,
        StockMovement.Reason.ADJUST,
        lot_id=lot_id,
        on_hand_delta=units,
        reserved_delta=held,
        value_delta=value or ZERO,
        reason_code=REBOOKED,
        reference_type=REBOOKED,
        reference_id=shelf.variant_id,
    )
