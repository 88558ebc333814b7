"""The database refuses a broken journal by itself; each case also shows which guard it is that refuses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.db import DatabaseError, connection, transaction

from apps.kernel import tenancy
from apps.kernel.ids import new_id
from apps.money.ledger.models import Account, JournalEntry, JournalLine
from apps.money.ledger.services import create_chart

DAY = dt.date(2026, 3, 5)
Books = dict[str, Account]


def write_entry(number: int = 1, **over: Any) -> JournalEntry:
    fields: dict[str, Any] = {
        "number": number,
        "posted_on": DAY,
        "currency": "GBP",
        "minor_digits": 2,
        "source_type": "test",
        "source_id": new_id(),
        "source_kind": "entry",
        "total": Decimal(10),
    }
    entry: JournalEntry = JournalEntry.objects.create(**fields | over)
    return entry


def write_line(
    entry: JournalEntry, account: Account, position: int, debit: str = "0", credit: str = "0"
) -> None:
    JournalLine.objects.create(
        entry=entry,
        account=account,
        position=position,
        posted_on=entry.posted_on,
        debit=Decimal(debit),
        credit=Decimal(credit),
    )


def write_pair(
    books: Books, number: int = 1, debit: str = "10", credit: str = "10", **over: Any
) -> JournalEntry:
    entry = write_entry(number, **over)
    write_line(entry, books["bank"], 1, debit=debit)
    write_line(entry, books["opening_equity"], 2, credit=credit)
    return entry


def refused(write: Callable[[], Any]) -> str:
    """The name of the guard that refuses `write` at commit; empty when it goes through."""
    try:
        with transaction.atomic():
            write()
            connection.check_constraints()
    except DatabaseError as error:
        return str(error) + str(
            getattr(error.__cause__, "diag", None) and error.__cause__.diag.constraint_name
        )
    return ""


def test_a_balanced_entry_passes(books: Books) -> None:
    assert refused(lambda: write_pair(books)) == ""


def unbalanced(books: Books) -> None:
    write_pair(books, debit="10", credit="9.99")


def alone(books: Books) -> None:
    write_entry()


def one_sided(books: Books) -> None:
    write_line(write_entry(), books["bank"], 1, debit="10")


def below_the_minor_unit(books: Books) -> None:
    write_pair(books, debit="10.005", credit="10.005", total=Decimal("10.005"))


def total_that_lies(books: Books) -> None:
    write_pair(books, total=Decimal(11))


def foreign_currency(books: Books) -> None:
    write_pair(books, currency="USD")


@pytest.mark.parametrize(
    ("write", "constraint", "triggers"),
    [
        (
            unbalanced,
            "entry_balanced",
            ["JournalEntry:entry_is_whole", "JournalLine:line_leaves_entry_whole"],
        ),
        (alone, "entry_two_lines", ["JournalEntry:entry_is_whole"]),
        (
            one_sided,
            "entry_two_lines",
            ["JournalEntry:entry_is_whole", "JournalLine:line_leaves_entry_whole"],
        ),
        (
            below_the_minor_unit,
            "entry_at_minor_unit",
            ["JournalEntry:entry_is_whole", "JournalLine:line_leaves_entry_whole"],
        ),
        (
            total_that_lies,
            "entry_balanced",
            ["JournalEntry:entry_is_whole", "JournalLine:line_leaves_entry_whole"],
        ),
        (foreign_currency, "entry_in_book_currency", ["JournalEntry:entry_in_book_currency"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_broken_entry_is_refused_by_its_trigger(
    books: Books, write: Callable[[Books], None], constraint: str, triggers: list[str]
) -> None:
    assert constraint in refused(lambda: write(books))
    with pgtrigger.ignore(*(f"ledger.{name}" for name in triggers)):
        assert refused(lambda: write(books)) == ""


def test_a_line_added_later_to_an_old_entry_is_refused(books: Books) -> None:
    entry = write_pair(books)
    connection.check_constraints()

    def add() -> None:
        write_line(entry, books["cash"], 3, debit="1")

    assert "entry_balanced" in refused(add)
    with pgtrigger.ignore("ledger.JournalLine:line_leaves_entry_whole"):
        assert refused(add) == ""


@pytest.mark.parametrize(
    ("debit", "credit", "name"),
    [("-5", "0", "line_not_negative"), ("5", "5", "line_one_side"), ("0", "0", "line_one_side")],
)
def test_a_line_has_one_positive_side(books: Books, debit: str, credit: str, name: str) -> None:
    entry = write_pair(books)
    assert name in refused(lambda: write_line(entry, books["cash"], 3, debit, credit))


def test_lines_stay_within_one_business_and_day(books: Books, other_business: Any, make_actor: Any) -> None:
    create_chart(make_actor(other_business))
    with tenancy.bind(other_business.pk):
        foreign = Account.objects.get(system_key="bank")

    def write() -> None:
        entry = write_entry()
        write_line(entry, foreign, 1, debit="10")
        write_line(entry, books["bank"], 2, credit="10")

    def on_another_day() -> None:
        entry = write_pair(books)
        JournalLine.objects.bulk_create(
            [
                JournalLine(
                    entry=entry, account=books["cash"], position=3, posted_on=dt.date(2020, 1, 1), debit=1
                ),
                JournalLine(
                    entry=entry, account=books["bank"], position=4, posted_on=dt.date(2020, 1, 1), credit=1
                ),
            ]
        )

    assert "entry_one_business" in refused(write)
    assert refused(on_another_day)


@pytest.mark.parametrize(
    ("sql", "trigger"),
    [
        ("UPDATE ledger_journalentry SET memo = 'other'", "JournalEntry:entry_append_only"),
        ("UPDATE ledger_journalline SET memo = 'other'", "JournalLine:line_append_only"),
        ("DELETE FROM ledger_journalline", "JournalLine:line_append_only"),
        ("DELETE FROM ledger_journalentry", "JournalEntry:entry_append_only"),
    ],
)
def test_what_is_posted_is_neither_changed_nor_deleted(books: Books, sql: str, trigger: str) -> None:
    write_pair(books)

    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    connection.check_constraints()
    assert "Cannot" in refused(write)
    if "DELETE FROM ledger_journalentry" in sql:
        with pgtrigger.ignore("ledger.JournalLine:line_append_only"), connection.cursor() as cursor:
            cursor.execute("DELETE FROM ledger_journalline")
    with pgtrigger.ignore(f"ledger.{trigger}"):
        assert refused(write) == ""


def test_one_source_is_posted_once(books: Books) -> None:
    source = new_id()
    write_pair(books, source_id=source)
    assert "entry_source_posted_once" in refused(lambda: write_pair(books, number=2, source_id=source))
    assert refused(lambda: write_pair(books, number=2, source_id=source, source_kind="cost")) == ""


def test_a_number_is_given_once(books: Books) -> None:
    write_pair(books)
    assert "entry_number_once" in refused(lambda: write_pair(books, number=1))


def test_an_entry_is_reversed_once_and_only_within_its_business(
    books: Books, other_business: Any, make_actor: Any
) -> None:
    first = write_pair(books)
    write_pair(books, number=2, reverses=first)
    assert "reverses_id" in refused(lambda: write_pair(books, number=3, reverses=first))

    create_chart(make_actor(other_business))

    def across() -> None:
        write_entry(4, business=other_business, currency="USD", reverses=first)

    assert "entry_reverses_own" in refused(across)


@pytest.mark.parametrize(
    ("sql", "trigger"),
    [
        ("UPDATE ledger_account SET kind = 'income' WHERE system_key = ''", "account_keeps_its_kind"),
        ("UPDATE ledger_account SET name = 'X' WHERE system_key = 'bank'", "account_keeps_its_kind"),
        ("UPDATE ledger_account SET active = false WHERE system_key = 'bank'", "account_keeps_its_kind"),
        ("DELETE FROM ledger_account WHERE system_key = ''", "account_kept"),
    ],
)
def test_accounts_keep_what_the_books_rest_on(books: Books, sql: str, trigger: str) -> None:
    Account.objects.create(code="6000", name="Rent", kind="expense")

    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    assert refused(write)
    with pgtrigger.ignore(f"ledger.Account:{trigger}"):
        assert refused(write) == ""
