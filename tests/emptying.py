"""Emptying the database after a test that commits: only the tables that hold something, only their rows.

Django empties all of the four hundred tables and then makes its permissions and content types again, which took
longer than most of the tests before it.
"""

from __future__ import annotations

from typing import Any

from django.db import connections, transaction
from django.test import TransactionTestCase
from psycopg import sql

from apps.kernel import database_roles

# Made by migrating, and the same for every test.
KEPT = {"django_migrations", "django_content_type", "auth_permission"}
# All that putting up walls and giving rights can change. A policy and a function that is made or altered has a new
# xmin; a table has one also for reasons that do not matter here.
_STANDING = """
    SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
        SELECT concat_ws(' ', 'table', oid, relname, relowner, relrowsecurity, relforcerowsecurity, relacl) AS line
            FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 'I')
        UNION ALL SELECT concat_ws(' ', 'policy', oid, xmin, polrelid) FROM pg_policy
        UNION ALL SELECT concat_ws(' ', 'mark', objoid, description)
            FROM pg_description WHERE classoid = 'pg_policy'::regclass
        UNION ALL SELECT concat_ws(' ', 'function', oid, xmin) FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace OR proleakproof
        UNION ALL SELECT concat_ws(' ', 'default', oid, defaclacl) FROM pg_default_acl
        UNION ALL SELECT concat_ws(' ', 'schema', oid, nspacl) FROM pg_namespace WHERE nspname = 'public'
    ) AS standing
"""
# How each database stood right after its walls and rights were put up.
_as_put_up: dict[str, str] = {}


def empty(using: str) -> None:
    """Delete every row of every table but `KEPT`, and put up the walls that a test took down."""
    connection: Any = connections[using]
    with database_roles.as_owner(using):
        with transaction.atomic(using), connection.cursor() as cursor:
            names = sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
            ask = sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})")
            asked = [ask.format(sql.Literal(name), sql.Identifier(name)) for name in names]
            cursor.execute(sql.SQL(" UNION ALL ").join(asked))
            full = [sql.Identifier(name) for (name,) in cursor.fetchall()]
            # Books, trails and ledgers let nobody take a row away; foreign keys are looked at when all is gone.
            rest = [sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(table) for table in full]
            deletes = [sql.SQL("DELETE FROM {}").format(table) for table in full]
            wake = [sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(table) for table in full]
            look = sql.SQL("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(sql.SQL("; ").join([*rest, *deletes, look, *wake]))
        _put_up(using)


def _put_up(using: str) -> None:
    """Walls and rights as they belong; nothing is done when nothing was changed since that was done last.

    A grant writes the row of every table anew, and every connection then forgets what it knew of all of them.
    """
    connection = connections[using]
    name = str(connection.settings_dict["NAME"])
    if name in _as_put_up and _standing(using) == _as_put_up[name]:
        return
    database_roles.install(using)
    _as_put_up[name] = _standing(using)


def _standing(using: str) -> str:
    with connections[using].cursor() as cursor:
        cursor.execute(_STANDING)
        return str(cursor.fetchone()[0])


def _after_the_test(case: TransactionTestCase) -> None:
    for name in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        empty(name)


def install() -> None:
    """Have Django's own test cases empty this way."""
    TransactionTestCase._fixture_teardown = _after_the_test  # type: ignore[attr-defined]
