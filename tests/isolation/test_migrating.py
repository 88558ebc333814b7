"""The walls over migrations. In a file of its own: the houses next door keep a transaction open for all their tests."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from apps.kernel import row_security
from apps.kernel.database_roles import as_owner

from .test_policies import read


@pytest.mark.django_db(transaction=True)
def test_migrations_go_back_and_the_walls_come_again() -> None:
    before = set(row_security.walls())
    call_command("migrate", "imports", "zero", verbosity=0)
    try:
        standing = {name for (name,) in read("SELECT relname FROM pg_class WHERE relrowsecurity")}
        assert before - standing == {table for table in before if table.startswith("imports_")}
    finally:
        call_command("migrate", verbosity=0)
    assert row_security.missing(connection) == []
    with as_owner("default"), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE public.later (id int)")
    try:
        assert read("SELECT count(*) FROM later") == [(0,)], "the application may use tables made later"
    finally:
        with as_owner("default"), connection.cursor() as cursor:
            cursor.execute("DROP TABLE public.later")
