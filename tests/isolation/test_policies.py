"""Every table with rows of a business, found from the models and from the database, asked as the application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pgtrigger
import pytest
from django.apps import apps
from django.db import DatabaseError, ProgrammingError, connection, transaction

from apps.kernel import row_security, tenancy
from apps.kernel.checks import check_roles, faults_of_role
from apps.kernel.database_roles import app_role
from apps.platform.businesses.models import Business, Membership
from tests.conftest import build_business
from tests.owner import owners_rights

pytestmark = pytest.mark.django_db
WALLS = row_security.walls()
DIRECTORY = Business._meta.db_table
OWNED = {
    model._meta.db_table: row_security.tenant_column(model)
    for model in apps.get_models(include_auto_created=True)
    if model._meta.db_table in WALLS and model._meta.db_table != DIRECTORY
}


@pytest.fixture(autouse=True)
def strict(no_crossing: None) -> None:
    """Nothing is in sight but what a test binds."""


@pytest.fixture
def two() -> tuple[Business, Business]:
    with tenancy.crossing("tests"):
        return build_business("ours"), build_business("theirs")


def read(sql: str, *arguments: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return list(cursor.fetchall())


def refused_by_policy(sql: str, *arguments: Any) -> bool:
    """Whether the policy refused the row; any other fault is the row's own (it is mostly empty)."""
    try:
        with pgtrigger.ignore(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, arguments)
    except DatabaseError as error:
        state: str | None = getattr(error.__cause__, "sqlstate", None)
        return state == "42501" and "row-level security" in str(error)
    return False


def test_every_tenant_table_has_its_wall() -> None:
    assert row_security.missing(connection) == []
    assert len(WALLS) > 40


def test_the_database_knows_no_other_table_of_a_tenant() -> None:
    found = read(
        """
        SELECT DISTINCT c.relname FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey)
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
            AND (a.attname = 'business_id' OR k.confrelid = %s::regclass)
            AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
        """,
        DIRECTORY,
    )
    assert found == []


def test_a_table_without_its_wall_is_noticed() -> None:
    with owners_rights(), connection.cursor() as cursor:
        cursor.execute('DROP POLICY tenant_wall ON "businesses_location"')
    assert row_security.missing(connection) == ["businesses_location"]
    with owners_rights():
        assert row_security.install(connection) == ["businesses_location"]
        assert row_security.install(connection) == []
    assert row_security.missing(connection) == []


def test_the_application_owns_nothing_and_passes_by_nothing() -> None:
    assert read("SELECT current_user") == [(app_role(connection),)]
    assert faults_of_role(connection) == []
    for statement in ("TRUNCATE businesses_location", "ALTER TABLE businesses_location DISABLE ROW LEVEL SECURITY",
                      "DROP POLICY tenant_wall ON businesses_location", "UPDATE django_migrations SET name = ''",
                      "CREATE TABLE public.mine (id int)"):  # fmt: skip
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_owner_would_be_warned_about() -> None:
    with owners_rights():
        assert any("owns" in fault or "superuser" in fault for fault in faults_of_role(connection))
    assert check_roles(None) == []


