"""Entries that people write, and taking them back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from apps.kernel.ids import new_id
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.money.ledger.chart import CONTROL_KEYS
from apps.money.ledger.drafts import DraftLine, EntryDraft, Source
from apps.money.ledger.models import Account, JournalEntry
from apps.money.ledger.policies import can_reverse
from apps.platform.businesses.selectors import get_business

from .posting import post_entries

EARLIEST = dt.date(1990, 1, 1)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ManualLine:
    """One line as an accountant writes it; amounts in the business's currency."""

    account_id: UUID
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    memo: str = ""


@use_case(permission="ledger.post", idempotent=True, audits="ledger.entry_posted")
def post_manual_entry(
    actor: Actor, *, posted_on: dt.date, memo: str, lines: Sequence[ManualLine], key: str | None = None
) -> JournalEntry:
    """Post an entry written by a person; `memo` says why.

    Raises `InvalidInput` for an empty memo, an absurd day, a closed or a control account (inventory, customer
    deposits: these follow stock and orders only), and all that `post_entries` raises.
    """
    if not memo.strip():
        raise InvalidInput(fields={"memo": [_("Say what this entry is for.")]}, code="memo_missing")
    _check_day(posted_on)
    _check_accounts(lines)
    draft = EntryDraft(
        source=Source("manual", new_id(), "entry"),
        lines=tuple(DraftLine(line.account_id, line.debit, line.credit, line.memo) for line in lines),
        memo=memo.strip(),
        posted_on=posted_on,
    )
    posted = post_entries(actor, drafts=[draft])
    if not posted:
        raise InvalidInput(_("An entry needs at least two lines with an amount."), code="too_few_lines")
    entry = posted[0]
    audit.record(actor, "ledger.entry_posted", entry, after={"number": entry.number, "total": entry.total})
    return entry


@use_case(permission="ledger.post", idempotent=True, audits="ledger.entry_reversed")
def reverse_entry(
    actor: Actor, *, entry_id: UUID, reason: str, posted_on: dt.date | None = None, key: str | None = None
) -> JournalEntry:
    """Take an entry back by a new one with the sides exchanged, which names the old one. Nothing is deleted.

    `posted_on` defaults to today at the business. Raises `Conflict` for a second reversal, a reversal of a
    reversal, and for people also when the entry follows an event (refund the order instead).
    """
    entry: JournalEntry | None = JournalEntry.objects.filter(pk=entry_id).first()
    if entry is None:
        raise NotFound()
    if not reason.strip():
        raise InvalidInput(fields={"reason": [_("Say why the entry is taken back.")]}, code="reason_missing")
    _check_reversible(actor, entry)
    day = posted_on or clock.today(get_business(require_business_id()).time_zone)
    _check_day(day)
    draft = EntryDraft(
        source=Source("journal_entry", entry.pk, "reversal"),
        lines=tuple(
            DraftLine(line.account_id, debit=line.credit, credit=line.debit, memo=line.memo)
            for line in entry.lines.order_by("position")
        ),
        memo=_("Reversal of entry %(number)s: %(reason)s")
        % {"number": entry.number, "reason": reason.strip()},
        posted_on=day,
        owner_type=entry.owner_type,
        owner_id=entry.owner_id,
        reverses_id=entry.pk,
    )
    (reversal,) = post_entries(actor, drafts=[draft])
    audit.record(
        actor, "ledger.entry_reversed", entry, after={"reversal": reversal.number}, reason=reason.strip()
    )
    return reversal


def _check_reversible(actor: Actor, entry: JournalEntry) -> None:
    if can_reverse(actor, entry):
        return
    if not actor.may("ledger.post"):
        raise PermissionRefused()
    if entry.reverses_id is not None:
        raise Conflict(
            _("This entry is itself a reversal."),
            code="reversal_of_reversal",
            remedy=_("Write the original entry again instead."),
        )
    raise Conflict(
        _("Entry %(number)s follows from what happened in the shop.") % {"number": entry.number},
        code="entry_follows_event",
        remedy=_("Refund the order or adjust the stock; the books follow by themselves."),
    )


def _check_day(day: dt.date) -> None:
    today = clock.now().date()
    if not EARLIEST <= day <= today + dt.timedelta(days=366):
        raise InvalidInput(
            fields={"posted_on": [_("Choose a day between 1990 and a year from now.")]}, code="absurd_day"
        )


def _check_accounts(lines: Sequence[ManualLine]) -> None:
    accounts = Account.objects.in_bulk({line.account_id for line in lines})
    for line in lines:
        account = accounts.get(line.account_id)
        if account is None:
            raise InvalidInput(fields={"lines": [_("There is no such account.")]}, code="unknown_account")
        if not account.active:
            raise InvalidInput(
                fields={"lines": [_("%(account)s is closed.") % {"account": account}]}, code="account_closed"
            )
        if account.system_key in CONTROL_KEYS:
            raise InvalidInput(
                fields={
                    "lines": [
                        _("%(account)s follows stock and orders; nobody posts to it by hand.")
                        % {"account": account}
                    ]
                },
                code="control_account",
            )
