"""Units go from one location to another, over the place of goods on their way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.goods.inventory.events import AdjustedLine, StockAdjusted
from apps.goods.inventory.lines import LandLine, Moved, MoveLine, Owner
from apps.goods.inventory.models import AdjustReason, Lot, StockBalance, StockMovement
from apps.goods.inventory.services.piles import local_today, lots_out_with, pick, put_on
from apps.goods.inventory.services.places import get_place
from apps.goods.inventory.services.promises import Place
from apps.goods.inventory.services.shelves import (
    LARGEST_QUANTITY,
    Shelf,
    distinct_ids,
    lock_balances,
    look_at,
    movement,
    with_tracking,
    write_movements,
)
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, OutOfStock
from apps.kernel.events import publish
from apps.kernel.ids import new_id
from apps.kernel.money import ZERO, round_money
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Location
from apps.platform.businesses.services import ensure_transit_location

_R = StockMovement.Reason


@use_case(unaudited="the stock ledger is append-only and names the transfer, which is entered")
def send_stock(
    actor: Actor, *, owner: Owner, source_id: UUID, destination_id: UUID, lines: Sequence[MoveLine]
) -> list[Moved]:
    """Let units leave a location for another one: they lie on the way, at the average cost they left with.

    What is promised to orders stays: raises `OutOfStock` with `context["lines"]` when fewer are free, and nothing
    moves. An empty place at the destination is laid out, so that what is coming can be seen there. Six queries for
    any number of lines. Source: MODEL, stock verbs.
    """
    lines = list(lines)
    _check(lines)
    source, currency = get_place(actor, source_id)
    destination = Location.objects.filter(pk=destination_id, active=True).first()
    if destination is None:
        raise NotFound()
    variants = _counted_variants(line.variant_id for line in lines)
    on_the_way = ensure_transit_location(actor)
    _lay_out(variants, destination)
    shelves = _lock(variants, [source, on_the_way], currency)
    short, movements, moved = [], [], []
    for line in lines:
        shelf = shelves[line.variant_id, source.pk]
        if shelf.available < line.quantity:
            short.append(_shortage(line, shelf))
            continue
        way = shelves[line.variant_id, on_the_way.pk]
        taken = ZERO
        for pile, part in pick(shelf, line.quantity):
            value = shelf.cost_of(part)
            shelf.move(on_hand=-part, value=-value)
            taken += value
            lot_id = pile.lot_id if pile else None
            movements.append(_move(actor, owner, shelf, _R.TRANSFER_OUT, -part, -value, lot_id))
            movements.append(_move(actor, owner, way, _R.TRANSFER_IN, part, value, lot_id))
        moved.append(Moved(line.line_id, line.quantity, taken))
    if short:
        raise OutOfStock(
            _("There are not enough free pieces here to send."),
            remedy=_("Send fewer. Pieces that are promised to orders stay."),
            lines=short,
        )
    write_movements(movements, [shelf for (_v, place), shelf in shelves.items() if place == source.pk])
    return moved


@use_case(unaudited="the stock ledger is append-only and names the transfer, which is entered")
def land_stock(
    actor: Actor, *, owner: Owner, destination_id: UUID, lines: Sequence[LandLine], note: str = ""
) -> None:
    """Take units off the way: what arrived lies at the destination, what has a `cause` is written off.

    Each line brings its value along, so that what left is what arrives, to the cent, whatever else of the same goods
    is on its way. Losses are one adjustment for each cause, told by `inventory.stock_adjusted`: the books follow.
    """
    lines = [line for line in lines if line.quantity]
    _check(lines)
    destination, currency = get_place(actor, destination_id, even_closed=True)
    on_the_way = ensure_transit_location(actor)
    arrived = Variant.objects.filter(pk__in={line.variant_id for line in lines})
    variants = {row.pk: row for row in with_tracking(arrived)}
    shelves = _lock(variants, [destination, on_the_way], currency)
    movements = []
    losses: dict[str, tuple[UUID, list[AdjustedLine]]] = {}
    on_board = _lots_on_board(owner, shelves, on_the_way)
    for line in lines:
        way = shelves[line.variant_id, on_the_way.pk]
        for lot, units, value in _unload(line, way, on_board):
            lot_id = lot.pk if lot else None
            if not line.cause:
                shelf = shelves[line.variant_id, destination.pk]
                held = put_on(shelf, lot, units, local_today()) if lot else 0
                shelf.move(on_hand=units, reserved=held, value=value)
                movements.append(_move(actor, owner, way, _R.TRANSFER_OUT, -units, -value, lot_id))
                movements.append(_move(actor, owner, shelf, _R.TRANSFER_IN, units, value, lot_id, held))
                continue
            adjustment_id, lost = losses.setdefault(line.cause, (new_id(), []))
            lost.append(AdjustedLine(variant_id=line.variant_id, delta=-units, value_delta=-value))
            movements.append(
                movement(
                    actor, way, _R.ADJUST, lot_id=lot_id, on_hand_delta=-units, value_delta=-value,
                    reason_code=line.cause, reference_type="adjustment", reference_id=adjustment_id, note=note[:500],
                )
            )  # fmt: skip
    write_movements(movements, [shelf for (_v, place), shelf in shelves.items() if place == destination.pk])
    for cause, (adjustment_id, lost) in losses.items():
        publish(
            StockAdjusted(
                business_id=require_business_id(),
                adjustment_id=adjustment_id,
                location_id=on_the_way.pk,
                value_delta=sum((line.value_delta for line in lost), ZERO),
                currency=currency,
                reason_code=cause,
                lines=lost,
            )
        )


def _lots_on_board(owner: Owner, shelves: dict[Place, Shelf], way: Location) -> dict[UUID, dict[Lot, int]]:
    """The lots that this transfer has on its way, as far as they are still there."""
    tracked = {variant for (variant, _place), shelf in shelves.items() if shelf.tracking}
    if not tracked:
        return {}
    lots = lots_out_with(owner, tracked, way.pk)
    for variant_id, units in lots.items():
        piles = shelves[variant_id, way.pk].piles
        for lot in units:
            units[lot] = min(units[lot], piles[lot.pk].on_hand if lot.pk in piles else 0)
    return lots


def _unload(
    line: LandLine, way: Shelf, on_board: dict[UUID, dict[Lot, int]]
) -> Iterator[tuple[Lot | None, int, Decimal]]:
    """A line's pieces by lot, first expiry first, each with its share of the line's value."""
    if not way.tracking:
        yield None, line.quantity, line.value
        return
    units, value = line.quantity, line.value
    lots = on_board.get(line.variant_id, {})
    for lot in sorted(lots, key=lambda lot: (lot.expires_on or dt.date.max, lot.pk)):
        part = min(units, lots[lot])
        if part > 0:
            worth = value if part == units else round_money(value * part / units, way.currency)
            yield lot, part, worth
            lots[lot] -= part
            units, value = units - part, value - worth
    if units:
        raise Conflict(_("Fewer pieces of these goods are on their way."), code="lot_not_here")


def _check(lines: Sequence[MoveLine | LandLine]) -> None:
    if not lines or any(not 0 < line.quantity <= LARGEST_QUANTITY for line in lines):
        raise InvalidInput(fields={"quantity": [_("Enter a whole number of one or more.")]})
    causes = {getattr(line, "cause", "") for line in lines}
    if not causes <= {"", AdjustReason.DAMAGE, AdjustReason.LOSS}:
        raise InvalidInput(fields={"cause": [_("Choose one of the causes.")]})


def _counted_variants(ids: Iterable[UUID]) -> dict[UUID, Variant]:
    wanted = distinct_ids(ids)
    variants = {row.pk: row for row in with_tracking(Variant.objects.filter(pk__in=wanted))}
    for variant_id in wanted:
        if variant_id not in variants:
            raise NotFound(variant_id=variant_id)
        if not variants[variant_id].track_stock:
            raise InvalidInput(code="stock_not_counted", variant_id=variant_id)
    return variants


def _lay_out(variants: dict[UUID, Variant], place: Location) -> None:
    rows = [
        StockBalance(
            variant=variants[key],
            location=place,
            backorder_limit=variants[key].backorder_limit if place.is_default else 0,
        )
        for key in sorted(variants)
    ]
    StockBalance.objects.bulk_create(rows, ignore_conflicts=True)


def _lock(variants: dict[UUID, Variant], places: list[Location], currency: str) -> dict[Place, Shelf]:
    """The shelves of the variants at these places, locked in one query: two halves would be two chances to deadlock."""
    rows = {
        (row.variant_id, row.location_id): row
        for row in lock_balances(variants, even_closed=True, location_id__in=[place.pk for place in places])
    }
    return look_at(
        {
            (variant_id, place.pk): Shelf(variant, place, currency, rows.get((variant_id, place.pk)))
            for variant_id, variant in variants.items()
            for place in places
        }
    )


def _move(
    actor: Actor,
    owner: Owner,
    shelf: Shelf,
    reason: str,
    quantity: int,
    value: Decimal,
    lot_id: UUID | None = None,
    held: int = 0,
) -> StockMovement:
    return movement(
        actor,
        shelf,
        reason,
        lot_id=lot_id,
        on_hand_delta=quantity,
        reserved_delta=held,
        value_delta=value,
        reference_type=owner.type,
        reference_id=owner.id,
    )


def _shortage(line: MoveLine, shelf: Shelf) -> dict[str, object]:
    return {
        "line_id": line.line_id,
        "variant_id": line.variant_id,
        "requested": line.quantity,
        "available": max(0, shelf.available),
    }
