"""Closing days: what lay where at the end of each is written once."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.db import connection

from apps.goods.inventory.models import StockDay, StockMovement
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.selectors import get_current_business

# A transaction that began before midnight may commit after it; none runs so long.
SETTLED_AFTER = dt.timedelta(minutes=15)
# So many missed days are made up for by one run; the next goes on.
MOST_DAYS = 31

_CLOSE = """
INSERT INTO inventory_stocksnapshot (id, created_at, business_id, day, variant_id, location_id, quantity, value)
SELECT gen_random_uuid(), %(now)s, %(business)s, %(day)s, variant_id, location_id, sum(quantity), sum(value)
  FROM (SELECT variant_id, location_id, quantity, value
          FROM inventory_stocksnapshot WHERE business_id = %(business)s AND day = %(before)s
         UNION ALL
        SELECT variant_id, location_id, on_hand_delta, value_delta
          FROM inventory_stockmovement
         WHERE business_id = %(business)s AND created_at < %(until)s
           AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)
           AND (on_hand_delta <> 0 OR value_delta <> 0)) AS parts
 GROUP BY variant_id, location_id
HAVING sum(quantity) <> 0 OR sum(value) <> 0
"""


@use_case(unaudited="sums of the stock ledger, which is append-only")
def close_stock_days(actor: Actor) -> int:
    """Write what lay where at the end of each day since the last that was closed; returns how many days.

    Only days that are over for a while. Called again, or by two workers at once, it writes no day twice. Each day is
    the one before and the movements recorded since.
    """
    zone = ZoneInfo(get_current_business().time_zone)
    newest = (clock.now() - SETTLED_AFTER).astimezone(zone).date() - dt.timedelta(days=1)
    last = StockDay.objects.order_by("-day").first()
    if last is None and not StockMovement.objects.exists():
        return 0
    day = newest if last is None else last.day + dt.timedelta(days=1)
    closed = 0
    while day <= newest and closed < MOST_DAYS:
        until = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=zone)
        now = StockDay(id=new_id(), day=day, until=until)
        if not _claim(now):
            break
        _write(now, last)
        last, day, closed = now, day + dt.timedelta(days=1), closed + 1
    return closed


def _claim(day: StockDay) -> bool:
    StockDay.objects.bulk_create([day], ignore_conflicts=True)
    return StockDay.objects.filter(pk=day.pk).exists()


def _write(day: StockDay, last: StockDay | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _CLOSE,
            {
                "now": clock.now(),
                "business": require_business_id(),
                "day": day.day,
                "until": day.until,
                "before": last.day if last else None,
                "since": last.until if last else None,
            },
        )
