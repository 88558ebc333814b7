"""Units leave with a fulfilment, and come back with a return."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.goods.inventory.lines import Consumed, LotPick, Owner, Returned, ReturnLine
from apps.goods.inventory.models import Lot, Reservation, StockMovement
from apps.goods.inventory.policies import can_work_at
from apps.goods.inventory.services.arriving import share_out
from apps.goods.inventory.services.kits import returned_parts
from apps.goods.inventory.services.piles import lots_out_with, pick, unmarked_of
from apps.goods.inventory.services.places import get_place
from apps.goods.inventory.services.promises import close_out, lock_promises, lock_shelves_of, open_units
from apps.goods.inventory.services.shelves import (
    LARGEST_QUANTITY,
    Shelf,
    distinct_ids,
    lock_shelves,
    movement,
    write_movements,
)
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from apps.kernel.money import ZERO, round_money
from apps.kernel.use_cases import use_case

FOUR_PLACES = Decimal("0.0001")


@use_case(unaudited="the stock ledger is append-only and names the parcel, which is entered")
def consume_stock(
    actor: Actor,
    *,
    owner: Owner,
    lines: Sequence[tuple[UUID, int]],
    lots: Mapping[UUID, Sequence[LotPick]] | None = None,
) -> list[Consumed]:
    """Let promised units leave: on hand and reserved fall, and the value by their cost.

    `lines` are (line_id, quantity); a part of a line may leave. Returns the cost of each line in the business's
    currency, in the order asked; zero where stock is not counted. Raises `WrongState` when fewer units are
    still promised, `PermissionRefused` when the rest lies at others' locations.
    Goods that are told apart leave first expiry first out, or from the `lots` chosen for a line; `Conflict` when too
    few of them may leave. Four queries for any number of lines, one more with such goods. Source: MODEL, stock verbs.
    """
    wanted: dict[UUID, int] = defaultdict(int)
    for line_id, quantity in lines:
        if quantity < 1:
            raise InvalidInput(fields={"quantity": [_("Enter a whole number of one or more.")]})
        wanted[line_id] += quantity
    promises = _within_reach(actor, lock_promises(owner, distinct_ids(wanted)), wanted)
    parts = close_out(promises, wanted, into="consumed_quantity")
    shelves = lock_shelves_of(parts)
    movements: list[StockMovement] = []
    costs: dict[UUID, Decimal] = defaultdict(lambda: ZERO)
    chosen = {line_id: list(picks) for line_id, picks in (lots or {}).items()}
    for reservation, quantity in parts:
        if reservation.location_id is None:
            continue
        shelf = shelves[reservation.variant_id, reservation.location_id]
        for pile, part in pick(shelf, quantity, take_chosen(chosen, reservation.line_id, quantity)):
            cost = shelf.cost_of(part)
            shelf.move(on_hand=-part, reserved=-part, value=-cost)
            costs[reservation.line_id] += cost
            movements.append(
                movement(
                    actor,
                    shelf,
                    StockMovement.Reason.CONSUME,
                    lot_id=pile.lot_id if pile else None,
                    on_hand_delta=-part,
                    reserved_delta=-part,
                    value_delta=-cost,
                    unit_cost=(cost / part).quantize(FOUR_PLACES),
                    reference_type=owner.type,
                    reference_id=owner.id,
                )
            )
    if any(chosen.values()):
        raise InvalidInput(_("More pieces of lots were chosen than are to leave."), code="lots_do_not_add_up")
    write_movements(movements, ())
    if parts:
        Reservation.objects.bulk_update(
            [reservation for reservation, _quantity in parts], ["consumed_quantity", "state", "updated_at"]
        )
    return [Consumed(line_id, quantity, costs[line_id]) for line_id, quantity in wanted.items()]


def take_chosen(chosen: dict[UUID, list[LotPick]], line_id: UUID, quantity: int) -> list[LotPick]:
    """What was chosen for so many pieces of a line, taken off what is left: its promises may lie at several places."""
    taken = []
    waiting = chosen.get(line_id, [])
    while waiting and quantity > 0:
        first = waiting.pop(0)
        part = min(first.quantity, quantity)
        taken.append(LotPick(part, first.lot_id, first.code))
        quantity -= part
        if part < first.quantity:
            waiting.insert(0, LotPick(first.quantity - part, first.lot_id, first.code))
    return taken


def _within_reach(actor: Actor, promises: list[Reservation], wanted: Mapping[UUID, int]) -> list[Reservation]:
    """The promises that the actor may send from: whoever is tied to locations does not empty others' shelves."""
    own = [row for row in promises if row.location_id is None or can_work_at(actor, row.location_id)]
    if len(own) == len(promises):
        return promises
    # A part that lies wholly at others' locations leaves nothing of its kit within reach.
    parts_of: dict[UUID, set[UUID]] = defaultdict(set)
    for row in promises:
        parts_of[row.line_id].add(row.variant_id)
    reachable: dict[UUID, int] = defaultdict(int)
    for line_id, parts in parts_of.items():
        mine = [row for row in own if row.line_id == line_id]
        reachable[line_id] = open_units(mine) if {row.variant_id for row in mine} == parts else 0
    if any(reachable[line_id] < quantity for line_id, quantity in wanted.items()):
        raise PermissionRefused(
            _("Some of these pieces lie at a location that you do not work at."),
            remedy=_("Send the pieces of your own location; somebody who works there sends the rest."),
            code="location_of_others",
            lines=[
                {"line_id": line_id, "requested": quantity, "available": reachable[line_id]}
                for line_id, quantity in wanted.items()
                if reachable[line_id] < quantity
            ],
        )
    return own


