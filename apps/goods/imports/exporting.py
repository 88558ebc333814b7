"""Products and stock quantities as files that an import takes again: MoniDesk's own format and Shopify's.

Rows are read and written in portions and kept on disk, so that memory does not grow with the catalogue.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.drafts import SIDES
from apps.goods.catalog.models import Category, Pack, Product, Variant
from apps.goods.catalog.selectors import search_products
from apps.goods.imports.beside import Facts, fields_beside, shown_beside
from apps.goods.imports.measures import QUANTITIES, SUBSTANCES, substance_words, written_packs
from apps.goods.imports.selectors import safe_cell
from apps.goods.inventory.models import StockBalance
from apps.kernel import clock
from apps.platform.businesses.selectors import get_default_location

PORTION = 500
COST = "Cost per item"
OWN = [
    "Handle", "Title", "Description", "Brand", "Category", "Type", "Tags", "Status", "Published", "Option1 Name",
    "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name", "Option3 Value", "SKU", "Barcode", "Price",
    "Price before", "Cost per item", "Taxable", "Count stock", "Stock on hand", "Backorder limit", "Weight in grams",
    "Picture address", "Picture position", "Picture text", "Variant picture", "SEO Title", "SEO Description",
    "Subtitle", "Strain", "THC", "CBD", "Unit", "Shown in", "Contents", "Smallest quantity", "Sold in steps of",
    "Largest quantity", "Packs", "Length in mm", "Width in mm", "Height in mm",
]  # fmt: skip
SHOPIFY = [
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Status", "Published",
    "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name", "Option3 Value", "Variant SKU",
    "Variant Barcode", "Variant Price", "Variant Compare At Price", "Cost per item", "Variant Taxable",
    "Variant Inventory Tracker", "Variant Inventory Qty", "Variant Inventory Policy", "Variant Grams", "Image Src",
    "Image Position", "Image Alt Text", "Variant Image", "SEO Title", "SEO Description",
]  # fmt: skip
STOCK = ["SKU", "Barcode", "Handle", "Product", "Variant", "Location", "Quantity on hand"]
FORMATS = {
    "own": _("MoniDesk's own product file"),
    "shopify": _("Shopify's product file"),
    "stock": _("Stock quantities"),
}
FILE_TYPES = {"csv": _("CSV"), "xlsx": _("Excel workbook (.xlsx)")}
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which products: all that have the status, words, brand, category (or one below it) and tag, if given."""

    status: str = ""
    words: str = ""
    brand_id: UUID | None = None
    category_id: UUID | None = None
    tag: str = ""


def find_wanted(wanted: Wanted) -> QuerySet[Product]:
    """The products, in a lasting order."""
    rows: Any = Product.objects.defer("search", "search_text")
    if wanted.status:
        rows = rows.filter(status=wanted.status)
    if wanted.brand_id:
        rows = rows.filter(brand_id=wanted.brand_id)
    if wanted.category_id:
        paths = list(Category.objects.filter(pk=wanted.category_id).values_list("path", flat=True))
        below = Q(category__path__startswith=f"{paths[0]}/") if paths else Q(pk__in=[])
        rows = rows.filter(Q(category_id=wanted.category_id) | below)
    if wanted.tag:
        rows = rows.filter(tags__contains=[wanted.tag])
    if wanted.words.strip():
        found = search_products(rows, wanted.words)
        return (
            Product.objects.defer("search", "search_text")
            .filter(pk__in=found.values("pk"))
            .order_by("title", "id")
        )
    return rows.order_by("title", "id")  # type: ignore[no-any-return]


