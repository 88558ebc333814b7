"""Telling the server what may be seen: the session settings that the policies read.

What was told is kept on the connection itself, so a connection that goes from one request, thread or pool to the
next carries the truth about itself. It is told again only when the context wants something else.
"""

from __future__ import annotations

from typing import Any

from psycopg import errors, pq

from apps.kernel import tenancy
from apps.kernel.tenancy import Sight

BUSINESS = "monidesk.business"
CROSSING = "monidesk.crossing"
_ACTIVE = pq.TransactionStatus.ACTIVE
_IDLE = pq.TransactionStatus.IDLE
_IN_TRANSACTION = pq.TransactionStatus.INTRANS
# After one of these the session's settings may be those of an earlier moment.
_UNDOING = {"ROLLB", "ABORT", "RESET", "DISCA"}


class Told:
    """What one connection told its server last. None: not known, so it is told before the next statement."""

    __slots__ = ("mixed", "sight")

    def __init__(self) -> None:
        self.sight: Sight | None = None
        # Whether the running transaction has seen more than one sight.
        self.mixed = False

    def forget(self) -> None:
        """The server undid an unknown part of what was told: a rollback, a reset."""
        self.sight = None


def told_of(connection: Any) -> Told:
    """What a connection knows about itself."""
    told: Told | None = connection.__dict__.get("_told")
    if told is None:
        told = connection.__dict__["_told"] = Told()
    return told


def tell(connection: Any, wanted: Sight | None = None) -> Sight:
    """Make the server see what the context sees (or `wanted`); one short round trip when it differs.

    Sent below Django's cursor: it is neither counted nor logged as a statement of the product. When it fails the
    error of the server is raised and the statement that was to follow is not sent.
    """
    sight = tenancy.sight() if wanted is None else wanted
    told = told_of(connection)
    if told.sight == sight:
        return sight
    status = connection.pgconn.transaction_status
    if status == _ACTIVE:
        raise errors.ObjectNotInPrerequisiteState("Another business is bound while a statement still runs.")
    if status != _IDLE and status != _IN_TRANSACTION:
        # A failed transaction takes nothing but its rollback, a lost connection nothing at all.
        told.sight = None
        return sight
    _send(connection, sight, local="false")
    told.sight = sight
    told.mixed = status == _IN_TRANSACTION
    return sight


def tell_before_commit(connection: Any) -> None:
    """Let checks that were put off to the commit see all that the transaction wrote.

    Without need when all of it was written under one sight: then the checks see the same rows.
    """
    told = told_of(connection)
    if told.mixed and connection.pgconn.transaction_status == _IN_TRANSACTION:
        # Local to the transaction: what was told before is valid again after it.
        _send(connection, Sight(None, "database.commit"), local="true")
    told.mixed = False


def undoes_settings(query: Any) -> bool:
    """Whether a statement may take settings back."""
    return isinstance(query, str) and query[:5].upper() in _UNDOING


def _send(connection: Any, sight: Sight, *, local: str) -> None:
    business = "" if sight.business_id is None else str(sight.business_id)
    # Both are safe to write out: a UUID, and a name out of the registry of crossings.
    statement = (
        f"SELECT set_config('{BUSINESS}', '{business}', {local}), "
        f"set_config('{CROSSING}', '{sight.crossing}', {local})"
    )
    result = connection.pgconn.exec_(statement.encode("ascii"))
    if result.status != pq.ExecStatus.TUPLES_OK:
        told_of(connection).forget()
        raise errors.error_from_result(result)