@use_case(unaudited="the stock ledger is append-only and names the refund, which is entered")
def return_stock(
    actor: Actor, *, owner: Owner, lines: Sequence[ReturnLine], location_id: UUID | None = None
) -> list[Returned]:
    """Put units back on the shelf, at what they cost when they left.

    Without a location they come to the default one. The value of a line is quantity × unit cost, rounded once.
    Goods that are told apart come back to the lots they left from. Returns the value of each line; zero where stock is
    not counted. Raises `NotFound` for a foreign variant or place.
    """
    lines = list(lines)
    if any(not 0 < line.quantity <= LARGEST_QUANTITY or line.unit_cost < 0 for line in lines):
        raise InvalidInput(fields={"quantity": [_("Enter a whole number of one or more.")]})
    location, currency = get_place(actor, location_id)
    counted, lines = _counted(lines, currency)
    shelves = lock_shelves(counted, location, currency)
    back = _lots_of(owner, lines, shelves)
    movements, returned = [], []
    for line in lines:
        worth = round_money(line.unit_cost * line.quantity, currency) if line.value is None else line.value
        value = worth if line.variant_id in shelves else ZERO
        returned.append(Returned(line.line_id, line.quantity, value))
        if line.variant_id not in shelves:
            continue
        shelf = shelves[line.variant_id]
        for lot_id, units, held, worth in share_out(
            shelf, back[line.line_id, line.variant_id], line.quantity, value
        ):
            shelf.move(on_hand=units, reserved=held, value=worth)
            movements.append(
                movement(
                    actor,
                    shelf,
                    StockMovement.Reason.RETURN,
                    lot_id=lot_id,
                    on_hand_delta=units,
                    reserved_delta=held,
                    value_delta=worth,
                    unit_cost=line.unit_cost,
                    reference_type=owner.type,
                    reference_id=owner.id,
                )
            )
    write_movements(movements, shelves.values())
    return returned


def _lots_of(
    owner: Owner, lines: list[ReturnLine], shelves: Mapping[UUID, Shelf]
) -> dict[tuple[UUID, UUID], list[tuple[Lot | None, int]]]:
    """For each line and variant (a kit's line has several) the lots its pieces come back to: those chosen, else those
    the owner has, newest first."""
    tracked = {variant_id: shelf for variant_id, shelf in shelves.items() if shelf.tracking}
    if not tracked:
        return {(line.line_id, line.variant_id): [(None, line.quantity)] for line in lines}
    out = lots_out_with(owner, tracked)
    unmarked: dict[UUID, Lot] = {}
    found: dict[tuple[UUID, UUID], list[tuple[Lot | None, int]]] = {}
    for line in lines:
        if line.variant_id not in tracked:
            found[line.line_id, line.variant_id] = [(None, line.quantity)]
            continue
        theirs = out.get(line.variant_id, {})
        by_code = {lot.code: lot for lot in theirs}
        parts: list[tuple[Lot | None, int]] = []
        missing = line.quantity
        for choice in line.lots:
            lot = by_code.get(choice.code.strip().upper())
            if lot is None or not 0 < choice.quantity <= min(missing, theirs[lot]):
                raise Conflict(
                    _("“%(lot)s” did not leave with this order, or not so many pieces.")
                    % {"lot": choice.code},
                    code="lot_not_out",
                )
            theirs[lot] -= choice.quantity
            missing -= choice.quantity
            parts.append((lot, choice.quantity))
        for lot, units in theirs.items():
            part = min(missing, units)
            if part > 0:
                theirs[lot] -= part
                missing -= part
                parts.append((lot, part))
        if missing:
            # They left before anybody told them apart.
            unmarked = unmarked or unmarked_of(tracked.values())
            parts.append((unmarked[line.variant_id], missing))
        found[line.line_id, line.variant_id] = parts
    return found


def _counted(lines: list[ReturnLine], currency: str) -> tuple[list[UUID], list[ReturnLine]]:
    """The variants among the lines whose stock is counted, and the lines, of kits those of their parts.

    Raises `NotFound` for a foreign variant.
    """
    found = _known(lines)
    kits = {pk for pk, (_counts, is_kit) in found.items() if is_kit}
    if kits:
        lines = returned_parts(lines, kits, currency)
        found |= _known(lines)
    return [pk for pk, (counts, _is_kit) in sorted(found.items()) if counts], lines


def _known(lines: list[ReturnLine]) -> dict[UUID, tuple[bool, bool]]:
    """Whether each variant's stock is counted, and whether it is a kit."""
    wanted = distinct_ids(line.variant_id for line in lines)
    rows = Variant.objects.filter(pk__in=wanted).values_list("pk", "track_stock", "is_kit")
    found = {pk: (counts, is_kit) for pk, counts, is_kit in rows}
    if len(found) != len(wanted):
        raise NotFound()
    return found
