"""What the server is told follows the context: after rollbacks, in cursors of all kinds, from thread to thread."""

from __future__ import annotations

import datetime as dt
import threading
from contextlib import suppress
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import UnboundTenant
from apps.kernel.ids import new_id
from apps.kernel.postgres.cursors import TellingMixin
from apps.kernel.postgres.telling import told_of
from apps.money.ledger.models import Account, JournalEntry, JournalLine
from apps.money.ledger.services import create_chart
from apps.platform.businesses.models import Business, Location
from tests.conftest import build_business

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.date(2026, 3, 5)


@pytest.fixture(autouse=True)
def strict(no_crossing: None) -> None:
    """Nothing is in sight but what a test binds."""


@pytest.fixture
def two() -> tuple[UUID, UUID]:
    with tenancy.crossing("tests"):
        return build_business("ours", currency="GBP").pk, build_business("theirs", currency="GBP").pk


def seen() -> set[UUID]:
    """Whose rows raw SQL finds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT business_id FROM businesses_location")
        return {row[0] for row in cursor.fetchall()}


def test_each_block_sees_its_own(two: tuple[UUID, UUID]) -> None:
    ours, theirs = two
    assert seen() == set()
    with tenancy.bind(ours):
        assert seen() == {ours}
        with tenancy.bind(theirs):
            assert seen() == {theirs}
        with tenancy.crossing("tests"):
            assert seen() == {ours, theirs}
            with tenancy.bind(theirs):
                assert seen() == {theirs}, "binding ends a crossing around it"
        with tenancy.bind(None):
            assert seen() == set()
        assert seen() == {ours}
    assert seen() == set()


def test_an_exception_ends_the_binding(two: tuple[UUID, UUID]) -> None:
    with suppress(ZeroDivisionError), tenancy.bind(two[0]):
        assert seen() == {two[0]}
        raise ZeroDivisionError
    assert seen() == set()


def test_a_rollback_takes_back_what_was_told_in_it(two: tuple[UUID, UUID]) -> None:
    ours, theirs = two
    with tenancy.bind(ours):
        assert seen() == {ours}
        with suppress(ZeroDivisionError), transaction.atomic():
            assert seen() == {ours}
            with tenancy.bind(theirs):
                assert seen() == {theirs}
            raise ZeroDivisionError
        assert seen() == {ours}
    with tenancy.bind(theirs):
        # What the rollback left on the server is not what was told last.
        with suppress(ZeroDivisionError), transaction.atomic(), tenancy.bind(ours):
            seen()
            raise ZeroDivisionError
        assert seen() == {theirs}


def test_a_savepoint_takes_back_what_was_told_in_it(two: tuple[UUID, UUID]) -> None:
    ours, theirs = two
    with tenancy.bind(ours), transaction.atomic():
        assert seen() == {ours}
        with tenancy.bind(theirs):
            with suppress(ZeroDivisionError), transaction.atomic():
                assert seen() == {theirs}
                raise ZeroDivisionError
            # The rollback made the server see ours again, while theirs is bound.
            assert seen() == {theirs}
        with pytest.raises(DatabaseError), transaction.atomic(), tenancy.bind(theirs):
            connection.cursor().execute("SELECT 1 / 0")
        assert seen() == {ours}
        mark = transaction.savepoint()
        with tenancy.bind(theirs):
            assert seen() == {theirs}
            transaction.savepoint_rollback(mark)
            assert seen() == {theirs}
        assert seen() == {ours}


def test_settings_reset_by_hand_are_told_again(two: tuple[UUID, UUID]) -> None:
    with tenancy.bind(two[0]):
        for statement in ("DISCARD ALL", "RESET ALL", "ROLLBACK"):
            assert seen() == {two[0]}
            with connection.cursor() as cursor:
                cursor.execute(statement)
            if statement == "DISCARD ALL":
                connection.close()
            assert seen() == {two[0]}


def write_entry(source_id: UUID, account_ids: list[UUID], number: int = 1) -> None:
    """A balanced entry of ten over two accounts, in the books of the bound business."""
    entry = JournalEntry.objects.create(
        number=number, posted_on=DAY, currency="GBP", minor_digits=2, source_type="test", source_id=source_id,
        source_kind="entry", total=Decimal(10),
    )  # fmt: skip
    for position, (account_id, debit) in enumerate(zip(account_ids, (10, 0), strict=True), start=1):
        JournalLine.objects.create(
            entry=entry,
            account_id=account_id,
            position=position,
            posted_on=DAY,
            debit=debit,
            credit=10 - debit,
        )


def test_checks_put_off_to_the_commit_see_every_business_written(two: tuple[UUID, UUID]) -> None:
    accounts: dict[UUID, list[UUID]] = {}
    for business_id in two:
        create_chart(Actor.system("test", business_id))
        with tenancy.bind(business_id):
            accounts[business_id] = list(Account.objects.values_list("pk", flat=True)[:2])
    ours, theirs = two
    # Both are written before one commit, whose checks find the lines of both.
    with transaction.atomic():
        for business_id in two:
            with tenancy.bind(business_id):
                write_entry(business_id, accounts[business_id])
    with tenancy.bind(None):
        assert seen() == set()
    with tenancy.bind(ours):
        assert JournalEntry.objects.count() == 1
    # An account that is out of sight is nobody's either: foreign keys alone would let it through.
    strange = [accounts[theirs][0], accounts[ours][0]]
    with pytest.raises(DatabaseError, match="another business"), tenancy.bind(theirs), transaction.atomic():
        write_entry(new_id(), strange, number=2)


def test_portions_of_a_server_side_cursor_keep_their_binding(two: tuple[UUID, UUID]) -> None:
    ours, theirs = two
    for business_id in two:
        with tenancy.bind(business_id):
            Location.objects.bulk_create(Location(name=f"L{n}", code=f"C{n}") for n in range(30))
    with tenancy.bind(ours):
        rows = Location.objects.order_by("pk").iterator(chunk_size=5)
        found = [next(rows)]
        raw = connection.chunked_cursor()
        raw.execute("SELECT business_id FROM businesses_location")
    with tenancy.bind(theirs):
        assert seen() == {theirs}
        found += list(rows)
        assert {row[0] for row in raw.fetchmany(7)} == {ours}
        assert seen() == {theirs}
        assert {row[0] for row in raw} == {ours}
        raw.close()
    assert len(found) == 31
    assert {row.business_id for row in found} == {ours}


def test_copy_many_and_streams_are_told(two: tuple[UUID, UUID]) -> None:
    ours, theirs = two
    with tenancy.bind(theirs):
        seen()
    with (
        tenancy.bind(ours),
        connection.cursor() as cursor,
        cursor.copy("COPY (SELECT business_id FROM businesses_location) TO STDOUT") as copied,
    ):
        assert b"".join(bytes(part) for part in copied).decode().split() == [str(ours)]
    with tenancy.bind(theirs), connection.cursor() as cursor:
        assert {row[0] for row in cursor.stream("SELECT business_id FROM businesses_location")} == {theirs}
    with tenancy.bind(ours), connection.cursor() as cursor:
        cursor.executemany("UPDATE businesses_location SET name = %s WHERE code = 'MAIN'", [("a",), ("b",)])
    with tenancy.crossing("tests"):
        assert dict(Location.unscoped.values_list("business_id", "name"))[theirs] == "Main shop"


def test_a_connection_goes_from_one_thread_to_the_next(two: tuple[UUID, UUID]) -> None:
    ours, theirs = two
    connection.inc_thread_sharing()
    found: list[set[UUID]] = []

    def look(business_id: UUID | None) -> None:
        with tenancy.bind(business_id):
            found.append(seen_on(shared))

    shared = connection

    def seen_on(handed: Any) -> set[UUID]:
        with handed.cursor() as cursor:
            cursor.execute("SELECT business_id FROM businesses_location")
            return {row[0] for row in cursor.fetchall()}

    try:
        with tenancy.bind(ours):
            assert seen_on(shared) == {ours}
            for business_id in (theirs, None, ours):
                thread = threading.Thread(target=look, args=(business_id,))
                thread.start()
                thread.join()
            assert seen_on(shared) == {ours}
    finally:
        connection.dec_thread_sharing()
    assert found == [{theirs}, set(), {ours}]


def test_telling_is_no_statement_of_the_product(two: tuple[UUID, UUID]) -> None:
    with CaptureQueriesContext(connection) as asked:
        for business_id in two * 3:
            with tenancy.bind(business_id):
                seen()
    assert len(asked) == 6
    assert not any("set_config" in query["sql"] for query in asked)
    with tenancy.bind(two[0]):
        seen()
        assert told_of(connection.connection).sight == (two[0], "")


def test_a_server_that_cannot_be_told_is_not_asked(two: tuple[UUID, UUID]) -> None:
    with tenancy.bind(two[0]):
        seen()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    finally:
        other.close()
    with tenancy.bind(two[1]), pytest.raises(DatabaseError):
        seen()
    connection.close()
    with tenancy.bind(two[1]):
        assert seen() == {two[1]}


def test_the_first_wall_still_raises(two: tuple[UUID, UUID]) -> None:
    for manager in (Location.objects, Location.unscoped):
        with pytest.raises(UnboundTenant):
            list(manager.all())
    with tenancy.bind(two[0]):
        assert {row.business_id for row in Location.unscoped.all()} == {two[0]}
    assert Business.objects.count() == 2


def test_every_kind_of_cursor_of_the_product_tells() -> None:
    def kinds(of: type) -> list[type]:
        return [kind for child in of.__subclasses__() for kind in (child, *kinds(child))]

    own = [kind for kind in kinds(psycopg.Cursor) if kind.__module__.startswith(("apps.", "monidesk."))]
    assert len(own) >= 4
    assert [kind for kind in own if not issubclass(kind, TellingMixin)] == []
