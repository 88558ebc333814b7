"""Stock is found to be more or less than the ledger says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from apps.goods.inventory.events import AdjustedLine, StockAdjusted
from apps.goods.inventory.lines import AdjustLine, LotPick
from apps.goods.inventory.models import CORRECTING, AdjustReason, Lot, StockBalance, StockMovement
from apps.goods.inventory.policies import needs_approval
from apps.goods.inventory.services.moments import checked_moment
from apps.goods.inventory.services.piles import local_today, pick, put_on, unmarked_of
from apps.goods.inventory.services.places import get_place
from apps.goods.inventory.services.shelves import (
    LARGEST_QUANTITY,
    Shelf,
    lock_shelves,
    movement,
    write_movements,
)
from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound
from apps.kernel.events import publish
from apps.kernel.ids import new_id
from apps.kernel.money import ZERO, round_money
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Location


@dataclass(frozen=True, slots=True)
class Change:
    """What is to happen to one shelf: by how many, and what that is worth."""

    shelf: Shelf
    delta: int
    value: Decimal
    lot_id: UUID | None = None
    # Pieces of a blocked lot are promised to nobody: they take that along when they go, and bring it when they come.
    reserved: int = 0


@use_case(permission="stock.adjust", idempotent=True, audits="stock.adjusted")
def adjust_stock(
    actor: Actor,
    *,
    location_id: UUID,
    lines: Sequence[AdjustLine],
    reason_code: str = AdjustReason.CORRECTION,
    note: str = "",
    occurred_at: dt.datetime | None = None,
    key: str | None = None,
) -> list[StockMovement]:
    """Correct what is on hand at a location, by a difference or to a counted number.

    A loss leaves at its cost, a find comes in at the average of what lies there (the variant's own cost when the
    shelf was empty). Of goods that are told apart the first to expire are lost and what is found has no mark, unless
    a lot is named.
    Lines that change nothing write nothing; so does a whole adjustment of such lines. Publishes
    `inventory.stock_adjusted` with the value in the business's currency. Raises `Conflict` when units would
    go that are promised to somebody, or when the value needs somebody's approval (`propose_adjustment` asks for it);
    `InvalidInput` for numbers or a reason that cannot be meant.
    """
    lines = list(lines)
    check_lines(lines, reason_code)
    location, currency = get_place(actor, location_id)
    shelves = lock_shelves((line.variant_id for line in lines), location, currency)
    changes = plan_changes(lines, shelves, reason_code)
    if needs_approval(actor, worth_of(changes)):
        raise Conflict(
            _("An adjustment of this value waits for somebody's approval."),
            code="approval_needed",
            remedy=_("Ask for it, and let somebody else approve."),
        )
    return write_changes(
        actor, location, currency, changes, reason_code=reason_code, note=note, occurred_at=occurred_at
    )


def plan_changes(
    lines: Sequence[AdjustLine], shelves: Mapping[UUID, Shelf], reason_code: str = ""
) -> list[Change]:
    """What the lines change on locked shelves, which move along; lines that change nothing are left out."""
    changes: list[Change] = []
    stale = reason_code == AdjustReason.EXPIRED
    found = _finds(lines, shelves)
    for line in lines:
        shelf = shelves[line.variant_id]
        there = _there(shelf, line)
        delta = line.counted - there if line.counted is not None else line.delta or 0
        if delta < 0:
            chosen = [LotPick(-delta, line.lot_id)] if line.lot_id else []
            for pile, part in pick(shelf, -delta, chosen, whatever=True, stale_first=stale):
                freed = pile.released_by(part) if pile else 0
                value = _value_of(shelf, -part)
                shelf.move(on_hand=-part, reserved=-freed, value=value)
                changes.append(Change(shelf, -part, value, pile.lot_id if pile else None, -freed))
            if shelf.sellable < 0:
                raise _promised(shelf)
        elif delta:
            value = _value_of(shelf, delta)
            lot = found.get(line.lot_id or line.variant_id)
            held = put_on(shelf, lot, delta, local_today()) if lot else 0
            shelf.move(on_hand=delta, reserved=held, value=value)
            changes.append(Change(shelf, delta, value, lot.pk if lot else None, held))
    return changes


def _there(shelf: Shelf, line: AdjustLine) -> int:
    if line.lot_id is None:
        return shelf.on_hand
    if not shelf.tracking:
        raise InvalidInput(_("These goods are not told apart by lot."), code="not_tracked")
    return shelf.piles[line.lot_id].on_hand if line.lot_id in shelf.piles else 0


def _finds(lines: Sequence[AdjustLine], shelves: Mapping[UUID, Shelf]) -> dict[UUID, Lot]:
    """The lot that takes what a line finds, by the lot named, else by the goods: pieces without a mark."""
    tracked = {key: shelf for key, shelf in shelves.items() if shelf.tracking}
    if not tracked:
        return {}
    named = Lot.objects.in_bulk({line.lot_id for line in lines if line.lot_id})
    for line in lines:
        if line.lot_id and (line.lot_id not in named or named[line.lot_id].variant_id != line.variant_id):
            raise NotFound()
    finds = [
        tracked[line.variant_id]
        for line in lines
        if line.variant_id in tracked
        and not line.lot_id
        and (line.delta or 0) >= 0
        and (line.counted is None or line.counted > tracked[line.variant_id].on_hand)
    ]
    return {**named, **unmarked_of(finds)}


def worth_of(changes: Sequence[Change]) -> Decimal:
    """Gains and losses together: a loss is not made small by a find beside it."""
    return sum((abs(change.value) for change in changes), ZERO)


def write_changes(
    actor: Actor,
    location: Location,
    currency: str,
    changes: Sequence[Change],
    *,
    reason_code: str,
    note: str = "",
    reference_type: str = "adjustment",
    reference_id: UUID | None = None,
    occurred_at: dt.datetime | None = None,
) -> list[StockMovement]:
    """Write planned changes as one adjustment, tell the books, enter it. `reference_id` is its id; none: a new one."""
    if not changes:
        return []
    adjustment_id, at = reference_id or new_id(), checked_moment(occurred_at)
    reason = StockMovement.Reason.COUNT if reason_code == AdjustReason.COUNT else StockMovement.Reason.ADJUST
    movements = [
        movement(
            actor,
            change.shelf,
            reason,
            lot_id=change.lot_id,
            on_hand_delta=change.delta,
            reserved_delta=change.reserved,
            value_delta=change.value,
            reason_code=reason_code,
            reference_type=reference_type,
            reference_id=adjustment_id,
            note=note[:500],
            occurred_at=at,
        )
        for change in changes
    ]
    write_movements(movements, {change.shelf.variant_id: change.shelf for change in changes}.values())
    if reason_code in CORRECTING:
        corrected = {change.shelf.variant_id for change in changes}
        StockBalance.objects.filter(location=location, variant_id__in=corrected).update(
            corrections=F("corrections") + 1
        )
    adjusted = [
        AdjustedLine(variant_id=change.shelf.variant_id, delta=change.delta, value_delta=change.value)
        for change in changes
    ]
    value_delta = sum((line.value_delta for line in adjusted), ZERO)
    publish(
        StockAdjusted(
            business_id=require_business_id(),
            adjustment_id=adjustment_id,
            location_id=location.pk,
            value_delta=value_delta,
            currency=currency,
            reason_code=reason_code,
            lines=adjusted,
        )
    )
    facts = {"units": sum(line.delta for line in adjusted), "value": value_delta, "cause": reason_code}
    audit.record(actor, "stock.adjusted", location, after=facts, reason=note)
    return movements


def _value_of(shelf: Shelf, delta: int) -> Decimal:
    if delta < 0:
        return -shelf.cost_of(-delta)
    if shelf.on_hand <= 0:
        return round_money(shelf.unit_cost_hint * delta, shelf.currency)
    return round_money(shelf.value * delta / shelf.on_hand, shelf.currency)


def _promised(shelf: Shelf) -> Conflict:
    return Conflict(
        _("%(count)s of these are promised to orders, so they cannot be taken off the shelf.")
        % {"count": shelf.reserved},
        code="stock_promised",
        remedy=_("Cancel or change those orders first, or adjust by less."),
        variant_id=shelf.variant_id,
        reserved=shelf.reserved,
    )


def check_lines(lines: Sequence[AdjustLine], reason_code: str) -> None:
    """Refuse numbers and reasons that cannot be meant."""
    if not lines:
        raise InvalidInput(_("Nothing was adjusted: enter a number for at least one item."))
    if reason_code not in AdjustReason.values:
        raise InvalidInput(fields={"reason_code": [_("Choose one of the causes.")]})
    for line in lines:
        if (line.delta is None) == (line.counted is None):
            raise InvalidInput(_("Say either by how many, or how many were counted."))
        if not -LARGEST_QUANTITY <= (line.delta or line.counted or 0) <= LARGEST_QUANTITY:
            raise InvalidInput(
                fields={"delta": [_("At most %(most)s at once.") % {"most": LARGEST_QUANTITY}]}
            )
        if line.counted is not None and line.counted < 0:
            raise InvalidInput(fields={"counted": [_("Nobody can count fewer than none.")]})
