"""Promising units to somebody, and taking the promise back."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.goods.inventory.lines import Owner, ReserveLine
from apps.goods.inventory.models import Reservation, StockBalance, StockMovement
from apps.goods.inventory.policies import check_work_at
from apps.goods.inventory.services.kits import named_by_kit, parts_of_lines
from apps.goods.inventory.services.promises import close_out, lock_promises, lock_shelves_of
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
from apps.kernel.ids import new_id
from apps.kernel.prepared import insert
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Location

Shelves = dict[UUID, list[Shelf]]


@use_case(unaudited="the stock ledger is append-only and names the order, which is entered")
def reserve_stock(
    actor: Actor,
    *,
    owner: Owner,
    lines: Sequence[ReserveLine],
    location_id: UUID | None = None,
    expires_at: dt.datetime | None = None,
) -> list[Reservation]:
    """Promise units to the lines of an owner: all of them, or none. A kit is promised as its parts.

    Taken from the default location first, then from the others, and only then beyond what is on hand, up to
    the variant's backorder limit; or from `location_id` alone. An actor tied to locations promises what lies there
    and nothing else. A variant whose stock is not counted is promised without a location and leaves the default
    one. Three queries for any number of lines. Raises `OutOfStock` with `context["lines"]` of line_id, variant_id,
    requested, available, `PermissionRefused` for what leaves a location of others.
    Publishes `inventory.stock_low` where a warning level is crossed. Source: MODEL, stock verbs.
    """
    lines = parts_of_lines(list(lines))
    if not lines or any(not 0 < line.quantity <= LARGEST_QUANTITY for line in lines):
        raise InvalidInput(fields={"quantity": [_("Enter a whole number of one or more.")]})
    shelves, uncounted = _open_shelves(lines, _places(actor, location_id))
    if uncounted and actor.location_ids is not None:
        check_work_at(actor, Location.objects.get(is_default=True).pk)
    reservations: list[Reservation] = []
    movements: list[StockMovement] = []
    shortages: list[dict[str, Any]] = []
    for line in lines:
        if line.variant_id in uncounted:
            reservations.append(_promise(owner, line, None, line.quantity, expires_at))
            continue
        places = shelves.get(line.variant_id, [])
        sellable = sum(max(0, shelf.sellable) for shelf in places)
        if sellable < line.quantity:
            shortages.append(
                {
                    "line_id": line.line_id,
                    "variant_id": line.variant_id,
                    "requested": line.quantity,
                    "available": sellable,
                }
            )
            continue
        for shelf, taken in _take(places, line.quantity):
            reservations.append(_promise(owner, line, shelf.location_id, taken, expires_at))
            movements.append(
                movement(
                    actor,
                    shelf,
                    StockMovement.Reason.RESERVE,
                    reserved_delta=taken,
                    reference_type=owner.type,
                    reference_id=owner.id,
                )
            )
    if shortages:
        raise _shortage(actor, named_by_kit(shortages, lines))
    write_movements(movements, (shelf for places in shelves.values() for shelf in places))
    insert(reservations)
    return reservations


@use_case(unaudited="the stock ledger is append-only and names the order, whose end is entered")
def release_stock(
    actor: Actor, *, owner: Owner, line_quantities: Mapping[UUID, int] | None = None
) -> list[Reservation]:
    """Take back promises of an owner: all that are still held, or so many units of some lines.

    Releasing what is no longer held does nothing, so expiry and cancellation may both come. Raises `InvalidInput`
    when more units of a line are named than it holds. Four queries for any number of lines.
    """
    reservations = lock_promises(
        owner, distinct_ids(line_quantities) if line_quantities is not None else None
    )
    parts = close_out(reservations, line_quantities, into="released_quantity")
    shelves = lock_shelves_of(parts)
    movements = [
        movement(
            actor,
            shelves[reservation.variant_id, reservation.location_id],
            StockMovement.Reason.RELEASE,
            reserved_delta=-quantity,
            reference_type=owner.type,
            reference_id=owner.id,
        )
        for reservation, quantity in parts
        if reservation.location_id
    ]
    write_movements(movements, ())
    _save_parts(parts)
    return [reservation for reservation, _quantity in parts]


def _save_parts(parts: list[tuple[Reservation, int]]) -> None:
    if parts:
        Reservation.objects.bulk_update(
            [reservation for reservation, _quantity in parts], ["released_quantity", "state", "updated_at"]
        )


def _places(actor: Actor, location_id: UUID | None) -> dict[str, Any]:
    """Where units may be taken from, as a filter; nothing for everywhere."""
    if location_id is not None:
        check_work_at(actor, location_id)
        return {"location_id__in": {location_id}}
    return {} if actor.location_ids is None else {"location_id__in": set(actor.location_ids)}


def _shortage(actor: Actor, shortages: list[dict[str, Any]]) -> OutOfStock:
    if actor.location_ids is None:
        return OutOfStock(lines=shortages)
    return OutOfStock(
        _("Your locations do not have enough of some items."),
        remedy=_("Sell fewer, or let somebody place the order who may take stock from other locations too."),
        lines=shortages,
    )


def _open_shelves(lines: list[ReserveLine], places: dict[str, Any]) -> tuple[Shelves, set[UUID]]:
    """The locked shelves by variant, default location first, and the variants whose stock is not counted."""
    wanted = distinct_ids(line.variant_id for line in lines)
    rows = lock_balances(wanted, **places)
    absent = set(wanted) - {row.variant_id for row in rows}
    uncounted = {row.variant_id for row in rows if not row.variant.track_stock}
    if absent:
        strangers = {variant.pk: variant for variant in Variant.objects.filter(pk__in=absent)}
        if absent - strangers.keys():
            raise NotFound()
        if any(variant.is_kit for variant in strangers.values()):
            # Taken for goods that are not counted, it would be promised without its parts.
            raise InvalidInput(code="kit_not_named")
        uncounted |= {key for key, variant in strangers.items() if not variant.track_stock}
        if _lay_out_for_backorder(
            [v for v in strangers.values() if v.track_stock and v.backorder_limit], places
        ):
            rows = lock_balances(wanted, **places)
    shelves: Shelves = defaultdict(list)
    for row in sorted(rows, key=lambda row: (not row.location.is_default, row.pk)):
        shelves[row.variant_id].append(Shelf(row.variant, row.location, row.business.currency, row))
    return shelves, uncounted


def _lay_out_for_backorder(variants: list[Variant], places: dict[str, Any]) -> bool:
    """What was never in stock but may be promised needs a row to lock, or two buyers would pass the same cap."""
    location = Location.objects.filter(is_default=True).first() if variants else None
    if location is None or location.pk not in places.get("location_id__in", {location.pk}):
        return False
    StockBalance.objects.bulk_create(
        [
            StockBalance(variant=variant, location=location, backorder_limit=variant.backorder_limit)
            for variant in variants
        ],
        ignore_conflicts=True,
    )
    return True


def _take(places: list[Shelf], quantity: int) -> Iterator[tuple[Shelf, int]]:
    """Take units from the shelves: what is there first, a backorder only for the rest."""
    taken: dict[int, int] = defaultdict(int)
    for backordered in (False, True):
        for position, shelf in enumerate(places):
            part = min(quantity, max(0, shelf.sellable if backordered else shelf.available))
            shelf.move(reserved=part)
            taken[position] += part
            quantity -= part
    for position, part in taken.items():
        if part:
            yield places[position], part


def _promise(
    owner: Owner, line: ReserveLine, location_id: UUID | None, quantity: int, expires_at: dt.datetime | None
) -> Reservation:
    return Reservation(
        id=new_id(),
        business_id=require_business_id(),
        owner_type=owner.type,
        owner_id=owner.id,
        line_id=line.line_id,
        variant_id=line.variant_id,
        location_id=location_id,
        quantity=quantity,
        per_unit=line.per_unit,
        expires_at=expires_at,
    )
