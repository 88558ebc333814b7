"""Which location sends what: pure reckoning over what lies where, for orders and for the preview alike.

Nothing here asks the database or a network. `docs/stock.md` says what a business may choose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from apps.goods.inventory.models import AllocationSplit, AllocationWay
from apps.goods.inventory.nearness import Point, Site, kilometres, match_of


@dataclass(frozen=True, slots=True)
class Want:
    """Pieces of a variant for a line; from `location_id` alone when somebody named it."""

    line_id: UUID
    variant_id: UUID
    quantity: int
    location_id: UUID | None = None


@dataclass(slots=True)
class Room:
    """What a location can still promise of a variant: pieces that are there, then those it may owe."""

    available: int
    backorder: int = 0

    @property
    def sellable(self) -> int:
        return max(0, self.available + self.backorder)


Rooms = dict[UUID, dict[UUID, Room]]


@dataclass(frozen=True, slots=True)
class Place:
    """A location that may send, with what makes it come early or late."""

    id: UUID
    name: str = ""
    is_default: bool = False
    site: Site = field(default_factory=Site)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the business chose, for the channel or for all; as it is read from the database."""

    way: str = AllocationWay.DEFAULT
    split: str = AllocationSplit.FREELY
    places: tuple[UUID, ...] = ()
    only_listed: bool = False
    location_id: UUID | None = None

    @property
    def needs_site(self) -> bool:
        """Whether the address decides; else nobody looks where its town lies."""
        return self.way == AllocationWay.NEAREST

    @classmethod
    def read(cls, found: Mapping[str, Any] | None) -> Policy:
        """From the row of the database; the usual one when there is none, or its only location was closed."""
        if not found or (found["way"] == AllocationWay.FIXED and not found["open"]):
            return cls()
        return cls(
            way=found["way"],
            split=found["split"],
            places=tuple(UUID(str(pk)) for pk in found["places"]),
            only_listed=bool(found["only_listed"]),
            location_id=UUID(str(found["location"])) if found["location"] else None,
        )


