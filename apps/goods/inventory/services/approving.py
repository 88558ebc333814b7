"""Adjustments of much value wait for somebody else's eyes; a count is posted once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.codes import find_goods
from apps.goods.inventory.events import AdjustmentRequested
from apps.goods.inventory.lines import AdjustLine, CountedLine, SetLine
from apps.goods.inventory.models import (
    CORRECTING,
    Adjustment,
    AdjustmentLine,
    AdjustReason,
    StockBalance,
    StockMovement,
    StockRules,
)
from apps.goods.inventory.policies import check_second_pair, needs_approval
from apps.goods.inventory.services.adjusting import check_lines, plan_changes, worth_of, write_changes
from apps.goods.inventory.services.places import get_place
from apps.goods.inventory.services.shelves import Shelf, distinct_ids, lock_balances, lock_shelves
from apps.kernel import audit, clock, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, WrongState
from apps.kernel.events import publish
from apps.kernel.limits import is_visible
from apps.kernel.locks import Rank
from apps.kernel.money import LARGEST, ZERO
from apps.kernel.series import next_number
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Location

_S = Adjustment.State


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of an adjustment: it was written (`movements`), or it waits (`waiting`)."""

    movements: list[StockMovement]
    waiting: Adjustment | None = None


@dataclass(frozen=True, slots=True)
class CountPosted:
    """What a count changed: units by goods, what they are worth, and goods that had been put right meanwhile."""

    deltas: dict[UUID, int]
    worth: Decimal
    value_delta: Decimal
    outdated: list[UUID]


@use_case(permission="stock.adjust", idempotent=True, audits=("stock.adjusted", "stock.adjustment_requested"))
def propose_adjustment(
    actor: Actor,
    *,
    location_id: UUID | None = None,
    lines: Sequence[AdjustLine],
    reason_code: str = AdjustReason.CORRECTION,
    note: str = "",
    key: str | None = None,
) -> Proposed:
    """Correct stock, or ask for it when the value is above what the business allows without a second pair of eyes.

    What waits keeps the differences seen now: sales until the approval stay true. Errors as `adjust_stock`.
    """
    lines = list(lines)
    check_lines(lines, reason_code)
    location, currency = get_place(actor, location_id)
    shelves = lock_shelves((line.variant_id for line in lines), location, currency)
    changes = plan_changes(lines, shelves, reason_code)
    worth = worth_of(changes)
    if not needs_approval(actor, worth):
        return Proposed(write_changes(actor, location, currency, changes, reason_code=reason_code, note=note))
    merged: dict[tuple[UUID, UUID | None], tuple[int, Decimal]] = {}
    named = {line.lot_id for line in lines}
    seen = {variant_id: shelf.corrections for variant_id, shelf in shelves.items()}
    for change in changes:
        what = (change.shelf.variant_id, change.lot_id if change.lot_id in named else None)
        units, value = merged.get(what, (0, ZERO))
        merged[what] = (units + change.delta, value + change.value)
    waiting = Adjustment(
        location=location,
        reason_code=reason_code,
        note=note.strip()[:500],
        worth=worth,
        requested_by_id=actor.id,
        requested_by_label=actor.label[:200],
        number=f"A-{next_number('adjustment'):05d}",
    )
    waiting.save(force_insert=True)
    AdjustmentLine.objects.bulk_create(
        AdjustmentLine(
            adjustment=waiting,
            variant_id=variant_id,
            lot_id=lot_id,
            delta=units,
            value_delta=value,
            corrections=seen[variant_id],
        )
        for (variant_id, lot_id), (units, value) in merged.items()
        if units
    )
    publish(
        AdjustmentRequested(
            business_id=require_business_id(),
            adjustment_id=waiting.pk,
            number=waiting.number,
            location_id=location.pk,
            worth=worth,
            currency=currency,
        )
    )
    after = {"value": worth, "cause": reason_code}
    audit.record(actor, "stock.adjustment_requested", waiting, after=after, reason=note)
    return Proposed([], waiting)


