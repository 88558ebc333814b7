"""Price lists and taxes in the back office; sections on the pages of items, products and customers."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from apps.goods.catalog.models import Product, Variant
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.people.customers.models import Customer
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_moment,
    format_state,
    number_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact, Section, tells_of
from apps.platform.backoffice.tabs import Tab

from . import competitor_admin, display_admin, history_admin, pages, policies  # noqa: F401  (register their sections)
from .channels import CHANNELS
from .models import CustomerTax, Level, PriceList, PriceListEntry, TaxItem, TaxRate, TaxZone
from .selectors import list_entries
from .verbs import (
    AddList,
    AddZone,
    ChangeList,
    ChangeZone,
    PutIn,
    ReadPrices,
    SwitchZone,
    TakeOut,
    WritePrices,
    page_of,
)

SHOWN = 200
# Registers its pages at import.
__all__ = ["pages"]


def state_of(row: PriceList) -> Any:
    """Whether its prices hold now, in a word."""
    now = clock.now()
    if not row.active:
        return format_state("out", _("Out of use"), "muted")
    if row.valid_from and now < row.valid_from:
        return format_state("waiting", _("Starts later"), "wait")
    if row.valid_to and now >= row.valid_to:
        return format_state("over", _("Over"), "muted")
    return format_state("active", _("Holds now"), "good")


def whom(row: PriceList) -> str:
    """For whom it is."""
    if row.customer is not None:
        return str(row.customer)
    if row.level == Level.SEGMENT:
        return _now("Tag “%(tag)s”") % {"tag": row.segment}
    return _now("Everybody")


def channels_of(row: PriceList) -> str:
    return ", ".join(str(CHANNELS.get(name, name)) for name in row.channels) or _now("All")


def window(row: PriceList) -> Any:
    start = format_moment(row.valid_from) if row.valid_from else ""
    end = format_moment(row.valid_to) if row.valid_to else ""
    return format_html("{} – {}", start, end) if start or end else _now("Always")


def figure_of(entry: PriceListEntry) -> str:
    """The price, or the percentage and what it is off."""
    if entry.price is not None:
        return format_amount(entry.price)
    facts = {"percent": f"{(entry.percent or 0):f}".rstrip("0").rstrip(".")}
    if entry.kind == PriceListEntry.Kind.VOLUME:
        return _now("%(percent)s%% off the line") % facts
    return _now("%(percent)s%% off the price") % facts


state_of.short_description = _("Now")  # type: ignore[attr-defined]
whom.short_description = _("For whom")  # type: ignore[attr-defined]
channels_of.short_description = _("Channels")  # type: ignore[attr-defined]
window.short_description = _("When")  # type: ignore[attr-defined]


@register(PriceList)
class PriceListAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = [
        "name", text_column("get_level_display", description=_("Level")), whom, channels_of, window,
        number_column("price_count", description=_("Prices")), state_of,
    ]  # fmt: skip
    list_select_related = ["customer"]
    search_fields = ["name__icontains", "reference__istartswith"]
    search_help_text = _("Name or contract number")
    ordering = ["name", "id"]
    tabs = [
        Tab("in_use", _("In use"), Q(active=True)),
        Tab("out", _("Out of use"), Q(active=False)),
    ]
    verbs = [WritePrices, ReadPrices, ChangeList, PutIn, TakeOut]
    list_verbs = [AddList]
    empty_title = _("No price lists here")
    empty_text = _(
        "A sale, prices for traders, a contract with one customer: add a list, then write its prices."
    )
    empty_verb = "add"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceList]:
        return super().get_queryset(request).annotate(price_count=Count("entries"))

    def facts(self, actor: Actor, obj: PriceList) -> list[Fact]:
        return [
            Fact(_("Now"), state_of(obj)),
            Fact(_("Level"), obj.get_level_display()),
            Fact(_("For whom"), whom(obj)),
            Fact(_("Channels"), channels_of(obj)),
            Fact(_("When"), window(obj)),
            Fact(_("Priority"), str(obj.priority)),
            Fact(_("Contract number"), obj.reference or "–"),
        ]

    def sections(self, actor: Actor, obj: PriceList) -> list[Section]:
        entries = list_entries().filter(price_list=obj).order_by("-id")[: SHOWN + 1]
        rows = [
            [
                entry.target_title,
                entry.variant.sku if entry.variant else "",
                entry.min_quantity,
                figure_of(entry),
                format_amount(entry.variant.price) if entry.variant else "",
            ]
            for entry in entries[:SHOWN]
        ]
        more = [] if len(entries) <= SHOWN else [[_("More are under “Edit prices”."), "", "", "", ""]]
        return [
            Section(
                _("Prices"),
                columns=[_("For"), _("SKU"), _("From quantity"), _("Price"), _("Usual price")],
                rows=[*rows, *more],
                align={2: "end", 3: "end", 4: "end"},
                empty=_("Nothing is on the list yet. Choose “Edit prices”."),
            )
        ]


def where(zone: TaxZone) -> str:
    """Country and regions by name."""
    if not zone.country:
        return _now("Everywhere else")
    name = str(countries.name(zone.country))
    return f"{name}: {', '.join(zone.regions)}" if zone.regions else name


def rates_of(zone: TaxZone) -> str:
    """Its taxes in words."""
    words = []
    for rate in zone.rates.all():
        kind = "" if rate.tax_class == "standard" else f" ({rate.get_tax_class_display()})"
        words.append(f"{rate.name} {(rate.rate * 100).normalize():f}%{kind}")
    return ", ".join(words) or _now("Nothing")


where.short_description = _("Where")  # type: ignore[attr-defined]
rates_of.short_description = _("Taxes")  # type: ignore[attr-defined]


@register(TaxZone)
class TaxZoneAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = ["name", where, rates_of]
    ordering = ["name", "id"]
    tabs = [
        Tab("in_use", _("In use"), Q(active=True)),
        Tab("out", _("Out of use"), Q(active=False)),
    ]
    verbs = [ChangeZone, SwitchZone]
    list_verbs = [AddZone]
    empty_title = _("No tax zones here")
    empty_text = _(
        "Without any, everything is taxed at the standard rate of your settings. Add zones for the others."
    )
    empty_verb = "add"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaxZone]:
        return super().get_queryset(request).prefetch_related("rates")

    def facts(self, actor: Actor, obj: TaxZone) -> list[Fact]:
        return [
            Fact(_("Where"), where(obj)),
            Fact(_("State"), _("In use") if obj.active else _("Out of use")),
            Fact(_("Delivery is taxed as"), obj.get_shipping_class_display()),
            Fact(_("Reverse charge"), _("Yes") if obj.reverse_charge else _("No")),
        ]

    def sections(self, actor: Actor, obj: TaxZone) -> list[Section]:
        rates = TaxRate.objects.filter(zone=obj).order_by("position", "id")
        rows = [
            [one.name, one.get_tax_class_display(), f"{(one.rate * 100).normalize():f}%"] for one in rates
        ]
        columns = [_("Tax"), _("Class"), _("Rate")]
        empty = _("Nothing is charged here.")
        return [Section(_("Taxes"), columns=columns, rows=rows, align={2: "end"}, empty=empty)]


@tells_of(Variant)
def prices_of_variant(actor: Actor, variant: Variant) -> list[Section]:
    """On an item's page: what lists say of it alone, and the way to the explainer."""
    if not actor.may(policies.READ):
        return []
    entries = list_entries().filter(variant=variant).order_by("-id")[:50]
    rows = [
        [format_html('<a href="{}">{}</a>', page_of(entry.price_list), entry.price_list.name), entry.min_quantity,
         figure_of(entry), state_of(entry.price_list)]
        for entry in entries
    ]  # fmt: skip
    code = variant.sku or variant.barcode or str(variant.pk)
    return [
        Section(
            _("On price lists"),
            columns=[_("List"), _("From quantity"), _("Price"), _("Now")],
            rows=rows,
            align={1: "end", 2: "end"},
            empty=_("No list names this item alone; lists for its product, category or everything may hold."),
            url=f"{reverse('admin:pricing_explain')}?item={code}",
        )
    ]


