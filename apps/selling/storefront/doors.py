"""The way into every store page: find the store, bind its tenant, and turn refusals into pages."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.kernel import rates, tenancy, trace
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.web import sentence
from apps.people.customers.models import Company
from apps.people.customers.selectors import company_of_user
from apps.platform.accounts.callers import caller_of
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import find_business_by_slug
from apps.selling.checkout.attribution import read_attribution
from apps.selling.checkout.models import Cart
from apps.selling.checkout.selectors import find_cart
from apps.selling.checkout.services import merge_carts

from .face import StoreFace, face_of
from .shelves import navigation

StoreView = Callable[..., HttpResponse]
CART_COOKIE = "cart"
VIA_COOKIE = "via"
VIA_SECONDS = 30 * 24 * 3600
CART_SECONDS = 60 * 24 * 3600
ERROR_PAGES = {400, 403, 404, 429, 503}


@dataclass
class Visit:
    """One request to one store."""

    request: HttpRequest
    business: Business
    face: StoreFace
    actor: Actor

    @property
    def cart_token(self) -> str | None:
        return self.request.COOKIES.get(CART_COOKIE) or None

    @functools.cached_property
    def cart(self) -> Cart | None:
        """The visitor's cart; no query for who has none yet."""
        return find_cart(self.cart_token) if self.cart_token else None

    @functools.cached_property
    def user_id(self) -> UUID | None:
        """Who has signed in; asked only where somebody might pay other prices or taxes than a stranger."""
        if not (self.business.has_price_lists or self.business.has_tax_rules):
            return None
        user = self.request.user
        return user.pk if user.is_authenticated else None

    @functools.cached_property
    def signed_in_id(self) -> UUID | None:
        """Who has signed in, whatever the store's prices; no query for guests."""
        session = self.request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        user = self.request.user if session else None
        return user.pk if user is not None and user.is_authenticated else None

    @functools.cached_property
    def company(self) -> Company | None:
        """The company for which who has signed in buys here; no query for guests."""
        return company_of_user(self.signed_in_id)

    def render(
        self, template: str, context: dict[str, Any] | None = None, *, status: int = 200
    ) -> HttpResponse:
        """The page with what all pages of the store need."""
        shown = {**self.common(), **(context or {})}
        branches = tuple((one["slug"], one["name"], one["url"]) for one in navigation(self.face))
        shown["store_nav"] = _nav(self.face, get_language() or "", shown.get("here", ""), branches)
        return render(self.request, template, shown, status=status)

    def common(self) -> dict[str, Any]:
        cart = self.cart
        return {
            "store": self.face,
            "store_footer": _footer(self.face, get_language() or ""),
            "cart_count": item_count(cart),
        }

    def join_carts(self) -> Cart | None:
        """Who has signed in finds one cart on every device: what lay here joins what lay there. No query for guests."""
        if self.signed_in_id is None or (self.cart is not None and self.cart.user_id is not None):
            return None
        joined = merge_carts(self.actor, cart_token=self.cart_token, user_id=self.signed_in_id)
        if joined is not None:
            self.request.COOKIES[CART_COOKIE] = joined.cookie_value
            self.__dict__.pop("cart", None)
        return joined

    def keep_cart(self, response: HttpResponse, cart: Cart) -> HttpResponse:
        """Give the visitor the key to his cart, valid for this store's pages only."""
        response.set_cookie(
            CART_COOKIE,
            cart.cookie_value,
            max_age=CART_SECONDS,
            path=self.face.home_url,
            httponly=True,
            samesite="Lax",
            secure=self.request.is_secure(),
        )
        return response


def item_count(cart: Cart | None) -> int:
    """Pieces in a cart that `find_cart` has read."""
    return getattr(cart, "item_count", 0) if cart is not None else 0


@functools.lru_cache(maxsize=1024)
def _footer(face: StoreFace, language: str) -> SafeString:
    """The foot of a store's pages: the same until the business or the language changes."""
    return render_to_string("storefront/_footer.html", {"store": face})


