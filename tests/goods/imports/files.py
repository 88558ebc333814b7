"""Small files in Shopify's two shapes, written by the tests themselves."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

CLASSIC = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Product Category",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Taxable",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "SEO Title",
    "SEO Description",
    "Variant Image",
    "Cost per item",
    "Status",
]
CURRENT = [
    "Title",
    "URL handle",
    "Description",
    "Vendor",
    "Product category",
    "Type",
    "Tags",
    "Published on online store",
    "Status",
    "SKU",
    "Barcode",
    "Option1 name",
    "Option1 value",
    "Option1 Linked To",
    "Price",
    "Compare-at price",
    "Cost per item",
    "Charge tax",
    "Tax code",
    "Inventory tracker",
    "Inventory quantity",
    "Continue selling when out of stock",
    "Weight value (grams)",
    "Weight unit for display",
    "Requires shipping",
    "Fulfillment service",
    "Product image URL",
    "Image position",
    "Image alt text",
    "Variant image URL",
    "Gift card",
    "SEO title",
    "SEO description",
]


def classic(**cells: str) -> dict[str, str]:
    """A row in the classic headings; keywords are short names."""
    names = {
        "handle": "Handle", "title": "Title", "body": "Body (HTML)", "vendor": "Vendor", "type": "Type", "tags": "Tags",
        "category": "Product Category", "published": "Published", "option": "Option1 Name", "value": "Option1 Value",
        "sku": "Variant SKU", "grams": "Variant Grams", "qty": "Variant Inventory Qty",
        "policy": "Variant Inventory Policy", "price": "Variant Price", "was": "Variant Compare At Price",
        "image": "Image Src", "variant_image": "Variant Image", "cost": "Cost per item", "status": "Status",
        "tracker": "Variant Inventory Tracker", "barcode": "Variant Barcode",
    }  # fmt: skip
    return {names[name]: value for name, value in cells.items()}


def as_csv(rows: Sequence[dict[str, str]], headings: Sequence[str] = CLASSIC, delimiter: str = ",") -> bytes:
    """The rows as a UTF-8 file."""
    target = io.StringIO()
    writer = csv.DictWriter(target, headings, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue().encode()


SHIRT = [
    classic(
        handle="shirt", title="Shirt", body="<p onclick=x>Soft<script>alert(1)</script></p>", vendor="Loom",
        type="Tops", tags="cotton, summer", category="Apparel > Shirts", published="true", option="Size", value="S",
        sku="SH-S", grams="200", tracker="shopify", qty="3", policy="deny", price="20.00", was="25", cost="8.5",
        image="https://pictures.example/shirt.jpg", status="active",
    ),
    classic(handle="shirt", value="M", sku="SH-M", tracker="shopify", qty="5", policy="deny", price="22.00", cost="8.5",
            variant_image="https://pictures.example/shirt-m.jpg"),
    classic(handle="shirt", image="https://pictures.example/back.jpg"),
]  # fmt: skip
MUG = [
    classic(
        handle="mug",
        title="Mug",
        published="false",
        option="Title",
        value="Default Title",
        qty="2",
        price="9",
    )
]
