"""Filters of the back office's list of products."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Brand, Product

MOST_BRANDS = 200


class BrandFilter(admin.SimpleListFilter):
    """Products of one brand. The longest list is cut; a brand's own page leads to its products all the same."""

    title = _("Brand")
    parameter_name = "brand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        brands = Brand.objects.order_by("name", "pk").values_list("pk", "name")[:MOST_BRANDS]
        return [(str(pk), name) for pk, name in brands]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        if not (value := self.value()):
            return queryset
        try:
            return queryset.filter(brand_id=UUID(value))
        except ValueError:
            return queryset.none()
