"""Filters of the back office's list of products."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Brand, Category, Product

MOST_BRANDS = 200
MOST_CATEGORIES = 500


def _shelves(request: HttpRequest, kind: str) -> list[tuple[str, str, int]]:
    """Key, name and depth of the brands or of the categories: both are read in one statement for a request."""
    known: dict[str, list[tuple[str, str, int]]] | None = getattr(request, "_shelves_of_filters", None)
    if known is None:
        brands = Brand.objects.order_by("name", "pk").annotate(
            kind=Value("brand"), key=Cast("pk", CharField()), level=Value(0), at=Value("")
        )
        branches = Category.objects.order_by("place", "path").annotate(
            kind=Value("category"),
            key=Cast("path", CharField()),
            level=F("depth"),
            at=Cast("place", CharField()),
        )
        names = ("kind", "key", "name", "level", "at")
        rows = list(
            brands.values_list(*names)[:MOST_BRANDS].union(
                branches.values_list(*names)[:MOST_CATEGORIES], all=True
            )
        )
        known = {"brand": [], "category": []}
        for shelf, key, name, depth, _place in sorted(
            rows, key=lambda row: (row[4], row[2].casefold(), row[1])
        ):
            known[shelf].append((key, name, depth))
        request._shelves_of_filters = known  # type: ignore[attr-defined]
    return known[kind]


class BrandFilter(admin.SimpleListFilter):
    """Products of one brand. The longest list is cut; a brand's own page leads to its products all the same."""

    title = _("Brand")
    parameter_name = "brand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, name) for key, name, _depth in _shelves(request, "brand")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        if not (value := self.value()):
            return queryset
        try:
            return queryset.filter(brand_id=UUID(value))
        except ValueError:
            return queryset.none()


class CategoryFilter(admin.SimpleListFilter):
    """Products of a category and of all below it."""

    title = _("Category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(path, "\u2003" * depth + name) for path, name, depth in _shelves(request, "category")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        if not (path := self.value()):
            return queryset
        return queryset.filter(Q(category__path=path) | Q(category__path__startswith=f"{path}/"))
