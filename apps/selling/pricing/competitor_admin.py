"""What competitors ask, beside our own prices: typed, from a file, by program; the newest, and all of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import DecimalField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.forms import AmountField
from apps.goods.catalog.models import Variant
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_state,
    money_column,
    state_column,
    text_column,
)  # fmt: skip
from apps.platform.backoffice.detail import Fact, Section, tells_of
from apps.platform.backoffice.pages import render_page
from apps.platform.backoffice.reports import Table, as_csv
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.selectors import get_current_business

from . import policies, services
from .competitors import LONGEST_FILE, Reading, read_file, read_rows, variant_words
from .models import CompetitorPrice

MOST_SHOWN = 50
Source = CompetitorPrice.Source


def newest() -> Q:
    """The last that is known of each competitor for each item."""
    later = CompetitorPrice.objects.filter(
        variant=OuterRef("variant"), competitor=OuterRef("competitor"), seen_on__gt=OuterRef("seen_on")
    )
    return ~Exists(later)  # type: ignore[return-value]


def compared(rows: QuerySet[CompetitorPrice]) -> QuerySet[CompetitorPrice]:
    """With `ours` and by how many percent that is above theirs; nothing to compare in another currency."""
    percent = (F("variant__price") - F("price")) * Decimal(100) / F("price")
    return rows.select_related("variant__product").annotate(
        percent=ExpressionWrapper(percent, output_field=DecimalField(max_digits=12, decimal_places=1))
    )


def percent_of(row: CompetitorPrice) -> Decimal:
    """By how many percent our price is above theirs, to a tenth."""
    return round(Decimal(row.percent), 1)  # type: ignore[attr-defined]


def say_difference(row: CompetitorPrice) -> Any:
    """By how much we are dearer or cheaper."""
    if row.currency != get_current_business().currency:
        return _now("another currency")
    percent = percent_of(row)
    if not percent:
        return _now("the same")
    if percent > 0:
        return format_state("dearer", _now("%(percent)s %% dearer") % {"percent": percent}, "bad")
    return format_state("cheaper", _now("%(percent)s %% cheaper") % {"percent": -percent}, "good")


def item_of(row: CompetitorPrice) -> str:
    return variant_words(row.variant)


def our_price(row: CompetitorPrice) -> str:
    return format_amount(row.variant.price)


say_difference.short_description = _("We are")  # type: ignore[attr-defined]
item_of.short_description = _("Item")  # type: ignore[attr-defined]
our_price.short_description = _("Our usual price")  # type: ignore[attr-defined]


class TypedForm(forms.Form):
    """One price that somebody saw."""

    sku = forms.CharField(label=_("Item"), max_length=64, help_text=_("SKU or barcode."))
    competitor = forms.CharField(label=_("Competitor"), max_length=80)
    price = AmountField(label=_("Their price"), help_text=_("With tax if yours are with tax."))
    date = forms.DateField(
        label=_("Seen"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: today."),
    )


class PricesFileForm(forms.Form):
    """A file of prices."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_(
            "The first row names the columns: sku, competitor, price, and if you like currency and date."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )
    check_only = forms.BooleanField(label=_("Only check, keep nothing"), required=False)


class _Writes(Verb):
    permission = policies.MANAGE

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:pricing_competitorprice_changelist")