@functools.lru_cache(maxsize=8192)
def _nav(face: StoreFace, language: str, here: str, branches: tuple[tuple[str, str, str], ...]) -> SafeString:
    """The branches in the head of a store's pages: the same until one of these changes."""
    context = {"store": face, "here": here, "branches": branches}
    return render_to_string("storefront/_nav.html", context)


def store_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give `view` a `Visit` with the tenant bound; unknown stores and refusals become friendly pages."""

    @functools.wraps(view)
    def enter(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        business = find_business_by_slug(slug)
        if business is None:
            words = _("There is no store at this address. Check the spelling, or ask the shop for its link.")
            return error_page(request, 404, detail=words)
        actor = Actor.guest(
            business.pk,
            request_id=getattr(request, "request_id", ""),
            ip=request.META.get("REMOTE_ADDR", ""),
        )
        trace.note_actor(actor)
        visit = Visit(request, business, face_of(business), actor)
        with tenancy.bind(business.pk):
            try:
                return _note_origin(visit, view(visit, **kwargs))
            except Http404:
                return error_page(request, 404, visit=visit)
            except DomainError as error:
                return _refused(visit, error)

    return enter


def _note_origin(visit: Visit, response: HttpResponse) -> HttpResponse:
    """Keep a signed `?via=` for thirty days: it goes with the cart to the order. Forged ones leave no trace."""
    token = visit.request.GET.get("via", "")
    if token and read_attribution(token):
        response.set_cookie(
            VIA_COOKIE,
            token,
            max_age=VIA_SECONDS,
            path=visit.face.home_url,
            httponly=True,
            samesite="Lax",
            secure=visit.request.is_secure(),
        )
    return response


def takes_post(
    page: str, *keeps: str
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """An address that only acts. Who opens it (typed, from a bookmark, reloaded) is sent to the `page` it belongs to.

    `page` names an address of the store; `keeps` names what of this address stands in that one. Nothing is read or
    changed. Stands outside of `store_page`.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def act(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, slug=slug, **kwargs)
            if request.method not in {"GET", "HEAD"}:
                return HttpResponseNotAllowed(["POST"])
            named = {name: kwargs[name] for name in keeps}
            response = HttpResponseRedirect(reverse(f"storefront:{page}", kwargs={"slug": slug, **named}))
            # The address may hold a key to an order.
            response["Cache-Control"] = "private, no-store"
            response["Referrer-Policy"] = "no-referrer"
            return response

        return act

    return decorate


def limited(scope: str, *methods: str) -> Callable[[StoreView], StoreView]:
    """Refuse a visitor's network that comes too often by one of these methods; `settings.STORE_RATES` says how often.

    Stands inside of `store_page`, which makes the page of it. A scope without a rate is not limited.
    """

    def decorate(view: StoreView) -> StoreView:
        @functools.wraps(view)
        def counted(visit: Visit, *arguments: Any, **kwargs: Any) -> HttpResponse:
            rate = settings.STORE_RATES.get(scope)
            if rate and visit.request.method in methods:
                rates.spend(f"store.{scope}", caller_of(visit.request).network, rate)
            return view(visit, *arguments, **kwargs)

        return counted

    return decorate


def _refused(visit: Visit, error: DomainError) -> HttpResponse:
    """What the visitor sees of a refusal: a page, or a sentence where a part of a page was asked for."""
    words = sentence(error)
    if getattr(visit.request, "htmx", False) and not visit.request.headers.get("HX-Boosted"):
        # A whole page inside of the cart's drawer would be a second shop in the first.
        response = render(visit.request, "errors/_part.html", {"detail": words}, status=error.status)
    else:
        response = error_page(visit.request, error.status, visit=visit, detail=words)
    if seconds := error.context.get("retry_after"):
        response["Retry-After"] = str(seconds)
    return response


def error_page(
    request: HttpRequest, status: int, *, visit: Visit | None = None, detail: str = ""
) -> HttpResponse:
    """One of the error pages; in the store's own frame when the store is known."""
    template = f"errors/{status if status in ERROR_PAGES else 400}.html"
    context = {"detail": detail if status != 404 or visit is None else "", "request_id": ""}
    if visit is not None:
        return visit.render(template, context, status=status)
    return render(request, template, context, status=status)
