"""First in, first out, worked out from the ledger: what lies on a shelf are its newest arrivals.

No layer is stored. The pieces that are left of a shelf came last, so its layers are the newest arrivals that make up
what is on hand, and what leaves costs what the shelf is worth less what stays. See docs/adr/0007.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from apps.kernel.money import ZERO, round_money

if TYPE_CHECKING:
    from apps.goods.inventory.services.shelves import Shelf

Layer = tuple[int, Decimal]

# For each place the newest arrivals, a handful first: a shelf holds few deliveries, however long its ledger is.
_NEWEST = """
SELECT place.variant_id, place.location_id, came.on_hand_delta, came.value_delta
  FROM unnest(%s::uuid[], %s::uuid[]) AS place (variant_id, location_id)
 CROSS JOIN LATERAL (
        SELECT moved.id, moved.on_hand_delta, moved.value_delta
          FROM inventory_stockmovement AS moved
         WHERE moved.variant_id = place.variant_id AND moved.location_id = place.location_id
           AND moved.on_hand_delta > 0 AND moved.reason_code <> 'tracking'
         ORDER BY moved.id DESC LIMIT %s) AS came
 ORDER BY place.variant_id, place.location_id, came.id DESC
"""
FIRST_LOOK = 32


def read_layers(
    places: dict[tuple[UUID, UUID], int], look: int = FIRST_LOOK
) -> dict[tuple[UUID, UUID], list[Layer]]:
    """The newest arrivals of each place, newest first, enough for the units on hand there."""
    found: dict[tuple[UUID, UUID], list[Layer]] = {place: [] for place in places}
    if not places:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [[v for v, _p in places], [p for _v, p in places], look])
        for variant_id, location_id, units, value in cursor.fetchall():
            found[variant_id, location_id].append((units, value))
    short = {
        place: units
        for place, units in places.items()
        if len(found[place]) == look and sum(layer[0] for layer in found[place]) < units
    }
    return {**found, **read_layers(short, look * 16)} if short else found


def worth_of_newest(layers: Iterable[Layer], units: int, currency: str) -> Decimal:
    """What the newest `units` came for; a part of an arrival is worth its share, rounded once."""
    worth = ZERO
    for came, value in layers:
        if units <= 0:
            break
        part = min(units, came)
        worth += value if part == came else round_money(value * part / came, currency)
        units -= part
    return worth


def look_at_layers(shelves: Iterable[Shelf]) -> None:
    """Read the layers of the shelves that are valued first in, first out: one query, none when there are none."""
    wanted = {
        (shelf.variant_id, shelf.location_id): shelf
        for shelf in shelves
        if shelf.is_fifo and shelf.on_hand > 0
    }
    if not wanted:
        return
    layers = read_layers({place: shelf.on_hand for place, shelf in wanted.items()})
    for place, shelf in wanted.items():
        shelf.layers = layers[place]
