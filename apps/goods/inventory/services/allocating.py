"""From which locations orders are taken: the business's choice, and moving one promise to another location."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.channels import list_channels
from apps.goods.inventory.lines import Owner
from apps.goods.inventory.models import (
    SITE_FIELDS,
    AllocationPolicy,
    AllocationSplit,
    AllocationWay,
    PlaceSite,
    Reservation,
    StockBalance,
    StockMovement,
)
from apps.goods.inventory.policies import check_work_at
from apps.goods.inventory.services.promises import lock_promises
from apps.goods.inventory.services.shelves import Shelf, lock_balances, movement, write_movements
from apps.kernel import audit, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, OutOfStock
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank
from apps.kernel.prepared import insert
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Location

_R = Reservation.State


@dataclass(frozen=True, slots=True)
class SiteDraft:
    """Where a location lies, as it was typed. A point on the map is both numbers or none."""

    location_id: UUID
    country: str = ""
    region: str = ""
    postcode: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None


@use_case(permission="stock.allocation", audits="stock.allocation_set")
def set_allocation(
    actor: Actor,
    *,
    way: str,
    split: str = AllocationSplit.FREELY,
    channel: str = "",
    places: Sequence[UUID] = (),
    only_listed: bool = False,
    location_id: UUID | None = None,
) -> AllocationPolicy:
    """Choose from which locations orders of a channel (none: all others) are taken. Orders that stand stay as they are.

    Raises `InvalidInput` that names the fields at fault: a way, a channel or a location that does not exist, one
    location only without naming it, a list without a location, a location twice.
    """
    places = list(places)
    problems: dict[str, list[Any]] = {}
    if way not in AllocationWay.values:
        problems["way"] = [_("Choose one of the ways.")]
    if split not in AllocationSplit.values:
        problems["split"] = [_("Choose one of the answers.")]
    if channel and channel not in dict(list_channels()):
        problems["channel"] = [_("Orders do not come in this way.")]
    if way == AllocationWay.FIXED and location_id is None:
        problems["location_id"] = [_("Choose the location.")]
    if len(set(places)) != len(places):
        problems["places"] = [_("A location stands on the list once.")]
    if not places and (way == AllocationWay.PRIORITY or only_listed):
        problems["places"] = [_("Give at least one location a number.")]
    if problems:
        raise InvalidInput(fields=problems)
    named = {*places, *([location_id] if location_id else [])}
    if Location.objects.filter(pk__in=named, active=True).count() != len(named):
        raise NotFound()
    AllocationPolicy.objects.bulk_create([AllocationPolicy(channel=channel)], ignore_conflicts=True)
    policy = locks.lock_one(Rank.ROOT, AllocationPolicy.objects.filter(channel=channel))
    before = _said(policy)
    policy.way, policy.split, policy.places, policy.only_listed = way, split, places, only_listed
    policy.location_id = location_id if way == AllocationWay.FIXED else None
    policy.save()
    if before != _said(policy):
        audit.record(actor, "stock.allocation_set", policy, before=before, after=_said(policy))
    return policy


@use_case(permission="stock.allocation", audits="stock.allocation_dropped")
def drop_allocation(actor: Actor, *, channel: str) -> bool:
    """Let orders of a channel be taken like all others again. False: it had nothing of its own."""
    rows = locks.lock(Rank.ROOT, AllocationPolicy.objects.filter(channel=channel))
    for policy in rows:
        audit.record(actor, "stock.allocation_dropped", policy, before=_said(policy), after={})
        policy.delete()
    return bool(rows)


@use_case(permission="stock.allocation", audits="stock.sites_set")
def set_sites(actor: Actor, *, sites: Sequence[SiteDraft]) -> list[PlaceSite]:
    """Say where locations lie: country, region and postcode, and the point on the map if it is known.

    Raises `NotFound` for a foreign location, `InvalidInput` for half a point or one that is not on earth.
    """
    wanted = {site.location_id: site for site in sites}
    if Location.objects.filter(pk__in=wanted).count() != len(wanted):
        raise NotFound()
    for site in sites:
        _check_point(site)
    PlaceSite.objects.bulk_create([PlaceSite(location_id=pk) for pk in sorted(wanted)], ignore_conflicts=True)
    rows = locks.lock(Rank.ROOT, PlaceSite.objects.filter(location_id__in=wanted))
    for row in rows:
        before, site = row.facts(), wanted[row.location_id]
        row.country, row.region = site.country.strip().upper()[:2], site.region.strip()[:80]
        row.postcode = site.postcode.strip().upper()[:20]
        row.latitude, row.longitude = site.latitude, site.longitude
        if row.facts() != before:
            row.save(update_fields=[*SITE_FIELDS, "updated_at"])
            audit.record(actor, "stock.sites_set", row, before=before, after=row.facts())
    return rows


@use_case(unaudited="the stock ledger is append-only and names the order, whose move is entered")
def reallocate_stock(
    actor: Actor, *, owner: Owner, location_id: UUID, line_ids: Iterable[UUID] | None = None
) -> list[Reservation]:
    """Move what is still promised to an owner (or to some of its lines) to another location, all of it or nothing.

    What has left stays where it left. The caller holds the owner's lock. Promises are locked, then the shelves of both
    ends in one query, so two moves never wait for each other in a circle. The actor works at both ends. Returns what
    is promised there now; nothing when all of it was there already. Raises `OutOfStock` when fewer free pieces lie
    there: a move never begins to owe; `NotFound` for a closed location.
    """
    target = Location.objects.filter(pk=location_id, active=True).first()
    if target is None:
        raise NotFound()
    held = lock_promises(owner, sorted(set(line_ids)) if line_ids is not None else None)
    moving = [
        (row, row.location_id)
        for row in held
        if row.location_id is not None and row.location_id != location_id and row.open_quantity
    ]
    for place in sorted({source for _row, source in moving} | {location_id}):
        check_work_at(actor, place)
    if not moving:
        return []
    rows = [row for row, _source in moving]
    shelves = _lock_both(rows, location_id)
    _check_room(rows, shelves, location_id)
    movements: list[StockMovement] = []
    promises: list[Reservation] = []
    new: list[Reservation] = []
    for row, source in moving:
        quantity = row.open_quantity
        here, there = shelves[row.variant_id, source], shelves[row.variant_id, location_id]
        facts = {"reference_type": owner.type, "reference_id": owner.id}
        movements.append(
            movement(actor, here, StockMovement.Reason.RELEASE, reserved_delta=-quantity, **facts)
        )
        movements.append(
            movement(actor, there, StockMovement.Reason.RESERVE, reserved_delta=quantity, **facts)
        )
        here.move(reserved=-quantity)
        there.move(reserved=quantity)
        if row.open_quantity == row.quantity:
            # The promise itself goes: who waits for it meanwhile, to release it, finds it where it is then.
            row.location_id, row.why = location_id, {"by": "moved"}
            promises.append(row)
            continue
        row.quantity -= quantity
        row.state = _R.CONSUMED if row.consumed_quantity else _R.RELEASED
        new.append(
            Reservation(
                id=new_id(),
                business_id=require_business_id(),
                owner_type=owner.type,
                owner_id=owner.id,
                line_id=row.line_id,
                variant_id=row.variant_id,
                location_id=location_id,
                quantity=quantity,
                per_unit=row.per_unit,
                expires_at=row.expires_at,
                why={"by": "moved"},
            )
        )
    write_movements(movements, shelves.values())
    Reservation.objects.bulk_update(rows, ["quantity", "state", "location", "why", "updated_at"])
    insert(new)
    return promises + new


def _lock_both(moving: list[Reservation], location_id: UUID) -> dict[tuple[UUID, UUID], Shelf]:
    places = {row.location_id for row in moving} | {location_id}
    rows: list[StockBalance] = lock_balances(
        {row.variant_id for row in moving}, even_closed=True, location_id__in=places
    )
    return {
        (row.variant_id, row.location_id): Shelf(row.variant, row.location, row.business.currency, row)
        for row in rows
    }


def _check_room(
    moving: list[Reservation], shelves: Mapping[tuple[UUID, UUID], Shelf], location_id: UUID
) -> None:
    wanted: dict[UUID, int] = {}
    for row in moving:
        wanted[row.variant_id] = wanted.get(row.variant_id, 0) + row.open_quantity
    short = [
        {
            "line_id": row.line_id,
            "variant_id": row.variant_id,
            "requested": wanted[row.variant_id],
            "available": max(0, shelf.available) if shelf else 0,
        }
        for row in moving
        for shelf in [shelves.get((row.variant_id, location_id))]
        if shelf is None or shelf.available < wanted[row.variant_id]
    ]
    if short:
        raise OutOfStock(
            _("Not everything of it lies free at this location."),
            remedy=_("Choose another location, or bring the goods there first by a transfer."),
            lines=short,
        )


def _check_point(site: SiteDraft) -> None:
    if (site.latitude is None) != (site.longitude is None):
        raise InvalidInput(fields={"latitude": [_("Enter both numbers of the point, or none.")]})
    if site.latitude is None or site.longitude is None:
        return
    if not (-90 <= site.latitude <= 90 and -180 <= site.longitude <= 180):
        raise InvalidInput(fields={"latitude": [_("This point is not on earth.")]})


def _said(policy: AllocationPolicy) -> dict[str, Any]:
    return {
        "channel": policy.channel,
        "way": policy.way,
        "split": policy.split,
        "places": [str(pk) for pk in policy.places],
        "only_listed": policy.only_listed,
        "location": str(policy.location_id or ""),
    }