def write_export(wanted: Wanted, *, format_name: str, file_type: str, with_costs: bool) -> IO[bytes]:
    """The file, read from its start; whoever gets it closes it. Kept on disk when large.

    Without `with_costs` it has no column of costs: an import of it leaves costs as they are.
    """
    headings = {"own": own_headings(), "shopify": SHOPIFY, "stock": STOCK}[format_name]
    rows = _rows(find_wanted(wanted), format_name)
    if not with_costs and COST in headings:
        place = headings.index(COST)
        headings = [*headings[:place], *headings[place + 1 :]]
        rows = ([*row[:place], *row[place + 1 :]] for row in rows)
    target: Any = SpooledTemporaryFile(max_size=2_000_000)  # noqa: SIM115
    if file_type == "xlsx":
        _write_workbook(target, headings, rows)
    else:
        text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
        writer = csv.writer(text)
        writer.writerow(headings)
        writer.writerows([safe_cell(cell) for cell in row] for row in rows)
        text.detach()
    target.seek(0)
    return target  # type: ignore[no-any-return]


def own_headings() -> list[str]:
    """The columns of our own file: those of the catalogue, then what apps above keep beside it."""
    return [*OWN, *(field.headings[0] for field in fields_beside())]


def export_name(format_name: str, file_type: str) -> str:
    """What the file is called: what it holds, and the day."""
    return f"{'stock' if format_name == 'stock' else 'products'}-{clock.now():%Y-%m-%d}.{file_type}"


def _write_workbook(target: Any, headings: Sequence[str], rows: Iterator[list[str]]) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(list(headings))
    for row in rows:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", safe_cell(text))[:32_767])
            # Text, whatever it begins with: the library takes what starts with = for a formula.
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    book.save(target)


def _rows(products: QuerySet[Product], format_name: str) -> Iterator[list[str]]:
    place = get_default_location()
    paths = category_paths()
    packs = Prefetch(
        "packs", Pack.objects.filter(active=True).order_by("position", "id"), to_attr="sold_packs"
    )
    sold_variants = Variant.objects.filter(active=True).order_by("position", "id").prefetch_related(packs)
    variants = Prefetch("variants", sold_variants, to_attr="sold")
    ids = list(products.values_list("pk", flat=True))
    for start in range(0, len(ids), PORTION):
        portion = ids[start : start + PORTION]
        rows = Product.objects.filter(pk__in=portion).defer("search", "search_text")
        by_id = {row.pk: row for row in rows.prefetch_related(variants, "options", "images")}
        # What was deleted meanwhile is left out.
        found = [by_id[pk] for pk in portion if pk in by_id]
        if format_name == "stock":
            yield from _stock_rows(found)
            continue
        sold: list[Variant] = [variant for row in found for variant in row.sold]  # type: ignore[attr-defined]
        balances = StockBalance.objects.filter(variant__in=sold, location=place)
        on_hand = dict(balances.values_list("variant_id", "on_hand"))
        beside = shown_beside([variant.pk for variant in sold] if format_name == "own" else ())
        for product in found:
            yield from _Sheet(product, paths, on_hand, beside, format_name).rows()


def _stock_rows(products: Sequence[Product]) -> Iterator[list[str]]:
    sold = {v.pk: (product, v) for product in products for v in product.sold if v.track_stock}  # type: ignore[attr-defined]
    balances = StockBalance.objects.filter(variant_id__in=sold, location__active=True).select_related(
        "location"
    )
    rows: dict[UUID, list[tuple[str, int]]] = {}
    for balance in balances.order_by("location__name"):
        rows.setdefault(balance.variant_id, []).append((balance.location.name, balance.on_hand))
    for pk, (product, variant) in sold.items():
        for place, number in rows.get(pk, []):
            yield [
                variant.sku,
                variant.barcode,
                product.slug,
                product.title,
                variant.title,
                place,
                str(number),
            ]


