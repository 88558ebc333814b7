"""Price lists as lines of text, as people paste them from a spreadsheet: what for, the price, from which quantity.

SH-S, 42.50            a variant by SKU, barcode or id
SH-S, 39, 10           from ten pieces on
product:shirt, -15%    all of a product, off the price
category:mugs, -10%    or collection:spring
*, -5% line, 20        everything, off the line, from twenty pieces on
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from apps.goods.catalog.models import Category, Collection, Product, Variant
from apps.kernel.errors import InvalidInput

from .models import PriceListEntry
from .services.entries import MOST_AT_ONCE, EntryDraft

Kind = PriceListEntry.Kind
_BRANCHES: dict[str, type[Any]] = {"product": Product, "category": Category, "collection": Collection}
_PERCENT = re.compile(r"-\s*(\d{1,3}(?:\.\d{1,2})?)\s*%(\s*line)?", re.IGNORECASE)
_AMOUNT = re.compile(r"\d{1,10}(?:\.\d{1,4})?")
_WHOLE = re.compile(r"[1-9]\d{0,6}")
_HEADS = {"sku", "item", "for"}
_MOST_WRONG = 20


def read_sheet(text: str) -> list[EntryDraft]:
    """The lines as drafts; six statements at most. Raises `InvalidInput` at `lines` with each line that is at fault."""
    rows = [_cells(line) for line in text.lstrip("\ufeff").splitlines()]
    if rows and rows[0] and rows[0][0].lower() in _HEADS:
        rows[0] = []
    wanted = [row for row in rows if row]
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidInput(fields={"lines": [_("At most %(most)s prices at once.") % {"most": MOST_AT_ONCE}]})
    known = _find([row[0] for row in wanted])
    drafts, wrong = [], []
    for number, row in enumerate(rows, 1):
        if not row:
            continue
        try:
            drafts.append(_draft(row, known))
        except ValueError as error:
            wrong.append(_("Line %(number)s: %(problem)s") % {"number": number, "problem": error})
    if wrong:
        raise InvalidInput(fields={"lines": wrong[:_MOST_WRONG]})
    return drafts


def find_item(code: str) -> Variant | None:
    """The variant by SKU, barcode or id, in any capitals."""
    found = _find([code.strip()])
    known = found.get(code.strip().upper())
    if known is None or known[0] != "variant_id":
        return None
    variant: Variant | None = Variant.objects.select_related("product").filter(pk=known[1]).first()
    return variant


def find_variants(codes: Iterable[str]) -> dict[str, UUID]:
    """Variants by SKU, barcode or id, each in capitals; two statements for any number."""
    wanted = {code.strip() for code in codes if code.strip() and ":" not in code and code.strip() != "*"}
    found = _find(sorted(wanted)) if wanted else {}
    return {code: pk for code, (field, pk) in found.items() if field == "variant_id"}


def write_sheet(entries: Iterable[PriceListEntry]) -> str:
    """The list as somebody would type it, by what it is for."""
    lines = []
    for entry in entries:
        figure = f"{entry.price.normalize():f}" if entry.price is not None else f"-{entry.percent}%"
        if entry.kind == Kind.VOLUME:
            figure += " line"
        quantity = f", {entry.min_quantity}" if entry.min_quantity > 1 else ""
        lines.append(f"{_name_of(entry)}, {figure}{quantity}")
    return "\n".join(sorted(lines))


def _name_of(entry: PriceListEntry) -> str:
    if entry.variant is not None:
        return entry.variant.sku or entry.variant.barcode or str(entry.variant_id)
    for name in _BRANCHES:
        target = getattr(entry, name)
        if target is not None:
            return f"{name}:{target.slug}"
    return "*"


def _cells(line: str) -> list[str]:
    cells = [cell.strip().strip('"').strip() for cell in re.split(r"[,;\t]", line)]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _find(names: Sequence[str]) -> dict[str, tuple[str, UUID]]:
    """What each name is: the field of the entry, and the id."""
    found: dict[str, tuple[str, UUID]] = {"*": ("", UUID(int=0))}
    for branch, model in _BRANCHES.items():
        slugs = {name.partition(":")[2].strip() for name in names if name.lower().startswith(f"{branch}:")}
        if slugs:
            for slug, pk in model.objects.filter(slug__in=slugs).values_list("slug", "pk"):
                found[f"{branch}:{slug}"] = (f"{branch}_id", pk)
    codes = {name for name in names if ":" not in name and name != "*"}
    if not codes:
        return found
    sold = Variant.objects.filter(active=True)
    ids = [UUID(code) for code in codes if re.fullmatch(r"[0-9a-fA-F-]{36}", code) and code.count("-") == 4]
    for pk, barcode in sold.filter(Q(barcode__in=codes) | Q(pk__in=ids)).values_list("pk", "barcode"):
        found |= {barcode.upper(): ("variant_id", pk), str(pk).upper(): ("variant_id", pk)}
    found.pop("", None)
    by_sku = sold.annotate(code=Upper("sku")).filter(code__in={code.upper() for code in codes})
    found |= {code: ("variant_id", pk) for code, pk in by_sku.values_list("code", "pk")}
    return found


def _draft(row: list[str], known: dict[str, tuple[str, UUID]]) -> EntryDraft:
    name = row[0]
    key = (
        f"{name.partition(':')[0].lower()}:{name.partition(':')[2].strip()}" if ":" in name else name.upper()
    )
    if key not in known:
        raise ValueError(_("nothing here is called “%(name)s”.") % {"name": name[:60]})
    if len(row) < 2 or not row[1]:
        raise ValueError(_("write the price after it."))
    quantity = row[2] if len(row) > 2 and row[2] else "1"
    if not _WHOLE.fullmatch(quantity):
        raise ValueError(_("“%(text)s” is not a quantity.") % {"text": quantity[:20]})
    field, pk = known[key]
    target: dict[str, Any] = {field: pk} if field else {}
    if percent := _PERCENT.fullmatch(row[1]):
        kind = Kind.VOLUME if percent[2] else Kind.PERCENT
        return EntryDraft(kind=kind, percent=Decimal(percent[1]), min_quantity=int(quantity), **target)
    if not _AMOUNT.fullmatch(row[1]):
        raise ValueError(_("“%(text)s” is no price such as 8.50 or -10%%.") % {"text": row[1][:20]})
    return EntryDraft(price=Decimal(row[1]), min_quantity=int(quantity), **target)
