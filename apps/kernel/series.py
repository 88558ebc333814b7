"""Numbers of documents. Gapless where the law asks for it, and rising without a lock everywhere else.

A gapless number is given in the transaction of its document, which holds the series until it commits: all
documents of a business wait for each other. Invoices and journal entries need that. Orders do not, and a
shop in a rush must not stand in a queue for a number.
"""

from __future__ import annotations

from django.db import connection

from . import tenancy
from .ids import new_id
from .locks import Rank, note

_NEXT = """
    INSERT INTO kernel_seriescounter AS counter (id, business_id, name, last_number)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (business_id, name) DO UPDATE SET last_number = counter.last_number + %s
    RETURNING last_number
"""


def next_number(name: str, *, start: int = 1) -> int:
    """The next number of series `name` of the bound business, from `start` on. Locks the series until commit."""
    return next_numbers(name, 1, start=start)[0]


def next_numbers(name: str, count: int, *, start: int = 1) -> range:
    """`count` consecutive numbers in one query; the same rules as `next_number`."""
    note(Rank.SERIES)
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [new_id(), tenancy.require_business_id(), name, start + count - 1, count])
        (last,) = cursor.fetchone()
    return range(last - count + 1, last + 1)


def rising_number(name: str, *, first: int = 1) -> int:
    """A higher number than any given before in series `name` of the bound business; nobody waits.

    Begins with `first`. A work that fails after it leaves a gap, and so may a crash of the database.
    """
    tenancy.require_business_id()
    with connection.cursor() as cursor:
        cursor.execute("SELECT kernel_rising_number(%s, %s)", [name, first])
        (number,) = cursor.fetchone()
    return int(number)
