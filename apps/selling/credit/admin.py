"""Gift cards and store credit in the back office: the list, and one account with its ledger."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import formats
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Product
from apps.kernel.actors import Actor, say_who
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_moment,
    format_state,
    moment_column,
    money_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact, Section, tells_of
from apps.platform.backoffice.tabs import Tab

from . import policies
from .codes import bare, digest_of, is_code
from .models import AccountKind, CreditAccount, CreditEntry, GiftVariant
from .selectors import list_entries
from .verbs import (
    BlockCredit,
    CorrectCredit,
    IssueCredit,
    RenewCode,
    SellAsGiftCard,
    TopUpCard,
    UnblockCredit,
)

ENTRIES_SHOWN = 200


def state_chip(account: CreditAccount) -> Any:
    if account.blocked_at is not None:
        return format_state("cancelled", _now("Blocked"))
    if account.has_expired:
        return format_state("expired", _now("Over"))
    if account.balance <= 0:
        return format_state("closed", _now("Spent"))
    return format_state("active", _now("Good"))


def holder(account: CreditAccount) -> str:
    return account.recipient_name or account.recipient_email or _now("nobody named")


state_chip.short_description = _("State")  # type: ignore[attr-defined]
holder.short_description = _("For")  # type: ignore[attr-defined]


@register(CreditAccount)
class CreditAccountAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = [
        text_column("last4", description=_("Ends in")),
        text_column("get_kind_display", description=_("Kind")),
        holder,
        state_chip,
        money_column("balance", currency="currency", description=_("Left on it")),
        moment_column("created_at", description=_("Made")),
    ]
    ordering = ["-id"]
    search_fields = ["last4"]
    search_help_text = _("The code, its last four, e-mail or name")
    tabs = [
        Tab("cards", _("Gift cards"), Q(kind=AccountKind.GIFT_CARD)),
        Tab("credit", _("Store credit"), Q(kind=AccountKind.STORE_CREDIT)),
        Tab("blocked", _("Blocked"), Q(blocked_at__isnull=False)),
        Tab("all", _("All"), Q()),
    ]
    verbs = [TopUpCard, CorrectCredit, RenewCode, UnblockCredit, BlockCredit]
    list_verbs = [IssueCredit, SellAsGiftCard]
    empty_title = _("No gift cards here")
    empty_text = _(
        "Sell a product as gift card, or give one away. What is on them is owed until it is spent."
    )
    empty_verb = "issue"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if is_code(term):
            return queryset.filter(code_digest=digest_of(term)), False
        wanted = Q(last4=bare(term)[:4]) if len(bare(term)) == 4 else Q(pk=None)
        wanted |= Q(recipient_email__istartswith=term) | Q(recipient_name__icontains=term)
        return queryset.filter(wanted), False

    def subtitle(self, obj: CreditAccount) -> Any:
        return state_chip(obj)

    def facts(self, actor: Actor, obj: CreditAccount) -> list[Fact]:
        customer = ""
        if obj.customer_id and actor.may("customers.read"):
            customer = reverse("admin:customers_customer_change", args=[obj.customer_id])
        until = formats.date_format(obj.expires_on) if obj.expires_on else _now("For ever")
        return [
            Fact(_("Left on it"), format_amount(obj.balance, obj.currency)),
            Fact(_("For"), holder(obj), customer, help=obj.recipient_email),
            Fact(_("Good until"), until),
            *(
                [Fact(_("Blocked"), obj.blocked_because, help=format_moment(obj.blocked_at))]
                if obj.blocked_at
                else []
            ),
        ]

    def sections(self, actor: Actor, obj: CreditAccount) -> list[Section]:
        entries = list(list_entries(obj)[:ENTRIES_SHOWN])
        return [
            Section(
                title=_("What happened to it"),
                columns=[_("When"), _("What"), _("Belongs to"), _("By"), _("Amount"), _("Left on it")],
                rows=[
                    [
                        format_moment(entry.at),
                        _what(entry),
                        _reference(actor, entry),
                        say_who(entry.actor_label),
                        format_amount(entry.amount, obj.currency),
                        format_amount(entry.balance_after, obj.currency),
                    ]
                    for entry in entries
                ],
                align={4: "end", 5: "end"},
            )
        ]


def _what(entry: CreditEntry) -> Any:
    if not entry.reason:
        return entry.get_kind_display()
    return format_html("{}<br><span class='mdk-soft'>{}</span>", entry.get_kind_display(), entry.reason)


def _reference(actor: Actor, entry: CreditEntry) -> Any:
    if entry.owner_type != "order" or not actor.may("orders.read"):
        return entry.reference
    try:
        url = reverse("admin:orders_order_change", args=[entry.owner_id])
    except NoReverseMatch:
        return entry.reference
    return format_html('<a href="{}">{}</a>', url, entry.reference)


@tells_of(Product)
def sold_as_cards(actor: Actor, product: Any) -> list[Section]:
    """On the page of a product of gift cards: which of its variants become cards."""
    if not actor.may(policies.READ):
        return []
    rows = GiftVariant.objects.filter(variant__product=product).select_related("variant")
    found = [
        [row.variant.title or row.variant.sku, row.months or _now("For ever")]
        for row in rows.order_by("variant__position")
    ]
    return (
        [Section(title=_("Sold as gift cards"), columns=[_("Variant"), _("Months")], rows=found)]
        if found
        else []
    )


nav.register(
    section="Sell",
    label=_("Gift cards"),
    url="admin:credit_creditaccount_changelist",
    permission=policies.READ,
    icon="redeem",
    order=55,
)
