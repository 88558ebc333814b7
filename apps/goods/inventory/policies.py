"""What staff may do with stock. Promising, releasing and using stock is done by the selling services."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused
from apps.kernel.limits import Limit, limit_rows
from apps.kernel.permissions import declare

declare("stock.read", _("See stock"))
declare("stock.receive", _("Receive stock"))
declare("stock.adjust", _("Adjust stock"))
declare("stock.rules", _("Set warning levels and backorder limits"))


@limit_rows("inventory.stockbalance", "inventory.stockmovement", "inventory.reservation")
def at_own_locations(limit: Limit) -> Q:
    """Stock, its movements and its promises at the limit's locations."""
    return Q() if limit.location_ids is None else Q(location_id__in=limit.location_ids)


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
