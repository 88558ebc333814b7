"""Trial balance, statements and their query budgets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from apps.money.ledger.models import Account, JournalEntry
from apps.money.ledger.selectors import statement, trial_balance

DAY = dt.date(2026, 3, 5)
Post = Callable[..., JournalEntry]


def test_the_trial_balance_stands_on_a_day(post: Post) -> None:
    post(amount="100")
    post("cash", "bank", "30", posted_on=DAY + dt.timedelta(days=1))
    early, late = trial_balance(DAY), trial_balance(DAY + dt.timedelta(days=1))
    assert {row.account.system_key: row.debit for row in early.rows if row.debit} == {"bank": Decimal(100)}
    assert {row.account.system_key: row.debit for row in late.rows if row.debit} == {
        "bank": Decimal(70),
        "cash": Decimal(30),
    }
    assert late.is_balanced
    assert late.debit == 100


@pytest.mark.parametrize("entries", [1, 10, 100])
def test_reads_cost_the_same_for_any_number_of_entries(
    post: Post, books: dict[str, Account], django_assert_num_queries: Any, entries: int
) -> None:
    for _each in range(entries):
        post()
    with django_assert_num_queries(1):
        trial_balance(DAY)
    with django_assert_num_queries(2):
        statement(books["bank"], DAY, DAY)


def test_a_statement_runs_from_opening_to_closing(post: Post, books: dict[str, Account]) -> None:
    post(amount="50", posted_on=DAY - dt.timedelta(days=9))
    post(amount="20")
    post("cash", "bank", "5")
    found = statement(books["bank"], DAY, DAY)
    assert (found.opening, found.closing) == (50, 65)
    assert [row.balance for row in found.rows] == [70, 65]
    equity = statement(books["opening_equity"], DAY, DAY)
    assert (equity.opening, equity.closing) == (50, 70)


def test_a_long_statement_has_pages_that_go_on(post: Post, books: dict[str, Account]) -> None:
    for _each in range(101):
        post(amount="1")
    first, second = (statement(books["bank"], DAY, DAY, page) for page in (1, 2))
    assert first.has_next
    assert not second.has_next
    assert [row.balance for row in second.rows] == [101]
