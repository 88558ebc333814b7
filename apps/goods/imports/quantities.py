"""A file of stock quantities: which item, where, how many are there. Says what would change; writes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from apps.goods.catalog.models import Pack, Variant
from apps.goods.imports.parsed import Problem
from apps.goods.imports.parsing import Layout
from apps.goods.imports.reading import Record
from apps.goods.inventory.models import StockBalance
from apps.goods.inventory.services.shelves import LARGEST_QUANTITY
from apps.platform.businesses.models import Location

_WHOLE = re.compile(r"\d{1,12}(\.0+)?")


@dataclass(slots=True)
class Count:
    """One row: the variant, the place and the number, or what is wrong."""

    record: Record
    variant: Variant | None = None
    location_id: UUID | None = None
    quantity: int = 0
    on_hand: int = 0
    problems: list[Problem] = field(default_factory=list)
    # The item as far as it is known, right or wrong, and the pack that the row counts in.
    item: Variant | None = None
    pack: Pack | None = None
    # Its item comes in packs: it waits for the other rows of the item.
    waits: bool = False

    @property
    def kind(self) -> str:
        if self.problems:
            return "rejected"
        return "unchanged" if self.quantity == self.on_hand else "updated"


Seen = dict[tuple[UUID, UUID, UUID | None], int]


def plan_counts(
    records: Sequence[Record], layout: Layout, seen: Seen, *, together: bool = False
) -> list[Count]:
    """What each row of the batch means. `seen` remembers the rows of the whole file, so that none is said twice.

    Cases and loose pieces of an item at one place are counted in rows of their own and make one number. So rows of
    items with packs wait (`waits`) until all of them are here: then they are planned `together`.
    """
    counts = [Count(record) for record in records]
    shelf = _Shelf(counts, layout)
    for count in counts:
        shelf.read(count, seen, together=together)
    if together:
        _add_up(counts)
    variants = {count.variant.pk for count in counts if count.variant}
    balances = StockBalance.objects.filter(variant_id__in=variants)
    on_hand = {(b.variant_id, b.location_id): b.on_hand for b in balances}
    for count in counts:
        if count.variant is not None and count.location_id is not None:
            count.on_hand = on_hand.get((count.variant.pk, count.location_id), 0)
    return counts


def _add_up(counts: Sequence[Count]) -> None:
    """Rows of one item at one place come to one number; where one of them is wrong the others are not taken either."""
    # Where a row's place is not known either, it may be any.
    wrong = {
        (count.item.pk, count.location_id): count.record.row
        for count in counts
        if count.item and count.problems
    }
    totals: dict[tuple[UUID, UUID | None], int] = {}
    for count in counts:
        if count.variant is None:
            continue
        row = wrong.get((count.variant.pk, count.location_id)) or wrong.get((count.variant.pk, None))
        if row is not None:
            text = _("Row %(row)s of the same item is wrong: mend it, and send both.") % {"row": row}
            count.problems.append(Problem(count.record.row, "sku", text))
            count.variant = None
            continue
        key = count.variant.pk, count.location_id
        totals[key] = totals.get(key, 0) + count.quantity
    for count in counts:
        if count.variant is not None:
            count.quantity = totals[count.variant.pk, count.location_id]


class _Shelf:
    """What the rows of a batch can name: four queries for any number of rows."""

    def __init__(self, counts: Sequence[Count], layout: Layout) -> None:
        self.layout = layout
        skus = {layout.cell(count.record, "sku").upper() for count in counts} - {""}
        codes = {layout.cell(count.record, "barcode") for count in counts} - {""}
        handles = {
            layout.cell(count.record, "handle").lower() for count in counts if not self._coded(count)
        } - {""}
        rows = (
            Variant.objects.annotate(upper_sku=Upper("sku"))
            .filter(Q(upper_sku__in=skus) | Q(barcode__in=codes) | Q(product__slug__in=handles), active=True)
            .select_related("product")
            .defer("product__search")
            .order_by("pk")
        )
        self.by_sku = {row.upper_sku: row for row in rows if row.sku}
        self.by_handle = {(row.product.slug, row.title.casefold()): row for row in rows}
        self.by_barcode: dict[str, list[Variant]] = {}
        for row in rows:
            self.by_barcode.setdefault(row.barcode, []).append(row)
        self.packs: dict[str, Pack] = {}
        for pack in (
            Pack.objects.annotate(upper_sku=Upper("sku"))
            .filter(Q(upper_sku__in=skus) | Q(barcode__in=codes), active=True, variant__active=True)
            .select_related("variant__product")
            .defer("variant__product__search")
        ):
            self.packs |= {code: pack for code in (pack.upper_sku, pack.barcode) if code}
        items = {row.pk for row in rows} | {pack.variant_id for pack in self.packs.values()}
        packed = Pack.objects.filter(variant__in=items, active=True)
        self.packed = set(packed.exclude(sku="", barcode="").values_list("variant_id", flat=True))
        self.places: dict[str, UUID] = {}
        self.default: UUID | None = None
        for place in Location.objects.filter(active=True):
            self.places[place.name.casefold()] = self.places[place.code.casefold()] = place.pk
            self.default = place.pk if place.is_default else self.default

    def read(self, count: Count, seen: Seen, *, together: bool) -> None:
        record = count.record
        if record.problem or len(record.cells) != self.layout.width:
            why = record.problem or _("This row has more or fewer cells than there are headings.")
            count.problems.append(Problem(record.row, "", why))
            return
        count.item, count.pack = variant, pack = self._item(count)
        if variant is not None and variant.pk in self.packed and not together:
            count.waits = True
            return
        pieces = pack.quantity if pack is not None else 1
        place = self.layout.cell(record, "location")
        location_id = self.places.get(place.casefold()) if place else self.default
        count.location_id = location_id
        if location_id is None:
            self._note(count, "location", _("There is no open location with this name or code."))
        quantity = self.layout.cell(record, "quantity")
        if not _WHOLE.fullmatch(quantity) or Decimal(quantity) * pieces > LARGEST_QUANTITY:
            most = {"most": LARGEST_QUANTITY // pieces}
            self._note(count, "quantity", _("Enter a whole number from 0 to %(most)s.") % most)
        if count.problems or variant is None or location_id is None:
            return
        key = variant.pk, location_id, pack.pk if pack is not None else None
        if (row := seen.setdefault(key, record.row)) != record.row:
            self._note(count, "sku", _("Row %(row)s has this item at this location already.") % {"row": row})
            return
        count.variant, count.quantity = variant, int(Decimal(quantity)) * pieces

    def _coded(self, count: Count) -> bool:
        return bool(self.layout.cell(count.record, "sku") or self.layout.cell(count.record, "barcode"))

    def _item(self, count: Count) -> tuple[Variant | None, Pack | None]:
        """What the row names; by a pack's code it counts all that is in it."""
        sku, barcode = (self.layout.cell(count.record, code) for code in ("sku", "barcode"))
        pack = self.packs.get(sku.upper() or barcode)
        if pack is None:
            return self._variant(count, sku, barcode), None
        if not pack.variant.track_stock:
            self._note(count, "sku", _("The stock of this item is not counted. Switch counting on first."))
            return None, None
        return pack.variant, pack

    def _variant(self, count: Count, sku: str, barcode: str) -> Variant | None:
        found: list[Variant] = [self.by_sku[sku.upper()]] if sku.upper() in self.by_sku else []
        if not sku and barcode:
            found = self.by_barcode.get(barcode, [])
        if not sku and not barcode:
            key = (
                self.layout.cell(count.record, "handle").lower(),
                self.layout.cell(count.record, "variant").casefold(),
            )
            found = [self.by_handle[key]] if key in self.by_handle else []
        if len(found) > 1:
            self._note(count, "barcode", _("Several items have this barcode. Name the SKU."))
            return None
        if not found:
            code = "sku" if sku or not barcode else "barcode"
            self._note(count, code, _("No item has this code. Import the product first, or mend the code."))
            return None
        if not found[0].track_stock:
            self._note(count, "sku", _("The stock of this item is not counted. Switch counting on first."))
            return None
        return found[0]

    def _note(self, count: Count, code: str, message: str) -> None:
        value = self.layout.cell(count.record, code)[:255]
        count.problems.append(Problem(count.record.row, code, message, value))
