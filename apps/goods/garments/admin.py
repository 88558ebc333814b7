"""Garments and their library in the back office; sections on the pages of products and purchase orders."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Product, ProductOption
from apps.goods.garments import matrix_pages
from apps.goods.garments.care import list_care
from apps.goods.garments.garment_verbs import (
    CheckSample,
    DescribeGarment,
    SetAngles,
    SetComposition,
    SetPoints,
)
from apps.goods.garments.grid import axes_of
from apps.goods.garments.library_verbs import (
    AddChart,
    AddColour,
    AddScale,
    AddSeason,
    AddStyle,
    ChangeChart,
    ChangeColour,
    ChangeScale,
    ChangeSeason,
    ChangeStyle,
    DeleteEntry,
    MakeCollection,
    page_of,
)
from apps.goods.garments.models import (
    Colour,
    Garment,
    MeasurePoint,
    SampleCheck,
    Season,
    SizeChart,
    SizeScale,
    Style,
)
from apps.goods.garments.reading import materials_words, plain
from apps.goods.inventory.page_parts import product_url
from apps.goods.purchasing.models import PurchaseOrder
from apps.goods.purchasing.states import RECEIVABLE
from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_moment, format_state, number_column, text_column
from apps.platform.backoffice.detail import Fact, Section, tells_of
from apps.platform.media.panel import CarriesFiles

READ = "products.read"
CHECKS_SHOWN = 10
# Registers its pages at import.
__all__ = ["matrix_pages"]


def _sizes(row: SizeScale) -> str:
    return ", ".join(row.sizes)


def _swatch(row: Colour) -> str:
    if not row.hex:
        return _now("picture")
    # A drawing and not a style: the policy of the pages allows none beside the text.
    return format_html(
        '<svg width="20" height="20" aria-hidden="true"><rect width="20" height="20" rx="4" fill="{0}"'
        ' stroke="currentColor" stroke-opacity=".4"/></svg> {0}',
        row.hex,
    )


_sizes.short_description = _("Sizes")  # type: ignore[attr-defined]
_swatch.short_description = _("Colour")  # type: ignore[attr-defined]


@register(Garment)
class GarmentAdmin(CarriesFiles, TenantModelAdmin):
    """Products that are garments, by season and style."""

    read_permission = READ
    attach_permission = "products.change"
    list_display = [
        text_column("product.title", description=_("Product")),
        text_column("style", description=_("Style")),
        text_column("season", description=_("Season")),
        text_column("scale", description=_("Scale")),
        text_column("chart", description=_("Size chart")),
    ]
    list_select_related = ["product", "style", "season", "scale", "chart"]
    list_filter = ["season"]
    search_fields = ["product__title__icontains", "style__number__istartswith"]
    search_help_text = _("Product or style number")
    ordering = ["-id"]
    verbs = [DescribeGarment, SetComposition, SetPoints, CheckSample, SetAngles]
    empty_title = _("No garments yet")
    empty_text = _("Open a product that has sizes and choose “Make it a garment”.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Garment]:
        rows = super().get_queryset(request).select_related("product", "style", "season", "scale", "chart")
        return rows.defer("product__search", "product__search_text", "product__description_html")

    def facts(self, actor: Actor, obj: Garment) -> list[Fact]:
        def linked(row: Any, label: Any) -> Fact:
            return Fact(label, str(row or "–"), url=page_of(row) if row else "")

        return [
            Fact(_("Product"), obj.product.title, url=product_url(obj.product_id)),
            linked(obj.style, _("Style")),
            linked(obj.season, _("Season")),
            linked(obj.scale, _("Size scale")),
            linked(obj.chart, _("Size chart")),
        ]

    def sections(self, actor: Actor, obj: Garment) -> list[Section]:
        points = list(MeasurePoint.objects.filter(garment=obj).order_by("position"))
        sizes = obj.measured_sizes
        composition = [[part["part"], materials_words(part)] for part in obj.composition]
        return [
            Section(_("Matrix"), html=matrix_links(actor, obj.product_id)),
            Section(
                _("Composition"),
                columns=[_("Part"), _("Materials")],
                rows=composition,
                empty=_("Nothing is said yet."),
            ),
            Section(_("Care"), html=care_list(obj.care) or _("Nothing is said yet.")),
            Section(
                _("Measures (%(unit)s)") % {"unit": obj.unit},
                columns=[_("Point"), "±", *sizes],
                rows=[
                    [p.name, plain(p.tolerance), *(p.values.get(size, "–") for size in sizes)] for p in points
                ],
                align=dict.fromkeys(range(1, len(sizes) + 2), "end"),
                empty=_("Nothing is said yet."),
            ),
            _checks_section(obj),
        ]


def _checks_section(garment: Garment) -> Section:
    checks = SampleCheck.objects.filter(garment=garment).order_by("-id")[:CHECKS_SHOWN]
    return Section(
        _("Checked samples"),
        columns=[_("When"), _("Size"), _("Result"), _("By"), _("Note")],
        rows=[
            [format_moment(one.created_at), one.size, _result(one), one.actor_label, one.note]
            for one in checks
        ],
        empty=_("No sample was checked yet."),
    )


def _result(check: SampleCheck) -> Any:
    if check.is_within:
        return format_state("within", _("Within"), "good")
    outside = ", ".join(
        f"{one['point']} {'+' if not one['off'].startswith('-') else ''}{one['off']} (± {one['tolerance']})"
        for one in check.results
        if not one["within"]
    )
    return format_html("{} {}", format_state("outside", _("Outside"), "bad"), outside)


def care_list(codes: list[str]) -> Any:
    """The symbols with their words."""
    if not codes:
        return ""
    sprite = static("img/care.svg")
    items = format_html_join(
        "",
        '<div class="mdk-actions"><svg width="32" height="32" aria-hidden="true"><use href="{}#{}"/></svg>'
        "<span>{}</span></div>",
        ((sprite, care.code, care.words) for care in list_care(codes)),
    )
    return items


def matrix_links(actor: Actor, product_id: Any) -> Any:
    """Buttons to what may be done with sizes × colours."""
    links = [
        ("products.change", "garments_variants", _("Make variants")),
        ("stock.adjust", "garments_stock", _("Stock")),
        ("purchasing.write", "garments_order", _("Order")),
    ]
    buttons = [
        (reverse(f"admin:{name}", args=[product_id]), label) for code, name, label in links if actor.may(code)
    ]
    return format_html(
        '<p class="mdk-actions">{}</p>',
        format_html_join(" ", '<a class="mdk-button" href="{}">{}</a>', buttons),
    )


@tells_of(Product)
def garment_of_product(actor: Actor, product: Product) -> list[Section]:
    """On a product's page: the garment, or the way to make it one, and the matrix."""
    garment = Garment.objects.filter(product=product).select_related("style", "season").first()
    if garment is None:
        options = list(ProductOption.objects.filter(product=product).order_by("position"))
        if axes_of(options).size is None:
            return []
        address = reverse("admin:garments_begin", args=[product.pk])
        words = _("Make it a garment")
        if not actor.may("products.change"):
            return []
    else:
        address = page_of(garment)
        words = _("Composition, care, measures, size chart")
    about = " · ".join(str(one) for one in (garment.style, garment.season) if one) if garment else ""
    html = format_html(
        '<p>{} <a class="mdk-button" href="{}">{}</a></p>{}',
        about,
        address,
        words,
        matrix_links(actor, product.pk),
    )
    return [Section(_("Garment"), html=html)]


