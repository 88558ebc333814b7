"""Reads of the books: balances, the trial balance, an account's statement."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum, Window
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from apps.kernel.errors import NotFound

from .chart import CONTROL_KEYS
from .drafts import EntryDraft
from .models import Account, JournalEntry, JournalLine

ZERO = Decimal(0)
STATEMENT_PAGE = 100


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One account with its balance on the side where it stands."""

    account: Account
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts as of the end of a day. `is_balanced` is the promise of double entry."""

    as_of: dt.date
    rows: list[TrialRow]
    debit: Decimal
    credit: Decimal

    @property
    def is_balanced(self) -> bool:
        return self.debit == self.credit


def trial_balance(as_of: dt.date) -> TrialBalance:
    """Balances of the bound business at the end of `as_of`, in its currency; one query.

    Accounts that are closed and never used are left out.
    """
    upto = Q(lines__posted_on__lte=as_of)
    accounts = (
        Account.objects.annotate(
            debits=Coalesce(Sum("lines__debit", filter=upto), ZERO),
            credits=Coalesce(Sum("lines__credit", filter=upto), ZERO),
        )
        .filter(Q(active=True) | ~Q(debits=F("credits")))
        .order_by("code")
    )
    rows = [_trial_row(account) for account in accounts]
    return TrialBalance(
        as_of=as_of,
        rows=rows,
        debit=sum((row.debit for row in rows), ZERO),
        credit=sum((row.credit for row in rows), ZERO),
    )


def _trial_row(account: Any) -> TrialRow:
    balance = account.debits - account.credits
    return TrialRow(account, debit=max(balance, ZERO), credit=max(-balance, ZERO))


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One line of an account with the balance after it, counted the way the account grows."""

    line: JournalLine
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """An account's lines of a period, oldest first, between its opening and closing balance."""

    account: Account
    start: dt.date
    end: dt.date
    opening: Decimal
    closing: Decimal
    rows: list[StatementRow]
    page: int
    has_next: bool


def get_account(account_id: UUID) -> Account:
    """One account of the bound business; raises `NotFound`."""
    account: Account | None = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound(_("There is no such account."))
    return account


def statement(account: Account, start: dt.date, end: dt.date, page: int = 1) -> Statement:
    """The lines of `account` from `start` to `end` with running balances; two queries, 100 lines a page."""
    sign = 1 if account.grows_by_debit else -1
    lines = JournalLine.objects.filter(account=account)
    sums = lines.aggregate(
        opening=Coalesce(Sum(F("debit") - F("credit"), filter=Q(posted_on__lt=start)), ZERO),
        closing=Coalesce(Sum(F("debit") - F("credit"), filter=Q(posted_on__lte=end)), ZERO),
    )
    first = (page - 1) * STATEMENT_PAGE
    order = ("posted_on", "entry__number", "position")
    running = (
        lines.filter(posted_on__range=(start, end))
        .annotate(running=Window(Sum(F("debit") - F("credit")), order_by=list(order)))
        .select_related("entry")
        .order_by(*order)[first : first + STATEMENT_PAGE + 1]
    )
    found = list(running)
    return Statement(
        account=account,
        start=start,
        end=end,
        opening=sign * sums["opening"],
        closing=sign * sums["closing"],
        rows=[StatementRow(line, sign * (sums["opening"] + line.running)) for line in found[:STATEMENT_PAGE]],
        page=page,
        has_next=len(found) > STATEMENT_PAGE,
    )


def balance_of(system_key: str, as_of: dt.date | None = None) -> Decimal:
    """Debit less credit of a shipped account, in the business's currency."""
    lines = JournalLine.objects.filter(account__system_key=system_key)
    if as_of is not None:
        lines = lines.filter(posted_on__lte=as_of)
    total: Decimal = lines.aggregate(total=Coalesce(Sum(F("debit") - F("credit")), ZERO))["total"]
    return total


def list_postable_accounts() -> QuerySet[Account]:
    """Open accounts that a person may post to, by code."""
    postable: QuerySet[Account] = Account.objects.filter(active=True).exclude(system_key__in=CONTROL_KEYS)
    return postable.order_by("code")


def list_entries_of(owner_type: str, owner_id: UUID) -> QuerySet[JournalEntry]:
    """The entries that belong to an order or another owner, oldest first."""
    entries: QuerySet[JournalEntry] = JournalEntry.objects.filter(owner_type=owner_type, owner_id=owner_id)
    return entries.order_by("number")


def is_posted(draft: EntryDraft) -> bool:
    """Whether an entry of this source stands in the books with the draft's own total."""
    total = sum((line.debit for line in draft.lines), ZERO)
    named = draft.source
    return JournalEntry.objects.filter(
        source_type=named.type, source_id=named.id, source_kind=named.kind, total=total
    ).exists()
