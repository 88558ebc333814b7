"""Facets as the filter sheet shows them: what can be chosen, what is chosen, how many products each leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.goods.catalog.facets import Band, Choice, Facets
from apps.kernel.money import round_money
from apps.platform.media.lasting import lasting_address

from .cards import money
from .face import StoreFace
from .query import ListQuery

MOST_CATEGORIES = 40


@dataclass(frozen=True, slots=True)
class _Choice:
    id: str
    value: str
    name: str
    count: int
    hex: str
    swatch: str
    on: bool


def facet_sheet(
    face: StoreFace, query: ListQuery, facets: Facets, *, fixed: dict[str, Any], url: str, partial: bool
) -> SafeString:
    """What can be chosen, as HTML; what the page itself stands for is left out.

    Nearly everybody sees the same sheet: it is written once for the same facets and the same choice. One for words that
    somebody typed is not kept.
    """
    write = _sheet.__wrapped__ if query.q else _sheet
    return write(
        get_language() or "", partial, face, replace(query, page=1, complaints=()), url, "brand" in fixed,
        tuple(facets.categories[:MOST_CATEGORIES]), tuple(facets.brands), tuple(facets.colours),
        tuple(facets.tags), tuple(facets.classifications), tuple(facets.bands),
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _sheet(
    language: str,
    partial: bool,
    face: StoreFace,
    query: ListQuery,
    url: str,
    is_brand_fixed: bool,
    categories: tuple[Choice, ...],
    brands: tuple[Choice, ...],
    colours: tuple[Choice, ...],
    tags: tuple[Choice, ...],
    classifications: tuple[Choice, ...],
    bands: tuple[Band, ...],
) -> SafeString:
    groups = [
        _group("category", _("Category"), _("All categories"), categories, query.category),
        _group("brand", _("Brand"), _("All brands"), () if is_brand_fixed else brands, query.brand),
        _group("colour", _("Colour"), _("All colours"), colours, query.colour),
        _group("tag", _("Keyword"), _("All keywords"), tags, query.tag),
        _group(
            "classification",
            _("Classification"),
            _("All classifications"),
            classifications,
            query.classification,
        ),
    ]
    context = {
        "partial": partial,
        "groups": [group for group in groups if group["choices"]],
        "bands": _band_links(face, query, bands, url),
    }
    return render_to_string("storefront/_facets.html", context)


def _group(
    name: str, title: str, everything: str, choices: tuple[Choice, ...], chosen: str
) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "everything": everything,
        "is_all": not chosen,
        "choices": [
            _Choice(
                id=f"{name}-{number}",
                value=choice.value,
                name=choice.name,
                count=choice.count,
                hex=choice.look if choice.look.startswith("#") else "",
                swatch=lasting_address(choice.look) if choice.look and choice.look[0] != "#" else "",
                on=choice.value == chosen,
            )
            for number, choice in enumerate(choices)
        ],
    }


def content_ranges(query: ListQuery, facets: Facets) -> list[dict[str, Any]]:
    """THC and CBD with two fields each, where products have them or somebody has asked for them."""
    ranges = []
    for name in ("thc", "cbd"):
        low, high = getattr(query, f"{name}_min"), getattr(query, f"{name}_max")
        edges = facets.contents.get(name)
        if edges or low is not None or high is not None:
            shown = [f"{edge.normalize():f}" for edge in edges or ()] or ["0", "100"]
            ranges.append(
                {
                    "name": name,
                    "title": _("%(name)s, per cent") % {"name": name.upper()},
                    "low": "" if low is None else f"{low:f}",
                    "high": "" if high is None else f"{high:f}",
                    "lowest": shown[0],
                    "highest": shown[1],
                }
            )
    return ranges


def content_words(name: str, low: Decimal | None, high: Decimal | None) -> str:
    """ "THC 10 to 20 %", "CBD up to 1 %"."""
    words = {"name": name.upper(), "low": f"{low or 0:f}", "high": f"{high or 0:f}"}
    if low is None:
        return _("%(name)s up to %(high)s %%") % words
    if high is None:
        return _("%(name)s from %(low)s %%") % words
    return _("%(name)s %(low)s to %(high)s %%") % words


def _band_links(face: StoreFace, query: ListQuery, bands: tuple[Band, ...], url: str) -> list[dict[str, Any]]:
    """Price bands as links; one alone would choose nothing."""
    links = []
    for band in bands if len(bands) > 1 else ():
        high = _last_price(face, band.high) if band.high is not None else None
        low = f"{band.low:f}" if band.low else ""
        address = query.address(url, page=1, min=low, max=f"{high:f}" if high is not None else "")
        links.append({"url": address, "name": price_words(face, band.low or None, high), "count": band.count})
    return links


def _last_price(face: StoreFace, edge: Decimal) -> Decimal:
    """The largest price below an edge: 19.99 below 20, or 19 where there are no cents."""
    for step in (Decimal("0.01"), Decimal(1)):
        below = edge - step
        if round_money(below, face.currency) == below:
            return below
    return edge


def price_words(face: StoreFace, low: Decimal | None, high: Decimal | None) -> str:
    """ "£10 to £20", "up to £20", "from £10"."""
    if low is None and high is not None:
        return _("up to %(price)s") % {"price": money(high, face.currency)}
    if high is None:
        return _("from %(price)s") % {"price": money(low or Decimal(0), face.currency)}
    return _("%(low)s to %(high)s") % {
        "low": money(low or Decimal(0), face.currency), "high": money(high, face.currency)
    }  # fmt: skip
