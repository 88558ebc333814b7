"""Goods go from one location to another: asked for, sent, received in parts, or called off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.goods.inventory.lines import LandLine, MoveLine, Owner
from apps.goods.inventory.models import AdjustReason
from apps.goods.inventory.policies import can_work_at, check_work_at
from apps.goods.inventory.services import land_stock, send_stock
from apps.goods.inventory.services.shelves import LARGEST_QUANTITY
from apps.goods.warehouse.events import TransferReceived, TransferRequested, TransferSent
from apps.goods.warehouse.lines import LandedLine, WantedLine
from apps.goods.warehouse.models import Transfer, TransferLine, TransferStep
from apps.goods.warehouse.services.agreeing import agree, approval_wanted, check_approved
from apps.goods.warehouse.states import TRANSFER_MOVES, check_move
from apps.kernel import audit, clock, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound
from apps.kernel.events import publish
from apps.kernel.limits import is_visible
from apps.kernel.locks import Rank
from apps.kernel.money import ZERO, round_money
from apps.kernel.series import next_number
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Location
from apps.platform.businesses.selectors import get_current_business

MOST_LINES = 500
_K = TransferStep.Kind


@use_case(permission="stock.transfer", idempotent=True, audits="stock.transfer_requested")
def request_transfer(
    actor: Actor,
    *,
    source_id: UUID,
    destination_id: UUID,
    lines: Sequence[WantedLine],
    note: str = "",
    key: str | None = None,
) -> Transfer:
    """Ask for goods of another location, or announce to send some: nothing moves yet.

    The actor works at one of the two ends. Raises `InvalidInput` for the same place twice, quantities that cannot
    be meant, or goods that are not counted; `NotFound` for a closed or foreign place or variant.
    """
    if source_id == destination_id:
        raise InvalidInput(fields={"destination_id": [_("Choose another location than the one it leaves.")]})
    places = set(
        Location.objects.filter(active=True, pk__in=[source_id, destination_id]).values_list("pk", flat=True)
    )
    if len(places) != 2:
        raise NotFound()
    if not can_work_at(actor, source_id):
        check_work_at(actor, destination_id)
    wanted = _add_up(lines)
    _check_goods(list(wanted))
    transfer = Transfer(
        source_id=source_id,
        destination_id=destination_id,
        note=note.strip()[:500],
        requested_by_label=actor.label[:200],
        requested_by_id=actor.id,
        **approval_wanted(),
        number=f"T-{next_number('transfer'):05d}",
    )
    transfer.save(force_insert=True)
    TransferLine.objects.bulk_create(
        TransferLine(transfer=transfer, variant_id=variant_id, position=position, requested_quantity=quantity)
        for position, (variant_id, quantity) in enumerate(wanted.items(), start=1)
    )
    units = sum(wanted.values())
    _log(actor, transfer, _K.REQUESTED, quantity=units, note=transfer.note)
    publish(TransferRequested(**_told(transfer, units)))
    audit.record(actor, "stock.transfer_requested", transfer, after={"units": units}, reason=transfer.note)
    return transfer


@use_case(permission="stock.approve_transfer", idempotent=True, audits="stock.transfer_approved")
def approve_transfer(actor: Actor, *, transfer_id: UUID, note: str = "", key: str | None = None) -> Transfer:
    """Agree that goods may leave; whoever works at one of the two ends. Who does not agree calls it off.

    Raises `PermissionRefused` (`own_request`) for who asked himself where somebody else must agree, owners too;
    `WrongState` when nobody waits for it.
    """
    transfer = _lock(actor, transfer_id)
    if not can_work_at(actor, transfer.source_id):
        check_work_at(actor, transfer.destination_id)
    agree(actor, transfer)
    _log(actor, transfer, _K.APPROVED, note=note)
    audit.record(actor, "stock.transfer_approved", transfer, reason=note)
    return transfer


@use_case(permission="stock.transfer", idempotent=True, audits="stock.transfer_sent")
def ship_transfer(
    actor: Actor,
    *,
    transfer_id: UUID,
    quantities: Mapping[UUID, int] | None = None,
    note: str = "",
    key: str | None = None,
) -> Transfer:
    """Send what was asked for, or less: sending is the sender's consent. The goods are on their way then.

    `quantities` are units by line (none: all that was asked for); what is not sent is not owed any more. Only who
    works at the sending location may. Raises `OutOfStock` when fewer free pieces lie there, `WrongState` when it was
    sent or called off already.
    """
    transfer = _lock(actor, transfer_id)
    check_work_at(actor, transfer.source_id)
    state = check_move(TRANSFER_MOVES, transfer, "ship")
    check_approved(transfer)
    lines = _lock_lines(transfer)
    sent = _to_send(lines, quantities)
    moved = send_stock(
        actor,
        owner=Owner("transfer", transfer.pk),
        source_id=transfer.source_id,
        destination_id=transfer.destination_id,
        lines=[MoveLine(line.pk, line.variant_id, sent[line.pk]) for line in lines if sent[line.pk]],
    )
    by_id = {line.pk: line for line in lines}
    for left in moved:
        by_id[left.line_id].sent_quantity = left.quantity
        by_id[left.line_id].sent_value = left.value
    TransferLine.objects.bulk_update(lines, ["sent_quantity", "sent_value", "updated_at"])
    transfer.state, transfer.shipped_at = str(state), clock.now()
    transfer.save(update_fields=["state", "shipped_at", "updated_at"])
    units = sum(sent.values())
    _log(actor, transfer, _K.SENT, quantity=units, note=note)
    publish(TransferSent(**_told(transfer, units)))
    value = sum((left.value for left in moved), ZERO)
    after = {"units": units, "value": value}
    audit.record(actor, "stock.transfer_sent", transfer, after=after, reason=note)
    return transfer


@use_case(permission="stock.transfer", idempotent=True, audits="stock.transfer_received")
def receive_transfer(
    actor: Actor,
    *,
    transfer_id: UUID,
    lines: Sequence[LandedLine],
    reason: str = "",
    key: str | None = None,
) -> Transfer:
    """Receive a part of what is on its way, or the rest: what arrived, what arrived broken, what is missing.

    Arrived pieces lie at the destination at the value they left with; broken and missing ones are written off the
    way as adjustments, with a `reason` that must be given. What is not named stays on its way. Only who works at the
    destination may. Raises `Conflict` when more is named than is still on its way.
    """
    transfer = _lock(actor, transfer_id)
    check_work_at(actor, transfer.destination_id)
    check_move(TRANSFER_MOVES, transfer, "receive")
    mine = {line.pk: line for line in _lock_lines(transfer)}
    named = [line for line in lines if line.quantity or line.arrived or line.damaged or line.missing]
    _check_landing(named, mine, reason)
    currency = get_current_business().currency
    landing: list[LandLine] = []
    for landed in named:
        landing += _land(mine[landed.line_id], landed, currency)
    land_stock(
        actor,
        owner=Owner("transfer", transfer.pk),
        destination_id=transfer.destination_id,
        lines=landing,
        note=f"{transfer.number}: {reason}" if reason else transfer.number,
    )
    TransferLine.objects.bulk_update(
        mine.values(),
        ["arrived_quantity", "damaged_quantity", "missing_quantity", "landed_value", "updated_at"],
    )
    is_complete = not any(line.open_quantity for line in mine.values())
    transfer.state = Transfer.State.RECEIVED if is_complete else Transfer.State.PART_RECEIVED
    transfer.closed_at = clock.now() if is_complete else None
    transfer.save(update_fields=["state", "closed_at", "updated_at"])
    arrived, damaged, missing = (
        sum(getattr(line, what) for line in named) for what in ("arrived", "damaged", "missing")
    )
    losses = {"damaged_quantity": damaged, "missing_quantity": missing}
    _log(actor, transfer, _K.RECEIVED, quantity=arrived, note=reason, **losses)
    publish(TransferReceived(**_told(transfer, arrived), **losses, is_complete=is_complete))
    lost = sum((line.value for line in landing if line.cause), ZERO)
    after = {"units": arrived, "damaged": damaged, "missing": missing, "written_off": lost}
    audit.record(actor, "stock.transfer_received", transfer, after=after, reason=reason)
    return transfer


@use_case(permission="stock.transfer", idempotent=True, audits="stock.transfer_cancelled")
def cancel_transfer(actor: Actor, *, transfer_id: UUID, reason: str = "", key: str | None = None) -> Transfer:
    """Call a transfer off before it is sent. Whoever works at one of the two ends may."""
    transfer = _lock(actor, transfer_id)
    if not can_work_at(actor, transfer.source_id):
        check_work_at(actor, transfer.destination_id)
    transfer.state = str(check_move(TRANSFER_MOVES, transfer, "cancel"))
    transfer.closed_at = clock.now()
    transfer.save(update_fields=["state", "closed_at", "updated_at"])
    _log(actor, transfer, _K.CANCELLED, note=reason)
    audit.record(actor, "stock.transfer_cancelled", transfer, reason=reason)
    return transfer


def _lock(actor: Actor, transfer_id: UUID) -> Transfer:
    transfer = locks.lock_one(Rank.ROOT, Transfer.objects.filter(pk=transfer_id))
    if not is_visible(transfer, actor.limit):
        raise NotFound()
    return transfer


def _lock_lines(transfer: Transfer) -> list[TransferLine]:
    # The root is locked, so nobody else changes its lines; they are read after it.
    return list(TransferLine.objects.filter(transfer=transfer).order_by("position"))


def _add_up(lines: Sequence[WantedLine]) -> dict[UUID, int]:
    """Units by variant, in the order asked; the same goods named twice are one line."""
    wanted: dict[UUID, int] = {}
    for line in lines:
        if not 0 < line.quantity <= LARGEST_QUANTITY:
            raise InvalidInput(fields={"quantity": [_("Enter a whole number of one or more.")]})
        wanted[line.variant_id] = wanted.get(line.variant_id, 0) + line.quantity
    if not wanted:
        raise InvalidInput(_("Enter a quantity for at least one item."))
    if len(wanted) > MOST_LINES or max(wanted.values()) > LARGEST_QUANTITY:
        raise InvalidInput(_("That is too much for one transfer."), remedy=_("Make two of it."))
    return wanted


def _check_goods(variant_ids: list[UUID]) -> None:
    counted = dict(Variant.objects.filter(pk__in=variant_ids).values_list("pk", "track_stock"))
    for variant_id in variant_ids:
        if variant_id not in counted:
            raise NotFound(variant_id=variant_id)
        if not counted[variant_id]:
            raise InvalidInput(
                _("Stock of these goods is not counted, so it cannot be moved."),
                code="stock_not_counted",
                variant_id=variant_id,
            )


def _to_send(lines: list[TransferLine], quantities: Mapping[UUID, int] | None) -> dict[UUID, int]:
    asked = {line.pk: line.requested_quantity for line in lines}
    if quantities is None:
        return asked
    if set(quantities) - set(asked):
        raise NotFound()
    sent = {line_id: quantities.get(line_id, 0) for line_id in asked}
    if any(not 0 <= sent[line_id] <= most for line_id, most in asked.items()):
        raise InvalidInput(fields={"quantity": [_("Send at most what was asked for.")]})
    if not any(sent.values()):
        raise InvalidInput(
            _("Nothing would be sent: enter a quantity for at least one item."),
            remedy=_("Call the transfer off when nothing can be sent."),
        )
    return sent


def _check_landing(named: list[LandedLine], mine: Mapping[UUID, TransferLine], reason: str) -> None:
    if not named:
        raise InvalidInput(_("Nothing was received: enter a quantity for at least one item."))
    if len({line.line_id for line in named}) != len(named):
        raise InvalidInput(_("Name each line once."))
    for line in named:
        if line.line_id not in mine:
            raise NotFound(line_id=line.line_id)
        if min(line.arrived, line.damaged, line.missing) < 0:
            raise InvalidInput(fields={"quantity": [_("Enter whole numbers of zero or more.")]})
        still = mine[line.line_id].open_quantity
        if line.quantity > still:
            raise Conflict(
                _("Only %(count)s pieces of this line are still on their way.") % {"count": still},
                code="not_on_the_way",
                remedy=_("Somebody may have received them already. Look at the transfer again."),
                line_id=line.line_id,
                on_the_way=still,
            )
    if any(line.damaged or line.missing for line in named) and not reason.strip():
        raise InvalidInput(fields={"reason": [_("Say what happened to the damaged or missing pieces.")]})


def _land(line: TransferLine, landed: LandedLine, currency: str) -> list[LandLine]:
    """The parts of a line with their shares of its value; the last unit takes what is left, so no cent is lost."""
    parts = []
    for quantity, field, cause in (
        (landed.arrived, "arrived_quantity", ""),
        (landed.damaged, "damaged_quantity", AdjustReason.DAMAGE),
        (landed.missing, "missing_quantity", AdjustReason.LOSS),
    ):
        if quantity:
            value = _share(line, quantity, currency)
            line.landed_value += value
            setattr(line, field, getattr(line, field) + quantity)
            parts.append(LandLine(line.pk, line.variant_id, quantity, value, cause))
    return parts


def _share(line: TransferLine, quantity: int, currency: str) -> Decimal:
    left = line.sent_value - line.landed_value
    return (
        left
        if quantity == line.open_quantity
        else round_money(left * quantity / line.open_quantity, currency)
    )


def _log(actor: Actor, transfer: Transfer, kind: str, *, note: str = "", **units: int) -> None:
    TransferStep.objects.create(
        transfer=transfer, kind=kind, note=note.strip()[:500], actor_label=actor.label[:200], **units
    )


def _told(transfer: Transfer, units: int) -> dict[str, Any]:
    return {
        "business_id": transfer.business_id,
        "transfer_id": transfer.pk,
        "number": transfer.number,
        "source_id": transfer.source_id,
        "destination_id": transfer.destination_id,
        "quantity": units,
    }
