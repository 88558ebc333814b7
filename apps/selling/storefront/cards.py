"""Products as cards: everything a grid shows, ready as text, so that the template only writes it down."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.goods.catalog.models import Product
from apps.kernel.money import format_money

from .face import StoreFace
from .pictures import Subject

# Rows instead of model instances: a list of twenty is read and written down without building forty objects.
COLUMNS = (
    "pk", "title", "slug", "product_type", "tags", "min_price", "max_price", "compare_at_price",
    "cover__image", "cover__renditions", "cover__alt",
)  # fmt: skip


def card_rows(products: QuerySet[Product]) -> QuerySet[Product, dict[str, Any]]:
    """The columns that cards need."""
    return products.values(*COLUMNS)


def hints_of(product_type: str, tags: Sequence[str]) -> str:
    return " ".join((product_type, *tags)).strip()


def subject_of(product: Product, colour: str = "") -> Subject:
    """What to draw for a product that has no photo."""
    return Subject(product.title, hints_of(product.product_type, product.tags), colour)


@lru_cache(maxsize=16384)
def _digest(title: str, product_type: str, tags: tuple[str, ...]) -> str:
    return Subject(title, hints_of(product_type, tags)).hash


def drawn_url(
    face: StoreFace, pk: UUID, title: str, product_type: str, tags: Sequence[str], view: int = 1, colour: str = ""
) -> str:
    """The address of a product's drawn picture; it changes when the picture would."""
    url = face.picture_url(pk, _digest(title, product_type, tuple(tags)), view)
    return f"{url}?{urlencode({'colour': colour})}" if colour else url


def drawn_url_of(face: StoreFace, product: Product, view: int = 1, colour: str = "") -> str:
    return drawn_url(face, product.pk, product.title, product.product_type, product.tags, view, colour)


def photo_sources(path: str, renditions: dict[str, str]) -> tuple[str, str]:
    """`src` and `srcset` of an uploaded picture in the sizes that were made."""
    sizes = sorted((int(width), place) for width, place in renditions.items())
    if not sizes:
        return default_storage.url(path), ""
    addresses = [(width, default_storage.url(place)) for width, place in sizes]
    middle = next((url for width, url in addresses if width >= 640), addresses[-1][1])
    return middle, ", ".join(f"{url} {width}w" for width, url in addresses)


def small_picture(face: StoreFace, row: dict[str, Any]) -> str:
    """One address for a small picture of a product read as a row with its cover's columns."""
    if row["cover__image"]:
        return photo_sources(row["cover__image"], row["cover__renditions"] or {})[0]
    return drawn_url(face, row["pk"], row["title"], row["product_type"], row["tags"])


def picture_of(face: StoreFace, product: Product) -> str:
    """One address for a small picture of a product whose cover is loaded with it."""
    cover = product.cover if product.cover_id else None
    if cover is not None and cover.image:
        return photo_sources(cover.image.name or "", cover.renditions)[0]
    return drawn_url_of(face, product)


def cards_of(
    face: StoreFace, rows: Iterable[dict[str, Any]], sold_out: Collection[UUID] = ()
) -> list[dict[str, Any]]:
    """Cards in the order given, without a query."""
    gone_word, sale_word, from_word = _("Sold out"), _("Reduced"), _("from %(price)s")
    currency, products_url, made = face.currency, face.products_url, []
    for row in rows:
        low, was, pk = row["min_price"], row["compare_at_price"], row["pk"]
        if row["cover__image"]:
            picture, srcset = photo_sources(row["cover__image"], row["cover__renditions"] or {})
        else:
            picture, srcset = drawn_url(face, pk, row["title"], row["product_type"], row["tags"]), ""
        price = format_money(low, currency)
        on_sale = was is not None and was > low
        gone = pk in sold_out
        made.append(
            {
                "url": f"{products_url}{row['slug']}/",
                "title": row["title"],
                "alt": row["cover__alt"] or row["title"],
                "picture": picture,
                "srcset": srcset,
                "price": from_word % {"price": price} if low != row["max_price"] else price,
                "was": format_money(was, currency) if on_sale else "",
                "on_sale": on_sale,
                "sold_out": gone,
                "flag": gone_word if gone else (sale_word if on_sale else ""),
            }
        )
    return made


def money(amount: Decimal, currency: str) -> str:
    """The amount with the currency's sign; cached in the kernel."""
    return format_money(amount, currency)
