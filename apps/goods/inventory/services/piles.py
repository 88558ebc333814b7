"""The lots on a locked shelf: which pieces leave, which lot takes what comes in.

A shelf's lock guards its lots: they change only with a movement, and every writer locks the shelf first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from apps.goods.inventory.lines import LotDraft, LotPick, Owner
from apps.goods.inventory.models import UNMARKED, Lot, LotBalance, StockMovement
from apps.kernel import clock
from apps.kernel.errors import Conflict, InvalidInput, NotFound
from apps.platform.businesses.selectors import get_current_business

if TYPE_CHECKING:
    from apps.goods.inventory.services.shelves import Shelf

NEVER = dt.date.max


class Pile:
    """The pieces of one lot on a locked shelf, with their running numbers."""

    __slots__ = ("can_leave", "code", "expires_on", "lot_id", "on_hand", "received_on", "withheld")

    def __init__(self, lot: Lot, today: dt.date, row: LotBalance | None = None) -> None:
        self.lot_id: UUID = lot.pk
        self.code: str = lot.code
        self.expires_on: dt.date = lot.expires_on or lot.best_before or NEVER
        self.received_on: dt.date = lot.received_on
        self.can_leave = may_leave(lot, today)
        self.on_hand: int = row.on_hand if row else 0
        self.withheld: int = row.withheld if row else 0

    @property
    def free(self) -> int:
        """Pieces that may be sold or sent."""
        return max(0, self.on_hand - self.withheld) if self.can_leave else 0

    def released_by(self, quantity: int) -> int:
        """How many withheld pieces go with `quantity`: they go first, because nobody was promised them."""
        return min(quantity, self.withheld)


def may_leave(lot: Lot, today: dt.date) -> bool:
    """Whether pieces of the lot may be sold: it is open, and its last day is not over."""
    return lot.state == Lot.State.OPEN and (lot.expires_on is None or lot.expires_on >= today)


def local_today() -> dt.date:
    """The day it is where the business is."""
    return clock.today(get_current_business().time_zone)


def look_at_lots(shelves: Iterable[Shelf]) -> None:
    """Read the lots of the shelves whose goods are told apart: one query, none when there are no such goods."""
    tracked = {(shelf.variant_id, shelf.location_id): shelf for shelf in shelves if shelf.tracking}
    if not tracked:
        return
    today = local_today()
    rows = LotBalance.objects.filter(
        variant_id__in={variant for variant, _place in tracked},
        location_id__in={place for _variant, place in tracked},
        on_hand__gt=0,
    ).select_related("lot")
    for row in rows:
        shelf = tracked.get((row.variant_id, row.location_id))
        if shelf is not None:
            shelf.piles[row.lot_id] = Pile(row.lot, today, row)


def pick(
    shelf: Shelf,
    quantity: int,
    chosen: Sequence[LotPick] = (),
    *,
    whatever: bool = False,
    stale_first: bool = False,
) -> Iterator[tuple[Pile | None, int]]:
    """Which pieces leave a shelf: those chosen, else first expiry first out. Moves the piles along.

    Blocked, recalled and expired lots stay, unless `whatever` (goods are lost, counted or written off as they are).
    Goods that nobody tells apart are one part without a pile. Raises `Conflict` when too few may leave.
    """
    if not shelf.tracking:
        yield None, quantity
        return
    parts = (
        _chosen(shelf, quantity, chosen, whatever)
        if chosen
        else _first_expired(shelf, quantity, whatever, stale_first)
    )
    for pile, part in parts:
        yield pile, part
        pile.withheld -= pile.released_by(part)
        pile.on_hand -= part


def _first_expired(shelf: Shelf, quantity: int, whatever: bool, stale_first: bool) -> list[tuple[Pile, int]]:
    parts = []
    piles = sorted(
        shelf.piles.values(),
        key=lambda pile: (
            pile.withheld > 0 and not stale_first,
            pile.expires_on,
            pile.received_on,
            pile.lot_id,
        ),
    )
    missing = quantity
    for pile in piles:
        part = min(missing, pile.on_hand if whatever else pile.free)
        if part > 0:
            parts.append((pile, part))
            missing -= part
    if missing:
        raise Conflict(
            _("Only %(count)s of these pieces may leave: the others are expired, blocked or recalled.")
            % {"count": quantity - missing},
            code="lots_withheld",
            remedy=_("Look at the lots of this item, and receive or open one that may be sold."),
            variant_id=shelf.variant_id,
            available=quantity - missing,
        )
    return parts


def _chosen(shelf: Shelf, quantity: int, chosen: Sequence[LotPick], whatever: bool) -> list[tuple[Pile, int]]:
    by_code = {pile.code.upper(): pile for pile in shelf.piles.values()}
    parts: dict[UUID, int] = {}
    for choice in chosen:
        pile = shelf.piles.get(choice.lot_id) if choice.lot_id else by_code.get(choice.code.strip().upper())
        if pile is None:
            raise Conflict(
                _("“%(lot)s” does not lie at this location.") % {"lot": choice.code or _("This lot")},
                code="lot_not_here",
            )
        parts[pile.lot_id] = parts.get(pile.lot_id, 0) + choice.quantity
        there = pile.on_hand if whatever else pile.free
        if choice.quantity < 1 or parts[pile.lot_id] > there:
            raise Conflict(
                _("Only %(count)s pieces of “%(lot)s” may leave.") % {"count": there, "lot": pile.code},
                code="lot_too_few",
                remedy=_("Choose another lot; expired, blocked and recalled ones stay."),
                lot_id=pile.lot_id,
            )
    if sum(parts.values()) != quantity:
        raise InvalidInput(
            _("The lots chosen have %(chosen)s pieces together, but %(count)s are to leave.")
            % {"chosen": sum(parts.values()), "count": quantity},
            code="lots_do_not_add_up",
        )
    return [(shelf.piles[lot_id], part) for lot_id, part in parts.items()]


def put_on(shelf: Shelf, lot: Lot, quantity: int, today: dt.date) -> int:
    """Add pieces of a lot to the shelf; returns how many of them must be withheld at once."""
    pile = shelf.piles.setdefault(lot.pk, Pile(lot, today))
    held = 0 if pile.can_leave else quantity
    pile.on_hand += quantity
    pile.withheld += held
    return held


def ensure_lots(wanted: Mapping[tuple[UUID, str], LotDraft], modes: Mapping[UUID, str]) -> dict[Any, Lot]:
    """The lots of these variants and codes, made where they are new. Two queries, four when some are new.

    Raises `Conflict` when a known lot has another date: one of the two is a misreading, and people must look.
    """
    if not wanted:
        return {}
    known = _known(wanted)
    fresh = [(key, draft) for key, draft in wanted.items() if key not in known]
    if fresh:
        today = local_today()
        Lot.objects.bulk_create(
            [
                Lot(
                    variant_id=variant_id,
                    code=code,
                    is_serial=modes.get(variant_id) == "serial" and code != UNMARKED,
                    expires_on=draft.expires_on,
                    best_before=draft.best_before,
                    received_on=today,
                    supplier=draft.supplier[:200],
                    note=draft.note[:500],
                )
                for (variant_id, code), draft in fresh
            ],
            ignore_conflicts=True,
        )
        known = _known(wanted)
    for key, draft in wanted.items():
        lot = known[key]
        if draft.expires_on and lot.expires_on and draft.expires_on != lot.expires_on:
            raise Conflict(
                _("Lot “%(lot)s” is known with %(known)s as its last day, not %(given)s.")
                % {"lot": lot.code, "known": lot.expires_on, "given": draft.expires_on},
                code="lot_date_differs",
                remedy=_(
                    "Look at the label again. If the first date was wrong, change it on the lot's page."
                ),
            )
    return known


def _known(wanted: Mapping[tuple[UUID, str], LotDraft]) -> dict[tuple[UUID, str], Lot]:
    rows = Lot.objects.filter(
        variant_id__in={variant for variant, _code in wanted}, code__in={code for _variant, code in wanted}
    )
    return {(lot.variant_id, lot.code): lot for lot in rows}


def unmarked_of(shelves: Iterable[Shelf]) -> dict[UUID, Lot]:
    """The lot for pieces without a mark, by variant, of the goods that are told apart."""
    variants = {shelf.variant_id for shelf in shelves if shelf.tracking}
    found = ensure_lots({(variant, UNMARKED): LotDraft(UNMARKED) for variant in variants}, {})
    return {variant: lot for (variant, _code), lot in found.items()}


def lots_out_with(
    owner: Owner, variants: Iterable[UUID], location_id: UUID | None = None
) -> dict[UUID, dict[Lot, int]]:
    """Pieces by variant and lot that an owner has and has not given back, newest first; or what it put at a place."""
    moved = StockMovement.objects.filter(
        reference_type=owner.type, reference_id=owner.id, variant_id__in=set(variants), lot__isnull=False
    )
    if location_id is not None:
        moved = moved.filter(location_id=location_id)
    reasons = Q(reason__in=("consume", "hand_over", "return", "transfer_in", "transfer_out"))
    sums = (
        moved.filter(reasons)
        .order_by("lot_id")
        .values_list("variant_id", "lot_id")
        .annotate(units=Sum("on_hand_delta"))
    )
    rows = [(variant, lot, units) for variant, lot, units in sums if units]
    lots = Lot.objects.in_bulk([lot for _variant, lot, _units in rows])
    found: dict[UUID, dict[Lot, int]] = {}
    for variant, lot, units in sorted(rows, key=lambda row: row[1], reverse=True):
        found.setdefault(variant, {})[lots[lot]] = units if location_id is not None else -units
    return found


def find_lot(lot_id: UUID) -> Lot:
    """A lot of the bound business, or `NotFound`."""
    lot = Lot.objects.filter(pk=lot_id).first()
    if lot is None:
        raise NotFound()
    return lot
