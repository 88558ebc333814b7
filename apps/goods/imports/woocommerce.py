"""WooCommerce's product export in our own fields: a parent and its variations are one product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from apps.goods.catalog.drafts import SIDES
from apps.goods.catalog.text import address_of
from apps.goods.imports.arranging import parents_first
from apps.goods.imports.beside import fields_beside
from apps.goods.imports.columns import fields_of, normalise
from apps.goods.imports.reading import Record

_KINDS = {"simple", "variable", "variation", "external", "simple, virtual", "simple, downloadable"}


# Read out of several columns, or always there; the others only where a column is chosen for them.
_ALWAYS = frozenset({
    "handle", "title", "description", "published", "status", "price", "track_stock", "taxable", "option1_name",
    "option1_value", "option2_name", "option2_value", "option3_name", "option3_value",
})  # fmt: skip


def own_codes() -> list[str]:
    """Our fields in the order in which `as_own_rows` puts them."""
    return [field.code for field in fields_of("")]


def own_mapping(mapping: dict[str, str]) -> dict[str, str]:
    """The mapping of the rows of `as_own_rows`. What the file does not say is not in it, and so stays as it is."""
    return {code: code for code in own_codes() if code in _ALWAYS or code in mapping}


def woo_mapping(headings: Sequence[str]) -> dict[str, str]:
    """Which of the file's headings feeds which field, for the page and for errors."""
    known = {normalise(heading): heading for heading in headings}
    wanted = {
        "title": "name", "description": "description", "sku": "sku", "price": "regularprice",
        "compare_at_price": "saleprice", "category": "categories", "tags": "tags", "published": "published",
        "option1_name": "attribute1name", "option1_value": "attribute1values", "option2_name": "attribute2name",
        "option2_value": "attribute2values", "option3_name": "attribute3name", "option3_value": "attribute3values",
        "quantity": "stock", "policy": "backordersallowed", "grams": "weightkg", "image_url": "images",
        "barcode": "gtinupceanorisbn", "vendor": "brands", "length_mm": "lengthcm", "width_mm": "widthcm",
        "height_mm": "heightcm",
    }  # fmt: skip
    found = {code: known[name] for code, name in wanted.items() if name in known}
    for field in fields_beside():
        if heading := next((known[name] for name in map(normalise, field.headings) if name in known), None):
            found[field.code] = heading
    return found


def as_own_rows(
    records: Iterable[Record], headings: Sequence[str], mapping: dict[str, str]
) -> Iterator[Record]:
    """The rows with one cell for each of our fields, in the order of `own_codes`."""
    at = {heading: place for place, heading in enumerate(headings)}
    known = {normalise(heading): place for heading, place in at.items()}
    places = {code: at[heading] for code, heading in mapping.items() if heading in at}
    reader = _Reader(places, known)
    keys = (known.get("id"), known.get("sku"), known.get("parent"))
    for family in parents_first(records, places=keys, width=len(headings)):
        yield from reader.product(family)


# What the reader makes of a row by itself.
_READ = _ALWAYS | {
    "vendor", "category", "tags", "image_url", "sku", "barcode", "compare_at_price", "quantity", "policy", "grams",
    *SIDES,
}  # fmt: skip


