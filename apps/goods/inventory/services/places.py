"""Where stock work happens."""

from __future__ import annotations

from uuid import UUID

from apps.goods.inventory.policies import check_work_at
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound
from apps.platform.businesses.models import Location


def get_place(actor: Actor, location_id: UUID | None, *, even_closed: bool = False) -> tuple[Location, str]:
    """An active location (none: the default one) with the business's currency, in one query.

    Somebody tied to one location means this one when none is named. With `even_closed` a named one may have been closed
    meanwhile: what is on its way there must be able to land. Raises `NotFound`, or `PermissionRefused` when
    the actor is tied to other locations.
    """
    if location_id is None and actor.location_ids is not None and len(actor.location_ids) == 1:
        (location_id,) = actor.location_ids
    places = Location.objects.select_related("business")
    if not even_closed:
        places = places.filter(active=True)
    place = places.filter(pk=location_id).first() if location_id else places.filter(is_default=True).first()
    if place is None:
        raise NotFound()
    check_work_at(actor, place.pk)
    return place, str(place.business.currency)
