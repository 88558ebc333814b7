"""Pictures, signs and small files of a store, each under an address that changes with its content."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.goods.catalog.models import Product
from apps.goods.catalog.selectors import list_brands, list_collections, list_published
from apps.selling.storefront.cards import card_rows, drawn_url_of, hints_of, subject_of
from apps.selling.storefront.colour import theme_css
from apps.selling.storefront.doors import Visit, store_page
from apps.selling.storefront.face import mark_digest
from apps.selling.storefront.pictures import STYLE, VIEWS, Subject, colour_hex, draw, draw_mark, draw_shelf
from apps.selling.storefront.shelves import branches

FOR_EVER = "public, max-age=31536000, immutable"
SHELF_ROOM = 5


def svg(text: str, *, caching: str = FOR_EVER) -> HttpResponse:
    return HttpResponse(text, content_type="image/svg+xml", headers={"Cache-Control": caching})


@require_safe
@store_page
def picture(visit: Visit, product_id: UUID, digest: str, view: str) -> HttpResponse:
    """A product's drawn picture. An old address leads to the present one while the product is shown."""
    columns = ("title", "product_type", "tags", "status", "published")
    product = Product.objects.only(*columns).filter(pk=product_id).first()
    number = int(view)
    if product is None or number > VIEWS:
        raise Http404
    asked = visit.request.GET.get("colour", "")[:60]
    colour = asked if asked and colour_hex(asked) else ""
    if digest != subject_of(product).hash:
        if not product.visible:
            raise Http404
        return HttpResponsePermanentRedirect(drawn_url_of(visit.face, product, number))
    return svg(draw(subject_of(product, colour), number))


@require_safe
@store_page
def branch(visit: Visit, branch_slug: str) -> HttpResponse:
    """A drawing for a category, after its name."""
    found = next((one for one in branches(visit.face) if one.slug == branch_slug), None)
    if found is None:
        raise Http404
    return svg(draw(Subject(found.name)), caching="public, max-age=3600")


def shelf_digest(rows: list[dict[str, Any]]) -> str:
    text = "\0".join((STYLE, *(str(row["pk"]) + row["title"] for row in rows)))
    return hashlib.blake2s(text.encode("utf-8", "replace"), digest_size=5).hexdigest()


@require_safe
@store_page
def shelf(visit: Visit, digest: str) -> HttpResponse:
    """The newest products on one shelf, for the hero and the store's card on the front page."""
    rows = list(card_rows(list_published(sort="newest"))[:SHELF_ROOM])
    subjects = [Subject(row["title"], hints_of(row["product_type"], row["tags"])) for row in rows]
    fresh = digest == shelf_digest(rows)
    return svg(draw_shelf(subjects), caching=FOR_EVER if fresh else "public, max-age=300")


@require_safe
@store_page
def mark(visit: Visit, digest: str) -> HttpResponse:
    """The store's sign until it has a logo."""
    drawn = draw_mark(visit.business.name, visit.business.accent_colour)
    fresh = digest == mark_digest(visit.business)
    return svg(drawn, caching=FOR_EVER if fresh else "public, max-age=300")


@require_safe
@store_page
def theme(visit: Visit, accent: str) -> HttpResponse:
    """The stylesheet with the store's accent; only the present one exists."""
    if f"#{accent}" != visit.business.accent_colour.lower():
        raise Http404
    return HttpResponse(theme_css(f"#{accent}"), content_type="text/css", headers={"Cache-Control": FOR_EVER})


@require_safe
@store_page
def robots(visit: Visit) -> HttpResponse:
    """What machines may read: products yes, carts and orders no."""
    face = visit.face
    private = ("cart/", "checkout/", "track/", "orders/", "suggest/")
    lines = ["User-agent: *", *(f"Disallow: {face.home_url}{part}" for part in private)]
    lines.append(f"Sitemap: {visit.request.build_absolute_uri(face.home_url + 'sitemap.xml')}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@store_page
def sitemap(visit: Visit) -> HttpResponse:
    """The addresses of published products and their branches, at most 50,000 as the protocol allows."""
    face, base = visit.face, visit.request.build_absolute_uri("/").rstrip("/")
    rows = Product.objects.visible().order_by("pk").values_list("slug", "updated_at")[:49_000]
    parts = ['<?xml version="1.0" encoding="UTF-8"?>']
    parts.append('<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">')
    parts += [f"<url><loc>{base}{url}</loc></url>" for url in (face.home_url, face.products_url)]
    parts += [
        f"<url><loc>{base}{face.products_url}?category={one.slug}</loc></url>" for one in branches(face)
    ]
    parts += [
        f"<url><loc>{base}{face.home_url}{folder}/{slug}/</loc></url>"
        for folder, found in (("brands", list_brands()), ("collections", list_collections()))
        for slug in found.values_list("slug", flat=True)[:400]
    ]
    parts += [
        f"<url><loc>{base}{face.product_url(slug)}</loc><lastmod>{changed:%Y-%m-%d}</lastmod></url>"
        for slug, changed in rows
    ]
    parts.append("</urlset>")
    return HttpResponse("".join(parts), content_type="application/xml")


_WORKER = """const CACHE = "store-offline-1";
const PAGE = "%(offline)s";
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.add(PAGE)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate") return;
  event.respondWith(fetch(event.request).catch(() => caches.match(PAGE)));
});
"""


@require_safe
@store_page
def worker(visit: Visit) -> HttpResponse:
    """A service worker that does one thing: say that one is offline instead of a browser's dead page."""
    text = _WORKER % {"offline": f"{visit.face.home_url}offline/"}
    return HttpResponse(text, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@require_safe
@store_page
def offline(visit: Visit) -> HttpResponse:
    """The page the service worker keeps."""
    return visit.render(
        "errors/offline.html", {"detail": _("This page needs a connection. Your cart is kept.")}
    )


def small_robots(request: HttpRequest) -> HttpResponse:
    """robots.txt of the whole site."""
    lines = ("User-agent: *", "Disallow: /admin/", "Disallow: /api/", "Disallow: /accounts/")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