@tells_of(PurchaseOrder)
def receive_as_matrix(actor: Actor, order: PurchaseOrder) -> list[Section]:
    """On a purchase order that is on its way: receive it by sizes and colours."""
    if order.state not in RECEIVABLE or not actor.may("stock.receive"):
        return []
    sized = Garment.objects.filter(product__variants__in=order.lines(manager="objects").values("variant"))  # type: ignore[operator]
    if not sized.exists():
        return []
    address = reverse("admin:garments_receive", args=[order.pk])
    html = format_html(
        '<p><a class="mdk-button" href="{}">{}</a></p>', address, _("Receive by size and colour")
    )
    return [Section(_("Matrix"), html=html)]


@register(SizeScale)
class SizeScaleAdmin(TenantModelAdmin):
    read_permission = READ
    list_display = ["name", text_column("get_kind_display", description=_("Kind")), _sizes]
    search_fields = ["name__istartswith"]
    search_help_text = _("Name")
    ordering = ["name", "id"]
    verbs = [ChangeScale, DeleteEntry]
    list_verbs = [AddScale]
    empty_title = _("No size scales yet")
    empty_text = _("A scale is sizes in their order: XS to XXL, 36 to 44, ages of children, or your own.")
    empty_verb = "add"

    def facts(self, actor: Actor, obj: SizeScale) -> list[Fact]:
        return [Fact(_("Kind"), obj.get_kind_display()), Fact(_("Sizes"), _sizes(obj))]


