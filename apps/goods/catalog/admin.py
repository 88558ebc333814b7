"""The catalogue's doors in the back office: the category tree, and Ctrl-K. Products stand with their stock in
`inventory.admin`, because a product's page shows both."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Category, Product
from apps.goods.catalog.verbs import AddCategory, ChangeCategory, DeleteCategory
from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import number_column
from apps.platform.backoffice.detail import Fact, Section


def _branch(category: Category) -> str:
    """The name, set in by its depth, so that the list reads as a tree."""
    return format_html("{}{}", "\u2003" * category.depth + ("└ " if category.depth else ""), category.name)


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
        return [
            Section(
                _("Products"),
                columns=[_("Title"), _("Status")],
                rows=[[row.title, row.get_status_display()] for row in rows],
                empty=_("No product is in this category."),
            )
        ]


nav.register(
    section="Stock",
    label=_("Categories"),
    url="admin:catalog_category_changelist",
    permission="products.read",
    icon="account_tree",
    order=20,
)
