"""What an undo would do, and the values it gives back: read from the journal, nothing is written here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.bulk import ProductChange, VariantChange
from apps.goods.catalog.models import Pack, Product, Variant
from apps.goods.catalog.usage import used_products
from apps.goods.imports.beside import codes_beside, label_beside, own_beside, rights_beside
from apps.goods.imports.kinds import kinds_of_changes
from apps.goods.imports.models import Batch, BatchChange
from apps.goods.imports.selectors import apps_that_go_along
from apps.goods.inventory.models import StockBalance

MONEY = frozenset({"price", "compare_at_price", "cost"})
NUMBERS = MONEY | {"content_amount", "thc_min", "thc_max", "cbd_min", "cbd_max"}
PACK_FACTS = ("name", "quantity", "barcode", "sku", "sold", "for_purchasing")
STANDING = frozenset({"status", "published"})
MOST_LOOKED_AT = 5000


def value_of(name: str, stored: Any) -> Any:
    """A value of the journal with its type."""
    if stored is None:
        return None
    if name in NUMBERS:
        return Decimal(str(stored))
    return UUID(str(stored)) if name == "category_id" else stored


def values_of(stored: dict[str, Any]) -> dict[str, Any]:
    """The fields of the journal with their types."""
    return {name: value_of(name, value) for name, value in stored.items()}


def as_changes(rows: Iterable[BatchChange]) -> list[ProductChange]:
    """The changes that give products and variants their former values."""
    found: dict[UUID, ProductChange] = {}
    for row in rows:
        assert row.product_id is not None  # noqa: S101
        change = found.setdefault(row.product_id, ProductChange(row.product_id))
        before, after = values_of(row.before), values_of(row.after)
        if row.kind == BatchChange.Kind.PRODUCT:
            change.fields, change.expected = before, after
        else:
            change.variants.append(VariantChange(row.target_id, before, after))
    return list(found.values())


def rights_of(batch: Batch) -> list[str]:
    """What somebody must be allowed who takes this batch back: what making it took, and what its changes take by hand.

    Read from the journal. Five statements at most, for any number of changes, and one for each app with columns.
    """
    kinds, others = BatchChange.Kind, kinds_of_changes()
    needed = ["imports.edit" if batch.kind == Batch.Kind.EDIT else "imports.run"]
    rows = BatchChange.objects.filter(batch=batch).order_by()
    values = rows.filter(kind__in=(kinds.PRODUCT, kinds.VARIANT, kinds.PACKS))
    asked = {
        "products.change": rows.exclude(kind__in=(kinds.STOCK, *others)),
        "products.price": values.filter(before__has_any_keys=sorted(MONEY)),
        "products.publish": values.filter(before__has_any_keys=sorted(STANDING)),
        "stock.adjust": rows.filter(kind=kinds.STOCK),
    }
    for permission, codes in rights_beside():
        asked[permission] = values.filter(before__has_any_keys=sorted(codes))
    for permission in sorted(set(others.values())):
        asked[permission] = rows.filter(kind__in=[kind for kind, own in others.items() if own == permission])
    return [*needed, *(permission for permission, found in asked.items() if found.exists())]


def field_label(name: str) -> str:
    """A field as people call it."""
    if label := label_beside(name):
        return str(label)
    model: Any = Variant if name in {f.name for f in Variant._meta.fields} else Product
    field = model._meta.get_field(name.removesuffix("_id"))
    return str(field.verbose_name)


@dataclass(frozen=True, slots=True)
class Left:
    """A change that an undo would leave, and why."""

    label: str
    reason: str


def foresee(batch: Batch) -> list[Left]:
    """What an undo would leave as it is or archive, of the first thousands of changes."""
    rows = list(BatchChange.objects.filter(batch=batch, outcome="").order_by("-id")[:MOST_LOOKED_AT])
    found: list[Left] = []
    added = {row.target_id: row for row in rows if row.kind == BatchChange.Kind.PRODUCT_ADDED}
    for product_id in sorted(used_products(added, unless=apps_that_go_along())):
        reason = _("Stock, orders or files name it: it will be archived instead of deleted.")
        found.append(Left(added[product_id].label, reason))
    beside = [row for row in rows if is_beside(row)]
    _back, stay = beside_to_give_back(beside) if beside else ({}, [])
    found += [Left(row.label, reason) for row, reason in stay]
    values = [row for row in rows if not is_beside(row)]
    return [*found, *_values_left(values), *_packs_left(rows), *_stock_left(rows)]


def is_beside(row: BatchChange) -> bool:
    """Whether the change is of what an app above keeps beside the catalogue."""
    return row.kind == BatchChange.Kind.VARIANT and not codes_beside().isdisjoint(row.after)


def beside_to_give_back(
    rows: Collection[BatchChange],
) -> tuple[dict[UUID, dict[str, str]], list[tuple[BatchChange, str]]]:
    """Former facts by variant, where they still are the batch's; and the changes that stay, with why."""
    there = set(Variant.objects.filter(pk__in=[row.target_id for row in rows]).values_list("pk", flat=True))
    now = own_beside(there)
    back: dict[UUID, dict[str, str]] = {}
    stay = []
    for row in rows:
        if row.target_id not in there:
            stay.append((row, _("It is not there any more.")))
            continue
        since = {code for code, text in row.after.items() if now[row.target_id].get(code, "") != text}
        if former := {code: text for code, text in row.before.items() if code not in since}:
            back[row.target_id] = former
        if since:
            names = "; ".join(
                f"{field_label(code)}: {now[row.target_id].get(code, '')}" for code in sorted(since)
            )
            stay.append((row, _("Changed since, so it stays: %(fields)s") % {"fields": names}))
    return back, stay