@register(Colour)
class ColourAdmin(TenantModelAdmin):
    read_permission = READ
    list_display = ["name", _swatch]
    search_fields = ["name__istartswith"]
    search_help_text = _("Name")
    ordering = ["name", "id"]
    verbs = [ChangeColour, DeleteEntry]
    list_verbs = [AddColour]
    empty_title = _("No colours yet")
    empty_text = _("Add the colours of your products; the store then shows them as swatches.")
    empty_verb = "add"

    def facts(self, actor: Actor, obj: Colour) -> list[Fact]:
        named = ", ".join(f"{name} ({code})" for code, name in obj.names.items())
        return [
            Fact(_("Colour"), _swatch(obj)),
            Fact(_("Swatch picture"), _("Yes") if obj.swatch_id else _("No")),
            Fact(_("In other languages"), named or "–"),
        ]


@register(Season)
class SeasonAdmin(TenantModelAdmin):
    read_permission = READ
    list_display = [
        text_column("__str__", description=_("Season")),
        number_column("garment_count", description=_("Garments")),
        text_column("collection", description=_("Collection")),
    ]
    ordering = ["-year", "half"]
    verbs = [MakeCollection, ChangeSeason, DeleteEntry]
    list_verbs = [AddSeason]
    empty_title = _("No seasons yet")
    empty_text = _("Spring and summer, autumn and winter: add the first, then give it to garments.")
    empty_verb = "add"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Season]:
        rows = super().get_queryset(request).select_related("collection")
        return rows.annotate(garment_count=Count("garments"))

    def facts(self, actor: Actor, obj: Season) -> list[Fact]:
        garments = f"{reverse('admin:garments_garment_changelist')}?season__id__exact={obj.pk}"
        shown = obj.collection
        return [
            Fact(_("Season"), obj.get_half_display()),
            Fact(_("Year"), str(obj.year)),
            Fact(_("Garments"), obj.garment_count, url=garments),  # type: ignore[attr-defined]
            Fact(
                _("Collection"),
                str(shown or "–"),
                url=reverse("admin:catalog_collection_change", args=[shown.pk]) if shown else "",
            ),
        ]


@register(Style)
class StyleAdmin(TenantModelAdmin):
    read_permission = READ
    list_display = ["number", "name", number_column("garment_count", description=_("Garments"))]
    search_fields = ["number__istartswith", "name__icontains"]
    search_help_text = _("Number or name")
    ordering = ["number", "id"]
    verbs = [ChangeStyle, DeleteEntry]
    list_verbs = [AddStyle]
    empty_title = _("No styles yet")
    empty_text = _("A style is a design under its number; several products may share one.")
    empty_verb = "add"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Style]:
        return super().get_queryset(request).annotate(garment_count=Count("garments"))

    def facts(self, actor: Actor, obj: Style) -> list[Fact]:
        return [Fact(_("Number"), obj.number), Fact(_("Name"), obj.name or "–")]

    def sections(self, actor: Actor, obj: Style) -> list[Section]:
        garments = Garment.objects.filter(style=obj).select_related("product", "season").order_by("-id")[:100]
        rows = [
            [format_html('<a href="{}">{}</a>', page_of(one), one.product.title), one.season or ""]
            for one in garments
        ]
        return [Section(_("Garments"), columns=[_("Product"), _("Season")], rows=rows, empty=_("None yet."))]


@register(SizeChart)
class SizeChartAdmin(TenantModelAdmin):
    read_permission = READ
    list_display = ["name", text_column("regions_words", description=_("Regions"))]
    search_fields = ["name__istartswith"]
    search_help_text = _("Name")
    ordering = ["name", "id"]
    verbs = [ChangeChart, DeleteEntry]
    list_verbs = [AddChart]
    empty_title = _("No size charts yet")
    empty_text = _("A chart says what a size is called elsewhere and which body it fits. Products show it.")
    empty_verb = "add"

    def sections(self, actor: Actor, obj: SizeChart) -> list[Section]:
        rows = [
            [
                row["size"],
                *(row["regions"][r] for r in obj.regions),
                *(row["measures"][m] for m in obj.measures),
            ]
            for row in obj.rows
        ]
        return [Section(_("Chart"), columns=[_("Size"), *obj.regions, *obj.measures], rows=rows)]


for _order, (_label, _model, _icon) in enumerate(
    (
        (_("Garments"), "garment", "checkroom"),
        (_("Seasons"), "season", "calendar_month"),
        (_("Styles"), "style", "design_services"),
        (_("Colours"), "colour", "palette"),
        (_("Size scales"), "sizescale", "straighten"),
        (_("Size charts"), "sizechart", "table_chart"),
    )
):
    nav.register(
        section="Catalogue", label=_label, url=f"admin:garments_{_model}_changelist", permission=READ, icon=_icon,
        order=30 + _order, under="admin:garments_garment_changelist" if _order else None,
    )  # fmt: skip
