"""What an order would be taken from, under a policy that need not be saved yet. Reads only, locks nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.goods.catalog.models import Variant
from apps.goods.inventory.allocation import Plan, Policy, Room, Want, allocate, rank
from apps.goods.inventory.allocation_words import why_words
from apps.goods.inventory.lines import ReserveLine
from apps.goods.inventory.nearness import Destination
from apps.goods.inventory.page_parts import full_name
from apps.goods.inventory.services.asking import at_open_places, place_of
from apps.goods.inventory.services.kits import parts_of_lines
from apps.kernel.ids import new_id
from apps.platform.businesses.selectors import list_locations


@dataclass(frozen=True, slots=True)
class Taken:
    """So many pieces of an item from a location, and why."""

    place: str
    item: str
    quantity: int
    why: str


@dataclass(frozen=True, slots=True)
class Missing:
    """An item that cannot be sent. `alone`: it lies there, but not in one place."""

    item: str
    wanted: int
    available: int
    alone: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be taken from where; or what is missing; and goods whose stock is not counted."""

    taken: list[Taken]
    missing: list[Missing]
    uncounted: list[str]

    @property
    def places(self) -> int:
        """From how many locations a parcel would leave."""
        return len({one.place for one in self.taken})


def preview_allocation(
    items: Sequence[tuple[Variant, int]], *, policy: Policy, channel: str, to: Destination
) -> Preview:
    """As an order placed now would be promised. Five statements at most, for any number of items."""
    counted = [(variant, count) for variant, count in items if variant.track_stock or variant.is_kit]
    lines = parts_of_lines(
        [ReserveLine(new_id(), variant.pk, count, is_kit=variant.is_kit) for variant, count in counted]
    )
    rows = list(at_open_places([line.variant_id for line in lines], channel).order_by("pk"))
    rooms: dict[UUID, dict[UUID, Room]] = defaultdict(dict)
    for row in rows:
        rooms[row.variant_id][row.location_id] = Room(row.available, row.backorder_limit)
    places = {row.location_id: place_of(row) for row in rows}
    ranked = rank(places.values(), policy, to.site() if policy.needs_site else None)
    wants = [Want(line.line_id, line.variant_id, line.quantity) for line in lines]
    plan = allocate(wants, rooms, ranked, policy.split)
    loose = [full_name(variant) for variant, _count in items if not (variant.track_stock or variant.is_kit)]
    return _in_words(plan, {line.variant_id for line in lines}, loose)


def _in_words(plan: Plan, variant_ids: set[UUID], uncounted: list[str]) -> Preview:
    names = {
        variant.pk: full_name(variant)
        for variant in Variant.objects.filter(pk__in=variant_ids).select_related("product")
    }
    place_names = {place.pk: place.name for place in list_locations()}
    return Preview(
        taken=[
            Taken(
                place_names[part.location_id], names[part.want.variant_id], part.quantity, why_words(part.why)
            )
            for part in plan.parts
        ],
        missing=[
            Missing(names[short.want.variant_id], short.want.quantity, short.available, short.alone)
            for short in plan.shortages
        ],
        uncounted=uncounted,
    )
