"""From rows to products: what each cell means, and what to say when it cannot mean anything. No database here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_UP, Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from apps.goods.catalog.drafts import (
    LARGEST_BACKORDER,
    LARGEST_WEIGHT,
    MOST_VARIANTS,
    SIDES,
    checked_amount,
)
from apps.goods.catalog.services.products import checked_tags
from apps.goods.catalog.text import ADDRESS, address_of, clean_text, sanitise_html
from apps.goods.imports.beside import fields_beside, read_beside
from apps.goods.imports.columns import VARIANT_CODES
from apps.goods.imports.measures import SUBSTANCES, read_packs, substance, variant_readers
from apps.goods.imports.parsed import Group, ParsedProduct, ParsedVariant, Problem
from apps.goods.imports.reading import Record
from apps.goods.imports.rules import Rules
from apps.goods.inventory.services.shelves import LARGEST_QUANTITY
from apps.kernel.errors import InvalidInput

MOST_ROWS = MOST_VARIANTS + 500
FORMULA_STARTS = "=+-@\t\r"
GUARDED = frozenset(FORMULA_STARTS) | {"\n"}
_TRUE, _FALSE = {"true", "yes", "1", "active"}, {"false", "no", "0", "", "inactive"}
_PLAIN = re.compile(r"-?\d{1,15}(\.\d{1,12})?")
_GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d{1,12})?")
_DECIMAL_COMMA = re.compile(r"-?\d{1,15},\d{1,12}")
_TEXTS = {"title": ("title", 255), "subtitle": ("subtitle", 255), "vendor": ("vendor_name", 255),
          "type": ("product_type", 255),
          "seo_title": ("seo_title", 255), "seo_description": ("seo_description", 500),
          "strain": ("strain", 120)}  # fmt: skip


class Layout:
    """Finds the cell of a field in a row, or what stands for it in all rows."""

    def __init__(
        self,
        headings: Sequence[str],
        mapping: Mapping[str, str],
        delimiter: str,
        *,
        defaults: Mapping[str, str] | None = None,
        rules: Rules | None = None,
    ) -> None:
        places = {heading: position for position, heading in enumerate(headings)}
        self.width = len(headings)
        self.places = {code: places[name] for code, name in mapping.items() if name in places}
        self.defaults = {code: text for code, text in (defaults or {}).items() if text}
        self.rules = rules or Rules()
        self.decimal_comma = delimiter == ";"
        # Without an address and without options a SKU says which product a row is.
        self.by_sku = "sku" in self.places and not {"handle", "option1_value"} & self.places.keys()

    def has(self, code: str) -> bool:
        return code in self.places or code in self.defaults

    def cell(self, record: Record, code: str) -> str:
        return self.own(record, code) or self.defaults.get(code, "")

    def own(self, record: Record, code: str) -> str:
        """What the row itself says."""
        place = self.places.get(code)
        text = record.cells[place].strip() if place is not None and place < len(record.cells) else ""
        # Our own files keep spreadsheets from running formulas with this sign.
        return text[1:] if text[:1] == "'" and text.lstrip("'")[:1] in GUARDED else text


def group_rows(records: Iterator[Record], layout: Layout) -> Iterator[Group]:
    """The rows of one product after the other. A row without handle and title belongs to the product above."""
    current: Group | None = None
    for record in records:
        title = layout.own(record, "title")
        handle = layout.own(record, "handle").lower() or (address_of(title, "") if title else "")
        if layout.by_sku and not handle and layout.own(record, "sku"):
            handle = address_of(layout.own(record, "sku"), "")
        problem = record.problem or _shape_problem(record, layout)
        if problem and not handle:
            # Nobody can say whose row this is: it is refused alone, and the product above goes on.
            yield Group("", [record], [Problem(record.row, "", problem)], record.lines)
            continue
        if current is None or (handle and (handle != current.handle or layout.by_sku)):
            if current is not None:
                yield current
            current = Group(handle)
        current.lines += record.lines
        if problem:
            current.problems.append(Problem(record.row, "", problem))
        if len(current.records) <= MOST_ROWS:
            current.records.append(record)
    if current is not None:
        yield current


def _shape_problem(record: Record, layout: Layout) -> str:
    if len(record.cells) == layout.width:
        return ""
    return _(
        "This row has %(cells)s cells but there are %(headings)s headings: a comma or a quote is missing."
    ) % {
        "cells": len(record.cells),
        "headings": layout.width,
    }


class ProductParser:
    """Reads one group of rows. Collects every problem instead of stopping at the first."""

    def __init__(self, group: Group, layout: Layout) -> None:
        self.group = group
        self.layout = layout
        self.problems = list(group.problems)

    def parse(self) -> ParsedProduct | None:
        """The product, or None when `problems` says why not."""
        if self.problems:
            return None
        first = self.group.records[0]
        if len(self.group.records) > MOST_ROWS:
            self._note(first, "handle", _("A product has at most %(most)s rows.") % {"most": MOST_ROWS})
            return None
        self._check_characters()
        if self.problems:
            return None
        product = ParsedProduct(row=first.row, handle=self._handle(first))
        self._describe(product, first)
        product.options = self._options(first)
        for record in self.group.records:
            if self._is_variant(record, first):
                self._variant(product, record)
            self._picture(product, record)
        if self.layout.by_sku:
            product.sku = self.layout.own(first, "sku")
        self._check_variants(product)
        return None if self.problems else product

    def _check_characters(self) -> None:
        for record in self.group.records:
            for code in self.layout.places:
                text = self.layout.cell(record, code)
                if "\x00" in text or "\ufffd" in text:
                    self._note(
                        record, code, _("This holds a character that cannot be stored. Type it again.")
                    )

    def _handle(self, first: Record) -> str:
        handle = self.group.handle
        if not handle:
            self._note(first, "title", _("A product needs a title in its first row."))
        elif len(handle) > 255 or not ADDRESS.fullmatch(handle):
            self._note(first, "handle", _("Use small letters, digits and hyphens only."))
        return handle

    def _describe(self, product: ParsedProduct, first: Record) -> None:
        for code, (name, longest) in _TEXTS.items():
            self._put(product.fields, first, code, name, partial(clean_text, field=name, longest=longest))
        for name in SUBSTANCES:
            self._put_all(product.fields, first, name, partial(substance, name))
        self._put(product.fields, first, "description", "description_html", sanitise_html)
        self._put(product.fields, first, "tags", "tags", lambda text: checked_tags(text.split(",")))
        if not self.layout.cell(first, "title"):
            self._note(first, "title", _("A product needs a title in its first row."))
        if path := self.layout.cell(first, "category"):
            parts = path.split(self.layout.rules.category_separator)
            product.category_path = [part.strip()[:120] for part in parts if part.strip()][:5]
        if self.layout.has("published"):
            product.published = self._flag(first, "published")
        if status := self.layout.cell(first, "status").lower():
            if status in {"active", "draft", "archived"}:
                product.status = status
            else:
                self._note(first, "status", _("Use active, draft or archived."))

    def _options(self, first: Record) -> list[str]:
        names = [self.layout.cell(first, f"option{n}_name") for n in (1, 2, 3)]
        while names and not names[-1]:
            names.pop()
        values = [self.layout.cell(record, "option1_value").casefold() for record in self.group.records]
        if not self.layout.has("option1_value"):
            return []
        if names in ([], ["Title"]) and set(values) <= {"", "default title"}:
            return []
        if not names and any(values):
            self._note(first, "option1_name", _("Name the option that these values belong to."))
        if len({name.casefold() for name in names}) != len(names) or not all(names):
            self._note(first, "option1_name", _("Use up to three options, each with its own name."))
        return names

    def _is_variant(self, record: Record, first: Record) -> bool:
        return record is first or any(self.layout.own(record, code) for code in VARIANT_CODES)

    def _variant(self, product: ParsedProduct, record: Record) -> None:
        values: dict[str, Any] = {}
        self._put(values, record, "sku", "sku", lambda text: clean_text(text, "sku", 120))
        self._put(
            values, record, "barcode", "barcode", lambda text: clean_text(text.lstrip("'"), "barcode", 120)
        )
        if self.layout.cell(record, "price"):
            self._put(values, record, "price", "price", self._amount)
        else:
            self._note(record, "price", _("Enter a price such as 12.50."))
        for code in ("compare_at_price", "cost"):
            self._put(values, record, code, code, lambda text: self._amount(text) if text else None)
        self._put(values, record, "grams", "weight_grams", self._weight)
        for code in SIDES:
            self._put(values, record, code, code, self._side)
        if self.layout.cell(record, "taxable"):
            values["taxable"] = self._flag(record, "taxable")
        quantity = self._quantity(record)
        if self.layout.cell(record, "track_stock"):
            values["track_stock"] = self._flag(record, "track_stock")
        elif self.layout.has("quantity") or self.layout.has("tracker"):
            # Shopify's own samples leave the tracker empty and still name quantities: a quantity means counting.
            values["track_stock"] = bool(
                self.layout.cell(record, "tracker") or self.layout.cell(record, "quantity")
            )
        if policy := self.layout.cell(record, "policy").lower():
            if policy in {"continue", "deny"} | _TRUE | _FALSE:
                values["backorder_limit"] = LARGEST_BACKORDER if policy in {"continue"} | _TRUE else 0
            else:
                self._note(record, "policy", _("Use deny or continue."))
        if self.layout.cell(record, "backorder_limit"):
            self._put(values, record, "backorder_limit", "backorder_limit", self._count)
        for code, meaning in variant_readers(self.layout.has):
            self._put_all(values, record, code, meaning)
        said: dict[str, Any] = {}
        self._put(said, record, "packs", "packs", read_packs)
        beside: dict[str, str] = {}
        for field in fields_beside():
            self._put(beside, record, field.code, field.code, partial(read_beside, field.code))
        option_values = self._option_values(product, record)
        if self.layout.rules.make_skus and not values.get("sku"):
            values["sku"] = address_of("-".join([product.handle, *option_values]), "")[:120].upper()
        product.variants.append(
            ParsedVariant(
                row=record.row,
                values=values,
                option_values=option_values,
                quantity=quantity,
                image_url=self._address(record, "variant_image"),
                packs=said.get("packs"),
                beside=beside,
            )
        )

    def _option_values(self, product: ParsedProduct, record: Record) -> list[str]:
        values = []
        for number in range(1, 4):
            value = self.layout.cell(record, f"option{number}_value")
            if number <= len(product.options):
                if not value:
                    self._note(record, f"option{number}_value", _("Each variant needs a value here."))
                elif len(value) > 255:
                    self._note(record, f"option{number}_value", _("Use at most 255 characters."))
                values.append(value)
            elif value and product.options:
                self._note(record, f"option{number}_name", _("Name the option that this value belongs to."))
        return values

    def _picture(self, product: ParsedProduct, record: Record) -> None:
        url = self._address(record, "image_url")
        if not url:
            return
        position = self.layout.cell(record, "image_position")
        number = int(position) if position.isdecimal() and len(position) < 7 else len(product.pictures) + 1
        alt = self.layout.cell(record, "image_alt")[:512]
        product.pictures.append({"source_url": url, "position": number, "alt": alt})

    def _check_variants(self, product: ParsedProduct) -> None:
        seen: dict[tuple[str, ...], int] = {}
        skus: dict[str, int] = {}
        for variant in product.variants:
            key = tuple(variant.option_values)
            if key in seen:
                message = _("Row %(row)s has the same options already.") % {"row": seen[key]}
                self.problems.append(Problem(variant.row, "option1_value", message, " / ".join(key)))
            seen.setdefault(key, variant.row)
            sku = variant.values.get("sku", "").upper()
            if sku and sku in skus:
                message = _("Row %(row)s has the same SKU already.") % {"row": skus[sku]}
                self.problems.append(Problem(variant.row, "sku", message, sku))
            skus.setdefault(sku, variant.row)

    def _put(
        self, target: dict[str, Any], record: Record, code: str, name: str, read: Callable[[str], Any]
    ) -> None:
        """Set a field from a cell when the file has the column; note what is wrong with it otherwise."""
        if not self.layout.has(code):
            return
        try:
            target[name] = read(self.layout.cell(record, code))
        except InvalidInput as error:
            messages = [str(text) for texts in error.fields.values() for text in texts]
            self._note(record, code, " ".join(messages) or str(error.message))

    def _put_all(
        self, target: dict[str, Any], record: Record, code: str, read: Callable[[str], dict[str, Any]]
    ) -> None:
        """The same for a cell that says several fields."""
        said: dict[str, Any] = {}
        self._put(said, record, code, code, read)
        target |= said.get(code, {})

    def _amount(self, text: str) -> Decimal:
        plain = text.replace("\u00a0", "").replace(" ", "")
        if self.layout.decimal_comma and _DECIMAL_COMMA.fullmatch(plain):
            plain = plain.replace(",", ".")
        elif _GROUPED.fullmatch(plain):
            plain = plain.replace(",", "")
        if not _PLAIN.fullmatch(plain):
            raise InvalidInput(
                fields={"price": [_("Enter an amount such as 12.50, without a currency sign.")]}
            )
        amount = checked_amount(Decimal(plain), "price", required=True)
        assert amount is not None  # noqa: S101  (required=True)
        return amount

    def _count(self, text: str) -> int:
        if not re.fullmatch(r"\d{1,7}", text) or int(text) > LARGEST_BACKORDER:
            most = f"{LARGEST_BACKORDER:,}"
            raise InvalidInput(
                fields={"backorder_limit": [_("Enter a number from 0 to %(most)s.") % {"most": most}]}
            )
        return int(text)

    def _weight(self, text: str) -> int:
        if not text:
            return 0
        if not _PLAIN.fullmatch(text) or not 0 <= Decimal(text) <= LARGEST_WEIGHT:
            raise InvalidInput(fields={"grams": [_("Enter the weight in grams as a number.")]})
        return int(Decimal(text).to_integral_value())

    def _side(self, text: str) -> int:
        if text and not _PLAIN.fullmatch(text):
            raise InvalidInput(fields={"side": [_("Enter the size in millimetres as a number.")]})
        return int(Decimal(text or 0).to_integral_value(ROUND_UP))

    def _quantity(self, record: Record) -> int | None:
        text = self.layout.cell(record, "quantity")
        if not text:
            return None
        if not re.fullmatch(r"-?\d{1,12}(\.0+)?", text):
            self._note(record, "quantity", _("Enter a whole number."))
            return None
        quantity = int(Decimal(text))
        if not 0 <= quantity <= LARGEST_QUANTITY:
            self._note(
                record,
                "quantity",
                _("Enter a number from 0 to %(most)s.") % {"most": f"{LARGEST_QUANTITY:,}"},
            )
            return None
        return quantity

    def _flag(self, record: Record, code: str) -> bool:
        text = self.layout.cell(record, code).lower()
        if text not in _TRUE | _FALSE:
            self._note(record, code, _("Use true or false."))
        return text in _TRUE

    def _address(self, record: Record, code: str) -> str:
        url = self.layout.cell(record, code)
        if url and (len(url) > 2000 or not re.match(r"https?://[^\s/]+", url) or re.search(r"\s", url)):
            self._note(record, code, _("Enter a web address that starts with https://."))
            return ""
        return url

    def _note(self, record: Record, code: str, message: str) -> None:
        self.problems.append(
            Problem(record.row, code, message, self.layout.cell(record, code)[:255].replace("\x00", "␀"))
        )
