"""The catalogue's doors in the back office: the category tree, brands, collections. Products stand with their stock in
`inventory.admin`, because a product's page shows both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog import certificate_pages, draft_pages
from apps.goods.catalog.brand_verbs import AddBrand, ChangeBrand, ChooseLogo, DeleteBrand
from apps.goods.catalog.collection_page import rules_preview
from apps.goods.catalog.collection_verbs import (
    AddByHand,
    AddByRules,
    ChangeCollection,
    ChangeRules,
    ChooseProducts,
    DeleteCollection,
    HideCollection,
    ShowCollection,
)
from apps.goods.catalog.models import Brand, Category, Collection, Product
from apps.goods.catalog.rules import QUESTIONS
from apps.goods.catalog.selectors import Asked, find_products
from apps.goods.catalog.verbs import AddCategory, ArrangeCategories, ChangeCategory, DeleteCategory
from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_state, number_column, text_column
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.media.panel import CarriesFiles


def _branch(category: Category) -> str:
    """The name, set in by its depth, so that the list reads as a tree."""
    return format_html("{}{}", "\u2003" * category.depth + ("└ " if category.depth else ""), category.name)


def _words(shelf: Any) -> list[Fact]:
    """What the store and search engines are told."""
    return [
        Fact(_("Description"), shelf.description or "–"),
        Fact(_("Title for search engines"), shelf.seo_title),
        Fact(_("Description for search engines"), shelf.seo_description),
    ]


def product_rows(products: Iterable[Product], *, empty: Any) -> Section:
    """Products as a table of links."""
    return Section(
        _("Products"),
        columns=[_("Title"), _("Status")],
        rows=[
            [
                format_html(
                    '<a href="{}">{}</a>', reverse("admin:catalog_product_change", args=[row.pk]), row.title
                ),
                row.get_status_display(),
            ]
            for row in products
        ],
        empty=empty,
    )


_branch.short_description = _("Category")  # type: ignore[attr-defined]


@register(Category)
class CategoryAdmin(TenantModelAdmin):
    """The whole tree in reading order."""

    read_permission = "products.read"
    list_display = [_branch, "slug", number_column("product_count", description=_("Products"))]
    ordering = ["place", "path"]
    list_per_page = 500
    verbs = [ChangeCategory, ArrangeCategories, DeleteCategory]
    list_verbs = [AddCategory, ArrangeCategories]
    empty_title = _("No categories yet")
    empty_text = _("Categories are the shelves of your store: customers filter by them.")
    empty_verb = "add"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        return super().get_queryset(request).annotate(product_count=Count("products"))

    def facts(self, actor: Actor, obj: Category) -> list[Fact]:
        return [Fact(_("Address"), obj.path), Fact(_("Below"), obj.parent or "–"), *_words(obj)]

    def sections(self, actor: Actor, obj: Category) -> list[Section]:
        rows: Any = Product.objects.filter(category=obj).order_by("title", "id")[:200]
        return [product_rows(rows, empty=_("No product is in this category."))]


# They register their pages at import.
__all__ = ["certificate_pages", "draft_pages", "rules_preview"]

nav.register(
    section="Catalogue",
    label=_("Categories"),
    url="admin:catalog_category_changelist",
    under="admin:catalog_product_changelist",
    permission="products.read",
    icon="account_tree",
    order=20,
)


@register(Brand)
class BrandAdmin(CarriesFiles, TenantModelAdmin):
    """Who makes the products."""

    read_permission = "products.read"
    attach_permission = "products.arrange"
    list_display = ["name", "slug", number_column("product_count", description=_("Products"))]
    search_fields = ["name__istartswith"]
    search_help_text = _("Name")
    ordering = ["name", "id"]
    verbs = [ChangeBrand, ChooseLogo, DeleteBrand]
    list_verbs = [AddBrand]
    empty_title = _("No brands yet")
    empty_text = _("A brand is added by itself when a product names it, or here by hand.")
    empty_verb = "add"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Brand]:
        return super().get_queryset(request).annotate(product_count=Count("products")).select_related("logo")

    def facts(self, actor: Actor, obj: Brand) -> list[Fact]:
        products = f"{reverse('admin:catalog_product_changelist')}?tab=all&brand={obj.pk}"
        return [
            Fact(_("Products"), obj.product_count, url=products),  # type: ignore[attr-defined]
            Fact(_("Address"), obj.slug),
            Fact(_("Logo"), obj.logo or _("none")),
            *_words(obj),
        ]

    def sections(self, actor: Actor, obj: Brand) -> list[Section]:
        rows: Any = Product.objects.filter(brand=obj).order_by("title", "id")[:200]
        return [product_rows(rows, empty=_("No product has this brand."))]


nav.register(
    section="Catalogue",
    label=_("Brands"),
    url="admin:catalog_brand_changelist",
    under="admin:catalog_product_changelist",
    permission="products.read",
    icon="sell",
    order=21,
)


def _shown(collection: Collection) -> str:
    return format_state("published", _("In the store"), "good") if collection.published else ""


_shown.short_description = _("Store")  # type: ignore[attr-defined]


@register(Collection)
class CollectionAdmin(TenantModelAdmin):
    """Products put together by hand or by rules."""

    read_permission = "products.read"
    list_display = ["name", text_column("get_kind_display", description=_("Kind")), _shown, "slug"]
    search_fields = ["name__istartswith"]
    search_help_text = _("Name")
    list_filter = ["kind", "published"]
    ordering = ["name", "id"]
    verbs = [
        ChangeCollection, ChooseProducts, ChangeRules, ShowCollection, HideCollection, DeleteCollection,
    ]  # fmt: skip
    list_verbs = [AddByHand, AddByRules]
    empty_title = _("No collections yet")
    empty_text = _("A collection is a page of the store: chosen by hand, or all that meets your rules.")
    empty_verb = "add"

    def facts(self, actor: Actor, obj: Collection) -> list[Fact]:
        facts = [
            Fact(_("Kind"), obj.get_kind_display()),
            Fact(_("Store"), _("shown") if obj.published else _("not shown")),
            Fact(_("Address"), obj.slug),
            *_words(obj),
        ]
        if obj.kind == Collection.Kind.RULES:
            facts.insert(1, Fact(_("Products meet"), obj.get_match_display()))
        return facts

    def sections(self, actor: Actor, obj: Collection) -> list[Section]:
        found: Any = find_products(Asked(within=obj))
        if obj.kind == Collection.Kind.MANUAL:
            # Drafts too: whoever arranges wants to see what comes.
            found = Product.objects.filter(places__collection=obj).order_by("places__position", "id")
        sections = [product_rows(found[:SHOWN_PRODUCTS], empty=_("No product is in it now."))]
        if obj.kind == Collection.Kind.RULES:
            rows = [
                [QUESTIONS[rule["field"]].label, said(rule)]
                for rule in obj.rules
                if rule["field"] in QUESTIONS
            ]
            sections.insert(0, Section(_("Rules"), columns=[_("Rule"), _("Value")], rows=rows))
        return sections


SHOWN_PRODUCTS = 50


def said(rule: dict[str, str]) -> Any:
    """The value of a rule in words: a brand's or category's name instead of its key."""
    model: Any = {"brand": Brand, "category": Category}.get(rule["field"])
    if model is not None:
        return model.objects.filter(pk=rule["value"]).values_list("name", flat=True).first() or _("deleted")
    return _("yes") if rule["field"] == "in_stock" else rule["value"]


nav.register(
    section="Catalogue",
    label=_("Collections"),
    url="admin:catalog_collection_changelist",
    under="admin:catalog_product_changelist",
    permission="products.read",
    icon="grid_view",
    order=22,
)