def packs_of(variant_ids: Collection[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """What a journal keeps of the packs of these variants, by variant; empty for who has none. One query."""
    found: dict[UUID, list[dict[str, Any]]] = {key: [] for key in variant_ids}
    for pack in Pack.objects.filter(variant__in=variant_ids, active=True).order_by("position", "pk"):
        price = None if pack.price is None else f"{pack.price.normalize():f}"
        found[pack.variant_id].append({**{name: getattr(pack, name) for name in PACK_FACTS}, "price": price})
    return found


def _packs_left(rows: list[BatchChange]) -> list[Left]:
    own = [row for row in rows if row.kind == BatchChange.Kind.PACKS]
    now = packs_of([row.target_id for row in own]) if own else {}
    reason = _("Its packs were changed since, so they stay.")
    return [Left(row.label, reason) for row in own if now[row.target_id] != row.after["packs"]]


def _values_left(rows: list[BatchChange]) -> list[Left]:
    kinds: tuple[tuple[str, Any], ...] = (("product", Product), ("variant", Variant))
    found = []
    for kind, model in kinds:
        own = [row for row in rows if row.kind == kind]
        things = model.objects.in_bulk([row.target_id for row in own])
        for row in own:
            thing = things.get(row.target_id)
            if thing is None:
                found.append(Left(row.label, _("It is not there any more.")))
                continue
            before, after = values_of(row.before), values_of(row.after)
            changed = [n for n in after if getattr(thing, n) not in (after[n], before.get(n))]
            if changed:
                names = ", ".join(field_label(name) for name in changed)
                found.append(Left(row.label, _("Changed since, so it stays: %(fields)s") % {"fields": names}))
    return found


def _stock_left(rows: list[BatchChange]) -> list[Left]:
    own = [row for row in rows if row.kind == BatchChange.Kind.STOCK]
    balances = StockBalance.objects.filter(variant_id__in=[row.target_id for row in own])
    free = {(b.variant_id, b.location_id): b.on_hand - b.reserved for b in balances}
    found = []
    for row in own:
        left = free.get((row.target_id, row.location_id), 0) if row.location_id else 0
        if left < row.after["delta"]:
            reason = _("%(left)s of %(all)s are left: the others were sold, promised or moved.") % {
                "left": max(0, left),
                "all": row.after["delta"],
            }
            found.append(Left(row.label, reason))
    return found
