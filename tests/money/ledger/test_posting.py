"""Posting through services: balanced, numbered, once, in few queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from apps.kernel.ids import new_id
from apps.money.ledger.chart import SHIPPED_CHART
from apps.money.ledger.drafts import DraftLine, EntryDraft, Source, transfer
from apps.money.ledger.models import Account, JournalEntry, JournalLine
from apps.money.ledger.services import (
    ManualLine,
    add_account,
    create_chart,
    deactivate_account,
    post_entries,
    post_entry,
    post_manual_entry,
    reactivate_account,
    rename_account,
    reverse_entry,
)

DAY = dt.date(2026, 3, 5)
Books = dict[str, Account]


def draft(amount: str = "10", **over: Any) -> EntryDraft:
    lines = transfer("bank", "opening_equity", Decimal(amount))
    return EntryDraft(
        **{"source": Source("test", new_id(), "entry"), "lines": lines, "posted_on": DAY} | over
    )


def test_the_chart_is_created_once(actor: Actor, books: Books) -> None:
    create_chart(actor)
    assert {account.system_key for account in Account.objects.all()} == {each.key for each in SHIPPED_CHART}


def test_numbers_have_no_gap_even_after_a_refusal(actor: Actor, books: Books) -> None:
    post_entries(actor, drafts=[draft(), draft()])
    with pytest.raises(InvalidInput):
        post_entries(actor, drafts=[draft(), draft("1.001")])
    source = Source("test", new_id(), "entry")
    post_entries(actor, drafts=[draft(source=source)])
    assert list(JournalEntry.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]


def test_one_source_twice_is_a_conflict(actor: Actor, books: Books) -> None:
    source = Source("test", new_id(), "entry")
    post_entries(actor, drafts=[draft(source=source)])
    with pytest.raises(Conflict) as refusal:
        post_entries(actor, drafts=[draft(source=source)])
    assert refusal.value.code == "already_posted"


@pytest.mark.parametrize("entries", [1, 20])
def test_posting_takes_four_queries(actor: Actor, books: Books, entries: int) -> None:
    drafts = [draft() for _each in range(entries)]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        post_entries(actor, drafts=drafts)
    statements = [each["sql"] for each in captured if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(statements) <= 4, statements


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((DraftLine("bank", debit=Decimal(5)), DraftLine("cash", credit=Decimal(4))), "unbalanced"),
        ((DraftLine("bank", debit=Decimal(5)),), "too_few_lines"),
        (transfer("bank", "cash", Decimal("0.001")), "not_at_minor_unit"),
        ((DraftLine("bank", debit=Decimal(-5)), DraftLine("cash", credit=Decimal(-5))), "one_side_only"),
        (
            (DraftLine("bank", debit=Decimal(5), credit=Decimal(5)), DraftLine("cash", credit=Decimal(0))),
            None,
        ),
        (transfer("bank", "cash", Decimal(10) ** 14), "too_large"),
    ],
)
def test_a_wrong_entry_is_refused_with_a_code(
    actor: Actor, books: Books, lines: Any, code: str | None
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        post_entry(actor, source=Source("test", new_id(), "entry"), posted_on=DAY, memo="", lines=lines)
    assert code is None or refusal.value.code == code
    assert not JournalEntry.objects.exists()


def test_zero_lines_are_left_out_and_zero_entries_not_posted(actor: Actor, books: Books) -> None:
    assert post_entries(actor, drafts=[draft("0")]) == []
    (entry,) = post_entries(
        actor, drafts=[draft(lines=(*transfer("bank", "cash", Decimal(0)), *draft().lines))]
    )
    assert entry.lines.count() == 2
    assert entry.number == 1


def test_another_currency_or_account_is_refused(actor: Actor, books: Books, other_business: Any) -> None:
    with pytest.raises(Conflict) as refusal:
        post_entries(actor, drafts=[draft(currency="USD")])
    assert refusal.value.code == "wrong_currency"
    with pytest.raises(NotFound):
        post_entries(actor, drafts=[draft(lines=transfer("no_such_key", "cash", Decimal(1)))])
    with tenancy.bind(other_business.pk):
        foreign = Account.objects.create(code="1", name="Theirs", kind="asset")
    with pytest.raises(NotFound):
        post_entries(actor, drafts=[draft(lines=transfer(foreign.pk, "cash", Decimal(1)))])


def test_the_day_is_the_business_day(actor: Actor, books: Books, business: Any) -> None:
    business.time_zone = "Pacific/Auckland"
    business.save()
    late = dt.datetime(2026, 3, 5, 20, 0, tzinfo=dt.UTC)
    (entry,) = post_entries(actor, drafts=[draft(posted_on=None, occurred_at=late)])
    assert entry.posted_on == dt.date(2026, 3, 6)


def test_posting_opens_the_books_when_the_first_event_comes_early(business: Any, bound: Any) -> None:
    (entry,) = post_entries(Actor.system("ledger", business.pk), drafts=[draft()])
    assert entry.lines.count() == 2
    assert Account.objects.count() == len(SHIPPED_CHART)


def test_posting_needs_permission(business: Any, make_actor: Any) -> None:
    nobody = make_actor(business, permissions=frozenset({"ledger.read"}))
    with pytest.raises(PermissionRefused):
        post_entries(nobody, drafts=[draft()])


def manual(
    actor: Actor, books: Books, debit: str = "bank", credit: str = "cash", **over: Any
) -> JournalEntry:
    lines = [ManualLine(books[debit].pk, debit=Decimal(7)), ManualLine(books[credit].pk, credit=Decimal(7))]
    return post_manual_entry(actor, **{"posted_on": DAY, "memo": "Banked the till", "lines": lines} | over)


def test_an_entry_by_hand_and_its_reversal_cancel_out(actor: Actor, books: Books) -> None:
    entry = manual(actor, books)
    reversal = reverse_entry(actor, entry_id=entry.pk, reason="Wrong account")
    assert reversal.reverses_id == entry.pk
    for key in ("bank", "cash"):
        rows = JournalLine.objects.filter(account=books[key])
        assert sum(row.debit - row.credit for row in rows) == 0
    with pytest.raises(Conflict) as refusal:
        reverse_entry(actor, entry_id=entry.pk, reason="Again")
    assert refusal.value.code == "already_reversed"


def test_a_reversal_is_not_reversed(actor: Actor, books: Books) -> None:
    reversal = reverse_entry(actor, entry_id=manual(actor, books).pk, reason="Wrong")
    with pytest.raises(Conflict) as refusal:
        reverse_entry(actor, entry_id=reversal.pk, reason="No")
    assert refusal.value.code == "reversal_of_reversal"


def test_people_do_not_reverse_what_an_event_posted(
    actor: Actor, post: Callable[..., JournalEntry], business: Any
) -> None:
    entry = post()
    with pytest.raises(Conflict) as refusal:
        reverse_entry(actor, entry_id=entry.pk, reason="No")
    assert refusal.value.code == "entry_follows_event"
    assert reverse_entry(Actor.system("repair", business.pk), entry_id=entry.pk, reason="Repair").reverses_id


@pytest.mark.parametrize("key", ["inventory", "customer_deposits"])
def test_nobody_posts_to_a_control_account_by_hand(actor: Actor, books: Books, key: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        manual(actor, books, debit=key)
    assert refusal.value.code == "control_account"


def test_a_manual_entry_says_why_and_when(actor: Actor, books: Books) -> None:
    with pytest.raises(InvalidInput):
        manual(actor, books, memo="  ")
    with pytest.raises(InvalidInput):
        manual(actor, books, posted_on=dt.date(1066, 10, 14))


def test_the_same_key_posts_one_manual_entry(actor: Actor, books: Books) -> None:
    first, second = manual(actor, books, key="form-1"), manual(actor, books, key="form-1")
    assert first.pk == second.pk
    assert JournalEntry.objects.count() == 1


def test_own_accounts_are_added_renamed_closed_and_opened(actor: Actor, books: Books) -> None:
    rent = add_account(actor, code="6000", name="Rent", kind="expense")
    assert rename_account(actor, account_id=rent.pk, name="Rent and rates").name == "Rent and rates"
    deactivate_account(actor, account_id=rent.pk)
    with pytest.raises(InvalidInput) as refusal:
        manual(actor, {**books, "rent": rent}, debit="rent")
    assert refusal.value.code == "account_closed"
    assert reactivate_account(actor, account_id=rent.pk).active
    with pytest.raises(InvalidInput) as taken:
        add_account(actor, code="6000", name="Rent", kind="expense")
    assert taken.value.code == "account_code_in_use"


def test_system_accounts_stay_as_they_are(actor: Actor, books: Books) -> None:
    for change in (
        lambda pk: rename_account(actor, account_id=pk, name="Mine"),
        lambda pk: deactivate_account(actor, account_id=pk),
    ):
        with pytest.raises(Conflict) as refusal:
            change(books["bank"].pk)
        assert refusal.value.code == "system_account"
