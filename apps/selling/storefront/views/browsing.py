"""Home, list and suggestions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.goods.catalog.models import Product
from apps.goods.catalog.selectors import (
    COUNT_CAP,
    SORTS,
    count_up_to,
    list_published,
    page_of,
    read_page,
    search_similar,
)
from apps.goods.inventory.selectors import in_stock_products, product_availability
from apps.kernel.prepared import Prepared
from apps.platform.flags.selectors import is_on
from apps.selling.storefront.cards import card_rows, cards_of, facts_of
from apps.selling.storefront.doors import Visit, limited, store_page
from apps.selling.storefront.flags import SIMILAR_WORDS
from apps.selling.storefront.query import ListQuery, clean_term, read_query
from apps.selling.storefront.shelves import branches, count_words, delivery_words, navigation, totals

from .drawings import SHELF_ROOM, shelf_digest

SHOWN = 20
LAST_SAID = 500


@require_safe
@store_page
def home(visit: Visit) -> HttpResponse:
    """The store's front: hero with its own things on a shelf, branches, what is new, what is reduced."""
    face = visit.face
    newest = list(card_rows(list_published(sort="newest"))[:8])
    reduced = list(card_rows(list_published(sort="newest").filter(compare_at_price__gt=F("min_price")))[:4])
    gone = sold_out(newest + reduced)
    context = {
        "headline": _("Welcome to %(name)s") % {"name": face.name},
        "description": _store_words(visit, newest),
        "canonical": visit.request.build_absolute_uri(face.home_url),
        "cards": cards_of(face, newest, gone, eager=2),
        "featured": cards_of(face, reduced, gone),
        "featured_title": _("Reduced"),
        "rooms": rooms(visit, newest),
        "shelf_url": f"{face.home_url}shelf-{shelf_digest(newest[:SHELF_ROOM])}.svg",
        "shelf_alt": ", ".join(row["title"] for row in newest[:SHELF_ROOM]),
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


def sold_out(rows: list[dict[str, Any]]) -> set[Any]:
    """Which of these products cannot be bought now; one query."""
    ids = {row["pk"] for row in rows}
    if not ids:
        return set()
    free = product_availability(ids)
    return {pk for pk in ids if pk not in free or free[pk].sold_out}


@require_safe
@store_page
def products(visit: Visit) -> HttpResponse:
    """The list with search, filters, sorting and pages; by htmx only its results."""
    query = read_query(visit.request.GET)
    found = _matching(query)
    is_plain = not query.is_filtered and query.page == 1
    page = (
        page_of(_FIRST_PAGE[query.sort].fetch(), 1, SHOWN)
        if is_plain
        else read_page(card_rows(found), query.page, SHOWN)
    )
    similar = False
    if query.q and not page.items and query.page == 1 and is_on(SIMILAR_WORDS.name, visit.business.pk):
        found = _narrowed(search_similar(_base(query), query.q), query)
        page = read_page(card_rows(found), 1, SHOWN)
        similar = bool(page.items)
    face = visit.face
    if not is_plain:
        count = count_up_to(found)
    elif page.has_next:
        count = totals(face).products
    else:
        count = len(page.items)
    context = _results(visit, query, page, count, similar=similar)
    request = visit.request
    if request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request"):
        response = visit.render("storefront/_results.html", {**context, "partial": True})
        response["HX-Push-Url"] = query.address(face.products_url)
    else:
        response = visit.render("storefront/products.html", {**context, **_frame(visit, query)})
    response["Vary"] = "HX-Request, Cookie"
    return response


def _first_page(sort: str) -> Prepared[dict[str, Any]]:
    return Prepared(lambda: card_rows(list_published(sort=sort))[: SHOWN + 1])


_FIRST_PAGE = {sort: _first_page(sort) for sort in SORTS}


def _base(query: ListQuery, term: str = "") -> QuerySet[Product]:
    return list_published(
        term=term,
        category=query.category,
        min_price=query.min_price,
        max_price=query.max_price,
        sort=query.sort,
    )


def _narrowed(found: QuerySet[Product], query: ListQuery) -> QuerySet[Product]:
    if query.sale:
        found = found.filter(compare_at_price__gt=F("min_price"))
    return in_stock_products(found) if query.in_stock else found


def _matching(query: ListQuery) -> QuerySet[Product]:
    return _narrowed(_base(query, query.q), query)


def _results(visit: Visit, query: ListQuery, page: Any, count: int, *, similar: bool) -> dict[str, Any]:
    face = visit.face
    here = face.products_url
    first = (page.number - 1) * SHOWN + 1
    gone = set() if query.in_stock else sold_out(page.items)
    pages = min(-(-count // SHOWN), LAST_SAID) if count <= COUNT_CAP else 0
    words = {"page": page.number, "pages": pages}
    return {
        "icons": static("img/icons.svg"),
        "cards": cards_of(face, page.items, gone, eager=4),
        "tally": count_words(count),
        "range_words": _("%(first)s to %(last)s") % {"first": first, "last": first + len(page.items) - 1}
        if page.items and (page.has_next or page.number > 1)
        else (_("similar to what you typed") if similar else ""),
        "picked": _picked(visit, query),
        "previous_url": query.address(here, page=page.number - 1) if page.number > 1 else "",
        "next_url": query.address(here, page=page.number + 1) if page.has_next else "",
        "page_words": _("Page %(page)s of %(pages)s") % words if pages else _("Page %(page)s") % words,
        **({} if page.items else _nothing_found(query)),
    }


def _nothing_found(query: ListQuery) -> dict[str, str]:
    picture = static("img/error-404.svg")
    if query.is_filtered:
        words = _("Nothing matches all of this at once. Take away a filter, or search with other words.")
        title = (
            _("No products for “%(q)s”") % {"q": query.q} if query.q else _("No products with these filters")
        )
        return {"empty_title": title, "empty_words": words, "empty_picture": picture}
    return {
        "empty_title": _("The shelves are being filled"),
        "empty_words": _("This store has not published a product yet. Come back soon."),
        "empty_picture": picture,
    }


def _picked(visit: Visit, query: ListQuery) -> list[dict[str, str]]:
    here, picked = visit.face.products_url, []

    def pick(label: str, **changes: Any) -> None:
        picked.append({"label": label, "url": query.address(here, page=1, **changes)})

    if query.q:
        pick(f"“{query.q}”", q="")
    if query.category:
        name = next((one.name for one in branches(visit.face) if one.slug == query.category), query.category)
        pick(name, category="")
    if query.has_price:
        low, high = query.min or "0", query.max
        pick(
            f"{low}–{high} {visit.face.currency}" if high else f"≥ {low} {visit.face.currency}",
            min="",
            max="",
        )
    if query.in_stock:
        pick(_("In stock"), in_stock=False)
    if query.sale:
        pick(_("Reduced"), sale=False)
    return picked


def _frame(visit: Visit, query: ListQuery) -> dict[str, Any]:
    """Heading, filter sheet and addresses around the results."""
    face = visit.face
    tree = branches(face)
    branch = next((one for one in tree if one.slug == query.category), None)
    heading = (
        branch.name
        if branch
        else (_("Results for “%(q)s”") % {"q": query.q} if query.q else _("All products"))
    )
    above = [one for one in tree if branch and branch.path.startswith(f"{one.path}/")]
    whole = totals(face)
    return {
        "heading": heading,
        "here": query.category or ("all" if not query.q else ""),
        "description": _("%(heading)s at %(name)s.") % {"heading": heading, "name": face.name},
        "canonical": visit.request.build_absolute_uri(
            ListQuery(category=query.category, page=query.page).address(face.products_url)
        ),
        "noindex": bool(query.q or query.has_price or query.in_stock or query.sale),
        "crumbs": [{"name": one.name, "url": f"{face.products_url}?category={one.slug}"} for one in above],
        "list_url": face.products_url,
        "query": query,
        "complaints": query.complaints,
        "sorts": (
            ("newest", _("Best match") if query.q else _("Newest first")),
            ("price", _("Price, low to high")),
            ("-price", _("Price, high to low")),
            ("title", _("Name, A to Z")),
        ),
        "facets": {
            "categories": [
                {"name": one.name, "slug": one.slug, "count": one.count, "on": one.slug == query.category}
                for one in tree[:40]
            ],
            "lowest": f"{whole.lowest:.0f}" if whole.lowest is not None else "",
            "highest": f"{whole.highest:.0f}" if whole.highest is not None else "",
            "in_stock": whole.in_stock,
            "sale": whole.on_sale,
        },
    }


@require_safe
@store_page
@limited("suggest", "GET")
def suggest(visit: Visit) -> HttpResponse:
    """Six products while one types."""
    term = clean_term(visit.request.GET.get("q", ""))
    rows = list(card_rows(list_published(term=term))[:6]) if len(term) > 1 else []
    if len(term) > 2 and not rows and is_on(SIMILAR_WORDS.name, visit.business.pk):
        rows = list(card_rows(search_similar(list_published(), term))[:6])
    context = {
        "store": visit.face,
        "q": term if len(term) > 1 else "",
        "q_query": urlencode({"q": term}),
        "cards": [facts_of(visit.face, row) for row in rows],
    }
    return render(visit.request, "storefront/_suggest.html", context)
