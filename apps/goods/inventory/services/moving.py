"""Units go from one location to another, over the place of goods on their way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.goods.inventory.events import AdjustedLine, StockAdjusted
from apps.goods.inventory.lines import LandLine, Moved, MoveLine, Owner
from apps.goods.inventory.models import AdjustReason, StockBalance, StockMovement
from apps.goods.inventory.services.places import get_place
from apps.goods.inventory.services.promises import Place
from apps.goods.inventory.services.shelves import (
    LARGEST_QUANTITY,
    Shelf,
    distinct_ids,
    lock_balances,
    movement,
    write_movements,
)
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, OutOfStock
from apps.kernel.events import publish
from apps.kernel.ids import new_id
from apps.kernel.money import ZERO
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
        value = shelf.cost_of(line.quantity)
        shelf.move(on_hand=-line.quantity, value=-value)
        way = shelves[line.variant_id, on_the_way.pk]
        movements.append(_move(actor, owner, shelf, _R.TRANSFER_OUT, -line.quantity, -value))
        movements.append(_move(actor, owner, way, _R.TRANSFER_IN, line.quantity, value))
        moved.append(Moved(line.line_id, line.quantity, value))
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
    variants = {row.pk: row for row in Variant.objects.filter(pk__in={line.variant_id for line in lines})}
    shelves = _lock(variants, [destination, on_the_way], currency)
    movements = []
    losses: dict[str, tuple[UUID, list[AdjustedLine]]] = {}
    for line in lines:
        way = shelves[line.variant_id, on_the_way.pk]
        if not line.cause:
            shelf = shelves[line.variant_id, destination.pk]
            movements.append(_move(actor, owner, way, _R.TRANSFER_OUT, -line.quantity, -line.value))
            movements.append(_move(actor, owner, shelf, _R.TRANSFER_IN, line.quantity, line.value))
            continue
        adjustment_id, lost = losses.setdefault(line.cause, (new_id(), []))
        lost.append(AdjustedLine(variant_id=line.variant_id, delta=-line.quantity, value_delta=-line.value))
        movements.append(
            movement(
                actor, way, _R.ADJUST, on_hand_delta=-line.quantity, value_delta=-line.value,
                reason_code=line.cause, reference_type="adjustment", reference_id=adjustment_id, note=note[:500],
            )
        )  # fmt: skip
    write_movements(movements, ())
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


def _check(lines: Sequence[MoveLine | LandLine]) -> None:
    if not lines or any(not 0 < line.quantity <= LARGEST_QUANTITY for line in lines):
        raise InvalidInput(fields={"quantity": [_("Enter a whole number of one or more.")]})
    causes = {getattr(line, "cause", "") for line in lines}
    if not causes <= {"", AdjustReason.DAMAGE, AdjustReason.LOSS}:
        raise InvalidInput(fields={"cause": [_("Choose one of the causes.")]})


def _counted_variants(ids: Iterable[UUID]) -> dict[UUID, Variant]:
    wanted = distinct_ids(ids)
    variants = {row.pk: row for row in Variant.objects.filter(pk__in=wanted)}
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
    return {
        (variant_id, place.pk): Shelf(variant, place, currency, rows.get((variant_id, place.pk)))
        for variant_id, variant in variants.items()
        for place in places
    }


def _move(
    actor: Actor, owner: Owner, shelf: Shelf, reason: str, quantity: int, value: Decimal
) -> StockMovement:
    return movement(
        actor,
        shelf,
        reason,
        on_hand_delta=quantity,
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
