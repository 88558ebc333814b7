"""Who may read and write the books."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.permissions import declare

from .models import Account, JournalEntry

declare("ledger.read", _("See the books"), whole_business=True)
declare("ledger.post", _("Write and reverse journal entries"), whole_business=True)
declare("ledger.accounts", _("Add and change accounts"), whole_business=True)


def can_reverse(actor: Actor, entry: JournalEntry) -> bool:
    """People take back what people wrote; what follows an event is taken back by undoing the event.

    The product's own jobs may reverse any entry. An entry is taken back once, and a reversal never.
    """
    if not actor.may("ledger.post") or entry.reverses_id is not None:
        return False
    return entry.is_manual or actor.kind == "system"


def can_change_account(actor: Actor, account: Account) -> bool:
    """Accounts that the product posts to stay as they are."""
    return actor.may("ledger.accounts") and not account.is_system
