"""Who has what in hand: so that a delivery that takes its dispatcher down is found, counted and in the end parked.

What such a delivery's transaction wrote is gone with it, a count of attempts too. So a dispatcher notes, before it
begins, the deliveries it is about to try: once for all of a batch, in an unlogged table, and under a lock of its
session that PostgreSQL lets go when the process is gone. Whoever finds a note that nobody holds knows that somebody
died: of one of several, which are then tried each alone, or of the only one, which counts as an attempt of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import Error, connection, transaction

from . import clock

log = logging.getLogger(__name__)

# The first half of the locks' keys; any number that nobody else in this database uses.
_LOCKS = 4_719_232
_BEGIN = """
    WITH begun AS (
        INSERT INTO kernel_dispatchround (delivery_ids, is_alone, begun_at) VALUES (%s::bigint[], %s, %s) RETURNING id)
    SELECT id, pg_try_advisory_lock(%s, (id %% 2147483647)::int) FROM begun
"""
_END = """
    WITH ended AS (DELETE FROM kernel_dispatchround WHERE id = %s RETURNING id)
    SELECT pg_advisory_unlock(%s, (id %% 2147483647)::int) FROM ended
"""
_LEFT = "SELECT id FROM kernel_dispatchround WHERE pg_try_advisory_xact_lock(%s, (id %% 2147483647)::int)"
_TAKE_OVER = f"""
    DELETE FROM kernel_dispatchround WHERE id IN ({_LEFT}) AND id = %s RETURNING delivery_ids, is_alone
"""  # noqa: S608
# One that is in somebody's hands is not touched: it stands in that one's note as well.
_UNTRIED = """
    SELECT id FROM kernel_delivery WHERE id = ANY(%s::bigint[]) AND state = 'pending' ORDER BY id FOR UPDATE SKIP LOCKED
"""


@contextmanager
def in_hand(delivery_ids: list[int], *, alone: bool) -> Iterator[None]:
    """Note what is being tried within the block; the note stays when the process does not come out of it."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [delivery_ids, alone, clock.now(), _LOCKS])
        round_id = cursor.fetchone()[0]
    try:
        yield
    finally:
        try:
            with connection.cursor() as cursor:
                cursor.execute(_END, [round_id, _LOCKS])
        except Error as error:
            # A broken connection has let go of the lock: the next dispatcher finds the note and tries each alone.
            log.warning("What was in hand could not be put down: %s", error)


def take_over(count: Callable[[int], None]) -> None:
    """Take over what the dead had in hand: `count` is called with what was tried alone, the others will be from now.

    To be called in a crossing; usually one small query that finds nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, [_LOCKS])
        left = [round_id for (round_id,) in cursor.fetchall()]
    for round_id in left:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_TAKE_OVER, [_LOCKS, round_id])
            for delivery_ids, alone in cursor.fetchall():
                cursor.execute(_UNTRIED, [delivery_ids])
                untried = [delivery_id for (delivery_id,) in cursor.fetchall()]
                if alone or len(untried) == 1:
                    for delivery_id in untried:
                        count(delivery_id)
                else:
                    cursor.execute(
                        "UPDATE kernel_delivery SET is_suspect = true WHERE id = ANY(%s::bigint[])", [untried]
                    )
