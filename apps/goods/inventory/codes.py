"""From what a scanner or a person types to the goods it means."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models.functions import Upper

from apps.goods.catalog.models import Variant


def find_variants(codes: Iterable[str]) -> dict[str, Variant]:
    """The goods that are sold under these SKUs or barcodes, by the code in capitals; a SKU goes before a barcode.

    Two queries for any number of codes. What no goods have is absent.
    """
    wanted = {code.strip() for code in codes if code.strip()}
    known: dict[str, Variant] = {}
    if not wanted:
        return known
    goods = Variant.objects.filter(active=True).select_related("product")
    for variant in goods.filter(barcode__in=wanted):
        known[variant.barcode.upper()] = variant
    for variant in goods.annotate(code=Upper("sku")).filter(code__in={code.upper() for code in wanted}):
        known[variant.sku.upper()] = variant
    return known