@use_case(permission="stock.adjust", idempotent=True, audits=("stock.adjusted", "stock.adjustment_requested"))
def set_quantities(
    actor: Actor,
    *,
    location_id: UUID | None = None,
    lines: Sequence[SetLine],
    note: str = "",
    key: str | None = None,
) -> Proposed:
    """Bring goods to the quantities another system says, all or nothing. Said again it changes nothing.
    By the code of a pack the quantity counts packs.

    Raises `InvalidInput` for goods named twice with different numbers, `NotFound` with the `codes` nobody sells.
    """
    known = find_goods(line.code for line in lines if line.code)
    unknown = [line.code for line in lines if line.code and line.code.strip().upper() not in known]
    if unknown:
        raise NotFound(
            _("No item has some of these SKUs or barcodes."), code="unknown_code", codes=unknown[:50]
        )
    wanted: dict[UUID, int] = {}
    for line in lines:
        variant_id, quantity = line.variant_id, line.quantity
        if variant_id is None:
            goods = known[line.code.strip().upper()]
            variant_id, quantity = goods.variant.pk, quantity * goods.pieces
        if wanted.setdefault(variant_id, quantity) != quantity:
            raise InvalidInput(
                _("The same item is named twice with different numbers."), variant_id=variant_id
            )
    return propose_adjustment(
        actor,
        location_id=location_id,
        lines=[AdjustLine(variant_id, counted=quantity) for variant_id, quantity in wanted.items()],
        note=note,
    )


@use_case(permission="stock.approve", idempotent=True, audits=("stock.adjusted", "stock.adjustment_approved"))
def approve_adjustment(
    actor: Actor, *, adjustment_id: UUID, reason: str = "", key: str | None = None
) -> Adjustment:
    """Write an adjustment that waited, by the differences it was asked for with, at today's average cost.

    Raises `PermissionRefused` for whoever asked for it himself and is not the owner, `WrongState` when it was decided.
    """
    waiting = _open(actor, adjustment_id)
    check_second_pair(actor, waiting.requested_by_id)
    location, currency = get_place(actor, waiting.location_id)
    asked = list(AdjustmentLine.objects.filter(adjustment=waiting).select_related("variant").order_by("id"))
    lines = [AdjustLine(line.variant_id, delta=line.delta, lot_id=line.lot_id) for line in asked]
    shelves = lock_shelves((line.variant_id for line in lines), location, currency)
    if waiting.reason_code in CORRECTING:
        _refuse_outdated(asked, shelves)
    write_changes(
        actor,
        location,
        currency,
        plan_changes(lines, shelves, waiting.reason_code),
        reason_code=waiting.reason_code,
        note=f"{waiting.number} {waiting.note}".strip(),
        reference_id=waiting.pk,
    )
    return _decide(actor, waiting, _S.APPROVED, "stock.adjustment_approved", reason)


@use_case(permission="stock.approve", idempotent=True, audits="stock.adjustment_rejected")
def reject_adjustment(
    actor: Actor, *, adjustment_id: UUID, reason: str, key: str | None = None
) -> Adjustment:
    """Refuse an adjustment that waits; nothing moves. The reason is for whoever asked for it."""
    if not reason.strip():
        raise InvalidInput(fields={"reason": [_("Say why.")]})
    return _decide(actor, _open(actor, adjustment_id), _S.REJECTED, "stock.adjustment_rejected", reason)


@use_case(permission="stock.limits", audits="stock.limits_set")
def set_stock_limits(
    actor: Actor, *, adjust_approval_above: Decimal | None, count_approval_above: Decimal
) -> StockRules:
    """Set above which value adjustments (None: never) and variances of counts wait, in the business's currency."""
    for name, value in (("adjust", adjust_approval_above), ("count", count_approval_above)):
        if value is not None and not (value.is_finite() and 0 <= value <= LARGEST):
            raise InvalidInput(fields={f"{name}_approval_above": [_("Enter an amount of zero or more.")]})
    StockRules.objects.bulk_create([StockRules()], ignore_conflicts=True)
    rules = locks.lock_one(Rank.ROOT, StockRules.objects.all())
    names = ("adjust_approval_above", "count_approval_above")
    before = {name: getattr(rules, name) for name in names}
    rules.adjust_approval_above, rules.count_approval_above = adjust_approval_above, count_approval_above
    rules.save(update_fields=[*names, "updated_at"])
    after = {name: getattr(rules, name) for name in names}
    audit.record(actor, "stock.limits_set", rules, before=before, after=after)
    return rules


