"""The tables of the catalogue, one aggregate a file."""

from apps.goods.catalog.models.categories import Category
from apps.goods.catalog.models.products import (
    VISIBLE,
    Product,
    ProductImage,
    ProductOption,
    ProductQuerySet,
    Variant,
    original_path,
)

__all__ = [
    "VISIBLE",
    "Category",
    "Product",
    "ProductImage",
    "ProductOption",
    "ProductQuerySet",
    "Variant",
    "original_path",
]
