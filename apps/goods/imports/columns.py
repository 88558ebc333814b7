"""Which heading feeds which field. Shopify's classic and current headings are known; others are chosen by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Field:
    """A field a file can fill: its code, its name for people, and the headings it is known by, best first."""

    code: str
    label: Any
    headings: tuple[str, ...]
    required: bool = False


FIELDS: tuple[Field, ...] = (
    Field("handle", _("Handle"), ("Handle", "URL handle")),
    Field("title", _("Title"), ("Title",), required=True),
    Field("description", _("Description"), ("Body (HTML)", "Description", "Body HTML")),
    Field("vendor", _("Vendor"), ("Vendor",)),
    Field("category", _("Category"), ("Product Category", "Standard Product Type")),
    Field("type", _("Type"), ("Type", "Custom Product Type", "Product Type")),
    Field("tags", _("Tags"), ("Tags",)),
    Field("published", _("Published"), ("Published", "Published on online store")),
    Field("status", _("Status"), ("Status",)),
    Field("option1_name", _("Option 1 name"), ("Option1 Name",)),
    Field("option1_value", _("Option 1 value"), ("Option1 Value",)),
    Field("option2_name", _("Option 2 name"), ("Option2 Name",)),
    Field("option2_value", _("Option 2 value"), ("Option2 Value",)),
    Field("option3_name", _("Option 3 name"), ("Option3 Name",)),
    Field("option3_value", _("Option 3 value"), ("Option3 Value",)),
    Field("sku", _("SKU"), ("Variant SKU", "SKU")),
    Field("barcode", _("Barcode"), ("Variant Barcode", "Barcode")),
    Field("price", _("Price"), ("Variant Price", "Price"), required=True),
    Field("compare_at_price", _("Price before"), ("Variant Compare At Price", "Compare-at price")),
    Field("cost", _("Cost per item"), ("Cost per item",)),
    Field("taxable", _("Taxable"), ("Variant Taxable", "Charge tax")),
    Field("tracker", _("Stock counted by"), ("Variant Inventory Tracker", "Inventory tracker")),
    Field(
        "quantity",
        _("Quantity"),
        ("Variant Inventory Qty", "Inventory quantity", "Variant Inventory Quantity"),
    ),
    Field(
        "policy", _("Sell when sold out"), ("Variant Inventory Policy", "Continue selling when out of stock")
    ),
    Field("grams", _("Weight in grams"), ("Variant Grams", "Weight value (grams)")),
    Field("image_url", _("Picture address"), ("Image Src", "Product image URL")),
    Field("image_position", _("Picture position"), ("Image Position",)),
    Field("image_alt", _("Picture text"), ("Image Alt Text",)),
    Field("variant_image", _("Picture of the variant"), ("Variant Image", "Variant image URL")),
    Field("seo_title", _("Title for search engines"), ("SEO Title",)),
    Field("seo_description", _("Description for search engines"), ("SEO Description",)),
)
BY_CODE = {field.code: field for field in FIELDS}
VARIANT_CODES = frozenset(
    {
        "option1_value",
        "option2_value",
        "option3_value",
        "sku",
        "barcode",
        "price",
        "compare_at_price",
        "cost",
        "quantity",
    }
)


def normalise(heading: str) -> str:
    """Headings are compared without case, spaces and signs: `Compare-at price` equals `COMPARE AT PRICE`."""
    return re.sub(r"[\W_]+", "", heading.casefold())


def guess_mapping(headings: Sequence[str]) -> dict[str, str]:
    """The heading for each field that is recognised; fields without one are left out."""
    known: dict[str, str] = {}
    for heading in headings:
        known.setdefault(normalise(heading), heading)
    found = {}
    for field in FIELDS:
        match = next((known[normalise(name)] for name in field.headings if normalise(name) in known), None)
        if match is not None:
            found[field.code] = match
    return found


def missing_fields(mapping: Mapping[str, str]) -> list[Field]:
    """Fields without which nothing can be imported."""
    return [field for field in FIELDS if field.required and not mapping.get(field.code)]


def flavour(headings: Sequence[str]) -> str:
    """`classic`, `current` or `other`: which of Shopify's two sets of headings the file has."""
    known = {normalise(heading) for heading in headings}
    if {"handle", "bodyhtml"} <= known or {"handle", "variantprice"} <= known:
        return "classic"
    return "current" if "urlhandle" in known else "other"
