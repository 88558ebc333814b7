"""Products as cards: everything a grid shows, ready as text, so that the template only writes it down."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.goods.catalog.measures import shown_measure
from apps.goods.catalog.models import Product
from apps.goods.catalog.units import Measure, per_measure_words
from apps.kernel.money import format_money
from apps.platform.media.lasting import lasting_address

from .face import StoreFace
from .pictures import Subject

# Rows instead of model instances: a list of twenty is read and written down without building forty objects.
COLUMNS = (
    "pk", "title", "slug", "product_type", "tags", "min_price", "max_price", "compare_at_price",
    "cover__image", "cover__renditions", "cover__alt",
)  # fmt: skip


class PhotoSources(NamedTuple):
    """`src` and `srcset` of an `img`, the `srcset` of its AVIF source, and the smallest one for a thumbnail."""

    src: str
    srcset: str
    avif: str
    thumb: str


def card_rows(products: QuerySet[Product]) -> QuerySet[Product, dict[str, Any]]:
    """The columns that cards need, with the unit in which measured goods are shown: the prices are for one of it."""
    return products.annotate(measure=shown_measure()).values(*COLUMNS, "measure")


def hints_of(product_type: str, tags: Sequence[str]) -> str:
    return " ".join((product_type, *tags)).strip()


def subject_of(product: Product, colour: str = "") -> Subject:
    """What to draw for a product that has no photo."""
    return Subject(product.title, hints_of(product.product_type, product.tags), colour)


@lru_cache(maxsize=16384)
def _digest(title: str, product_type: str, tags: tuple[str, ...]) -> str:
    return Subject(title, hints_of(product_type, tags)).hash


def drawn_url(
    face: StoreFace,
    pk: UUID,
    title: str,
    product_type: str,
    tags: Sequence[str],
    view: int = 1,
    colour: str = "",
) -> str:
    """The address of a product's drawn picture; it changes when the picture would."""
    url = face.picture_url(pk, _digest(title, product_type, tuple(tags)), view)
    return f"{url}?{urlencode({'colour': colour})}" if colour else url


def drawn_url_of(face: StoreFace, product: Product, view: int = 1, colour: str = "") -> str:
    return drawn_url(face, product.pk, product.title, product.product_type, product.tags, view, colour)


def photo_sources(path: str, renditions: dict[str, str]) -> PhotoSources:
    """The addresses of an uploaded picture in the sizes that were made: WebP, and AVIF for who can read it."""
    webp, avif = _by_width(renditions, ""), _by_width(renditions, ".avif")
    if not webp:
        return PhotoSources(lasting_address(path), "", "", lasting_address(path))
    middle = next((url for width, url in webp if width >= 640), webp[-1][1])
    return PhotoSources(middle, _srcset(webp), _srcset(avif), webp[0][1])


def _by_width(renditions: dict[str, str], ending: str) -> list[tuple[int, str]]:
    found = (
        (name.removesuffix(ending), place) for name, place in renditions.items() if name.endswith(ending)
    )
    return sorted((int(width), lasting_address(place)) for width, place in found if width.isdecimal())


def _srcset(addresses: list[tuple[int, str]]) -> str:
    return ", ".join(f"{url} {width}w" for width, url in addresses)


def small_picture(face: StoreFace, row: dict[str, Any]) -> str:
    """One address for a small picture of a product read as a row with its cover's columns."""
    if row["cover__image"]:
        return photo_sources(row["cover__image"], row["cover__renditions"] or {}).thumb
    return drawn_url(face, row["pk"], row["title"], row["product_type"], row["tags"])


def picture_of(face: StoreFace, product: Product) -> str:
    """One address for a small picture of a product whose cover is loaded with it."""
    cover = product.cover if product.cover_id else None
    if cover is not None and cover.image:
        return photo_sources(cover.image.name or "", cover.renditions).thumb
    return drawn_url_of(face, product)