@dataclass(frozen=True, slots=True)
class Ranked:
    """A location in its turn, and the facts that gave it this turn."""

    place: Place
    why: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """So many pieces of a want from a location, and why from there."""

    want: Want
    location_id: UUID
    quantity: int
    why: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Short:
    """A want that cannot be met. `alone`: everything is there, but not at one location."""

    want: Want
    available: int
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Who sends what; or what is missing, and then nobody sends anything."""

    parts: list[Part]
    shortages: list[Short]


def rank(places: Iterable[Place], policy: Policy, to: Site | None = None) -> list[Ranked]:
    """The locations in the order in which they are asked, each with the reason for its turn."""
    known = sorted(places, key=lambda place: (not place.is_default, place.id))
    listed = {pk: number for number, pk in enumerate(policy.places, start=1)}
    if policy.way == AllocationWay.FIXED:
        return [Ranked(place, {"by": "fixed"}) for place in known if place.id == policy.location_id]
    if policy.only_listed and listed:
        known = [place for place in known if place.id in listed]
    if policy.way == AllocationWay.PRIORITY:
        known.sort(key=lambda place: listed.get(place.id, len(listed) + 1))
        return [
            Ranked(
                place,
                {"by": "list", "no": listed[place.id]} if place.id in listed else {"by": "unlisted"},
            )
            for place in known
        ]
    if policy.way == AllocationWay.NEAREST and to is not None:
        return _nearest(known, to)
    return [Ranked(place, {"by": "default" if place.is_default else "other"}) for place in known]


def _nearest(places: Sequence[Place], to: Site) -> list[Ranked]:
    turned = []
    for place in places:
        level, match = match_of(place.site, to)
        away = kilometres(place.site.point, to.point)
        why: dict[str, Any] = {"by": "near", "match": match}
        if away is not None:
            why["km"] = round(away)
        turned.append(((level, away is None, away or 0.0), Ranked(place, why)))
    turned.sort(key=lambda one: one[0])
    return [one for _key, one in turned]


def allocate(wants: Sequence[Want], rooms: Rooms, ranked: Sequence[Ranked], split: str) -> Plan:
    """Share the wants out over the locations in their order: all of them, or none.

    What is there is taken before anything is owed. A want that names its location comes from there and is served
    first, so that nobody else takes what it alone can take. The rooms given are left as they are.
    """
    left: Rooms = {
        variant: {place: replace(room) for place, room in at.items()} for variant, at in rooms.items()
    }
    turns = {one.place.id: one for one in ranked}
    parts: list[Part] = []
    shortages: list[Short] = []
    named = [want for want in wants if want.location_id is not None]
    free = [want for want in wants if want.location_id is None]
    for want in named:
        _serve(want, [want.location_id], left, {}, parts, shortages)  # type: ignore[list-item]
    one = _one_place_for(free, left, list(turns), split) if split != AllocationSplit.FREELY else None
    if split == AllocationSplit.NEVER and free and one is None:
        shortages += _alone(free, left, list(turns))
    else:
        order = [one] if one is not None else list(turns)
        used: list[UUID] = [part.location_id for part in parts]
        for want in free:
            asked = (
                order
                if one is not None or split == AllocationSplit.FREELY
                else _whole(want, order, used, left)
            )
            served = _serve(want, asked, left, turns, parts, shortages)
            used += [part.location_id for part in served]
    if shortages:
        return Plan([], shortages)
    return Plan([_with_split(part, split, one) for part in parts], [])


def _serve(
    want: Want,
    asked: Sequence[UUID],
    left: Rooms,
    turns: Mapping[UUID, Ranked],
    parts: list[Part],
    shortages: list[Short],
) -> list[Part]:
    at = left.get(want.variant_id, {})
    sellable = sum(at[place].sellable for place in asked if place in at)
    if sellable < want.quantity:
        shortages.append(Short(want, sellable))
        return []
    missing, taken = want.quantity, dict.fromkeys((place for place in asked if place in at), 0)
    for owed in (False, True):
        for place in taken:
            room = at[place]
            part = min(missing, room.sellable if owed else max(0, room.available))
            room.available -= part
            taken[place] += part
            missing -= part
    served = [
        Part(want, place, count, turns[place].why if place in turns else {"by": "chosen"})
        for place, count in taken.items()
        if count
    ]
    parts += served
    return served


def _one_place_for(wants: Sequence[Want], left: Rooms, order: Sequence[UUID], split: str) -> UUID | None:
    """The first location that has everything; when the order must not be split, else the first that may owe."""
    sums: dict[UUID, int] = {}
    for want in wants:
        sums[want.variant_id] = sums.get(want.variant_id, 0) + want.quantity
    for owed in (False, True) if split == AllocationSplit.NEVER else (False,):
        for place in order:
            rooms = [(left.get(variant, {}).get(place), count) for variant, count in sums.items()]
            if all(
                room is not None and count <= (room.sellable if owed else room.available)
                for room, count in rooms
            ):
                return place
    return None


def _whole(want: Want, order: Sequence[UUID], used: Sequence[UUID], left: Rooms) -> list[UUID]:
    """The locations for one want of a split order: one that sends already and has all of it, one that has all of it."""
    at = left.get(want.variant_id, {})
    has_all = [place for place in order if place in at and at[place].available >= want.quantity]
    first = next((place for place in has_all if place in used), has_all[0] if has_all else None)
    return [first, *(place for place in order if place != first)] if first is not None else list(order)


def _alone(wants: Sequence[Want], left: Rooms, order: Sequence[UUID]) -> list[Short]:
    """What stands in the way of sending from one location: at the one that has most of the order."""

    def has(want: Want, place: UUID) -> int:
        room = left.get(want.variant_id, {}).get(place)
        return room.sellable if room is not None else 0

    everywhere = {want.line_id: sum(has(want, place) for place in order) for want in wants}
    lacking = [
        Short(want, everywhere[want.line_id]) for want in wants if everywhere[want.line_id] < want.quantity
    ]
    if lacking or not order:
        return lacking or [Short(want, 0) for want in wants]
    best = max(order, key=lambda place: sum(min(want.quantity, has(want, place)) for want in wants))
    short = [want for want in wants if has(want, best) < want.quantity]
    return [Short(want, has(want, best), alone=True) for want in short or wants]


def _with_split(part: Part, split: str, one: UUID | None) -> Part:
    if split == AllocationSplit.FREELY or part.why.get("by") in {"chosen", "fixed"}:
        return part
    return replace(part, why={**part.why, "split": "one" if one is not None else "several"})


__all__ = [
    "Part", "Place", "Plan", "Point", "Policy", "Ranked", "Room", "Rooms", "Short", "Site", "Want", "allocate", "rank",
]  # fmt: skip
