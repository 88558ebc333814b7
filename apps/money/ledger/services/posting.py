"""The one way into the journal: four queries, whatever the number of entries and lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError
from django.db.models import F, Q
from django.utils.translation import gettext as _

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound
from apps.kernel.money import LARGEST, minor_digits, round_money
from apps.kernel.prepared import Prepared
from apps.kernel.series import next_numbers
from apps.kernel.use_cases import use_case
from apps.money.ledger.drafts import DraftLine, EntryDraft, Source
from apps.money.ledger.models import Account, JournalEntry, JournalLine

from .accounts import create_chart

ZERO = Decimal(0)
SERIES = "journal"


@dataclass(frozen=True, slots=True)
class Books:
    """The accounts that drafts name, by key and by id, with the currency and time zone of their business."""

    accounts: Mapping[str | UUID, Account]
    currency: str
    time_zone: str


def post_entry(
    actor: Actor,
    *,
    source: Source,
    posted_on: dt.date,
    memo: str,
    lines: Sequence[DraftLine],
    owner_type: str = "",
    owner_id: UUID | None = None,
) -> JournalEntry | None:
    """Post one entry; see `post_entries`. Returns None when all amounts are zero."""
    draft = EntryDraft(
        source=source,
        lines=tuple(lines),
        memo=memo,
        posted_on=posted_on,
        owner_type=owner_type,
        owner_id=owner_id,
    )
    posted = post_entries(actor, drafts=[draft])
    return posted[0] if posted else None


@use_case(
    permission="ledger.post", unaudited="the journal is append-only and names the fact it was posted for"
)
def post_entries(actor: Actor, *, drafts: Sequence[EntryDraft]) -> list[JournalEntry]:
    """Post entries in the books of the actor's business, numbered without gaps in the order given.

    Amounts are in the business's currency, at its minor unit. Lines of zero are left out, entries of zero are
    not posted. Raises `InvalidInput` (`unbalanced`, `not_at_minor_unit`, `one_side_only`, `too_few_lines`),
    `NotFound` for an unknown account, `Conflict` for another currency (`wrong_currency`) or a source that is
    already posted (`already_posted`). Four queries for any number of entries.
    """
    kept = [(draft, lines) for draft in drafts if (lines := [line for line in draft.lines if _moves(line)])]
    if not kept:
        return []
    books = _open_books(actor, [line.account for _draft, lines in kept for line in lines])
    for draft, lines in kept:
        _check(draft, lines, books)
    numbers = next_numbers(SERIES, len(kept))
    entries = [
        _entry(actor, draft, lines, books, number)
        for (draft, lines), number in zip(kept, numbers, strict=True)
    ]
    rows = [
        row
        for entry, (_draft, lines) in zip(entries, kept, strict=True)
        for row in _rows(entry, lines, books)
    ]
    try:
        JournalEntry.objects.bulk_create(entries)
    except IntegrityError as error:
        raise _refusal(error) from error
    JournalLine.objects.bulk_create(rows)
    return entries


def _moves(line: DraftLine) -> bool:
    return bool(line.debit or line.credit)


def _open_books(actor: Actor, wanted: Sequence[str | UUID]) -> Books:
    """Find the accounts with the business's currency and time zone in one query."""
    books = _read_books(wanted)
    missing = set(wanted) - set(books.accounts)
    if any(isinstance(account, str) for account in missing):
        # An order's event may be delivered before the one that opens the books.
        create_chart(Actor.system("ledger", actor.business_id, actor.request_id))
        books = _read_books(wanted)
        missing = set(wanted) - set(books.accounts)
    if missing:
        raise NotFound(_("There is no such account."), code="unknown_account")
    return books


_ACCOUNTS = Prepared(
    lambda keys, ids: Account.objects.filter(Q(system_key__any_of=keys) | Q(pk__any_of=ids)).annotate(
        book_currency=F("business__currency"), book_time_zone=F("business__time_zone")
    ),
    ["key"],
    [UUID(int=1)],
)


def _read_books(wanted: Sequence[str | UUID]) -> Books:
    keys = {account for account in wanted if isinstance(account, str)}
    ids = {account for account in wanted if not isinstance(account, str)}
    found = _ACCOUNTS.fetch(list(keys), list(ids))
    accounts: dict[str | UUID, Account] = {account.pk: account for account in found}
    accounts |= {account.system_key: account for account in found if account.system_key in keys}
    if not found:
        return Books({}, "", "UTC")
    return Books(accounts, found[0].book_currency, found[0].book_time_zone)


def _check(draft: EntryDraft, lines: Sequence[DraftLine], books: Books) -> None:
    if draft.currency is not None and draft.currency != books.currency:
        raise Conflict(
            _("The books are kept in %(books)s, not in %(other)s.")
            % {"books": books.currency, "other": draft.currency},
            code="wrong_currency",
        )
    if len(lines) < 2:
        raise InvalidInput(_("An entry needs at least two lines."), code="too_few_lines")
    for line in lines:
        _check_line(line, books.currency)
    debits = sum((line.debit for line in lines), ZERO)
    credits = sum((line.credit for line in lines), ZERO)
    if debits != credits:
        raise InvalidInput(
            _("Debit %(debit)s and credit %(credit)s differ by %(difference)s.")
            % {"debit": debits, "credit": credits, "difference": abs(debits - credits)},
            code="unbalanced",
        )


def _check_line(line: DraftLine, currency: str) -> None:
    if line.debit < 0 or line.credit < 0 or (line.debit and line.credit):
        raise InvalidInput(_("A line has either a debit or a credit, above zero."), code="one_side_only")
    amount = line.debit or line.credit
    if amount > LARGEST:
        raise InvalidInput(_("This amount is too large."), code="too_large")
    if round_money(amount, currency) != amount:
        raise InvalidInput(
            _("%(amount)s has more decimal places than %(currency)s has.")
            % {"amount": amount, "currency": currency},
            code="not_at_minor_unit",
        )


def _entry(
    actor: Actor, draft: EntryDraft, lines: Sequence[DraftLine], books: Books, number: int
) -> JournalEntry:
    return JournalEntry(
        number=number,
        posted_on=_day(draft, books.time_zone),
        currency=books.currency,
        minor_digits=minor_digits(books.currency),
        memo=draft.memo[:255],
        source_type=draft.source.type,
        source_id=draft.source.id,
        source_kind=draft.source.kind,
        owner_type=draft.owner_type,
        owner_id=draft.owner_id,
        total=sum((line.debit for line in lines), ZERO),
        reverses_id=draft.reverses_id,
        posted_by=actor.label[:200],
    )


def _day(draft: EntryDraft, time_zone: str) -> dt.date:
    if draft.posted_on is not None:
        return draft.posted_on
    moment = draft.occurred_at or clock.now()
    return moment.astimezone(ZoneInfo(time_zone)).date()


def _rows(entry: JournalEntry, lines: Sequence[DraftLine], books: Books) -> list[JournalLine]:
    return [
        JournalLine(
            entry=entry,
            position=position,
            account=books.accounts[line.account],
            posted_on=entry.posted_on,
            debit=line.debit,
            credit=line.credit,
            memo=line.memo[:255],
        )
        for position, line in enumerate(lines, start=1)
    ]


def _refusal(error: IntegrityError) -> Exception:
    """The unique source and the single reversal as sentences; everything else stays what it is."""
    text = str(error)
    if "entry_source_posted_once" in text:
        return Conflict(_("This is already in the books."), code="already_posted")
    if "reverses_id" in text:
        return Conflict(_("This entry has already been reversed."), code="already_reversed")
    return error