def facts_of(face: StoreFace, row: dict[str, Any]) -> dict[str, str]:
    """One product for a short list, such as a suggestion."""
    price = _price(row["min_price"], face.currency, row["measure"] or "")
    return {
        "url": f"{face.products_url}{row['slug']}/",
        "title": row["title"],
        "picture": small_picture(face, row),
        "price": _("from %(price)s") % {"price": price} if row["min_price"] != row["max_price"] else price,
    }


def cards_of(
    face: StoreFace, rows: Iterable[dict[str, Any]], sold_out: Collection[UUID] = (), *, eager: int = 0
) -> SafeString:
    """The cards of a grid in the order given, without a query; the first `eager` pictures load at once.

    A card is written once per content and then found again, so that a list page spends its time on reading
    products, prices and stock and not on writing the same words down again.
    """
    language = get_language() or ""
    made = [
        _card(
            face.products_url, face.home_url, face.currency, language, row["pk"], row["title"], row["slug"],
            row["product_type"], tuple(row["tags"]), row["min_price"], row["max_price"], row["compare_at_price"],
            row["cover__image"] or "", tuple(sorted((row["cover__renditions"] or {}).items())),
            row["cover__alt"] or "", row["pk"] in sold_out, number < eager, row["measure"] or "",
        )
        for number, row in enumerate(rows)
    ]  # fmt: skip
    return mark_safe("".join(made))  # noqa: S308 - every part is escaped in _card


_CARD = (
    '<li class="card{gone}"><div class="frame">{avif}<img src="{picture}"{srcset} alt="{alt}" width="800" height="1000"'
    '{lazy} decoding="async">{avif_end}</div>{flag}<h3><a href="{url}">{title}</a></h3>'
    '<p class="price">{price}{was}</p></li>\n'
)
_SIZES = "(min-width: 60rem) 20rem, (min-width: 40rem) 33vw, 50vw"


@lru_cache(maxsize=16384)
def _card(
    products_url: str, home_url: str, currency: str, language: str, pk: UUID, title: str, slug: str,
    product_type: str, tags: tuple[str, ...], low: Decimal, high: Decimal, was: Decimal | None,
    photo: str, renditions: tuple[tuple[str, str], ...], alt: str, gone: bool, eager: bool,
    measure: str,
) -> str:  # fmt: skip
    avif = ""
    if photo:
        picture, srcset, avif, _thumb = photo_sources(photo, dict(renditions))
    else:
        picture, srcset = f"{home_url}picture/{pk}-{_digest(title, product_type, tags)}-1.svg", ""
    price = _price(low, currency, measure, language)
    on_sale = was is not None and was > low
    before = ""
    if on_sale and was is not None:
        old = _price(was, currency, measure, language)
        before = f' <s><span class="visually-hidden">{escape(_("before"))} </span>{escape(old)}</s>'
    flag = f'<span class="flag">{escape(_("Sold out"))}</span>' if gone else ""
    if on_sale and not gone:
        flag = f'<span class="flag flag-sale">{escape(_("Reduced"))}</span>'
    return _CARD.format(
        gone=" gone" if gone else "",
        picture=escape(picture),
        srcset=f' srcset="{escape(srcset)}" sizes="{_SIZES}"' if srcset else "",
        alt=escape(alt or title),
        avif=f'<picture><source type="image/avif" srcset="{escape(avif)}" sizes="{_SIZES}">' if avif else "",
        avif_end="</picture>" if avif else "",
        lazy="" if eager else ' loading="lazy"',
        flag=flag,
        url=escape(f"{products_url}{slug}/"),
        title=escape(title),
        price=escape(_("from %(price)s") % {"price": price} if low != high else price),
        was=before,
    )


def _price(amount: Decimal, currency: str, measure: str, language: str = "en") -> str:
    """The price of one piece, or of one `measure`."""
    price = format_money(amount, currency, language)
    return per_measure_words(price, Measure(1, measure)) if measure else price


def money(amount: Decimal, currency: str) -> str:
    """The amount with the currency's sign; cached in the kernel."""
    return format_money(amount, currency)
