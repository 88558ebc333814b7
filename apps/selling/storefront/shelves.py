"""What a store's pages tell about the whole store: branches with counts, price range, delivery.

Read together and kept for half a minute, because it changes rarely and every page shows a part of it. Products,
prices and stock themselves are never kept.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

from django.core.cache import caches
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.goods.catalog.facets import Facets, read_facets
from apps.goods.catalog.searching import Asked
from apps.goods.catalog.selectors import COUNT_CAP, CategoryFacet, list_category_facets
from apps.goods.inventory.selectors import product_availability
from apps.platform.businesses.models import Business
from apps.selling.pricing.showing import read_rates, say_guide
from apps.selling.shipping.selectors import list_rates

from .cards import money
from .face import StoreFace

SECONDS_KEPT = 30


def branches(face: StoreFace) -> list[CategoryFacet]:
    """The category tree with counts; one query when not kept."""
    key = f"store:{face.slug}:branches"
    found: list[CategoryFacet] | None = caches["pages"].get(key)
    if found is None:
        found = list_category_facets()
        caches["pages"].set(key, found, SECONDS_KEPT)
    return found


def guide_words(face: StoreFace, amount: Decimal) -> str:
    """What the amount is about worth in the currencies the store shows besides; one query when not kept."""
    if not face.shows_currencies:
        return ""
    key = f"store:{face.slug}:guide"
    rates: Any = caches["pages"].get(key)
    if rates is None:
        rates = read_rates()
        caches["pages"].set(key, rates, SECONDS_KEPT)
    return say_guide(amount, rates, face.currency)


def navigation(face: StoreFace) -> list[dict[str, Any]]:
    """The first seven branches from the root, for the header."""
    return [
        {
            "name": one.name,
            "slug": one.slug,
            "url": f"{face.products_url}?category={one.slug}",
            "count": one.count,
        }
        for one in branches(face)
        if one.depth == 0
    ][:7]


def facets_for(face: StoreFace, asked: Asked) -> Facets:
    """Counts beside a list; two statements when not kept. What a visitor typed is never kept: it has no end."""
    typed = (asked.min_price, asked.max_price, asked.thc_min, asked.thc_max, asked.cbd_min, asked.cbd_max)
    if asked.term or any(number is not None for number in typed):
        return read_facets(asked)
    within = (asked.within.pk, asked.within.updated_at) if asked.within else ()
    said = (
        asked.category,
        asked.brand,
        asked.tag,
        asked.in_stock,
        asked.sale,
        asked.classification,
        asked.colour,
        *within,
    )
    key = f"store:{face.slug}:facets:{hashlib.blake2s(repr(said).encode()).hexdigest()}"
    found: Facets | None = caches["pages"].get(key)
    if found is None:
        found = read_facets(asked)
        caches["pages"].set(key, found, SECONDS_KEPT)
    return found


def delivery_words(business: Business, face: StoreFace) -> str:
    """What delivery costs at home and how long it takes, in one sentence; one query when not kept."""
    key = f"store:{face.slug}:delivery"
    words: str | None = caches["pages"].get(key)
    if words is None:
        words = _delivery_words(business, face)
        caches["pages"].set(key, words, SECONDS_KEPT)
    return words


def _delivery_words(business: Business, face: StoreFace) -> str:
    # One thing, in the usual package: what is collected says nothing of delivery.
    offers = list_rates(business, business.country, Decimal(0), pieces=1)
    # What a carrier takes is known once it is known what goes where.
    offers = [offer for offer in offers if offer.source == "shop"]
    offers = [offer for offer in offers if offer.pickup_id is None] or offers
    if not offers:
        return _("Delivery is agreed at checkout.")
    cheapest = min(offers, key=lambda offer: offer.price)
    facts = {"name": cheapest.name, "price": money(cheapest.price, face.currency), "time": cheapest.delivery}
    words = _("%(name)s for %(price)s") if cheapest.price else _("%(name)s is free")
    text = words % facts
    return f"{text}: {facts['time']}." if facts["time"] else f"{text}."


def count_words(number: int) -> str:
    """ "1 product", "12 products", "more than 1,000 products"."""
    if number > COUNT_CAP:
        return _("more than %(number)s products") % {"number": f"{COUNT_CAP:,}"}
    return ngettext("%(number)s product", "%(number)s products", number) % {"number": f"{number:,}"}


def sold_out(rows: list[dict[str, Any]]) -> set[Any]:
    """Which of these products cannot be bought now; one query."""
    ids = {row["pk"] for row in rows}
    if not ids:
        return set()
    free = product_availability(ids)
    return {pk for pk in ids if pk not in free or free[pk].sold_out}
