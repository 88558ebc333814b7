"""Which products: the questions that the export and the bulk edit ask alike."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Brand, Product
from apps.goods.imports.exporting import Wanted, category_paths

MOST_CHOICES = 2000


class FilterForm(forms.Form):
    words = forms.CharField(
        label=_("Words"), required=False, max_length=100, help_text=_("Title, SKU, brand or tag.")
    )
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("Any")), *Product.Status.choices]
    )
    brand = forms.ChoiceField(label=_("Brand"), required=False)
    category = forms.ChoiceField(label=_("Category"), required=False)
    tag = forms.CharField(label=_("Tag"), required=False, max_length=255)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        brands = Brand.objects.order_by("name").values_list("pk", "name")[:MOST_CHOICES]
        paths = sorted(category_paths().items(), key=lambda pair: pair[1].casefold())
        any_one = ("", _now("Any"))
        self.fields["brand"].choices = [any_one, *((str(pk), name) for pk, name in brands)]  # type: ignore[attr-defined]
        self.fields["category"].choices = [any_one, *((str(pk), path) for pk, path in paths[:MOST_CHOICES])]  # type: ignore[attr-defined]


def wanted_of(data: dict[str, Any]) -> Wanted:
    """The answers as the selectors take them."""
    return Wanted(
        status=data.get("status", ""),
        words=data.get("words", ""),
        brand_id=UUID(data["brand"]) if data.get("brand") else None,
        category_id=UUID(data["category"]) if data.get("category") else None,
        tag=data.get("tag", "").strip(),
    )
