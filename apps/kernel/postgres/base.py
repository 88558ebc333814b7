"""The backend Django loads (`ENGINE = "apps.kernel.postgres"`): connections whose server knows the tenant.

Every way a statement can reach the server goes through the cursors here: the ORM, raw SQL, executemany, COPY,
streams and server-side cursors. See `telling` for what is sent and docs/isolation.md for why.
"""

from __future__ import annotations

import select
import time
from typing import Any

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import register_tzloader
from psycopg import sql
from psycopg.pq import Format

from apps.kernel.tenancy import Sight

from .cursors import TellingMixin
from .telling import tell, tell_before_commit, told_of

ASKED_EVERY_SECONDS = 5.0


def _is_silent(connection: Any) -> bool:
    """Nothing has come from the server that nobody asked for, not even its end."""
    if connection is None or connection.closed:
        return False
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return not waiting.poll(0)


class Cursor(TellingMixin, base.Cursor):
    """The ordinary cursor: parameters are bound here."""


class ServerBindingCursor(TellingMixin, base.ServerBindingCursor):
    """The ordinary cursor when the server binds parameters."""


class Portions:
    """For a cursor whose rows stay on the server and are fetched in portions.

    The server works the rows out while they are fetched, so each portion is fetched under the sight the cursor was
    opened with, whatever was bound meanwhile.
    """

    _conn: Any
    _opened_with: Sight | None = None

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        """Open the cursor and keep what was seen."""
        self._opened_with = tell(self._conn)
        return super().execute(query, *args, **kwargs)  # type: ignore[misc]

    def _fetch_gen(self, num: int | None) -> Any:
        # Every way of fetching comes through here.
        tell(self._conn, self._opened_with)
        return super()._fetch_gen(num)  # type: ignore[misc]


class ServerSideCursor(Portions, TellingMixin, base.ServerSideCursor):
    """Such a cursor when parameters are bound here."""


class BoundServerSideCursor(Portions, TellingMixin, psycopg.ServerCursor[Any]):
    """The same when the server binds parameters."""


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection as the application's role; as the owner for migrations, see `database_roles.as_owner`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Making and dropping whole databases (tests) is the owner's work too.
        self.acts_as_owner = self.alias == NO_DB_ALIAS
        self._answered_at = float("-inf")

    @property
    def pool(self) -> Any:
        """The pool belongs to the application's role; the owner connects directly."""
        return None if self.acts_as_owner else super().pool

    def get_connection_params(self) -> dict[str, Any]:
        """Django's parameters with our cursors, and with the owner's name when the owner is meant."""
        given = super().get_connection_params()
        given["cursor_factory"] = (
            ServerBindingCursor if given["cursor_factory"] is base.ServerBindingCursor else Cursor
        )
        if self.acts_as_owner:
            owner = self.settings_dict.get("OWNER") or {}
            for name in ("user", "password", "host", "port"):
                if value := owner.get(name.upper()):
                    given[name] = value
        return given

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that knows nothing yet: a pool may hand out one that another request used."""
        connection = super().get_new_connection(conn_params)
        told_of(connection).forget()
        connection.server_cursor_factory = BoundServerSideCursor
        self._answered_at = float("-inf")
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        """Django's cursor; a named one is ours too."""
        if not name or self.settings_dict["OPTIONS"].get("server_side_binding") is True:
            return super().create_cursor(name)
        cursor = ServerSideCursor(  # type: ignore[call-arg]
            self.connection, name=name, scrollable=False, withhold=self.connection.autocommit
        )
        zone = self.connection.adapters.get_loader(base.TIMESTAMPTZ_OID, Format.TEXT)
        if self.timezone != zone.timezone:
            register_tzloader(self.timezone, cursor)
        return cursor

    def is_usable(self) -> bool:
        """Whether the server still answers: asked once in a few seconds, and whenever it has said something unasked.

        Django asks before each request. A server that ended, or ended this connection, has closed its side, and that
        is seen here without asking.
        """
        now = time.monotonic()
        if now - self._answered_at < ASKED_EVERY_SECONDS and _is_silent(self.connection):
            return True
        usable: bool = super().is_usable()
        if usable:
            self._answered_at = now
        return usable

    def _configure_role(self, connection: Any) -> bool:
        role = self.settings_dict["OPTIONS"].get("assume_role")
        if self.acts_as_owner or not role:
            return False
        # Not Django's own: it asks a pool that is just making this connection for another one.
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        return True

    def _commit(self) -> Any:
        if self.connection is not None:
            with self.wrap_database_errors:
                tell_before_commit(self.connection)
        return super()._commit()  # type: ignore[misc]

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            if self.connection is not None:
                told_of(self.connection).forget()
                told_of(self.connection).mixed = False
