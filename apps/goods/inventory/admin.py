"""Products with their stock, balances and the ledger in the back office; what runs out, for Today."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.amounts import rule_of
from apps.goods.catalog.certificate_verbs import DescribeLicensed
from apps.goods.catalog.code_verbs import MakeCodes, RuleCodes
from apps.goods.catalog.codes import doubt_of
from apps.goods.catalog.costs import HidesCosts, cost_column
from apps.goods.catalog.draft_verbs import BeginDraft
from apps.goods.catalog.drafts import sides_words
from apps.goods.catalog.filters import BrandFilter, CategoryFilter
from apps.goods.catalog.measures import shown_measure, stock_measure
from apps.goods.catalog.models import Product, Variant
from apps.goods.catalog.pack_verbs import VARIANT_VERBS
from apps.goods.catalog.picture_page import pictures_section
from apps.goods.catalog.policies import SEES_COSTS
from apps.goods.catalog.selectors import search_products
from apps.goods.catalog.units import UNITS, Measure, per_measure_words
from apps.goods.catalog.verbs import (
    AddProduct,
    AddVariant,
    ArchiveProduct,
    EditProduct,
    EditVariant,
    PublishProduct,
    PublishSeveral,
    RestoreProduct,
    RetireVariant,
    UnpublishProduct,
)
from apps.goods.inventory import (  # noqa: F401
    adjustment_pages,
    allocation_page,
    lot_pages,
    lot_papers,
    low_stock_pages,
    movement_pages,
    report_pages,
    today_cards,
)
from apps.goods.inventory.filters import LocationFilter
from apps.goods.inventory.incoming import with_incoming
from apps.goods.inventory.kit_pages import SetKit
from apps.goods.inventory.lot_verbs import ChooseTracking
from apps.goods.inventory.models import DEFAULT_WARN_AT, StockBalance
from apps.goods.inventory.page_parts import (
    description_section,
    full_name,
    product_url,
    steps,
    stock_section,
    variant_url,
    variants_section,
)
from apps.goods.inventory.selectors import list_balances, list_low_stock, list_movements
from apps.goods.inventory.verbs import AdjustStock, ChooseValuation, ReceiveDelivery, ReceiveStock, SetWarning
from apps.kernel.actors import Actor
from apps.platform.backoffice import nav, search, today
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_moment,
    format_state,
    moment_column,
    money_column,
    number_column,
    state_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact, Section, Step
from apps.platform.backoffice.tabs import Tab
from apps.platform.fields.carrying import CarriesFields
from apps.platform.media.panel import CarriesFiles

LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _variant_name(variant: Variant) -> str:
    return full_name(variant)


_variant_name.short_description = _("Variant")  # type: ignore[attr-defined]


def _item_name(balance: StockBalance) -> str:
    return full_name(balance.variant)


_item_name.short_description = _("Item")  # type: ignore[attr-defined]


def _price(product: Product) -> str:
    words = format_amount(product.min_price)
    if product.has_price_range:
        words = f"{words} – {format_amount(product.max_price)}"
    measure = getattr(product, "measure", "")
    return per_measure_words(words, Measure(1, measure)) if measure else words


_price.short_description = _("Price")  # type: ignore[attr-defined]
_price.align = "end"  # type: ignore[attr-defined]


def _available(product: Product) -> str:
    """With the unit of what is measured: beside a price of a metre, centimetres would be read as metres."""
    count = formats.number_format(product.available, use_l10n=True, force_grouping=True)  # type: ignore[attr-defined]
    unit = getattr(product, "counted_in", "")
    return f"{count} {UNITS[unit].sign}" if unit else count


_available.short_description = _("Available")  # type: ignore[attr-defined]
_available.align = "end"  # type: ignore[attr-defined]
_available.admin_order_field = "available"  # type: ignore[attr-defined]


def _shown(product: Product) -> str:
    return format_state("published", _("In the store"), "good") if product.visible else ""


_shown.short_description = _("Store")  # type: ignore[attr-defined]


def _low_stock() -> Exists:
    return Exists(
        StockBalance.objects.annotate(level=Coalesce("low_stock_threshold", Value(DEFAULT_WARN_AT))).filter(
            variant__product=OuterRef("pk"),
            variant__active=True,
            variant__track_stock=True,
            location__active=True,
            on_hand__lte=F("reserved") + F("level"),
        )
    )


@register(Product)
class ProductAdmin(CarriesFiles, CarriesFields, TenantModelAdmin):
    """Products by what they need; a page with everything about one."""

    read_permission = "products.read"
    attach_permission = "products.change"
    list_display = [
        "title",
        state_column("status", description=_("Status")),
        _shown,
        _price,
        _available,
        number_column("variant_count", description=_("Variants")),
    ]
    search_fields = ["title"]
    search_help_text = _("Title, SKU, barcode, brand or tag")
    list_filter = ["published", BrandFilter, CategoryFilter]
    ordering = ["-updated_at", "-id"]
    verbs = [
        EditProduct, PublishProduct, ReceiveStock, AdjustStock, AddVariant,
        BeginDraft, MakeCodes, DescribeLicensed, UnpublishProduct, RestoreProduct, ArchiveProduct,
    ]  # fmt: skip
    list_verbs = [AddProduct, PublishSeveral]
    empty_title = _("No products yet")
    empty_text = _("Add the first one by hand, or import a file from your old shop under Stock, Imports.")
    empty_verb = "add"

    def get_tabs(self, request: HttpRequest) -> list[Tab]:
        return [
            Tab("active", _("Active"), Q(status=Product.Status.ACTIVE)),
            Tab("draft", _("Drafts"), Q(status=Product.Status.DRAFT)),
            Tab("low", _("Low stock"), Q(_low_stock(), status=Product.Status.ACTIVE)),
            Tab("archived", _("Archived"), Q(status=Product.Status.ARCHIVED)),
            Tab("all", _("All")),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        free = (
            StockBalance.objects.filter(
                variant__product=OuterRef("pk"), variant__active=True, location__active=True
            )
            .order_by()
            .values("variant__product")
            .annotate(free=Sum(F("on_hand") - F("reserved")))
            .values("free")
        )
        return (
            super()
            .get_queryset(request)
            .select_related("category", "cover")
            .defer("search", "search_text")
            .annotate(
                available=Coalesce(Subquery(free), 0), measure=shown_measure(), counted_in=stock_measure()
            )
        )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return (search_products(queryset, search_term) if search_term.strip() else queryset), False

    def subtitle(self, obj: Product) -> str:
        if not obj.visible or obj.published_at is None:
            return ""
        return _now("In the store since %(day)s") % {
            "day": formats.date_format(timezone.localtime(obj.published_at))
        }

    def facts(self, actor: Actor, obj: Product) -> list[Fact]:
        return [
            Fact(_("Price"), _price(obj)),
            Fact(_("Available"), str(getattr(obj, "available", ""))),
            Fact(_("Category"), obj.category.name if obj.category else ""),
            Fact(
                _("Brand"),
                obj.vendor_name,
                url=reverse("admin:catalog_brand_change", args=[obj.brand_id]) if obj.brand_id else "",
            ),
            Fact(_("Subtitle"), obj.subtitle),
            Fact(_("Type"), obj.product_type),
            Fact(_("Tags"), ", ".join(obj.tags)),
            Fact(_("Address"), obj.slug),
            Fact(_("Quantities"), rule_of(obj).words),
        ]

    def sections(self, actor: Actor, obj: Product) -> list[Section]:
        variants = list(obj.variants.filter(active=True).order_by("position", "id"))
        balances = list(list_balances([variant.pk for variant in variants]))
        return [
            pictures_section(obj),
            variants_section(variants, balances),
            *([stock_section(actor, balances, with_variant=True)] if actor.may("stock.read") else []),
            *description_section(obj),
        ]

    def timeline(self, actor: Actor, obj: Product) -> list[Step]:
        if not actor.may("stock.read"):
            return []
        return steps(list_movements(obj.variants.values_list("pk", flat=True)), with_variant=True)


@register(Variant)
class VariantAdmin(HidesCosts, CarriesFields, TenantModelAdmin):
    """All variants by SKU; the page of one shows its stock and movements."""

    read_permission = "products.read"
    list_display = [
        _variant_name,
        "sku",
        money_column("price", description=_("Price")),
        cost_column("cost", description=_("Cost")),
    ]
    list_select_related = ["product"]
    search_fields = ["sku__istartswith", "barcode__startswith"]
    search_help_text = _("SKU or barcode")
    ordering = ["-id"]
    verbs = [EditVariant, *VARIANT_VERBS, ReceiveStock, AdjustStock, ChooseTracking, SetKit, RetireVariant]
    list_verbs = [RuleCodes]
    tabs = [Tab("active", _("Sold"), Q(active=True)), Tab("retired", _("No longer sold"), Q(active=False))]

    def title(self, obj: Variant) -> str:
        return full_name(obj)

    def facts(self, actor: Actor, obj: Variant) -> list[Fact]:
        facts = [
            Fact(_("Product"), obj.product.title, url=product_url(obj.product_id)),
            Fact(_("Price"), format_amount(obj.price)),
            Fact(_("Price before"), format_amount(obj.compare_at_price)),
            Fact(_("SKU"), obj.sku),
            Fact(_("Barcode"), obj.barcode, help=doubt_of(obj.barcode)),
            Fact(_("Weight"), _now("%(grams)s g") % {"grams": obj.weight_grams} if obj.weight_grams else ""),
            Fact(_("Size"), _now("%(size)s mm") % {"size": size} if (size := sides_words(obj)) else ""),
            Fact(_("Stock"), _("Counted") if obj.track_stock else _("Not counted")),
            Fact(_("Backorder limit"), str(obj.backorder_limit)),
        ]
        if actor.may(SEES_COSTS):
            facts.insert(3, Fact(_("Cost per item"), format_amount(obj.cost)))
        return facts

    def sections(self, actor: Actor, obj: Variant) -> list[Section]:
        if not actor.may("stock.read"):
            return []
        return [stock_section(actor, list(list_balances([obj.pk])), with_variant=False)]

    def timeline(self, actor: Actor, obj: Variant) -> list[Step]:
        return steps(list_movements([obj.pk]), with_variant=False) if actor.may("stock.read") else []


@register(StockBalance)
class StockBalanceAdmin(HidesCosts, TenantModelAdmin):
    """What lies where: low first."""

    read_permission = "stock.read"
    list_display = [
        _item_name,
        text_column("variant.sku", description=_("SKU")),
        text_column("location.name", description=_("Location")),
        number_column("on_hand", description=_("On hand")),
        number_column("reserved", description=_("Reserved")),
        number_column("available", description=_("Available")),
        number_column("incoming", description=_("Coming")),
        number_column("warn_at", description=_("Warn at")),
        cost_column("value", description=_("Value")),
        moment_column("last_counted_at", description=_("Last counted")),
    ]
    list_select_related = ["variant__product", "location"]
    list_filter = [LocationFilter]
    search_fields = ["variant__sku__istartswith", "variant__barcode__startswith"]
    search_help_text = _("SKU or barcode")
    verbs = [SetWarning]
    list_verbs = [ReceiveDelivery, ChooseValuation]
    empty_title = _("Nothing runs low")
    empty_text = _("Items appear here when as few as their warning level, or fewer, can be sold.")

    def get_tabs(self, request: HttpRequest) -> list[Tab]:
        low = Q(pk__in=list_low_stock().order_by().values("pk"))
        return [
            Tab("low", _("Low stock"), low, ("free", "pk")),
            # What should be counted next: longest ago first, what was never counted before all.
            Tab("count", _("Count next"), ~Q(on_hand=0) & Q(location__active=True), ("counted_on", "pk")),
            Tab("all", _("All"), Q(), ("-id",)),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockBalance]:
        counted_on = Coalesce("last_counted_at", Value(LONG_AGO))
        rows = (
            super().get_queryset(request).annotate(free=F("on_hand") - F("reserved"), counted_on=counted_on)
        )
        return with_incoming(rows)

    def list_title(self) -> str:
        return _now("Stock")

    def title(self, obj: StockBalance) -> str:
        return _now("%(item)s at %(place)s") % {"item": full_name(obj.variant), "place": obj.location.name}

    def facts(self, actor: Actor, obj: StockBalance) -> list[Fact]:
        return [
            Fact(_("Item"), full_name(obj.variant), url=variant_url(obj.variant_id)),
            Fact(_("On hand"), str(obj.on_hand)),
            Fact(_("Reserved"), str(obj.reserved)),
            Fact(_("Available"), str(obj.available)),
            Fact(_("Coming"), str(getattr(obj, "incoming", ""))),
            *([Fact(_("Value"), format_amount(obj.value))] if actor.may(SEES_COSTS) else []),
            Fact(_("Warn at"), str(obj.warn_at)),
            Fact(_("Last counted"), format_moment(obj.last_counted_at) or _("never")),
        ]

    def timeline(self, actor: Actor, obj: StockBalance) -> list[Step]:
        return steps(list_movements([obj.variant_id]).filter(location=obj.location_id), with_variant=False)


@today.register_running_out(permission="stock.read")
def running_out(actor: Actor) -> list[today.RunningOut]:
    """The emptiest balances."""
    return [
        today.RunningOut(
            name=full_name(row.variant),
            detail=_now("%(count)s left at %(place)s")
            % {"count": max(0, row.available), "place": row.location.name},
            url=variant_url(row.variant_id),
        )
        for row in list_low_stock()[:6]
    ]


@search.register(permission="products.read")
def find_products(actor: Actor, term: str) -> list[search.Hit]:
    """Products by title, SKU, barcode, brand or tag."""
    found = search_products(Product.objects.defer("search", "search_text", "description_html"), term)
    return [
        search.Hit(title=row.title, description=_price(row), url=product_url(row), icon="inventory_2")
        for row in found[:6]
    ]


nav.register(
    section="Catalogue",
    label=_("Products"),
    url="admin:catalog_product_changelist",
    permission="products.read",
    icon="inventory_2",
    order=10,
)
nav.register(section="Stock", label=_("Stock levels"), url="admin:inventory_stockbalance_changelist",
             permission="stock.read", icon="warehouse", order=30)  # fmt: skip