class _Reader:
    def __init__(self, places: dict[str, int], known: dict[str, int]) -> None:
        self.places = places
        self.known = known
        self.codes = own_codes()

    def cell(self, record: Record, code: str) -> str:
        place = self.places.get(code)
        return record.cells[place].strip() if place is not None else ""

    def fact(self, record: Record, name: str) -> str:
        place = self.known.get(name)
        return record.cells[place].strip() if place is not None else ""

    def product(self, family: list[Record]) -> Iterator[Record]:
        head = family[0]
        if head.problem or not self.places or len(head.cells) < len(self.known):
            yield from family
            return
        kind = self.fact(head, "type").casefold() or "simple"
        if kind.split(",")[0] not in _KINDS:
            why = _("Products of the type “%(type)s” cannot be imported.") % {"type": kind[:40]}
            yield from (
                Record(record.row, [""] * len(self.codes), why, sources=_as_came(record)) for record in family
            )
            return
        if kind == "variation":
            why = _("The product that this variation belongs to is not in the file.")
            yield from (
                Record(record.row, [""] * len(self.codes), why, sources=_as_came(record)) for record in family
            )
            return
        children = family[1:] if kind == "variable" and len(family) > 1 else []
        shared = self._shared(head)
        if not children:
            yield self._row(
                head,
                {
                    **self._others(head, head),
                    **shared,
                    **self._variant(head),
                    **self._options(head, head, ()),
                },
                1,
                [head],
            )
            return
        names = [n for n in (1, 2, 3) if any(self.cell(child, f"option{n}_value") for child in children)]
        first, *others = children
        own = {**self._variant(first), **self._options(head, first, names)}
        yield self._row(head, {**self._others(head, first), **shared, **own}, 2, [head, first])
        for child in others:
            own = {**self._variant(child), **self._options(head, child, names)}
            cells = {**self._others(head, child), "handle": shared["handle"], **own}
            yield self._row(child, cells, 1, [child])

    def _others(self, head: Record, record: Record) -> dict[str, str]:
        """Fields with a column that need no reading; where a variation has none, its product's."""
        return {
            code: self.cell(record, code) or self.cell(head, code)
            for code in self.places
            if code not in _READ
        }

    def _shared(self, head: Record) -> dict[str, str]:
        title = self.cell(head, "title")
        pictures = [part.strip() for part in self.cell(head, "image_url").split(",") if part.strip()]
        published = self.cell(head, "published")
        return {
            "handle": address_of(title, "") or address_of(self.cell(head, "sku"), ""),
            "title": title,
            "description": self.cell(head, "description") or self.fact(head, "shortdescription"),
            "vendor": self.cell(head, "vendor"),
            # Several categories are separated by commas; a product here has one.
            "category": self.cell(head, "category").split(",")[0],
            "tags": self.cell(head, "tags"),
            "published": {"1": "true", "0": "false", "-1": "false"}.get(published, published),
            "status": {"-1": "draft", "1": "active", "0": "active"}.get(published, ""),
            "image_url": pictures[0] if pictures else "",
        }

    def _variant(self, record: Record) -> dict[str, str]:
        regular, sale = self.cell(record, "price"), self.cell(record, "compare_at_price")
        stock, policy = self.cell(record, "quantity"), self.cell(record, "policy").casefold()
        return {
            "sku": self.cell(record, "sku"),
            "barcode": self.cell(record, "barcode"),
            "price": sale or regular,
            "compare_at_price": regular if sale else "",
            "quantity": stock,
            "track_stock": "true" if stock else "false",
            "policy": {"1": "continue", "notify": "continue", "yes": "continue", "0": "deny"}.get(
                policy, policy
            ),
            "grams": _times(1000, self.cell(record, "grams")),
            **{side: _times(10, self.cell(record, side)) for side in SIDES},
            "taxable": "false" if self.fact(record, "taxstatus").casefold() == "none" else "",
        }

    def _options(self, head: Record, record: Record, used: Sequence[int]) -> dict[str, str]:
        cells = {}
        for place, number in enumerate(used, start=1):
            cells[f"option{place}_name"] = self.cell(head, f"option{number}_name")
            cells[f"option{place}_value"] = self.cell(record, f"option{number}_value") or _("Any")
        return cells

    def _row(self, record: Record, cells: dict[str, str], lines: int, sources: list[Record]) -> Record:
        came = tuple(pair for source in sources for pair in _as_came(source))
        return Record(record.row, [cells.get(code, "") for code in self.codes], lines=lines, sources=came)


def _as_came(record: Record) -> tuple[tuple[int, list[str]], ...]:
    return ((record.row, record.cells),)


def _times(number: int, text: str) -> str:
    try:
        return f"{Decimal(text) * number:f}" if text else ""
    except InvalidOperation:
        return text
