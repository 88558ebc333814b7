"""Who may move goods between locations, count them, and say that a count is right."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.policies import can_work_at, is_owner
from apps.goods.warehouse.models import StockCount, Transfer, TransferRules
from apps.goods.warehouse.states import COUNT_MOVES, TRANSFER_MOVES, allows
from apps.kernel.actors import Actor
from apps.kernel.limits import Limit, limit_rows
from apps.kernel.permissions import declare
from apps.platform.fields.kinds import takes_fields

declare("stock.transfer", _("Ask for, send and receive transfers"))


declare("stock.approve_transfer", _("Approve transfers, and say whether they need it"))
declare("stock.count", _("Count stock"))
declare("stock.approve_count", _("Approve counts that differ"))

takes_fields("warehouse.transfer", _("Transfers"), read="stock.read", change="stock.transfer")


@limit_rows("warehouse.transfer")
def from_or_to_own_locations(limit: Limit) -> Q:
    """Transfers that leave or reach the limit's locations."""
    places = limit.location_ids
    return Q() if places is None else Q(source_id__in=places) | Q(destination_id__in=places)


@limit_rows("warehouse.transferline", "warehouse.transferstep")
def of_own_transfers(limit: Limit) -> Q:
    """Lines and steps of the transfers that may be seen."""
    places = limit.location_ids
    if places is None:
        return Q()
    return Q(transfer__source_id__in=places) | Q(transfer__destination_id__in=places)


def can_ship(actor: Actor, transfer: Transfer) -> bool:
    """Whoever works where the goods lie."""
    return (
        allows(TRANSFER_MOVES, transfer, "ship")
        and transfer.approval != Transfer.Approval.WAITING
        and can_work_at(actor, transfer.source_id)
    )


def get_transfer_rules() -> TransferRules:
    """The bound business's rules; the usual ones when it set none."""
    return TransferRules.objects.first() or TransferRules()


def can_approve(actor: Actor, transfer: Transfer) -> bool:
    """Whoever may approve, works at one of the two ends, and did not ask himself where somebody else must."""
    ends = can_work_at(actor, transfer.source_id) or can_work_at(actor, transfer.destination_id)
    is_own = transfer.needs_other_person and transfer.requested_by_id == actor.id
    waits = transfer.state == Transfer.State.REQUESTED and transfer.approval == Transfer.Approval.WAITING
    return actor.may("stock.approve_transfer") and waits and ends and not is_own


def can_receive(actor: Actor, transfer: Transfer) -> bool:
    """Whoever works where the goods arrive."""
    return allows(TRANSFER_MOVES, transfer, "receive") and can_work_at(actor, transfer.destination_id)


def can_cancel(actor: Actor, transfer: Transfer) -> bool:
    """Whoever works at one of the two ends."""
    ends = can_work_at(actor, transfer.source_id) or can_work_at(actor, transfer.destination_id)
    return allows(TRANSFER_MOVES, transfer, "cancel") and ends


@limit_rows("warehouse.stockcount")
def at_own_locations(limit: Limit) -> Q:
    """Counts at the limit's locations."""
    return Q() if limit.location_ids is None else Q(location_id__in=limit.location_ids)


@limit_rows("warehouse.countline", "warehouse.countscan")
def of_own_counts(limit: Limit) -> Q:
    """Lines and scans of the counts that may be seen."""
    places = limit.location_ids
    return Q() if places is None else Q(count__location_id__in=places)


def can_count(actor: Actor, count: StockCount, verb: str) -> bool:
    """Whoever works at the place, in a state that allows the verb."""
    return allows(COUNT_MOVES, count, verb) and can_work_at(actor, count.location_id)


def sees_expected(actor: Actor, count: StockCount) -> bool:
    """In a blind count nobody who counts is told what should be there; who approves may look."""
    return not count.is_blind or count.state != StockCount.State.COUNTING or actor.may("stock.approve_count")


def is_second_pair(actor: Actor, count: StockCount) -> bool:
    """Whether the actor may approve differences of any value: not of a count he finished, unless he is the owner."""
    if not actor.may("stock.approve_count"):
        return False
    return actor.kind == "system" or is_owner(actor) or count.finished_by_id != actor.id
