"""The tables of the catalogue, one aggregate a file."""

from apps.goods.catalog.models.addresses import FormerAddress
from apps.goods.catalog.models.brands import Brand
from apps.goods.catalog.models.categories import Category
from apps.goods.catalog.models.codes import CodeRule, MadeBarcode
from apps.goods.catalog.models.collections import Collection, CollectionItem
from apps.goods.catalog.models.kits import KitPart
from apps.goods.catalog.models.licensed import Certificate, CertificateResult, LicensedTrade
from apps.goods.catalog.models.packs import Pack
from apps.goods.catalog.models.products import (
    VISIBLE,
    Product,
    ProductImage,
    ProductOption,
    ProductQuerySet,
    Variant,
    original_path,
)
from apps.goods.catalog.models.versions import ProductDraft, ProductVersion

__all__ = [
    "VISIBLE",
    "Brand",
    "Category",
    "Certificate",
    "CertificateResult",
    "CodeRule",
    "Collection",
    "CollectionItem",
    "FormerAddress",
    "KitPart",
    "LicensedTrade",
    "MadeBarcode",
    "Pack",
    "Product",
    "ProductDraft",
    "ProductImage",
    "ProductOption",
    "ProductQuerySet",
    "ProductVersion",
    "Variant",
    "original_path",
]