@use_case(audits="stock.adjusted")
def post_count(
    actor: Actor,
    *,
    count_id: UUID,
    location_id: UUID,
    lines: Sequence[CountedLine],
    note: str,
    most: Decimal | None,
) -> CountPosted:
    """Write the variances of a count as one adjustment, and that its goods were counted.

    A variance is a difference seen at a moment, so sales since then do not matter. Goods that somebody put right
    after they were counted, or counted later in another session, are left alone and named as `outdated`: the same
    difference would be written twice.
    Raises `Conflict` (`approval_needed`) when the variances are worth more than `most`.
    """
    location, currency = get_place(actor, location_id)
    wanted = distinct_ids(line.variant_id for line in lines)
    known = {row.variant_id: row for row in lock_balances(wanted, location_id=location.pk)}
    outdated = [line.variant_id for line in lines if _is_outdated(line, known.get(line.variant_id))]
    fresh = [line for line in lines if line.variant_id not in set(outdated)]
    differing = [AdjustLine(line.variant_id, delta=line.delta) for line in fresh if line.delta]
    shelves = lock_shelves((line.variant_id for line in differing), location, currency)
    changes = plan_changes(differing, shelves)
    worth = worth_of(changes)
    if most is not None and worth > most:
        raise Conflict(
            _("What was counted differs by more than you may post yourself."),
            code="approval_needed",
            remedy=_("Let somebody else who may approve counts do it."),
        )
    write_changes(
        actor,
        location,
        currency,
        changes,
        reason_code=AdjustReason.COUNT,
        note=note,
        reference_type="count",
        reference_id=count_id,
    )
    _note_counted(location, {line.variant_id: line.counted_at for line in fresh})
    return CountPosted(
        {change.shelf.variant_id: change.delta for change in changes},
        worth,
        sum((change.value for change in changes), ZERO),
        outdated,
    )


def _refuse_outdated(lines: list[AdjustmentLine], shelves: Mapping[UUID, Shelf]) -> None:
    """The number was put right since it was asked for: the same difference would be written twice."""
    outdated = [line for line in lines if shelves[line.variant_id].corrections != line.corrections]
    if outdated:
        raise Conflict(
            _("%(item)s was put right by somebody else since this was asked for.")
            % {"item": outdated[0].variant},
            code="outdated",
            remedy=_("Reject it. If the number is still wrong, adjust it again."),
            variant_ids=[line.variant_id for line in outdated],
        )


def _is_outdated(line: CountedLine, row: StockBalance | None) -> bool:
    if row is None:
        return line.corrections != 0
    counted_later = row.last_counted_at is not None and row.last_counted_at > line.counted_at
    return counted_later or row.corrections != line.corrections


def _note_counted(location: Location, moments: dict[UUID, dt.datetime]) -> None:
    # The rows are locked already, and those that the adjustment made are ours alone until the commit.
    rows = list(StockBalance.objects.filter(location=location, variant_id__in=moments))
    for row in rows:
        row.last_counted_at = moments[row.variant_id]
    StockBalance.objects.bulk_update(rows, ["last_counted_at"], batch_size=1000)


def _open(actor: Actor, adjustment_id: UUID) -> Adjustment:
    waiting = locks.lock_one(Rank.ROOT, Adjustment.objects.filter(pk=adjustment_id))
    if not is_visible(waiting, actor.limit):
        raise NotFound()
    if waiting.state != _S.WAITING:
        raise WrongState(
            _("%(number)s is %(state)s already.")
            % {"number": waiting.number, "state": str(waiting.get_state_display()).lower()}
        )
    return waiting


def _decide(actor: Actor, waiting: Adjustment, state: str, action: str, reason: str) -> Adjustment:
    waiting.state, waiting.decided_at = state, clock.now()
    waiting.decided_by_label, waiting.decision = actor.label[:200], reason.strip()[:300]
    waiting.save(update_fields=["state", "decided_at", "decided_by_label", "decision", "updated_at"])
    audit.record(actor, action, waiting, after={"value": waiting.worth}, reason=reason)
    return waiting
