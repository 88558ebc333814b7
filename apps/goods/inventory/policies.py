"""What staff may do with stock. Promising, releasing and using stock is done by the selling services."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.models import Adjustment, StockRules
from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused
from apps.kernel.limits import Limit, limit_rows
from apps.kernel.permissions import declare
from apps.platform.fields.kinds import takes_fields

declare("stock.read", _("See stock"))
declare("stock.receive", _("Receive stock"))
declare("stock.adjust", _("Adjust stock"))
declare("stock.approve", _("Approve adjustments of much value"))
declare("stock.limits", _("Set from which value stock changes need approval"), whole_business=True)
declare("stock.rules", _("Set warning levels and backorder limits, and how goods are told apart"))
declare("stock.allocation", _("Choose from which locations orders are taken"), whole_business=True)
declare("stock.lots", _("Change, block and recall lots and serial numbers"), whole_business=True)

takes_fields("inventory.lot", _("Lots"), read="stock.read", change="stock.receive")


@limit_rows(
    "inventory.stockbalance",
    "inventory.stockmovement",
    "inventory.reservation",
    "inventory.adjustment",
    "inventory.lotbalance",
    "inventory.stocksnapshot",
    "inventory.stockflow",
    "inventory.stockalert",
    "inventory.placesite",
)
def at_own_locations(limit: Limit) -> Q:
    """Stock, its movements and its promises at the limit's locations."""
    return Q() if limit.location_ids is None else Q(location_id__in=limit.location_ids)


@limit_rows("inventory.adjustmentline")
def of_own_adjustments(limit: Limit) -> Q:
    """Lines of the adjustments that may be seen."""
    places = limit.location_ids
    return Q() if places is None else Q(adjustment__location_id__in=places)


def get_stock_rules() -> StockRules:
    """The bound business's limits; the usual ones when it set none: adjustments never wait, each variance does."""
    return StockRules.objects.first() or StockRules()


def needs_approval(actor: Actor, worth: Decimal) -> bool:
    """Whether an adjustment of this value waits: never an owner's, nor what the product itself does."""
    if actor.kind == "system" or is_owner(actor) or not worth:
        return False
    above = get_stock_rules().adjust_approval_above
    return above is not None and worth > above


def is_owner(actor: Actor) -> bool:
    """Whether the actor answers to nobody: the second pair of eyes is not asked for then."""
    return actor.kind == "user" and actor.role == "owner"


def check_second_pair(actor: Actor, asked_by: UUID | None) -> None:
    """Refuse who asked for it himself and is not the owner."""
    if asked_by is not None and asked_by == actor.id and not is_owner(actor):
        raise PermissionRefused(
            _("You asked for this yourself, so somebody else decides."),
            remedy=_("Ask a colleague who may approve, or an owner."),
            code="own_request",
        )


def can_decide(actor: Actor, waiting: Adjustment) -> bool:
    """Whoever works at the place and did not ask for it himself, unless he is the owner."""
    is_own = waiting.requested_by_id == actor.id and not is_owner(actor)
    return (
        waiting.state == Adjustment.State.WAITING and can_work_at(actor, waiting.location_id) and not is_own
    )


def can_work_at(actor: Actor, location_id: UUID) -> bool:
    """Whoever is tied to some locations works with the stock of those only."""
    return actor.location_ids is None or location_id in actor.location_ids


def check_work_at(actor: Actor, location_id: UUID) -> None:
    """Refuse who is tied to other locations, in words that say why."""
    if not can_work_at(actor, location_id):
        raise PermissionRefused(
            _("You do not work at this location."),
            remedy=_("Use a location of your own, or ask an owner to widen what you see."),
            code="location_of_others",
        )