@tells_of(Product)
def taxes_of_product(actor: Actor, product: Product) -> list[Section]:
    """On a product's page: its tax class."""
    if not actor.may(policies.READ):
        return []
    item = TaxItem.objects.filter(product=product).first()
    words = str(item) if item else _now("Standard")
    return [_with_button(actor, _("Tax class"), words, reverse("admin:pricing_tax_item", args=[product.pk]))]


@tells_of(Customer)
def taxes_of_customer(actor: Actor, customer: Customer) -> list[Section]:
    """On a customer's page: tax number and certificate."""
    if not actor.may(policies.READ):
        return []
    papers = CustomerTax.objects.filter(customer=customer).first()
    words = _now("Pays tax like everybody.")
    if papers is not None:
        exempt = (
            _now("exempt, certificate %(number)s") % {"number": papers.certificate} if papers.exempt else ""
        )
        words = " · ".join(part for part in (papers.tax_number, exempt) if part) or words
    return [_with_button(actor, _("Taxes"), words, reverse("admin:pricing_customer_tax", args=[customer.pk]))]


def _with_button(actor: Actor, title: Any, words: str, url: str) -> Section:
    button = ""
    if actor.may(policies.TAXES):
        button = format_html(' <a class="mdk-button" href="{}">{}</a>', url, _("Change"))
    return Section(title, html=format_html("<p>{}{}</p>", words, button))


nav.register(section="Catalogue", label=_("Price lists"), url="admin:pricing_pricelist_changelist",
             permission=policies.READ, icon="price_change", order=30)  # fmt: skip
nav.register(section="Catalogue", label=_("Explain a price"), url="admin:pricing_explain", permission=policies.READ,
             icon="help", order=31, under="admin:pricing_pricelist_changelist")  # fmt: skip
nav.register(section="Settings", label=_("Tax zones"), url="admin:pricing_taxzone_changelist",
             permission=policies.READ, icon="account_balance", order=46)  # fmt: skip
