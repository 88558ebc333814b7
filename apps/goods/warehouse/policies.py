"""Who may move goods between locations, count them, and say that a count is right."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.policies import can_work_at
from apps.goods.warehouse.models import Transfer
from apps.goods.warehouse.states import TRANSFER_MOVES, allows
from apps.kernel.actors import Actor
from apps.kernel.limits import Limit, limit_rows
from apps.kernel.permissions import declare

declare("stock.transfer", _("Ask for, send and receive transfers"))


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
    return allows(TRANSFER_MOVES, transfer, "ship") and can_work_at(actor, transfer.source_id)


def can_receive(actor: Actor, transfer: Transfer) -> bool:
    """Whoever works where the goods arrive."""
    return allows(TRANSFER_MOVES, transfer, "receive") and can_work_at(actor, transfer.destination_id)


def can_cancel(actor: Actor, transfer: Transfer) -> bool:
    """Whoever works at one of the two ends."""
    ends = can_work_at(actor, transfer.source_id) or can_work_at(actor, transfer.destination_id)
    return allows(TRANSFER_MOVES, transfer, "cancel") and ends
