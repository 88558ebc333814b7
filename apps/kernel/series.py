"""Gapless numbers: given in the transaction of the document, so a number exists only with its document."""

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
