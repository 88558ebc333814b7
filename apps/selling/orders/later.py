"""Reads of what is sold before it is there: for the store's pages, orders and mails."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.utils import formats
from django.utils.translation import gettext as _

from apps.kernel.tenancy import require_business_id

from .models import LaterKind, LaterSale, Order, WaitingLine
from .sold import counting_of_line

# First come, first served: a promise is covered by what is on hand after all promises made before it. Promises have
# rising ids, so their order is the order in which they were made.
_UNCOVERED = """
SELECT owner_id, line_id, variant_id, per_unit, sum(missing)::int
  FROM (
       SELECT r.owner_id, r.line_id, r.variant_id, r.per_unit,
              greatest(0, least(
                  r.quantity - r.consumed_quantity - r.released_quantity,
                  sum(r.quantity - r.consumed_quantity - r.released_quantity)
                      OVER (PARTITION BY r.variant_id, r.location_id ORDER BY r.id)
                  - greatest(b.on_hand, 0)
              )) AS missing
         FROM inventory_reservation r
         JOIN inventory_stockbalance b ON b.variant_id = r.variant_id AND b.location_id = r.location_id
        WHERE r.business_id = %s AND r.state = 'held' AND r.variant_id = ANY(%s)
       ) one
 WHERE missing > 0
 GROUP BY owner_id, line_id, variant_id, per_unit
"""


@dataclass(frozen=True, slots=True)
class Missing:
    """Pieces of a variant that a line of an order is promised and nobody has yet."""

    order_id: UUID
    line_id: UUID
    variant_id: UUID
    per_unit: int
    pieces: int

    @property
    def units(self) -> int:
        """Units of the line that cannot leave for it."""
        return -(-self.pieces // self.per_unit)


def list_missing(variant_ids: Iterable[UUID]) -> list[Missing]:
    """What is promised of these variants and not there, by line; one query. First come, first served."""
    wanted = list(variant_ids)
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_UNCOVERED, [require_business_id(), wanted])
        return [Missing(*row) for row in cursor.fetchall()]


def later_of(variant_ids: Iterable[UUID]) -> dict[UUID, LaterSale]:
    """As what these variants are sold when none is left; one query."""
    return {one.variant_id: one for one in LaterSale.objects.filter(variant_id__in=list(variant_ids))}


def later_words(sale: LaterSale | None) -> str:
    """For a buyer before she orders."""
    if sale is None:
        return _("On order: leaves a little later")
    if sale.promised_on is None:
        return _("Back soon: order now, it leaves as soon as it is here")
    if sale.kind == LaterKind.PREORDER:
        return _("Pre-order: leaves from %(day)s") % {"day": _day(sale.promised_on)}
    return _("Back on %(day)s: order now, it leaves then") % {"day": _day(sale.promised_on)}


def waiting_words(waiting: WaitingLine) -> str:
    """For who has ordered. Reads the line's variant."""
    count = counting_of_line(waiting.line).words(waiting.quantity)
    if waiting.promised_on is None:
        return _("%(count)s are sent as soon as they are here") % {"count": count}
    words = (
        _("%(count)s pre-ordered, expected %(day)s")
        if waiting.kind == LaterKind.PREORDER
        else _("%(count)s on backorder, expected %(day)s")
    )
    return words % {"count": count, "day": _day(waiting.promised_on)}


def waiting_of(order: Order) -> dict[UUID, WaitingLine]:
    """The lines of an order that wait for goods, by line; one query."""
    rows = WaitingLine.objects.filter(order=order, arrived_at__isnull=True).select_related("line__variant")
    return {row.line_id: row for row in rows}


def _day(day: dt.date) -> str:
    return formats.date_format(day, "DATE_FORMAT")
