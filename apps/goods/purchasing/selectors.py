"""Reads of purchasing that more than one door needs."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.db.models.functions import Upper

from apps.goods.catalog.models import Variant
from apps.goods.purchasing.models import Supplier, SupplierItem


def list_active_suppliers() -> QuerySet[Supplier]:
    """Those that goods are bought from, by name."""
    return Supplier.objects.filter(status=Supplier.Status.ACTIVE).order_by("name", "id")


def list_items(supplier: Supplier) -> QuerySet[SupplierItem]:
    """What a supplier sells, with variants and products."""
    return (
        SupplierItem.objects.filter(supplier=supplier)
        .select_related("variant__product", "supplier")
        .order_by("id")
    )


def find_variants(codes: Iterable[str], supplier: Supplier | None = None) -> dict[str, Variant]:
    """Variants that are sold by what is typed or scanned: SKU, else the supplier's SKU, else barcode.

    Keys are in capitals. Three queries at most.
    """
    wanted = {code.strip().upper() for code in codes if code.strip()}
    plain = {code.strip() for code in codes}
    sold = Variant.objects.filter(active=True).select_related("product")
    found: dict[str, Variant] = {row.barcode.upper(): row for row in sold.filter(barcode__in=plain)}
    if supplier is not None:
        items = SupplierItem.objects.annotate(code=Upper("supplier_sku")).filter(
            supplier=supplier, code__in=wanted, variant__active=True
        )
        found |= {item.code: item.variant for item in items.select_related("variant__product")}
    found |= {row.code: row for row in sold.annotate(code=Upper("sku")).filter(code__in=wanted)}
    return found
