"""Home, list and suggestions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.goods.catalog.searching import Asked, find_similar
from apps.goods.catalog.selectors import list_published
from apps.platform.flags.selectors import is_on
from apps.selling.storefront.cards import card_rows, cards_of, facts_of
from apps.selling.storefront.doors import Visit, limited, store_page
from apps.selling.storefront.flags import SIMILAR_WORDS
from apps.selling.storefront.prices import price_rows
from apps.selling.storefront.query import clean_term
from apps.selling.storefront.shelves import delivery_words, navigation, sold_out

from .drawings import SHELF_ROOM, shelf_digest


@require_safe
@store_page
def home(visit: Visit) -> HttpResponse:
    """The store's front: hero with its own things on a shelf, branches, what is new, what is reduced."""
    face = visit.face
    newest = list(card_rows(list_published(sort="newest"))[:8])
    reduced = list(card_rows(list_published(sort="newest").filter(compare_at_price__gt=F("min_price")))[:4])
    price_rows(visit, newest, reduced)
    # A sale may have ended since the lists were put in order.
    reduced = [row for row in reduced if (row["compare_at_price"] or 0) > row["min_price"]]
    gone = sold_out(newest + reduced)
    context = {
        "headline": _("Welcome to %(name)s") % {"name": face.name},
        "description": _store_words(visit, newest),
        "canonical": visit.request.build_absolute_uri(face.home_url),
        "cards": cards_of(face, newest, gone, eager=2),
        "featured": cards_of(face, reduced, gone),
        "featured_title": _("Reduced"),
        "rooms": rooms(visit, newest),
        "shelf_url": face.banner_url or f"{face.home_url}shelf-{shelf_digest(newest[:SHELF_ROOM])}.svg",
        "shelf_alt": "" if face.banner_url else ", ".join(row["title"] for row in newest[:SHELF_ROOM]),
        "delivery_words": delivery_words(visit.business, face),
    }
    return visit.render("storefront/home.html", context)


def _store_words(visit: Visit, newest: list[dict[str, Any]]) -> str:
    names = [room["name"] for room in navigation(visit.face)][:4]
    place = visit.business.city
    if names and place:
        return _("%(things)s, sent to you from %(place)s.") % {"things": ", ".join(names), "place": place}
    if names:
        return ", ".join(names) + "."
    if newest:
        return _("%(first)s and more.") % {"first": ", ".join(row["title"] for row in newest[:3])}
    return _("Opening soon.")


def rooms(visit: Visit, newest: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Branches as tiles, each with a drawing after the branch's own name."""
    face = visit.face
    return [{**entry, "picture": f"{face.home_url}branch/{entry['slug']}.svg"} for entry in navigation(face)][
        :8
    ]


@require_safe
@store_page
@limited("suggest", "GET")
def suggest(visit: Visit) -> HttpResponse:
    """Six products while one types."""
    term = clean_term(visit.request.GET.get("q", ""))
    rows = list(card_rows(list_published(term=term))[:6]) if len(term) > 1 else []
    if len(term) > 2 and not rows and is_on(SIMILAR_WORDS.name, visit.business.pk):
        rows = list(card_rows(find_similar(Asked(term)))[:6])
    price_rows(visit, rows)
    context = {
        "store": visit.face,
        "q": term if len(term) > 1 else "",
        "q_query": urlencode({"q": term}),
        "cards": [facts_of(visit.face, row) for row in rows],
    }
    return render(visit.request, "storefront/_suggest.html", context)


@store_page
def nothing(visit: Visit) -> HttpResponse:
    """An address that is no page: the store itself says so, for a shopper knows no front page but the store's."""
    raise Http404
