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

from apps.goods.catalog.brand_verbs import AddBrand, ChangeBrand, ChooseLogo, DeleteBrand
from apps.goods.catalog.models import Brand, Category, Product
from apps.goods.catalog.verbs import AddCategory, ChangeCategory, DeleteCategory
from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import number_column
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.media.panel import CarriesFiles


def _branch(category: Category) -> str:
    """The name, set in by its depth, so that the list reads as a tree."""
    return format_html("{}{}", "\u2003" * category.depth + ("└ " if category.depth else ""), category.name)


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
    ordering = ["path"]
    list_per_page = 500
    verbs = [ChangeCategory, DeleteCategory]
    list_verbs = [AddCategory]
    empty_title = _("No categories yet")
    empty_text = _("Categories are the shelves of your store: customers filter by them.")
    empty_verb = "add"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        return super().get_queryset(request).annotate(product_count=Count("products"))

    def facts(self, actor: Actor, obj: Category) -> list[Fact]:
        return [Fact(_("Address"), obj.path), Fact(_("Below"), obj.parent or "–")]

    def sections(self, actor: Actor, obj: Category) -> list[Section]:
        rows: Any = Product.objects.filter(category=obj).order_by("title", "id")[:200]
        return [product_rows(rows, empty=_("No product is in this category."))]


nav.register(
    section="Stock",
    label=_("Categories"),
    url="admin:catalog_category_changelist",
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
            Fact(_("Products"), str(obj.product_count), url=products),  # type: ignore[attr-defined]
            Fact(_("Address"), obj.slug),
            Fact(_("Logo"), obj.logo or _("none")),
            Fact(_("Description"), obj.description or "–"),
        ]

    def sections(self, actor: Actor, obj: Brand) -> list[Section]:
        rows: Any = Product.objects.filter(brand=obj).order_by("title", "id")[:200]
        return [product_rows(rows, empty=_("No product has this brand."))]


nav.register(
    section="Stock",
    label=_("Brands"),
    url="admin:catalog_brand_changelist",
    permission="products.read",
    icon="sell",
    order=21,
)