class AddCompetitorPrice(_Writes):
    name = "add"
    label = _("Add a price")
    icon = "add"
    form_class = TypedForm
    submit_label = _("Keep the price")

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        reading = read_rows([data], get_current_business())
        if reading.bad:
            raise InvalidInput(reading.bad[0].problem)
        return services.note_competitor_prices(actor, drafts=reading.drafts, source=Source.TYPED, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The price is kept.")


class ReadCompetitorFile(_Writes):
    name = "file"
    label = _("Bring in a file")
    icon = "upload_file"
    form_class = PricesFileForm
    submit_label = _("Read the file")

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Rows that cannot be taken are shown with the reason; the others are kept.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        reading = read_file(data["file"].read(LONGEST_FILE + 1), get_current_business())
        if reading.drafts and not data["check_only"]:
            services.note_competitor_prices(actor, drafts=reading.drafts, source=Source.FILE, key=key)
        return reading, data["check_only"]

    def answer(self, request: HttpRequest, obj: Any, result: tuple[Reading, bool]) -> HttpResponse | None:
        reading, check_only = result
        context = {
            "reading": reading,
            "check_only": check_only,
            "back_url": reverse("admin:pricing_competitorprice_changelist"),
            "again_url": reverse("admin:list_verb", args=["pricing", "competitorprice", "file"]),
            "section": Section(
                _("Rows that are not taken"),
                columns=[_("Row"), _("What it says"), _("Why")],
                rows=[[one.row, one.text, one.problem] for one in reading.bad[:200]],
                empty=_("None: every row can be taken."),
            ),
        }
        return render_page(request, "pricing/competitor_file.html", context)


class ExportCompetitorPrices(Verb):
    name = "export"
    label = _("Download")
    submit_label = _("Download the file")
    permission = policies.READ
    icon = "download"

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _now("The newest price of each competitor and item, beside yours, as a file for a spreadsheet.")
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        currency = get_current_business().currency
        rows = compared(CompetitorPrice.objects.filter(newest())).order_by("variant__sku", "competitor", "pk")
        return Table(
            [
                _("SKU"), _("Item"), _("Competitor"), _("Their price"), _("Currency"), _("Our usual price"),
                _("Percent dearer"), _("Seen"), _("Source"),
            ],
            [
                [
                    row.variant.sku, item_of(row), row.competitor, f"{row.price:f}", row.currency,
                    f"{row.variant.price:f}", f"{percent_of(row):f}" if row.currency == currency else "",
                    row.seen_on.isoformat(), row.get_source_display(),
                ]
                for row in rows.iterator()
            ],
        )  # fmt: skip

    def answer(self, request: HttpRequest, obj: Any, result: Table) -> HttpResponse | None:
        return as_csv("competitors", result)


class RemoveCompetitorPrice(_Writes):
    name = "remove"
    label = _("Remove")
    dangerous = True

    def explain(self, actor: Actor, obj: CompetitorPrice) -> list[Any]:
        return [_now("The price before it counts again, if there is one.")]

    def perform(self, actor: Actor, obj: CompetitorPrice, data: dict[str, Any], key: str) -> Any:
        services.remove_competitor_price(actor, price_id=obj.pk)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Removed.")


@register(CompetitorPrice)
class CompetitorPriceAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = [
        item_of,
        text_column("competitor", description=_("Competitor")),
        money_column("price", currency="currency", description=_("Their price")),
        our_price,
        say_difference,
        text_column("seen_on", description=_("Seen")),
        state_column("source", description=_("Source")),
    ]
    ordering = ["-seen_on", "-id"]
    search_fields = ["competitor__icontains", "variant__sku__iexact", "variant__product__title__icontains"]
    search_help_text = _("Competitor, SKU or title")
    verbs = [RemoveCompetitorPrice]
    list_verbs = [AddCompetitorPrice, ReadCompetitorFile, ExportCompetitorPrices]
    empty_title = _("No competitors' prices here")
    empty_text = _("Write down what others ask, or bring in a file. Nothing is fetched from their pages.")
    empty_verb = "add"

    def get_tabs(self, request: HttpRequest) -> list[Tab]:
        same = Q(currency=get_current_business().currency)
        return [
            Tab("newest", _("Newest"), newest()),
            Tab("dearer", _("We are dearer"), same & Q(price__lt=F("variant__price")) & newest()),
            Tab(
                "much",
                _("By more than 10 %"),
                same & Q(price__lt=F("variant__price") / Decimal("1.1")) & newest(),
            ),
            Tab("all", _("All, with the former ones"), Q()),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CompetitorPrice]:
        return compared(super().get_queryset(request))

    def title(self, obj: CompetitorPrice) -> Any:
        return f"{obj.competitor}: {item_of(obj)}"

    def facts(self, actor: Actor, obj: CompetitorPrice) -> list[Fact]:
        product = reverse("admin:catalog_product_change", args=[obj.variant.product_id])
        return [
            Fact(_("Their price"), format_amount(obj.price, obj.currency)),
            Fact(_("Our usual price"), our_price(obj), product),
            Fact(_("We are"), say_difference(obj)),
            Fact(_("Seen"), obj.seen_on),
            Fact(_("Source"), obj.get_source_display()),
        ]

    def sections(self, actor: Actor, obj: CompetitorPrice) -> list[Section]:
        former = CompetitorPrice.objects.filter(variant=obj.variant_id, competitor=obj.competitor)
        rows = compared(former).order_by("-seen_on")[:MOST_SHOWN]
        return [_section(_("What they asked over time"), rows, with_name=False)]


def _section(title: Any, rows: Any, *, with_name: bool) -> Section:
    return Section(
        title,
        columns=[_("Competitor") if with_name else _("Source"), _("Their price"), _("We are"), _("Seen")],
        rows=[
            [
                row.competitor if with_name else row.get_source_display(),
                format_amount(row.price, row.currency),
                say_difference(row),
                row.seen_on,
            ]
            for row in rows
        ],
        align={1: "end"},
    )


@tells_of(Variant)
def competitors_of(actor: Actor, obj: Variant) -> list[Section]:
    """On an item's page: the newest of each competitor."""
    if not actor.may(policies.READ):
        return []
    rows = list(
        compared(CompetitorPrice.objects.filter(newest(), variant=obj)).order_by("price")[:MOST_SHOWN]
    )
    return [_section(_("Competitors"), rows, with_name=True)] if rows else []


nav.register(
    section="Catalogue",
    label=_("Competitors' prices"),
    url="admin:pricing_competitorprice_changelist",
    permission=policies.READ,
    icon="compare_arrows",
    order=32,
    under="admin:pricing_pricelist_changelist",
)
