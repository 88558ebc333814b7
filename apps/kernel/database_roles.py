"""Two roles of the database: the owner makes the tables, the application's role only works with their rows.

The application's role owns nothing, so it can neither take down a policy nor pass by it. Migrations run as the
owner (`DATABASE_OWNER_URL`); everything else as the role of `DATABASE_URL`. See docs/runbooks/roles.md.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections

from . import leakproof, row_security, tenancy

APP_ROLE = "monidesk_app"
_DML = "SELECT, INSERT, UPDATE, DELETE"
# What the application may read and never write.
READ_ONLY_TABLES = ("django_migrations",)


def app_role(connection: Any) -> str:
    """The role the application's statements run as: the one assumed, else the one it signs in with."""
    given = connection.settings_dict
    assumed: str | None = given["OPTIONS"].get("assume_role")
    return assumed or given["USER"] or APP_ROLE


def has_own_role(connection: Any) -> bool:
    """Whether the application works as another role than the owner of the tables."""
    owner = connection.settings_dict.get("OWNER") or {}
    return bool(app_role(connection) != (owner.get("USER") or connection.settings_dict["USER"]))


@contextmanager
def as_owner(using: str) -> Iterator[None]:
    """Work as the owner of the tables within the block, on a connection of its own.

    Rows of every business are in sight: migrations change them all. Inside a transaction it raises, because the
    connection must be left.
    """
    connection: Any = connections[using]
    if connection.acts_as_owner:
        with tenancy.crossing("database.migrate"):
            yield
        return
    if connection.in_atomic_block:
        raise RuntimeError("The owner's work cannot begin inside a transaction.")
    connection.close()
    connection.acts_as_owner = True
    try:
        with tenancy.crossing("database.migrate"):
            yield
    finally:
        connection.close()
        connection.acts_as_owner = False


def prepare_role(connection: Any) -> None:
    """Before the first table: make the application's role when it is missing and the owner may make roles."""
    if not has_own_role(connection):
        return
    role = app_role(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is not None:
            return
        cursor.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            raise RuntimeError(
                f"The database has no role {role}, and the owner may not make one. "
                "`manage.py database_roles` prints what an administrator has to run once."
            )
        make = f'CREATE ROLE "{role}" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE'
        given = connection.settings_dict
        if role == given["USER"] and given["PASSWORD"]:
            _try_again(cursor, f"{make} PASSWORD %s", [given["PASSWORD"]])
        else:
            _try_again(cursor, make)
        _try_again(cursor, f'GRANT "{role}" TO CURRENT_USER')


def install(using: str) -> None:
    """After the migrations: the walls on every table, and what the application's role may do. Repeatable."""
    connection: Any = connections[using]
    row_security.install(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone()[0]:
            for statement in leakproof.statements():
                _try_again(cursor, statement)
    if has_own_role(connection):
        with connection.cursor() as cursor:
            for statement in grants(app_role(connection), cursor):
                _try_again(cursor, statement)


def grants(role: str, cursor: Any) -> list[str]:
    """What the application's role gets in this database: rows, sequences and functions, now and in future.

    Never TRUNCATE, which passes by policies and triggers alike.
    """
    found = [f'GRANT USAGE ON SCHEMA public TO "{role}"']
    found += _rights_in("public", role)
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    there = {name for (name,) in cursor.fetchall()}
    found += [
        f'REVOKE INSERT, UPDATE, DELETE ON "{table}" FROM "{role}"'
        for table in READ_ONLY_TABLES
        if table in there
    ]
    return found


def _rights_in(schema: str, role: str) -> list[str]:
    rights = [(_DML, "TABLES"), ("USAGE, SELECT, UPDATE", "SEQUENCES"), ("EXECUTE", "FUNCTIONS")]
    now = [f'GRANT {right} ON ALL {kind} IN SCHEMA {schema} TO "{role}"' for right, kind in rights]
    later = [
        f'ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT {right} ON {kind} TO "{role}"'
        for right, kind in rights
    ]
    return now + later


def administrators_sql(owner: str, role: str, database: str) -> str:
    """What an administrator of a real server runs once, in `database`. No superuser is needed."""
    return f"""-- Once, as a role that may make roles (a managed server: its administrator). Set the passwords.
CREATE ROLE "{owner}" LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD 'change-me-owner';
CREATE ROLE "{role}" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD 'change-me-app';
GRANT CREATE, CONNECT ON DATABASE "{database}" TO "{owner}";
GRANT CONNECT ON DATABASE "{database}" TO "{role}";
GRANT CREATE, USAGE ON SCHEMA public TO "{owner}";
GRANT USAGE ON SCHEMA public TO "{role}";
-- Tables of an older installation that somebody else owns (run as that role, or an administrator):
--   REASSIGN OWNED BY "the-old-owner" TO "{owner}";
-- Rows, sequences and functions are granted by `python -m monidesk.prepare`, after every migration."""


def _try_again(cursor: Any, statement: str, values: list[str] | None = None) -> None:
    """Roles belong to the whole server: two programs that grant at once disturb each other, and only that."""
    for attempt in range(6):
        try:
            cursor.execute(statement, values)
            return
        except Exception as error:
            state = getattr(error.__cause__, "sqlstate", "")
            if state in {"42710", "23505"} and statement.startswith("CREATE ROLE"):
                return
            disturbed = isinstance(error.__cause__, psycopg.errors.InternalError_) or state in {
                "40001",
                "23505",
            }
            if not disturbed or attempt == 5:
                raise
            time.sleep(0.1 * 2**attempt)


@contextmanager
def owners_command(options: dict[str, Any]) -> Iterator[None]:
    """Run a management command as the owner of the database it names."""
    using = options.get("database") or "default"
    if settings.DATABASES[using].get("ENGINE") != "apps.kernel.postgres":
        yield
        return
    with as_owner(using):
        yield
