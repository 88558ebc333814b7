"""What is done with a lot: its facts are corrected, it is blocked, opened again, or recalled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import F, Q
from django.utils.translation import gettext as _

from apps.goods.inventory.events import LotRecalled
from apps.goods.inventory.lines import LotDraft
from apps.goods.inventory.models import Lot, LotBalance, StockMovement
from apps.goods.inventory.services.arriving import check_dates
from apps.goods.inventory.services.piles import find_lot, local_today, may_leave
from apps.goods.inventory.services.shelves import Shelf, lock_balances, look_at, movement, write_movements
from apps.kernel import audit, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.events import publish
from apps.kernel.locks import Rank
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Location

_S = Lot.State


@use_case(permission="stock.lots", idempotent=True, audits="stock.lot_changed")
def change_lot(
    actor: Actor,
    *,
    lot_id: UUID,
    expires_on: dt.date | None,
    best_before: dt.date | None = None,
    supplier: str = "",
    note: str = "",
    key: str | None = None,
) -> Lot:
    """Correct what is written of a lot. A new last day counts at once: its pieces are withheld, or may leave again."""
    lot = locks.lock_one(Rank.ROOT, Lot.objects.filter(pk=lot_id))
    today = local_today()
    if expires_on != lot.expires_on:
        # A date in the past is a correction like any other here: the goods are there, and must not be sold.
        check_dates(
            LotDraft(lot.code, None, max(expires_on, today) if expires_on else None, best_before), today
        )
    names = ("expires_on", "best_before", "supplier", "note")
    before = {name: getattr(lot, name) for name in names}
    lot.expires_on, lot.best_before = expires_on, best_before
    lot.supplier, lot.note = supplier.strip()[:200], note.strip()[:500]
    shelves = _shelves_of([lot])
    lot.save(update_fields=[*names, "updated_at"])
    _settle(actor, [lot], shelves, today)
    after = {name: getattr(lot, name) for name in names}
    audit.record(actor, "stock.lot_changed", lot, before=before, after=after)
    return lot


@use_case(permission="stock.lots", idempotent=True, audits="stock.lot_blocked")
def block_lot(actor: Actor, *, lot_id: UUID, reason: str, key: str | None = None) -> Lot:
    """Keep a lot's pieces on the shelf: nobody is promised them, none leaves. `WrongState` when it is not open."""
    return _move(actor, lot_id, {_S.OPEN}, _S.BLOCKED, reason, "stock.lot_blocked")


@use_case(permission="stock.lots", idempotent=True, audits="stock.lot_opened")
def open_lot(actor: Actor, *, lot_id: UUID, reason: str, key: str | None = None) -> Lot:
    """Let a blocked or recalled lot be sold again."""
    return _move(actor, lot_id, {_S.BLOCKED, _S.RECALLED}, _S.OPEN, reason, "stock.lot_opened")


@use_case(permission="stock.lots", idempotent=True, audits="stock.lot_recalled")
def recall_lot(actor: Actor, *, lot_id: UUID, reason: str, key: str | None = None) -> Lot:
    """Block a lot for good cause and tell who works with stock; whom it reached is on its page (`tracing.py`)."""
    lot = _move(actor, lot_id, {_S.OPEN, _S.BLOCKED}, _S.RECALLED, reason, "stock.lot_recalled")
    publish(
        LotRecalled(
            business_id=require_business_id(),
            lot_id=lot.pk,
            variant_id=lot.variant_id,
            code=lot.code,
            reason=reason,
        )
    )
    return lot


@use_case(unaudited="the calendar decides, and the stock ledger names each lot")
def withhold_expired(actor: Actor, *, lot_ids: Iterable[UUID]) -> int:
    """Take expired and blocked lots out of what can be sold, as far as nobody was promised them. Returns pieces."""
    lots = list(Lot.objects.filter(pk__in=list(lot_ids)))
    return _settle(actor, lots, _shelves_of(lots), local_today()) if lots else 0


def _move(actor: Actor, lot_id: UUID, sources: set[str], target: str, reason: str, action: str) -> Lot:
    reason = reason.strip()[:300]
    if not reason:
        raise InvalidInput(fields={"reason": [_("Say why.")]})
    find_lot(lot_id)
    lot = locks.lock_one(Rank.ROOT, Lot.objects.filter(pk=lot_id))
    if lot.state not in sources:
        raise WrongState(
            _("Lot “%(lot)s” is “%(state)s”.") % {"lot": lot.code, "state": lot.get_state_display()}
        )
    # The shelves first: who is selling just now has sold before, or reads the new state.
    shelves = _shelves_of([lot])
    before = {"state": lot.state}
    lot.state, lot.state_reason = target, reason
    lot.save(update_fields=["state", "state_reason", "updated_at"])
    _settle(actor, [lot], shelves, local_today())
    audit.record(actor, action, lot, before=before, after={"state": target}, reason=reason)
    return lot


def _shelves_of(lots: list[Lot]) -> list[Shelf]:
    """The locked shelves on which these lots lie; what is on its way is no shelf that sells."""
    rows = lock_balances({lot.variant_id for lot in lots}, even_closed=True)
    shelves = {
        (row.variant_id, row.location_id): Shelf(row.variant, row.location, row.business.currency, row)
        for row in rows
        if row.location.kind != Location.Kind.TRANSIT
    }
    return list(look_at(shelves).values())


def _settle(actor: Actor, lots: list[Lot], shelves: list[Shelf], today: dt.date) -> int:
    """Withhold what may not leave and is free, give back what may leave again. Returns the pieces withheld anew."""
    movements, withheld = [], 0
    for lot in lots:
        for shelf in shelves:
            pile = shelf.piles.get(lot.pk) if shelf.variant_id == lot.variant_id else None
            if pile is None:
                continue
            if may_leave(lot, today):
                units = -pile.withheld
            else:
                units = max(0, min(pile.on_hand - pile.withheld, shelf.available))
            if units:
                shelf.move(reserved=units)
                pile.withheld += units
                withheld += max(0, units)
                movements.append(_held(actor, shelf, lot, units))
    write_movements(movements, shelves)
    return withheld


def _held(actor: Actor, shelf: Shelf, lot: Lot, units: int) -> StockMovement:
    reason = StockMovement.Reason.RESERVE if units > 0 else StockMovement.Reason.RELEASE
    return movement(
        actor, shelf, reason, lot_id=lot.pk, reserved_delta=units, reason_code="withheld",
        reference_type="lot", reference_id=lot.pk,
    )  # fmt: skip


def lots_to_settle(today: dt.date, most: int = 500) -> list[UUID]:
    """Lots of the bound business with pieces that should be withheld and are not yet."""
    rows = LotBalance.objects.exclude(location__kind=Location.Kind.TRANSIT).filter(on_hand__gt=0)
    closed = ~Q(lot__state=_S.OPEN) | Q(lot__expires_on__lt=today)
    found = rows.filter(closed, withheld__lt=F("on_hand")).order_by("lot_id").values_list("lot_id", flat=True)
    return list(dict.fromkeys(found[:most]))
