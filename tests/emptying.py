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
        database_roles.install(using)


def _after_the_test(case: TransactionTestCase) -> None:
    for name in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        empty(name)


def install() -> None:
    """Have Django's own test cases empty this way."""
    TransactionTestCase._fixture_teardown = _after_the_test  # type: ignore[attr-defined]
