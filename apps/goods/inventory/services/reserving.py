"""Promising units to somebody, and taking the promise back."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.goods.inventory.allocation import Place, Room, Short, Want, allocate, rank
from apps.goods.inventory.lines import Owner, ReserveLine
from apps.goods.inventory.models import Reservation, StockBalance, StockMovement
from apps.goods.inventory.nearness import Destination
from apps.goods.inventory.policies import check_work_at
from apps.goods.inventory.services.asking import lock_for_promise, place_of, policy_of
from apps.goods.inventory.services.kits import named_by_kit, parts_of_lines
from apps.goods.inventory.services.promises import close_out, lock_promises, lock_shelves_of
from apps.goods.inventory.services.shelves import (
    LARGEST_QUANTITY,
    Shelf,
    distinct_ids,
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


@use_case(unaudited="the stock ledger is append-only and names the order, which is entered")
def reserve_stock(
    actor: Actor,
    *,
    owner: Owner,
    lines: Sequence[ReserveLine],
    location_id: UUID | None = None,
    expires_at: dt.datetime | None = None,
    channel: str = "",
    to: Destination | None = None,
) -> list[Reservation]:
    """Promise units to the lines of an owner: all of them, or none. A kit is promised as its parts.

    Taken from the locations in the turn that the business's policy for the `channel` gives them (`allocation.py`), `to`
    an address, and only then beyond what is on hand, up to the variant's backorder limit; or from `location_id`
    alone; a line that names its location comes from there. An actor tied to locations promises what lies there
    and nothing else. A variant whose stock is not counted is promised without a location and leaves the default
    one. Three queries for any number of lines. Raises `OutOfStock` with `context["lines"]` of line_id, variant_id,
    requested, available (`no_single_location` when all of it lies there, but not in one place that may send it),
    `PermissionRefused` for what leaves a location of others.
    Publishes `inventory.stock_low` where a warning level is crossed. Source: MODEL, stock verbs.
    """
    lines = parts_of_lines(list(lines))
    if not lines or any(not 0 < line.quantity <= LARGEST_QUANTITY for line in lines):
        raise InvalidInput(fields={"quantity": [_("Enter a whole number of one or more.")]})
    named = {line.location_id or location_id for line in lines}
    rows, uncounted = _open_rows(lines, _places(actor, named), channel)
    if uncounted and actor.location_ids is not None:
        check_work_at(actor, Location.objects.get(is_default=True).pk)
    wants = [
        Want(line.line_id, line.variant_id, line.quantity, line.location_id or location_id)
        for line in lines
        if line.variant_id not in uncounted
    ]
    shelves = {
        (row.variant_id, row.location_id): Shelf(row.variant, row.location, row.business.currency, row)
        for row in rows
    }
    rooms: dict[UUID, dict[UUID, Room]] = defaultdict(dict)
    for (variant_id, place), shelf in shelves.items():
        rooms[variant_id][place] = Room(shelf.available, shelf.backorder_limit)
    policy = policy_of(rows)
    ranked = rank(_open_places(rows), policy, to.site() if to and policy.needs_site else None)
    plan = allocate(wants, rooms, ranked, policy.split)
    if plan.shortages:
        raise _shortage(actor, plan.shortages, lines)
    line_of = {(line.line_id, line.variant_id): line for line in lines}
    reservations: list[Reservation] = []
    movements: list[StockMovement] = []
    for line in lines:
        if line.variant_id in uncounted:
            reservations.append(_promise(owner, line, None, line.quantity, expires_at, {}))
    for part in plan.parts:
        shelf = shelves[part.want.variant_id, part.location_id]
        shelf.move(reserved=part.quantity)
        line = line_of[part.want.line_id, part.want.variant_id]
        reservations.append(_promise(owner, line, part.location_id, part.quantity, expires_at, part.why))
        movements.append(
            movement(
                actor,
                shelf,
                StockMovement.Reason.RESERVE,
                reserved_delta=part.quantity,
                reference_type=owner.type,
                reference_id=owner.id,
            )
        )
    write_movements(movements, shelves.values())
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
    movements = []
    for reservation, quantity in parts:
        if reservation.location_id:
            shelf = shelves[reservation.variant_id, reservation.location_id]
            shelf.move(reserved=-quantity)
            movements.append(
                movement(
                    actor,
                    shelf,
                    StockMovement.Reason.RELEASE,
                    reserved_delta=-quantity,
                    reference_type=owner.type,
                    reference_id=owner.id,
                )
            )
    write_movements(movements, shelves.values())
    _save_parts(parts)
    return [reservation for reservation, _quantity in parts]


def _save_parts(parts: list[tuple[Reservation, int]]) -> None:
    if parts:
        Reservation.objects.bulk_update(
            [reservation for reservation, _quantity in parts], ["released_quantity", "state", "updated_at"]
        )


def _places(actor: Actor, named: set[UUID | None]) -> dict[str, Any]:
    """Where units may be taken from, as a filter; nothing for everywhere."""
    chosen = {place for place in named if place is not None}
    for place in sorted(chosen):
        check_work_at(actor, place)
    if len(chosen) == len(named):
        return {"location_id__in": chosen}
    return {} if actor.location_ids is None else {"location_id__in": set(actor.location_ids)}


def _shortage(actor: Actor, shortages: Sequence[Short], lines: Sequence[ReserveLine]) -> OutOfStock:
    named = named_by_kit(
        (
            {
                "line_id": short.want.line_id,
                "variant_id": short.want.variant_id,
                "requested": short.want.quantity,
                "available": short.available,
            }
            for short in shortages
        ),
        lines,
    )
    if any(short.alone for short in shortages):
        return OutOfStock(
            _("No single location has everything of this order."),
            code="no_single_location",
            remedy=_("Order fewer, or order the items one after the other."),
            lines=named,
        )
    if actor.location_ids is None:
        return OutOfStock(lines=named)
    return OutOfStock(
        _("Your locations do not have enough of some items."),
        remedy=_("Sell fewer, or let somebody place the order who may take stock from other locations too."),
        lines=named,
    )


def _open_places(rows: Sequence[StockBalance]) -> list[Place]:
    return list({row.location_id: place_of(row) for row in rows}.values())


def _open_rows(lines: list[ReserveLine], places: dict[str, Any], channel: str) -> tuple[list[Any], set[UUID]]:
    """The locked balances of what is counted, and the variants whose stock is not counted."""
    wanted = distinct_ids(line.variant_id for line in lines)
    rows = lock_for_promise(wanted, channel, **places)
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
            rows = lock_for_promise(wanted, channel, **places)
    return [row for row in rows if row.variant_id not in uncounted], uncounted


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


def _promise(
    owner: Owner,
    line: ReserveLine,
    location_id: UUID | None,
    quantity: int,
    expires_at: dt.datetime | None,
    why: dict[str, Any],
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
        why=why,
    )
