"""Dropping events that everybody has had long ago. What waits or is parked stays, however old it is."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from . import clock

KEPT_DAYS = 30
# So many rows a statement: a long delete would hold its locks, and its rows, for minutes.
_BATCH = 5000
_DELIVERIES = """
    DELETE FROM kernel_delivery WHERE id IN (
        SELECT id FROM kernel_delivery WHERE state = 'done' AND done_at < %s LIMIT %s)
"""
_EVENTS = """
    DELETE FROM kernel_outboxevent WHERE id IN (
        SELECT e.id FROM kernel_outboxevent e WHERE e.occurred_at < %s
            AND NOT EXISTS (SELECT 1 FROM kernel_delivery d WHERE d.event_id = e.id) LIMIT %s)
"""


def forget_delivered() -> tuple[int, int]:
    """Drop deliveries done 30 days ago, then events as old that have none left; returns how many of each.

    Runs in the caller's crossing, in several short statements.
    """
    before = clock.now() - dt.timedelta(days=KEPT_DAYS)
    return _drop(_DELIVERIES, before), _drop(_EVENTS, before)


def _drop(statement: str, before: dt.datetime) -> int:
    dropped: int = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(statement, [before, _BATCH])
            gone: int = cursor.rowcount
            dropped += gone
            if gone < _BATCH:
                return dropped
