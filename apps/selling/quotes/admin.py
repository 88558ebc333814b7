"""Quotes in the back office."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.sold import as_sold
from apps.kernel import clock
from apps.kernel.actors import Actor, say_who
from apps.people.customers.addresses import postal_lines
from apps.platform.backoffice import nav, search, today
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_moment,
    moment_column,
    money_column,
    state_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.sites import site
from apps.platform.backoffice.tabs import Tab
from apps.selling.orders.models import Order
from apps.selling.promotions.words import name_of

from .models import Quote, QuoteState
from .policies import READ, WRITE
from .pricing import PricedQuote
from .services.sending import quote_path
from .services.writing import priced
from .verbs import (
    ChangeQuote,
    DuplicateQuote,
    NewOrder,
    OpenPaper,
    PlaceQuote,
    SendQuote,
    WithdrawQuote,
    WriteQuote,
    quote_url,
)

MOST_WAITING = 3


# The list of orders belongs to an app below this one, which does not know it.
_orders: Any = site._registry[Order]
_orders.list_verbs = [NewOrder, *_orders.list_verbs]


@register(Quote)
class QuoteAdmin(TenantModelAdmin):
    """Quotes by what they wait for; a page with the sums and the pay link of one."""

    read_permission = READ
    list_display = [
        text_column("number", description=_("Number")),
        text_column("name", description=_("Buyer")),
        state_column("state", description=_("State")),
        text_column("po_number", description=_("Buyer's order number")),
        money_column("total", currency="currency", description=_("Total")),
        moment_column("valid_until", description=_("Valid until")),
    ]
    search_fields = ["number__iexact", "po_number__iexact", "email__istartswith", "name__icontains"]
    search_help_text = _("Number, buyer's order number, e-mail or name")
    ordering = ["-id"]
    verbs = [SendQuote, ChangeQuote, PlaceQuote, OpenPaper, DuplicateQuote, WithdrawQuote]
    list_verbs = [WriteQuote]
    empty_title = _("No quotes here")
    empty_text = _("Write a draft order for somebody who asked, and send it with a link to pay.")
    empty_verb = "new"

    def get_tabs(self, request: HttpRequest) -> list[Tab]:
        over = Q(state=QuoteState.SENT, valid_until__lte=clock.now())
        return [
            Tab("open", _("Open"), Q(state__in=[QuoteState.DRAFT, QuoteState.SENT]) & ~over),
            Tab("drafts", _("Drafts"), Q(state=QuoteState.DRAFT)),
            Tab("over", _("Over"), over),
            Tab("placed", _("Ordered"), Q(state=QuoteState.PLACED)),
            Tab("all", _("All")),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Quote]:
        return super().get_queryset(request).select_related("customer", "order", "business")

    def title(self, obj: Quote) -> Any:
        return _now("Quote %(number)s") % {"number": obj.number}

    def subtitle(self, obj: Quote) -> Any:
        return _now("Version %(version)s") % {"version": obj.version} if obj.version > 1 else ""

    def facts(self, actor: Actor, obj: Quote) -> list[Fact]:
        to = postal_lines((obj.line1, obj.line2), obj.city, obj.region, obj.postcode, obj.country)
        address = ", ".join(to) if obj.line1 else ""
        facts = [
            Fact(_("Buyer"), obj.name or obj.email or _now("unknown"), help=f"{obj.email} {address}".strip()),
            # As its lines below come to now: the kept total is of the day when it was last written or sent.
            Fact(_("Total"), format_amount(_now_priced(obj).totals.total, obj.currency)),
            Fact(
                _("Valid until"),
                format_moment(obj.valid_until),
                help=_now("This offer is over.") if obj.is_over else "",
            ),
        ]
        if obj.po_number:
            facts.append(Fact(_("Buyer's order number"), obj.po_number))
        if obj.order is not None:
            url = (
                reverse("admin:orders_order_change", args=[obj.order_id]) if actor.may("orders.read") else ""
            )
            facts.append(Fact(_("Order"), obj.order.number, url))
        elif obj.state == QuoteState.SENT:
            path = quote_path(obj.business.slug, obj)
            facts.append(Fact(_("Pay link"), _("Open"), path, help=_now("Copy its address to hand it on.")))
        if obj.asked_again_at:
            facts.append(Fact(_("Asked for again"), format_moment(obj.asked_again_at)))
        return [
            *facts,
            Fact(_("Note to the buyer"), obj.note),
            Fact(_("Written by"), say_who(obj.written_by)),
        ]

    def sections(self, actor: Actor, obj: Quote) -> list[Section]:
        now = _now_priced(obj)
        sections = [_lines_section(obj, now)]
        if now.promotions.promised or now.warnings:
            sections.append(_promotions_section(obj, now))
        return sections


def _now_priced(quote: Quote) -> PricedQuote:
    """The quote with amounts; worked out once for the page."""
    if not hasattr(quote, "priced_now"):
        quote.priced_now = priced(quote)  # type: ignore[attr-defined]
    found: PricedQuote = quote.priced_now  # type: ignore[attr-defined]
    return found


def _promotions_section(quote: Quote, now: PricedQuote) -> Section:
    """What takes something off, and codes that do nothing; a sent quote keeps those it was sent with."""
    said = _now("as the delivery that is chosen")
    return Section(
        _("Promotions"),
        columns=[_("Promotion"), _("Takes off")],
        rows=[
            [name_of(one), format_amount(one.amount, quote.currency) if one.amount else said]
            for one in now.promotions.promised
        ],
        align={1: "end"},
        empty=_("Nothing takes anything off."),
        html=format_html_join("", '<p class="mdk-soft">{}</p>', ((words,) for words in now.warnings)),
    )


def _lines_section(quote: Quote, now: PricedQuote) -> Section:
    currency, totals = quote.currency, now.totals
    charge = totals.shipping_gross if totals.tax_inclusive else totals.shipping_net
    shipping: Any = (
        format_amount(charge, currency) if quote.shipping_price is not None else _now("the buyer chooses")
    )
    sums: list[tuple[Any, Any]] = [(_("Items"), format_amount(totals.subtotal, currency))]
    if totals.discount:
        sums.append((_("Discount"), format_amount(-totals.discount, currency)))
    sums.append((quote.shipping_name or _("Delivery"), shipping))
    if totals.tax:
        sums.append(
            (_("of which tax") if totals.tax_inclusive else _("Tax"), format_amount(totals.tax, currency))
        )
    sums.append((_("Total"), format_html("<b>{}</b>", format_amount(totals.total, currency))))
    return Section(
        _("Items"),
        columns=[_("Item"), _("Pieces"), _("Price"), _("Sum")],
        rows=[
            [
                format_html(
                    "{}<br><span class='mdk-soft'>{}</span>",
                    " · ".join(
                        filter(
                            None,
                            (item.product_title, item.variant.title, item.pack.name if item.pack else ""),
                        )
                    ),
                    item.variant.sku,
                ),
                sold.words,
                sold.price_words(format_amount(sold.price, currency)),
                format_amount(line.subtotal, currency),
            ]
            for item, line, sold in (
                (
                    item,
                    line,
                    as_sold(item.variant, line.quantity, line.unit_price, currency, packed=bool(item.pack)),
                )
                for item, line in zip(now.items, totals.lines, strict=True)
            )
        ],
        footer=[[label, "", "", amount] for label, amount in sums],
        align={1: "end", 2: "end", 3: "end"},
    )


@today.register_waiting(permission=WRITE, order=25)
def asked_again(actor: Actor) -> list[today.Waiting]:
    """Offers that were over when the buyer opened them, the one that waits longest first."""
    rows = Quote.objects.filter(asked_again_at__isnull=False, order__isnull=True).order_by("asked_again_at")
    return [
        today.Waiting(
            text=_now("%(name)s asks for quote %(number)s again:")
            % {"name": row.name or row.email or _now("Somebody"), "number": row.number},
            verb=_("Look at it"),
            url=quote_url(row.pk),
        )
        for row in rows[:MOST_WAITING]
    ]


@search.register(permission=READ)
def find_quotes(actor: Actor, term: str) -> list[search.Hit]:
    """Quotes by number."""
    found = Quote.objects.filter(number__iexact=term).order_by("-id")[:6]
    return [
        search.Hit(
            title=row.number, description=row.name or row.email, url=quote_url(row.pk), icon="request_quote"
        )
        for row in found
    ]


nav.register(
    section="Sell",
    label=_("Quotes"),
    url="admin:quotes_quote_changelist",
    permission=READ,
    icon="request_quote",
    order=15,
)
