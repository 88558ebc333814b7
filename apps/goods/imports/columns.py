"""Which heading feeds which field. Shopify's classic and current headings are known; others are chosen by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.goods.imports.beside import fields_beside
from apps.goods.imports.kinds import find_kind


@dataclass(frozen=True, slots=True)
class Field:
    """A field a file can fill: its code, its name for people, and the headings it is known by, best first."""

    code: str
    label: Any
    headings: tuple[str, ...]
    required: bool = False
    # May be the same for all rows, entered by hand.
    constant: bool = False


FIELDS: tuple[Field, ...] = (
    Field("handle", _("Handle"), ("Handle", "URL handle", "Slug", "Address", "URL key")),
    Field(
        "title",
        _("Title"),
        (
            "Title",
            "Name",
            "Product name",
            "Product title",
            "Item name",
            "Product",
            "Item",
            "Description 1",
            "Article",
            "Bezeichnung",
            "Artikelname",
            "Nom",
            "Nombre",
            "Titolo",
        ),
        required=True,
    ),
    Field("subtitle", _("Subtitle"), ("Subtitle", "Sub-title", "Tagline", "Untertitel")),
    Field(
        "description",
        _("Description"),
        (
            "Body (HTML)",
            "Description",
            "Body HTML",
            "Long description",
            "Product description",
            "Beschreibung",
        ),
    ),
    Field("vendor", _("Brand"), ("Vendor", "Brand", "Manufacturer", "Make", "Marke", "Hersteller", "Marque")),
    Field(
        "category",
        _("Category"),
        ("Product Category", "Standard Product Type", "Category", "Categories", "Department", "Kategorie"),
    ),
    Field("type", _("Type"), ("Type", "Custom Product Type", "Product Type"), constant=True),
    Field("tags", _("Tags"), ("Tags", "Tag", "Keywords", "Labels"), constant=True),
    Field("published", _("Published"), ("Published", "Published on online store", "Visible"), constant=True),
    Field("status", _("Status"), ("Status",), constant=True),
    Field("option1_name", _("Option 1 name"), ("Option1 Name",), constant=True),
    Field("option1_value", _("Option 1 value"), ("Option1 Value",)),
    Field("option2_name", _("Option 2 name"), ("Option2 Name",), constant=True),
    Field("option2_value", _("Option 2 value"), ("Option2 Value",)),
    Field("option3_name", _("Option 3 name"), ("Option3 Name",), constant=True),
    Field("option3_value", _("Option 3 value"), ("Option3 Value",)),
    Field(
        "sku",
        _("SKU"),
        (
            "Variant SKU",
            "SKU",
            "Stock code",
            "Item code",
            "Article number",
            "Product code",
            "Artikelnummer",
            "Item number",
            "Part number",
            "Code",
            "Reference",
        ),
    ),
    Field("barcode", _("Barcode"), ("Variant Barcode", "Barcode", "EAN", "GTIN", "UPC", "ISBN", "EAN13")),
    Field(
        "price",
        _("Price"),
        (
            "Variant Price",
            "Price",
            "Regular price",
            "Unit price",
            "Retail price",
            "Selling price",
            "Sales price",
            "RRP",
            "Retail",
            "Preis",
            "Prix",
            "Precio",
        ),
        required=True,
        constant=True,
    ),
    Field(
        "compare_at_price",
        _("Price before"),
        ("Variant Compare At Price", "Compare-at price", "Old price", "Was price", "Price before"),
    ),
    Field(
        "cost", _("Cost per item"), ("Cost per item", "Cost", "Cost price", "Purchase price", "Buying price")
    ),
    Field("taxable", _("Taxable"), ("Variant Taxable", "Charge tax", "Taxable"), constant=True),
    Field(
        "tracker", _("Stock counted by"), ("Variant Inventory Tracker", "Inventory tracker"), constant=True
    ),
    Field("track_stock", _("Count stock"), ("Count stock",), constant=True),
    Field(
        "quantity",
        _("Quantity"),
        (
            "Variant Inventory Qty",
            "Inventory quantity",
            "Variant Inventory Quantity",
            "Stock quantity",
            "Stock",
            "Stock on hand",
            "On hand",
            "In stock",
            "Qty",
            "Quantity on hand",
            "Bestand",
        ),
        constant=True,
    ),
    Field(
        "policy",
        _("Sell when sold out"),
        ("Variant Inventory Policy", "Continue selling when out of stock"),
        constant=True,
    ),
    Field("backorder_limit", _("Backorder limit"), ("Backorder limit",), constant=True),
    Field(
        "grams",
        _("Weight in grams"),
        ("Variant Grams", "Weight value (grams)", "Weight in grams"),
        constant=True,
    ),
    Field("length_mm", _("Length in mm"), ("Length in mm", "Length mm"), constant=True),
    Field("width_mm", _("Width in mm"), ("Width in mm", "Width mm"), constant=True),
    Field("height_mm", _("Height in mm"), ("Height in mm", "Height mm"), constant=True),
    Field(
        "image_url", _("Picture address"), ("Image Src", "Product image URL", "Image URL", "Picture address")
    ),
    Field("image_position", _("Picture position"), ("Image Position", "Picture position")),
    Field("image_alt", _("Picture text"), ("Image Alt Text", "Picture text")),
    Field(
        "variant_image",
        _("Picture of the variant"),
        ("Variant Image", "Variant image URL", "Variant picture"),
    ),
    Field("strain", _("Strain"), ("Strain", "Cultivar"), constant=True),
    Field("thc", _("THC"), ("THC", "THC content", "THC %", "THC mg", "Total THC"), constant=True),
    Field("cbd", _("CBD"), ("CBD", "CBD content", "CBD %", "CBD mg", "Total CBD"), constant=True),
    Field("unit", _("Kept in"), ("Unit", "Stock unit", "Unit of measure", "UOM"), constant=True),
    Field("shown_unit", _("Shown in"), ("Shown in", "Display unit"), constant=True),
    Field(
        "contents", _("Contents"), ("Contents", "Net content", "Net weight", "Net quantity"), constant=True
    ),
    Field(
        "order_min", _("Smallest quantity"), ("Smallest quantity", "MOQ", "Minimum quantity"), constant=True
    ),
    Field("order_step", _("Sold in steps of"), ("Sold in steps of", "Order multiple"), constant=True),
    Field("order_max", _("Largest quantity"), ("Largest quantity", "Maximum quantity"), constant=True),
    Field("packs", _("Packs"), ("Packs",)),
    Field("seo_title", _("Title for search engines"), ("SEO Title",)),
    Field("seo_description", _("Description for search engines"), ("SEO Description",)),
)
STOCK_FIELDS: tuple[Field, ...] = (
    Field("sku", _("SKU"), ("SKU", "Variant SKU", "Stock code", "Item code", "Article number")),
    Field("barcode", _("Barcode"), ("Barcode", "Variant Barcode", "EAN", "GTIN", "UPC")),
    Field("handle", _("Handle"), ("Handle", "URL handle", "Slug", "Address")),
    Field("variant", _("Variant"), ("Variant", "Variant title")),
    Field("location", _("Location"), ("Location", "Location code", "Warehouse"), constant=True),
    Field(
        "quantity",
        _("Quantity on hand"),
        (
            "Quantity on hand",
            "Quantity",
            "On hand",
            "Stock",
            "Available",
            "Qty",
            "Counted",
            "Inventory quantity",
        ),
        required=True,
    ),
)
BY_CODE = {field.code: field for field in (*STOCK_FIELDS, *FIELDS)}
CONSTANTS = frozenset(field.code for field in (*FIELDS, *STOCK_FIELDS) if field.constant) | {
    "vendor",
    "category",
}
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


def fields_of(kind: str) -> tuple[Field, ...]:
    """What a file of this kind can fill."""
    if other := find_kind(kind):
        return other.fields
    return STOCK_FIELDS if kind == "stock" else (*FIELDS, *fields_beside())


def field_kind(kind: str) -> str:
    """The kind by which fields are found: empty for products, whatever their file looks like."""
    return kind if kind == "stock" or find_kind(kind) else ""


def find_field(code: str, kind: str = "") -> Field | None:
    """The field of this name that such a file can fill."""
    return next((field for field in fields_of(kind) if field.code == code), None)


def is_constant(code: str, kind: str = "") -> bool:
    """Whether the field may be the same for all rows."""
    if find_kind(kind):
        return any(field.code == code and field.constant for field in fields_of(kind))
    return code in CONSTANTS or any(field.code == code and field.constant for field in fields_beside())


def guess_mapping(headings: Sequence[str], kind: str = "") -> dict[str, str]:
    """The heading for each field that is recognised; fields without one are left out, no heading is used twice."""
    known: dict[str, str] = {}
    for heading in headings:
        known.setdefault(normalise(heading), heading)
    found: dict[str, str] = {}
    for field in fields_of(kind):
        names = (normalise(name) for name in field.headings)
        match = next((known[n] for n in names if n in known and known[n] not in found.values()), None)
        if match is not None:
            found[field.code] = match
    if "title" not in found and "description" in found and not kind:
        # A list with one text for each item calls it as it likes.
        found["title"] = found.pop("description")
    return found


def missing_fields(
    mapping: Mapping[str, str], kind: str = "", defaults: Mapping[str, str] | None = None
) -> list[Field]:
    """Fields without which nothing can be imported."""
    given = {
        code for code in (*mapping, *(defaults or {})) if mapping.get(code) or (defaults or {}).get(code)
    }
    lacking = [field for field in fields_of(kind) if field.required and field.code not in given]
    if kind == "stock" and not given & {"sku", "barcode", "handle"}:
        lacking.append(STOCK_FIELDS[0])
    return lacking


def flavour(headings: Sequence[str]) -> str:
    """Which of the known formats the headings are of, or `other`."""
    known = {normalise(heading) for heading in headings}
    if {"handle", "brand", "countstock", "backorderlimit"} <= known:
        return "own"
    if known & {"sku", "barcode"} and "quantityonhand" in known and not known & {"title", "name", "price"}:
        return "stock"
    if {"handle", "bodyhtml"} <= known or {"handle", "variantprice"} <= known:
        return "classic"
    if {"id", "sku", "regularprice"} <= known and "parent" in known:
        return "woocommerce"
    if "stockcode" in known and "invoiceno" in known:
        return "invoice_lines"
    return "current" if "urlhandle" in known else "other"
