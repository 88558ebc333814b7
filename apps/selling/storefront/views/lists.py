"""Lists of products: the whole store, a brand, a collection; each with search, filters, facets, sorting and pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse, HttpResponsePermanentRedirect
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.goods.catalog.facets import Facets
from apps.goods.catalog.models import Collection, FormerAddress
from apps.goods.catalog.searching import find_products, find_similar
from apps.goods.catalog.selectors import (
    COUNT_CAP,
    SORTS,
    count_up_to,
    find_present_address,
    get_brand,
    get_collection,
    list_brands,
    list_collections,
    list_published,
    page_of,
    read_page,
)
from apps.kernel.errors import NotFound
from apps.kernel.prepared import Prepared
from apps.platform.flags.selectors import is_on
from apps.platform.media.lasting import lasting_address
from apps.selling.storefront.cards import card_rows, cards_of
from apps.selling.storefront.doors import Visit, store_page
from apps.selling.storefront.facet_words import (
    content_ranges,
    content_words,
    facet_sheet,
    price_words,
)
from apps.selling.storefront.flags import SIMILAR_WORDS
from apps.selling.storefront.prices import price_rows
from apps.selling.storefront.query import ListQuery, read_query
from apps.selling.storefront.shelves import branches, count_words, facets_for, sold_out

SHOWN = 20
LAST_SAID = 500


@dataclass(frozen=True)
class Place:
    """What a list stands for: the whole store, or what one brand or collection holds."""

    url: str
    heading: str = ""
    about: str = ""
    picture: str = ""
    crumbs: tuple[tuple[str, str], ...] = ()
    fixed: dict[str, Any] = field(default_factory=dict)
    first_words: str = ""
    seo_title: str = ""
    seo_description: str = ""

    @property
    def is_whole(self) -> bool:
        return not self.fixed


@require_safe
@store_page
def products(visit: Visit) -> HttpResponse:
    """Everything; by htmx only its results. A former address of a category leads to the present one."""
    query = read_query(visit.request.GET)
    if query.category and all(one.slug != query.category for one in branches(visit.face)):
        present = find_present_address(FormerAddress.Kind.CATEGORY, query.category)
        if present is not None:
            return HttpResponsePermanentRedirect(query.address(visit.face.products_url, category=present))
    return list_page(visit, query, Place(visit.face.products_url))


@require_safe
@store_page
def brand(visit: Visit, brand_slug: str) -> HttpResponse:
    """What one brand makes."""
    try:
        found = get_brand(brand_slug)
    except NotFound:
        return _lead_on(visit, FormerAddress.Kind.BRAND, brand_slug, "brands/")
    face = visit.face
    place = Place(
        f"{face.home_url}brands/{found.slug}/",
        found.name,
        found.description,
        lasting_address(found.logo_path),
        ((_("Brands"), f"{face.home_url}brands/"),),
        {"brand": found.slug},
        seo_title=found.seo_title,
        seo_description=found.seo_description,
    )
    return list_page(visit, read_query(visit.request.GET), place)


@require_safe
@store_page
def collection(visit: Visit, collection_slug: str) -> HttpResponse:
    """What a collection holds at this moment."""
    try:
        found = get_collection(collection_slug)
    except NotFound:
        return _lead_on(visit, FormerAddress.Kind.COLLECTION, collection_slug, "collections/")
    face = visit.face
    place = Place(
        f"{face.home_url}collections/{found.slug}/",
        found.name,
        found.description,
        "",
        ((_("Collections"), f"{face.home_url}collections/"),),
        {"within": found},
        _("Our order") if found.kind == Collection.Kind.MANUAL else "",
        found.seo_title,
        found.seo_description,
    )
    return list_page(visit, read_query(visit.request.GET), place)


@require_safe
@store_page
def brands(visit: Visit) -> HttpResponse:
    """Who makes what is sold here."""
    here = f"{visit.face.home_url}brands/"
    entries = [_brand_entry(here, row) for row in list_brands()]
    return _index(visit, here, _("Brands"), entries, _("No brand is named here yet."))


@require_safe
@store_page
def collections(visit: Visit) -> HttpResponse:
    """What the store has put together."""
    here = f"{visit.face.home_url}collections/"
    entries = [
        {"url": f"{here}{row.slug}/", "name": row.name, "about": row.description, "picture": "", "tally": ""}
        for row in list_collections()
    ]
    return _index(visit, here, _("Collections"), entries, _("No collection is shown here yet."))


def _brand_entry(here: str, row: Any) -> dict[str, str]:
    return {
        "url": f"{here}{row.slug}/",
        "name": row.name,
        "about": "",
        "picture": lasting_address(row.logo_path),
        "tally": count_words(row.shown),
    }


def _index(
    visit: Visit, here: str, heading: str, entries: list[dict[str, str]], nothing: str
) -> HttpResponse:
    context = {
        "heading": heading,
        "description": _("%(heading)s at %(name)s.") % {"heading": heading, "name": visit.face.name},
        "canonical": visit.request.build_absolute_uri(here),
        "entries": entries,
        "nothing": nothing,
    }
    return visit.render("storefront/index.html", context)


def _lead_on(visit: Visit, kind: FormerAddress.Kind, slug: str, folder: str) -> HttpResponse:
    """To the present address of something that had this one; raises `NotFound` when nothing had."""
    present = find_present_address(kind, slug)
    if present is None:
        raise NotFound()
    asked = visit.request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(
        f"{visit.face.home_url}{folder}{present}/" + (f"?{asked}" if asked else "")
    )


def list_page(visit: Visit, query: ListQuery, place: Place) -> HttpResponse:
    """A list with everything around it; by htmx only its results and the counts of the filters."""
    asked = query.asked(**place.fixed)
    is_plain = place.is_whole and not query.is_filtered and query.page == 1
    page = (
        page_of(_FIRST_PAGE[query.sort].fetch(), 1, SHOWN)
        if is_plain
        else read_page(card_rows(find_products(asked)), query.page, SHOWN)
    )
    similar = False
    facets = Facets()
    if query.q and not page.items and query.page == 1 and is_on(SIMILAR_WORDS.name, visit.business.pk):
        found = find_similar(asked)
        page = read_page(card_rows(found), 1, SHOWN)
        similar = bool(page.items)
    if similar:
        count = count_up_to(found) if page.has_next else len(page.items)
    else:
        facets = facets_for(visit.face, asked)
        # Facets of the whole store are kept for a while; what stands on the page is not.
        count = facets.total if page.has_next or query.page > 1 else len(page.items)
    context = _results(visit, query, place, page, count, similar=similar)
    context["facets"] = facets
    context["contents"] = content_ranges(query, facets)
    context["query"] = query
    headers = visit.request.headers
    partial = bool(headers.get("HX-Request")) and not headers.get("HX-History-Restore-Request")
    context["sheet"] = facet_sheet(
        visit.face, query, facets, fixed=place.fixed, url=place.url, partial=partial
    )
    if partial:
        response = visit.render("storefront/_results.html", {**context, "partial": True})
        response["HX-Push-Url"] = query.address(place.url)
    else:
        response = visit.render("storefront/products.html", {**context, **_frame(visit, query, place)})
    response["Vary"] = "HX-Request, Cookie"
    return response


def _first_page(sort: str) -> Prepared[dict[str, Any]]:
    return Prepared(lambda: card_rows(list_published(sort=sort))[: SHOWN + 1])


_FIRST_PAGE = {sort: _first_page(sort) for sort in SORTS}


def _results(
    visit: Visit, query: ListQuery, place: Place, page: Any, count: int, *, similar: bool
) -> dict[str, Any]:
    here = place.url
    first = (page.number - 1) * SHOWN + 1
    gone = set() if query.in_stock else sold_out(page.items)
    price_rows(visit, page.items)
    pages = min(-(-count // SHOWN), LAST_SAID) if count <= COUNT_CAP else 0
    words = {"page": page.number, "pages": pages}
    return {
        "icons": static("img/icons.svg"),
        "list_url": here,
        "cards": cards_of(visit.face, page.items, gone, eager=4),
        "tally": count_words(count),
        "range_words": _("%(first)s to %(last)s") % {"first": first, "last": first + len(page.items) - 1}
        if page.items and (page.has_next or page.number > 1)
        else (_("similar to what you typed") if similar else ""),
        "picked": _picked(visit, query, place),
        "previous_url": query.address(here, page=page.number - 1) if page.number > 1 else "",
        "next_url": query.address(here, page=page.number + 1) if page.has_next else "",
        "page_words": _("Page %(page)s of %(pages)s") % words if pages else _("Page %(page)s") % words,
        **({} if page.items else _nothing_found(query, place)),
    }


def _nothing_found(query: ListQuery, place: Place) -> dict[str, str]:
    picture = static("img/error-404.svg")
    if query.is_filtered:
        words = _("Nothing matches all of this at once. Take away a filter, or search with other words.")
        title = (
            _("No products for “%(q)s”") % {"q": query.q} if query.q else _("No products with these filters")
        )
        return {"empty_title": title, "empty_words": words, "empty_picture": picture}
    if not place.is_whole:
        return {
            "empty_title": _("Nothing here at the moment"),
            "empty_words": _("There is no product in “%(name)s” now. Come back soon.")
            % {"name": place.heading},
            "empty_picture": picture,
        }
    return {
        "empty_title": _("The shelves are being filled"),
        "empty_words": _("This store has not published a product yet. Come back soon."),
        "empty_picture": picture,
    }


def _picked(visit: Visit, query: ListQuery, place: Place) -> list[dict[str, str]]:
    picked: list[dict[str, str]] = []

    def pick(label: str, **changes: Any) -> None:
        picked.append({"label": label, "url": query.address(place.url, page=1, **changes)})

    if query.q:
        pick(f"“{query.q}”", q="")
    if query.category:
        name = next((one.name for one in branches(visit.face) if one.slug == query.category), query.category)
        pick(name, category="")
    if query.brand and "brand" not in place.fixed:
        pick(query.brand.replace("-", " "), brand="")
    if query.tag:
        pick(query.tag, tag="")
    if query.has_price:
        pick(
            price_words(visit.face, query.min_price, query.max_price),
            min="",
            max="",
            min_price=None,
            max_price=None,
        )
    if query.colour:
        pick(query.colour, colour="")
    if query.classification:
        pick(query.classification, classification="")
    for name in ("thc", "cbd"):
        low, high = getattr(query, f"{name}_min"), getattr(query, f"{name}_max")
        if low is not None or high is not None:
            pick(content_words(name, low, high), **{f"{name}_min": None, f"{name}_max": None})
    if query.in_stock:
        pick(_("In stock"), in_stock=False)
    if query.sale:
        pick(_("Reduced"), sale=False)
    return picked


def _frame(visit: Visit, query: ListQuery, place: Place) -> dict[str, Any]:
    """Heading, filter sheet and addresses around the results."""
    face = visit.face
    tree = branches(face)
    branch = next((one for one in tree if one.slug == query.category), None)
    heading = place.heading or (
        branch.name
        if branch
        else (_("Results for “%(q)s”") % {"q": query.q} if query.q else _("All products"))
    )
    above = [one for one in tree if branch and place.is_whole and branch.path.startswith(f"{one.path}/")]
    plain = ListQuery(category=query.category if place.is_whole else "", page=query.page)
    # Words of a category stand above its own list alone, not above what a brand or a search has in it.
    own = branch if place.is_whole and not query.q else None
    told: Any = own or place
    about = own.description if own else place.about
    narrowed = (
        query.q
        or query.has_price
        or query.in_stock
        or query.sale
        or query.tag
        or query.colour
        or query.has_licensed
    )
    return {
        "heading": heading,
        "title": told.seo_title or heading,
        "about": about,
        "picture": place.picture,
        "here": query.category or ("all" if place.is_whole and not query.q else ""),
        "description": told.seo_description
        or about
        or _("%(heading)s at %(name)s.") % {"heading": heading, "name": face.name},
        "canonical": visit.request.build_absolute_uri(plain.address(place.url)),
        "noindex": bool(narrowed or query.brand or (query.category and not place.is_whole)),
        "crumbs": [
            *({"name": name, "url": url} for name, url in place.crumbs),
            *({"name": one.name, "url": f"{face.products_url}?category={one.slug}"} for one in above),
        ],
        "complaints": query.complaints,
        "sorts": (
            ("newest", _("Best match") if query.q else place.first_words or _("Newest first")),
            ("price", _("Price, low to high")),
            ("-price", _("Price, high to low")),
            ("title", _("Name, A to Z")),
        ),
    }
