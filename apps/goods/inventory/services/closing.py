"""Closing days: what lay where at the end of each is written once."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from apps.goods.inventory.models import StockDay, StockMovement
from apps.goods.inventory.services.tracking import REBOOKED
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
SALES = (StockMovement.Reason.CONSUME, StockMovement.Reason.HAND_OVER)

# Recorded later than this is back-dated; less is the way from the service's clock to the row's.
LATE = dt.timedelta(minutes=1)
_CLOSE = """
INSERT INTO inventory_stocksnapshot
    (id, created_at, business_id, day, variant_id, location_id, quantity, value, came, moved_in, sold_at, late_at)
SELECT gen_random_uuid(), %(now)s, %(business)s, %(day)s, variant_id, location_id,
       sum(quantity), sum(value), sum(came), sum(moved_in), max(sold_at), max(late_at)
  FROM (SELECT variant_id, location_id, quantity, value, came, moved_in, sold_at, late_at
          FROM inventory_stocksnapshot WHERE business_id = %(business)s AND day = %(before)s
         UNION ALL
        SELECT variant_id, location_id,
               CASE WHEN fresh THEN on_hand_delta ELSE 0 END, CASE WHEN fresh THEN value_delta ELSE 0 END,
               CASE WHEN arrived AND reason <> 'transfer_in' THEN on_hand_delta ELSE 0 END,
               CASE WHEN arrived AND reason = 'transfer_in' THEN on_hand_delta ELSE 0 END,
               CASE WHEN reason = ANY(%(sales)s) THEN occurred_at END,
               CASE WHEN arrived AND created_at - occurred_at > %(late)s::interval THEN created_at END
          FROM inventory_stockmovement
         CROSS JOIN LATERAL (
               SELECT %(since)s::timestamptz IS NULL OR created_at >= %(since)s AS fresh,
                      on_hand_delta > 0 AND reason_code <> %(rebooked)s AS arrived) AS facts
         WHERE business_id = %(business)s AND created_at < %(until)s
           AND (%(flow_since)s::timestamptz IS NULL OR created_at >= %(flow_since)s)
           AND (on_hand_delta <> 0 OR value_delta <> 0)) AS parts
 GROUP BY variant_id, location_id
HAVING sum(quantity) <> 0 OR sum(value) <> 0 OR sum(came) <> 0 OR sum(moved_in) <> 0 OR max(sold_at) IS NOT NULL
"""
_FLOW = """
INSERT INTO inventory_stockflow (id, created_at, business_id, day_id, location_id, reason, times, came, went, value)
SELECT gen_random_uuid(), %(now)s, %(business)s, %(id)s, location_id, reason, count(*),
       coalesce(sum(on_hand_delta) FILTER (WHERE on_hand_delta > 0), 0),
       coalesce(-sum(on_hand_delta) FILTER (WHERE on_hand_delta < 0), 0), sum(value_delta)
  FROM inventory_stockmovement
 WHERE business_id = %(business)s AND created_at >= %(begin)s AND created_at < %(until)s
   AND (on_hand_delta <> 0 OR value_delta <> 0) AND reason_code <> %(rebooked)s
 GROUP BY location_id, reason
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
        begin = last.until if last else dt.datetime.combine(day, dt.time(), tzinfo=zone)
        now = StockDay(id=new_id(), day=day, since=begin, until=until)
        if not _claim(now):
            break
        _write(now, last)
        last, day, closed = now, day + dt.timedelta(days=1), closed + 1
    return closed


def _claim(day: StockDay) -> bool:
    StockDay.objects.bulk_create([day], ignore_conflicts=True)
    return StockDay.objects.filter(pk=day.pk).exists()


def _write(day: StockDay, last: StockDay | None) -> None:
    """The snapshot and the flow. After a day without its flow (`since`) what came so far is added up once more."""
    since = last.until if last else None
    facts: dict[str, Any] = {
        "now": clock.now(),
        "business": require_business_id(),
        "id": day.pk,
        "day": day.day,
        "begin": day.since,
        "until": day.until,
        "before": last.day if last else None,
        "since": since,
        "flow_since": since if last and last.since else None,
        "sales": list(SALES),
        "rebooked": REBOOKED,
        "late": LATE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, facts)
        cursor.execute(_FLOW, facts)
