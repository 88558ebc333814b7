"""The ledger's doors in the back office: journal, accounts, menu, Today."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav, search
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_amount, link_column, money_column, text_column
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.tabs import Tab

from . import pages, today  # noqa: F401  (they register themselves)
from .filters import AccountFilter, SourceFilter
from .models import Account, JournalEntry, JournalLine
from .sources import source_label, source_url
from .verbs import AddAccount, CloseAccount, OpenAccount, RenameAccount, ReverseEntry, WriteEntry

LAST_LINES = 20


def entry_source(entry: JournalEntry) -> str:
    """The kind of fact an entry stands for."""
    return source_label(entry.source_type)


def statement_url(account: Account) -> str:
    """The page of an account's lines."""
    return reverse("admin:ledger_statement", args=[account.pk])


@register(JournalEntry)
class JournalEntryAdmin(TenantModelAdmin):
    """The journal: newest first."""

    read_permission = "ledger.read"
    list_display = [
        text_column("number", description=_("No.")),
        text_column("day", description=_("Date")),
        text_column("memo", description=_("What")),
        link_column(entry_source, source_url, description=_("Source")),
        money_column("total", currency="currency", description=_("Amount")),
    ]
    search_fields = ["memo__icontains"]
    search_help_text = _("Number, order or words")
    list_filter = [("posted_on", RangeDateFilter), AccountFilter, SourceFilter]
    ordering = ["-number"]
    tabs = [
        Tab("all", _("All")),
        Tab("sales", _("Sales"), Q(source_type__in=("capture", "fulfilment", "refund"))),
        Tab("stock", _("Stock"), Q(source_type__in=("stock_receipt", "stock_adjustment"))),
        Tab("manual", _("By hand"), Q(source_type__in=("manual", "journal_entry"))),
    ]
    empty_title = _("No entries yet")
    empty_text = _("Entries appear here by themselves when stock arrives, orders are paid and goods leave.")
    empty_verb = "write"
    verbs = [ReverseEntry]
    list_verbs = [WriteEntry]

    def list_title(self) -> str:
        return _now("Journal")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if term.isdecimal() and len(term) < 18:
            # A number is mostly an entry's own; order numbers stand in the memo.
            return queryset.filter(Q(number=int(term)) | Q(memo__icontains=term)), False
        return super().get_search_results(request, queryset, search_term)

    def facts(self, actor: Actor, obj: JournalEntry) -> list[Fact]:
        reversal = JournalEntry.objects.filter(reverses=obj).first()
        facts = [
            Fact(_("Date"), formats.date_format(obj.posted_on, "DATE_FORMAT")),
            Fact(_("Source"), source_label(obj.source_type), url=source_url(obj)),
            Fact(_("Amount"), format_amount(obj.total, obj.currency)),
            Fact(_("Posted by"), obj.posted_by),
        ]
        if reversal is not None:
            url = reverse("admin:ledger_journalentry_change", args=[reversal.pk])
            facts.append(Fact(_("Taken back by"), str(reversal), url=url))
        return facts

    def subtitle(self, obj: JournalEntry) -> Any:
        return obj.memo

    def sections(self, actor: Actor, obj: JournalEntry) -> list[Section]:
        lines = JournalLine.objects.filter(entry=obj).select_related("account").order_by("position")
        rows = [
            [
                format_html('<a href="{}">{}</a>', statement_url(line.account), line.account),
                line.memo,
                format_amount(line.debit, obj.currency) if line.debit else "",
                format_amount(line.credit, obj.currency) if line.credit else "",
            ]
            for line in lines
        ]
        total = format_amount(obj.total, obj.currency)
        return [
            Section(
                _("Lines"),
                columns=[_("Account"), _("Note"), _("Debit"), _("Credit")],
                rows=rows,
                align={2: "end", 3: "end"},
                footer=[[_("Total"), "", total, total]],
            )
        ]


@register(Account)
class AccountAdmin(TenantModelAdmin):
    """The chart of accounts."""

    read_permission = "ledger.read"
    list_display = [
        text_column("code", description=_("Code")),
        text_column("name", description=_("Name")),
        text_column("get_kind_display", description=_("Kind")),
        link_column(lambda account: _("Statement"), statement_url, description=_("Lines")),
    ]
    search_fields = ["code__istartswith", "name__icontains"]
    list_filter = ["kind"]
    ordering = ["code"]
    tabs = [Tab("open", _("Open"), Q(active=True)), Tab("closed", _("Closed"), Q(active=False))]
    empty_title = _("No accounts here")
    empty_text = _("Accounts that you close are listed here; they can be opened again.")
    verbs = [RenameAccount, OpenAccount, CloseAccount]
    list_verbs = [AddAccount]

    def list_title(self) -> str:
        return _now("Chart of accounts")

    def facts(self, actor: Actor, obj: Account) -> list[Fact]:
        return [
            Fact(_("Kind"), obj.get_kind_display()),
            Fact(_("State"), _("Open") if obj.active else _("Closed")),
            Fact(
                _("Used by"),
                _("The product itself; it stays as it is") if obj.is_system else _("Your own entries"),
            ),
        ]

    def sections(self, actor: Actor, obj: Account) -> list[Section]:
        lines = JournalLine.objects.filter(account=obj).select_related("entry")
        rows = [
            [
                formats.date_format(line.posted_on, "DATE_FORMAT"),
                format_html(
                    '<a href="{}">{}</a>',
                    reverse("admin:ledger_journalentry_change", args=[line.entry_id]),
                    line.entry,
                ),
                line.entry.memo,
                format_amount(line.debit, line.entry.currency) if line.debit else "",
                format_amount(line.credit, line.entry.currency) if line.credit else "",
            ]
            for line in lines.order_by("-posted_on", "-id")[:LAST_LINES]
        ]
        return [
            Section(
                _("Last lines"),
                columns=[_("Date"), _("Entry"), _("What"), _("Debit"), _("Credit")],
                rows=rows,
                align={3: "end", 4: "end"},
                empty=_("Nothing was posted here yet."),
                url=statement_url(obj),
            )
        ]


@search.register(permission="ledger.read")
def find_entries(actor: Actor, term: str) -> list[search.Hit]:
    """Ctrl-K: a journal entry by its number."""
    if not term.isdecimal() or len(term) > 17:
        return []
    return [
        search.Hit(
            title=str(entry),
            description=entry.memo,
            url=reverse("admin:ledger_journalentry_change", args=[entry.pk]),
            icon="menu_book",
        )
        for entry in JournalEntry.objects.filter(number=int(term))[:1]
    ]


def _menu(label: Any, url: str, icon: str, order: int) -> None:
    nav.register(section="Money", label=label, url=url, permission="ledger.read", icon=icon, order=order)


_menu(_("Journal"), "admin:ledger_journalentry_changelist", "menu_book", 40)
_menu(_("Trial balance"), "admin:ledger_trial_balance", "balance", 50)
_menu(_("Accounts"), "admin:ledger_account_changelist", "account_tree", 60)
_menu(_("Is the money right?"), "admin:ledger_checks", "fact_check", 70)
