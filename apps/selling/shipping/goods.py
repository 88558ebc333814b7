"""Goods as carriers and customs know them, for staff: what is said, and lists of it as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.kernel.errors import DomainError

from .models import ShippingItem, ShippingRate, said
from .services.goods import GoodsDraft, check_draft

COLUMNS = ("sku", "hs_code", "origin", "shipping_class", "customs_text")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken, and why."""

    row: int
    text: str
    problem: str


def read_goods(rows: Sequence[Mapping[str, Any]]) -> tuple[list[GoodsDraft], list[BadRow]]:
    """Rows of text, by SKU or barcode, as drafts; one statement for any number. A later row of the same item wins."""
    codes = {str(row.get("sku", "")).strip() for row in rows} - {""}
    known = _variants(codes)
    drafts: dict[UUID, GoodsDraft] = {}
    bad = []
    for number, row in enumerate(rows, 1):
        said: dict[str, Any] = {name: str(row.get(name) or "").strip() for name in COLUMNS}
        code = said.pop("sku")
        variant_id = known.get(code.upper())
        problem = ""
        if variant_id is None:
            problem = _("nothing here is called “%(name)s”.") % {"name": code[:60]}
        else:
            try:
                drafts[variant_id] = check_draft(GoodsDraft(variant_id=variant_id, **said))
            except DomainError as error:
                problem = " ".join(str(words) for found in error.fields.values() for words in found)
        if problem:
            bad.append(BadRow(number, ", ".join(str(value) for value in row.values())[:120], problem))
    return list(drafts.values()), bad


def _variants(codes: set[str]) -> dict[str, UUID]:
    typed = [*codes, *(code.upper() for code in codes)]
    found = Variant.objects.filter(Q(sku__in=typed) | Q(barcode__in=typed)).values_list(
        "pk", "sku", "barcode"
    )
    # A SKU is one's own word: it wins where another thing has it as its barcode.
    by_barcode = {barcode.upper(): pk for pk, _sku, barcode in found if barcode}
    return by_barcode | {sku.upper(): pk for pk, sku, _barcode in found if sku}


def list_told() -> QuerySet[Variant]:
    """The variants of which anything is said, by themselves or by their product, as `told_*`."""
    told = {f"told_{name}": said(name) for name in COLUMNS[1:]}
    rows = Variant.objects.select_related("product").annotate(**told)
    known = Q(pk__in=ShippingItem.objects.values("variant")) | Q(
        product__in=ShippingItem.objects.values("product")
    )
    return rows.filter(known).order_by("product__title", "position", "pk")


def list_classes() -> list[str]:
    """The shipping classes in use, of goods and of rates, each once; two statements."""
    said = set(ShippingItem.objects.exclude(shipping_class="").values_list("shipping_class", flat=True))
    for surcharges in ShippingRate.objects.exclude(surcharges=[]).values_list("surcharges", flat=True):
        said |= {name for name, _amount, _how in surcharges}
    return sorted({name.casefold(): name for name in sorted(said, reverse=True)}.values(), key=str.casefold)