class _Sheet:
    """The rows of one product: its variants, then the pictures that are left."""

    def __init__(
        self,
        product: Product,
        paths: dict[UUID, str],
        on_hand: dict[UUID, int],
        beside: dict[UUID, Facts],
        format_name: str,
    ) -> None:
        self.product = product
        self.category = paths.get(product.category_id, "") if product.category_id else ""
        self.on_hand = on_hand
        self.beside = beside
        self.beside_codes = [field.code for field in fields_beside()]
        self.is_own = format_name == "own"

    def rows(self) -> Iterator[list[str]]:
        product: Any = self.product
        images = [image for image in product.images.all() if image.source_url]
        of_variants = {image.variant_id: image.source_url for image in images if image.variant_id}
        own = [image for image in images if not image.variant_id]
        names = [option.name for option in sorted(product.options.all(), key=lambda option: option.position)]
        for number in range(max(len(product.sold), len(own))):
            variant = product.sold[number] if number < len(product.sold) else None
            image = own[number] if number < len(own) else None
            about = self._about() if number == 0 else [""] * 8
            options = self._options(names if number == 0 else [], variant)
            if not names and variant is not None:
                options[:2] = ["Title" if number == 0 else "", "Default Title"]
            picture = [image.source_url, str(image.position), image.alt] if image else ["", "", ""]
            other = of_variants.get(variant.pk, "") if variant else ""
            last = [product.seo_title, product.seo_description] if number == 0 else [""] * 2
            row = [product.slug, *about, *options, *self._variant(variant), *picture, other, *last]
            yield [*row, *self._own(number == 0, variant)] if self.is_own else row

    def _own(self, is_first: bool, variant: Variant | None) -> list[str]:
        """What only our own file says: the licensed trade, units, quantities and packs."""
        product: Any = self.product
        said = (
            [product.subtitle, product.strain, *(substance_words(product, name) for name in SUBSTANCES)]
            if is_first
            else [""] * 4
        )
        if variant is None:
            return [*said, *[""] * (7 + len(SIDES) + len(self.beside_codes))]
        amount = variant.content_amount
        numbers = [getattr(variant, name) for name in QUANTITIES]
        return [
            *said,
            variant.unit,
            variant.shown_unit,
            "" if amount is None else f"{amount.normalize():f} {variant.content_unit}",
            *("" if number is None else str(number) for number in numbers),
            written_packs(variant.sold_packs),  # type: ignore[attr-defined]
            *(str(getattr(variant, side)) for side in SIDES),
            *(self.beside[variant.pk].get(code, "") for code in self.beside_codes),
        ]

    def _about(self) -> list[str]:
        product = self.product
        return [
            product.title, product.description_html, product.vendor_name, self.category, product.product_type,
            ", ".join(product.tags), product.status, _flag(product.published),
        ]  # fmt: skip

    def _options(self, names: list[str], variant: Variant | None) -> list[str]:
        values = list(variant.option_values) if variant else []
        return [
            text
            for place in range(3)
            for text in (
                names[place] if place < len(names) else "",
                values[place] if place < len(values) else "",
            )
        ]

    def _variant(self, variant: Variant | None) -> list[str]:
        if variant is None:
            return [""] * 10
        facts = [
            variant.sku, variant.barcode, plain(variant.price), plain(variant.compare_at_price), plain(variant.cost),
            _flag(variant.taxable),
        ]  # fmt: skip
        number = str(self.on_hand.get(variant.pk, 0)) if variant.track_stock else ""
        if self.is_own:
            counted = [_flag(variant.track_stock), number, str(variant.backorder_limit)]
        else:
            counted = [
                "shopify" if variant.track_stock else "",
                number,
                "continue" if variant.backorder_limit else "deny",
            ]
        return [*facts, *counted, str(variant.weight_grams)]


def category_paths() -> dict[UUID, str]:
    rows = {row.pk: row for row in Category.objects.all()}
    found: dict[UUID, str] = {}
    for row in sorted(rows.values(), key=lambda one: one.depth):
        above = found.get(row.parent_id, "") if row.parent_id else ""
        found[row.pk] = f"{above} > {row.name}" if above else row.name
    return found


def _flag(value: bool) -> str:
    return "true" if value else "false"


def plain(amount: Any) -> str:
    """`12.5000` → `12.5`; nothing for none."""
    if amount is None:
        return ""
    text = f"{amount:.4f}".rstrip("0").rstrip(".")
    return text or "0"
