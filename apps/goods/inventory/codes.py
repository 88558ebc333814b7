"""From what a scanner or a person types to the goods it means."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Upper

from apps.goods.catalog.models import Pack, Variant


@dataclass(frozen=True, slots=True)
class Goods:
    """What a code means: a variant, and how many of it. The code of a pack means all that is in it."""

    variant: Variant
    pieces: int = 1
    pack: Pack | None = None


def find_goods(codes: Iterable[str]) -> dict[str, Goods]:
    """The goods that are sold under these SKUs or barcodes, by the code in capitals; a SKU goes before a barcode.

    Two queries for any number of codes, a third when no variant has some of them: packs. What no goods have is absent.
    """
    wanted = {code.strip() for code in codes if code.strip()}
    known: dict[str, Goods] = {}
    if not wanted:
        return known
    sold = Variant.objects.filter(active=True).select_related("product")
    for variant in sold.filter(barcode__in=wanted):
        known[variant.barcode.upper()] = Goods(variant)
    for variant in sold.annotate(code=Upper("sku")).filter(code__in={code.upper() for code in wanted}):
        known[variant.sku.upper()] = Goods(variant)
    missing = {code for code in wanted if code.upper() not in known}
    if missing:
        known |= _packs(missing)
    return known


def find_variants(codes: Iterable[str]) -> dict[str, Variant]:
    """The variants that the codes mean, for who does not ask how many."""
    return {code: goods.variant for code, goods in find_goods(codes).items()}


def codes_of(variant_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """What may be scanned for each variant, in capitals, and how many pieces each code means. Two queries."""
    found: dict[UUID, dict[str, int]] = {}
    for pack in Pack.objects.filter(variant_id__in=variant_ids, active=True):
        codes = found.setdefault(pack.variant_id, {})
        codes |= {code.upper(): pack.quantity for code in (pack.barcode, pack.sku) if code}
    for pk, sku, barcode in Variant.objects.filter(pk__in=variant_ids).values_list("pk", "sku", "barcode"):
        found.setdefault(pk, {}).update({code.upper(): 1 for code in (sku, barcode) if code})
    return found


def _packs(codes: set[str]) -> dict[str, Goods]:
    found: dict[str, Goods] = {}
    has_code = Q(barcode__in=codes) | Q(code__in={code.upper() for code in codes})
    rows = Pack.objects.filter(active=True, variant__active=True).annotate(code=Upper("sku")).filter(has_code)
    for pack in rows.select_related("variant__product"):
        goods = Goods(pack.variant, pack.quantity, pack)
        found |= {code.upper(): goods for code in (pack.barcode, pack.sku) if code}
    return found
