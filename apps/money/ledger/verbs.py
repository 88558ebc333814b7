"""What staff can do with the books: each verb calls one service."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.selectors import get_current_business

from .forms import AccountForm, AccountNameForm, EntryForm, ReversalForm
from .models import Account, JournalEntry
from .policies import can_change_account, can_reverse
from .services import (
    add_account,
    deactivate_account,
    post_manual_entry,
    reactivate_account,
    rename_account,
    reverse_entry,
)


class WriteEntry(Verb):
    """Post an entry by hand."""

    name = "write"
    label = _("Write an entry")
    permission = "ledger.post"
    icon = "edit_note"
    form_class = EntryForm
    submit_label = _("Post entry")
    template_name = "ledger/write_entry.html"

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {"posted_on": clock.today(get_current_business().time_zone)}

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _("The entry gets the next number and cannot be changed afterwards, only reversed."),
            _("Inventory and customer deposits follow stock and orders; they are not offered here."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> JournalEntry:
        return post_manual_entry(actor, **data, key=key)

    def success(self, obj: Any, result: JournalEntry) -> Any:
        return _now("Entry %(number)s is posted.") % {"number": result.number}


class ReverseEntry(Verb):
    """Take an entry back by a new one."""

    name = "reverse"
    label = _("Reverse")
    permission = "ledger.post"
    dangerous = True
    form_class = ReversalForm

    def is_available(self, actor: Actor, obj: JournalEntry) -> bool:
        return can_reverse(actor, obj) and not JournalEntry.objects.filter(reverses=obj).exists()

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {"posted_on": clock.today(get_current_business().time_zone)}

    def explain(self, actor: Actor, obj: JournalEntry) -> list[Any]:
        return [
            _now("A new entry takes back all amounts of entry %(number)s and names it.")
            % {"number": obj.number},
            _("Both stay in the journal; an entry can be reversed once."),
        ]

    def submit(self, actor: Actor, obj: JournalEntry) -> Any:
        return _now("Reverse entry %(number)s") % {"number": obj.number}

    def perform(self, actor: Actor, obj: JournalEntry, data: dict[str, Any], key: str) -> JournalEntry:
        return reverse_entry(actor, entry_id=obj.pk, **data, key=key)

    def success(self, obj: JournalEntry, result: JournalEntry) -> Any:
        return _now("Entry %(old)s is taken back by entry %(new)s.") % {
            "old": obj.number,
            "new": result.number,
        }


class AddAccount(Verb):
    """Add an account of one's own."""

    name = "add"
    label = _("Add account")
    permission = "ledger.accounts"
    icon = "add"
    form_class = AccountForm

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("The kind decides where the account stands in reports and cannot be changed later.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Account:
        return add_account(actor, **data, key=key)

    def success(self, obj: Any, result: Account) -> Any:
        return _now("%(account)s is ready for entries.") % {"account": result}


class RenameAccount(Verb):
    """Give an own account another name."""

    name = "rename"
    label = _("Rename")
    permission = "ledger.accounts"
    form_class = AccountNameForm
    writes_back = True

    def is_available(self, actor: Actor, obj: Account) -> bool:
        return can_change_account(actor, obj)

    def initial(self, actor: Actor, obj: Account) -> dict[str, Any]:
        return {"name": obj.name}

    def perform(self, actor: Actor, obj: Account, data: dict[str, Any], key: str) -> Account:
        return rename_account(actor, account_id=obj.pk, **data, key=key)

    def success(self, obj: Any, result: Account) -> Any:
        return _now("The account is now called %(name)s.") % {"name": result.name}


class CloseAccount(Verb):
    """Close an own account for new entries."""

    name = "close"
    label = _("Close account")
    permission = "ledger.accounts"
    dangerous = True

    def is_available(self, actor: Actor, obj: Account) -> bool:
        return can_change_account(actor, obj) and obj.active

    def explain(self, actor: Actor, obj: Account) -> list[Any]:
        return [_("No new entry can use it. Its history stays, and it can be opened again.")]

    def perform(self, actor: Actor, obj: Account, data: dict[str, Any], key: str) -> Account:
        return deactivate_account(actor, account_id=obj.pk, key=key)

    def success(self, obj: Any, result: Account) -> Any:
        return _now("%(account)s is closed.") % {"account": result}


class OpenAccount(Verb):
    """Open a closed account again."""

    name = "open"
    label = _("Open account again")
    permission = "ledger.accounts"

    def is_available(self, actor: Actor, obj: Account) -> bool:
        return can_change_account(actor, obj) and not obj.active

    def perform(self, actor: Actor, obj: Account, data: dict[str, Any], key: str) -> Account:
        return reactivate_account(actor, account_id=obj.pk, key=key)

    def success(self, obj: Any, result: Account) -> Any:
        return _now("%(account)s is open for entries again.") % {"account": result}
