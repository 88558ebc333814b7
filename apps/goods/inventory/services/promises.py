"""Locking what was promised to an owner, and using it up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.goods.inventory.lines import Owner
from apps.goods.inventory.models import Reservation
from apps.goods.inventory.services.shelves import Shelf, lock_balances, look_at
from apps.kernel import locks
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.locks import Rank

Part = tuple[Reservation, int]
Place = tuple[UUID, UUID | None]


def lock_promises(owner: Owner, line_ids: list[UUID] | None = None) -> list[Reservation]:
    """Lock what is still held for an owner, in one query. Always before the balances, in every service."""
    held = Q(owner_type=owner.type, owner_id=owner.id, state=Reservation.State.HELD)
    if line_ids is not None:
        held &= Q(line_id__in=line_ids)
    return locks.lock(Rank.STOCK, Reservation.objects.filter(held))


def close_out(reservations: list[Reservation], wanted: Mapping[UUID, int] | None, *, into: str) -> list[Part]:
    """Share out the wanted units of each line over its reservations (all that is held, without `wanted`). Of a kit each
    part is shared out by itself: `per_unit` of it for a unit of the line.

    Sets the counters and the state on the rows without saving them. Raises `InvalidInput` for a quantity that is
    not one or more, `WrongState` when a line holds fewer units than wanted.
    """
    parts: list[Part] = []
    if wanted is None:
        for row in reservations:
            parts.append((row, row.open_quantity))
            _use(row, row.open_quantity, into)
        return parts
    by_line: dict[UUID, dict[UUID, list[Reservation]]] = defaultdict(lambda: defaultdict(list))
    for row in reservations:
        by_line[row.line_id][row.variant_id].append(row)
    for line_id, quantity in wanted.items():
        if quantity < 1:
            raise InvalidInput(fields={"quantity": [_("Enter a whole number of one or more.")]})
        held = open_units(row for rows in by_line[line_id].values() for row in rows)
        if held < quantity:
            raise WrongState(
                _("Only %(held)s units of this line are still reserved.") % {"held": held},
                code="not_reserved",
                line_id=line_id,
                held=held,
            )
        for rows in by_line[line_id].values():
            pieces = quantity * rows[0].per_unit
            for row in rows:
                part = min(pieces, row.open_quantity)
                if part:
                    _use(row, part, into)
                    parts.append((row, part))
                    pieces -= part
    return parts


def open_units(reservations: Iterable[Reservation]) -> int:
    """How many units of one line are still held: as many as the scarcest part of it makes."""
    pieces: dict[UUID, int] = defaultdict(int)
    per_unit: dict[UUID, int] = {}
    for row in reservations:
        pieces[row.variant_id] += row.open_quantity
        per_unit[row.variant_id] = row.per_unit
    return min((count // per_unit[pk] for pk, count in pieces.items()), default=0)


def lock_shelves_of(parts: list[Part]) -> dict[Place, Shelf]:
    """Lock the balances behind the parts, in one query, also at locations closed since."""
    places = {(row.variant_id, row.location_id) for row, _quantity in parts if row.location_id}
    if not places:
        return {}
    rows = lock_balances(
        (variant_id for variant_id, _location in places),
        even_closed=True,
        location_id__in={loc for _v, loc in places},
    )
    return look_at(
        {
            (row.variant_id, row.location_id): Shelf(row.variant, row.location, row.business.currency, row)
            for row in rows
        }
    )


def _use(row: Reservation, quantity: int, into: str) -> None:
    setattr(row, into, getattr(row, into) + quantity)
    if row.open_quantity == 0:
        row.state = Reservation.State.CONSUMED if row.consumed_quantity else Reservation.State.RELEASED