@pytest.fixture(scope="module")
def houses(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[tuple[Any, Any]]:
    """Two businesses with rows in nearly every table."""
    from django.test import override_settings

    from tests.api.houses import build_house

    calm = override_settings(
        OUTBOX_WAKE=False, MEDIA_ROOT=tmp_path_factory.mktemp("houses"), API_THROTTLES={}
    )
    with calm, django_db_blocker.unblock(), transaction.atomic():
        with tenancy.crossing("tests"):
            made = build_house("walls-one", "Alder"), build_house("walls-two", "Birch")
        yield made
        transaction.set_rollback(True)


class TestRows:
    """Reading and writing, table by table, in raw SQL."""

    pytestmark = pytest.mark.django_db

    @pytest.fixture(autouse=True)
    def _django_db_helper(self) -> None:
        """Not the plugin's own: the houses stand for all tests here."""

    def test_without_a_binding_nothing_is_seen(self, houses: tuple[Any, Any]) -> None:
        with tenancy.crossing("tests"):
            filled = [table for table in OWNED if read(f'SELECT 1 FROM "{table}" LIMIT 1')]
        assert len(filled) > 35, filled
        with tenancy.bind(None):
            seen = {table: read(_rows_of_a_business(table)) for table in filled}
        assert {table for table, rows in seen.items() if rows != [(0,)]} == set()

    def test_a_binding_shows_its_own_rows_only(self, houses: tuple[Any, Any]) -> None:
        ours, theirs = (house.business.pk for house in houses)
        shown = 0
        for table, column in OWNED.items():
            if column is None:
                continue
            with tenancy.bind(ours):
                found = {row[0] for row in read(f'SELECT DISTINCT "{column}" FROM "{table}"')}
            assert found <= {ours}, table
            shown += bool(found)
            with tenancy.bind(ours):
                assert read(f'SELECT count(*) FROM "{table}" WHERE "{column}" = %s', theirs) == [(0,)], table
        assert shown > 35

    def test_nothing_foreign_is_changed_or_deleted(self, houses: tuple[Any, Any]) -> None:
        ours, theirs = (house.business.pk for house in houses)
        for table, column in OWNED.items():
            if column is None:
                continue
            with tenancy.bind(ours), pgtrigger.ignore(), connection.cursor() as cursor:
                cursor.execute(
                    f'UPDATE "{table}" SET "{column}" = "{column}" WHERE "{column}" = %s', [theirs]
                )
                assert cursor.rowcount == 0, table
                cursor.execute(f'DELETE FROM "{table}" WHERE "{column}" = %s', [theirs])
                assert cursor.rowcount == 0, table

    def test_a_row_cannot_be_given_to_another(self, houses: tuple[Any, Any]) -> None:
        ours, theirs = (house.business.pk for house in houses)
        given = 0
        for table, column in OWNED.items():
            if column is None:
                continue
            with tenancy.bind(ours):
                if read(f'SELECT 1 FROM "{table}" LIMIT 1'):
                    assert refused_by_policy(f'UPDATE "{table}" SET "{column}" = %s', theirs), table
                    given += 1
        assert given > 30


def _rows_of_a_business(table: str) -> str:
    """Rows of no business are the platform's own, and not a tenant's."""
    column = OWNED[table]
    if column is None:
        return f'SELECT count(*) FROM "{table}"'
    return (
        f'SELECT count(*) FROM "{table}" WHERE "{column}" <> \'00000000-0000-0000-0000-000000000000\'::uuid'
    )


@pytest.mark.parametrize("table", sorted(OWNED))
def test_nothing_foreign_can_be_written(table: str, two: tuple[Business, Business]) -> None:
    ours, theirs = two
    column = OWNED[table] or _parent_column(table)
    insert = f'INSERT INTO "{table}" ("{column}") VALUES (%s)'
    # The column of a child names its parent, and a parent that is not in sight is none.
    foreign = theirs.pk if OWNED[table] else uuid4()
    for bound in (ours.pk, None):
        with tenancy.bind(bound):
            assert refused_by_policy(insert, foreign), bound
    if OWNED[table]:
        with tenancy.bind(ours.pk):
            # Control: its own row fails, if at all, for what it lacks.
            assert not refused_by_policy(insert, ours.pk)


def _parent_column(table: str) -> str:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table == table and (parent := row_security._parent(model)) is not None:
            return str(parent.column)
    raise AssertionError(f"{table} belongs to nobody")


def test_a_row_belongs_to_whom_its_parent_belongs_to(two: tuple[Business, Business]) -> None:
    from apps.platform.accounts.models import User
    from apps.platform.businesses.models import Location, Role

    ours, theirs = two
    with tenancy.bind(theirs.pk):
        person = User.objects.create_user("a@theirs.example", "x" * 12)
        role = Role.objects.create(code="r", name="R", permissions=[])
        member = Membership.objects.create(user=person, role=role)
        member.locations.add(Location.objects.get())
        assert read("SELECT count(*) FROM businesses_membership_locations") == [(1,)]
    insert = "INSERT INTO businesses_membership_locations (membership_id, location_id) VALUES (%s, %s)"
    with tenancy.bind(ours.pk):
        assert read("SELECT count(*) FROM businesses_membership_locations") == [(0,)]
        assert refused_by_policy(insert, member.pk, Location.objects.get().pk)


def test_the_directory_is_read_by_all_and_written_by_its_own(two: tuple[Business, Business]) -> None:
    ours, theirs = two
    with tenancy.bind(ours.pk), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM businesses_business WHERE slug IN ('ours', 'theirs')")
        assert cursor.fetchone() == (2,)
        cursor.execute("UPDATE businesses_business SET name = 'x' WHERE id = %s", [theirs.pk])
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM businesses_business WHERE id = %s", [theirs.pk])
        assert cursor.rowcount == 0
        cursor.execute("UPDATE businesses_business SET name = 'x' WHERE id = %s", [ours.pk])
        assert cursor.rowcount == 1
        assert refused_by_policy("INSERT INTO businesses_business (id) VALUES (%s)", uuid4())


def test_rows_of_nobody_are_the_platforms(two: tuple[Business, Business]) -> None:
    columns = "id, service, key, fingerprint, created_at"
    insert = f"INSERT INTO kernel_idempotencykey ({columns}) VALUES (%s, 's', 'k', '', now())"
    with tenancy.bind(two[0].pk):
        assert refused_by_policy(insert, uuid4())
    with tenancy.bind(None), connection.cursor() as cursor:
        cursor.execute(insert, [uuid4()])
        assert read("SELECT count(*) FROM kernel_idempotencykey") == [(1,)]
    with tenancy.bind(two[0].pk):
        assert read("SELECT count(*) FROM kernel_idempotencykey") == [(0,)]


def test_both_ids_of_a_foreign_and_an_unknown_row_look_alike(two: tuple[Business, Business]) -> None:
    from apps.platform.businesses.models import Location

    ours, theirs = two
    with tenancy.crossing("tests"):
        foreign: UUID = Location.unscoped.get(business=theirs).pk
    with tenancy.bind(ours.pk):
        for pk in (foreign, uuid4()):
            assert not Location._base_manager.filter(pk=pk).exists()
