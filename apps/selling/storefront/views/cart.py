"""The cart as page and as drawer. One view renders both; without JavaScript each verb leads back to the page."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from apps.goods.catalog.sold import as_sold
from apps.goods.catalog.units import UNITS
from apps.kernel.errors import DomainError, InvalidInput, NotFound, OutOfRoom
from apps.kernel.web import sentence
from apps.selling.checkout.models import MAX_QUANTITY, Cart
from apps.selling.checkout.selectors import cart_view
from apps.selling.checkout.services import (
    add_to_cart,
    drop_code,
    keep_attribution,
    put_code,
    remove_item,
    set_quantity,
)
from apps.selling.storefront.cards import money, picture_of
from apps.selling.storefront.discounts import delivery_note, discount_rows
from apps.selling.storefront.doors import VIA_COOKIE, Visit, limited, store_page, takes_post
from apps.selling.storefront.forms import CartQuantityForm, QuantityForm, country_select
from apps.selling.storefront.shelves import guide_words

from .estimating import estimate
from .product import product_page, variant_for


def cart_context(visit: Visit, cart: Cart | None) -> dict[str, Any]:
    """The cart for a template: lines with their addresses, sums as text."""
    view = cart_view(cart, user_id=visit.user_id)
    face = visit.face
    lines = [_line(visit, line) for line in view.lines]
    subtotal = money(view.subtotal, face.currency)
    return {
        "lines": lines,
        "count": view.count,
        "count_words": pieces(view.count),
        "subtotal": subtotal,
        "discounts": discount_rows([one.facts() for one in view.promotions], view.discount, face.currency),
        "total": money(view.total, face.currency),
        "guide": guide_words(face, view.total),
        "takes_codes": view.takes_codes,
        "codes": view.codes,
        "code_warnings": view.code_warnings,
        "total_word": _("Total before delivery"),
        "delivery": _("at checkout"),
        "delivery_note": delivery_note([one.facts() for one in view.promotions]),
        "can_check_out": view.can_check_out,
    }


def pieces(count: int) -> str:
    return ngettext("%(n)s item", "%(n)s items", count) % {"n": count}


def _line(visit: Visit, line: Any) -> dict[str, Any]:
    face = visit.face
    item = f"{face.cart_url}items/{line.item_id}/"
    sold = as_sold(line.variant, line.quantity, line.unit_price, face.currency, packed=line.pack is not None)
    return {
        "id": str(line.item_id),
        "title": line.title,
        "variant": line.variant_title,
        "quantity": line.quantity,
        "down": line.rule.below(line.quantity) - line.quantity,
        "up": max(1, line.rule.above(line.quantity) - line.quantity),
        "order_step": line.rule.step,
        "order_max": min(MAX_QUANTITY, line.rule.most or MAX_QUANTITY),
        "quantity_words": line.rule.words,
        # The field counts stock units; the words are those of the product's page.
        "sold": sold.words,
        "measured_in": UNITS[line.variant.unit].sign if sold.unit else "",
        "unit_price": sold.price_words(money(sold.price, face.currency)),
        "subtotal": money(line.amount, face.currency),
        # Without it quantity × price would not come to the sum beside it.
        "less": _("%(amount)s off") % {"amount": money(line.discount, face.currency)}
        if line.discount
        else "",
        "warning": line.warning,
        "later": line.later,
        "url": face.product_url(line.product.slug),
        "picture": picture_of(face, line.product),
        "update_url": item,
        "remove_url": f"{item}remove/",
    }


def _is_htmx(visit: Visit) -> bool:
    return visit.request.headers.get("HX-Request") == "true"


def answer(visit: Visit, cart: Cart | None, *, drawer: bool, **context: Any) -> HttpResponse:
    """The part of the page that changed, or the whole page."""
    data = {
        "store": visit.face,
        "icons": static("img/icons.svg"),
        "cart": cart_context(visit, cart),
        **context,
    }
    data["empty_picture"] = static("img/error-404.svg")
    if _is_htmx(visit):
        template = "storefront/_cart_drawer.html" if drawer else "storefront/_cart_page.html"
        return render(visit.request, template, {**data, "partial": True})
    return visit.render("storefront/cart.html", {**data, "cart_count": data["cart"]["count"]})


@require_safe
@store_page
def cart(visit: Visit) -> HttpResponse:
    """The cart page."""
    joined = visit.join_carts()
    asked = estimate(visit, visit.cart)
    country = country_select("to", asked["country"], id="estimate-to", autocomplete="country")
    response = answer(visit, visit.cart, drawer=False, estimate=asked, estimate_country=country)
    return visit.keep_cart(response, joined) if joined else response


@require_safe
@store_page
def drawer(visit: Visit) -> HttpResponse:
    """The drawer's content."""
    return answer(visit, visit.cart, drawer=True)


@takes_post("cart")
@store_page
@limited("cart", "POST")
def add(visit: Visit) -> HttpResponse:
    """Put a variant, named by its id or by the option buttons, into the cart."""
    posted = visit.request.POST
    # The database breaks off at a NUL; no product has one in its address.
    slug = posted.get("product", "").replace("\x00", "")[:255]
    form = QuantityForm(posted if "quantity" in posted else {"quantity": "1"})
    problem = "" if form.is_valid() else " ".join(map(str, form.errors["quantity"]))
    if not problem:
        try:
            made = add_to_cart(
                visit.actor,
                cart_token=visit.cart_token,
                variant_id=_variant(posted, slug),
                quantity=form.cleaned_data["quantity"],
                pack_id=_pack(posted),
            )
        except DomainError as error:
            if isinstance(error, OutOfRoom) or (isinstance(error, NotFound) and not slug):
                raise
            problem = sentence(error)
        else:
            if origin := visit.request.COOKIES.get(VIA_COOKIE):
                _keep_origin(visit, made, origin)
            return _added(visit, made)
    if _is_htmx(visit):
        return answer(visit, visit.cart, drawer=True, problem=problem, said=problem)
    return product_page(visit, slug, posted, problem=problem, status=400)


def _keep_origin(visit: Visit, made: Cart, origin: str) -> None:
    """A mark that is over is not worth an error to who wants to buy."""
    if not made.attribution:
        with suppress(InvalidInput):
            keep_attribution(visit.actor, cart_token=made.cookie_value, token=origin)


def _variant(posted: Any, slug: str) -> UUID:
    if given := posted.get("variant", ""):
        try:
            return UUID(given)
        except ValueError:
            raise NotFound(_("This product is not sold here.")) from None
    found = variant_for(slug, posted)
    if found is None:
        raise NotFound(_("This product is not made in this combination."), remedy=_("Choose another option."))
    return found


def _pack(posted: Any) -> UUID | None:
    """The pack that was chosen; None for single ones."""
    given = posted.get("pack", "")
    try:
        return UUID(given) if given else None
    except ValueError:
        raise NotFound(_("This pack is not sold here any more.")) from None


def _added(visit: Visit, made: Cart) -> HttpResponse:
    if _is_htmx(visit):
        words = _("Added to your cart.")
        response = answer(visit, made, drawer=True, added=words, said=words)
    else:
        response = HttpResponseRedirect(visit.face.cart_url)
    return visit.keep_cart(response, made)


@takes_post("cart")
@store_page
@limited("cart", "POST")
def change(visit: Visit, item_id: UUID) -> HttpResponse:
    """Set a line's quantity."""
    form = CartQuantityForm(visit.request.POST)
    if not form.is_valid():
        problem = " ".join(str(message) for messages in form.errors.values() for message in messages)
        return _changed(visit, visit.cart, problem=problem)
    try:
        changed = set_quantity(
            visit.actor, cart_token=visit.cart_token or "", item_id=item_id, quantity=form.wanted()
        )
    except OutOfRoom:
        raise
    except DomainError as error:
        return _changed(visit, visit.cart, problem=sentence(error))
    return _changed(visit, changed, said=_("Cart updated."))


@takes_post("cart")
@store_page
@limited("cart", "POST")
def remove(visit: Visit, item_id: UUID) -> HttpResponse:
    """Take a line out."""
    try:
        changed: Cart | None = remove_item(visit.actor, cart_token=visit.cart_token or "", item_id=item_id)
    except NotFound:
        changed = visit.cart  # pressed twice: it is gone already
    return _changed(visit, changed, said=_("Taken out of your cart."))


@takes_post("cart")
@store_page
@limited("cart", "POST")
def code(visit: Visit) -> HttpResponse:
    """Keep a code with the cart; what it does, or why nothing, stands in the sum."""
    typed = visit.request.POST.get("code", "")
    try:
        changed = put_code(visit.actor, cart_token=visit.cart_token or "", code=typed)
    except InvalidInput as error:
        return _changed(visit, visit.cart, problem=sentence(error))
    return _changed(visit, changed, said=_("The code is in your cart."))


@takes_post("cart")
@store_page
@limited("cart", "POST")
def remove_code(visit: Visit) -> HttpResponse:
    """Take a code out."""
    typed = visit.request.POST.get("code", "")
    changed = drop_code(visit.actor, cart_token=visit.cart_token or "", code=typed)
    return _changed(visit, changed, said=_("The code was taken out."))


def _changed(visit: Visit, now: Cart | None, *, problem: str = "", said: str = "") -> HttpResponse:
    if _is_htmx(visit) or problem:
        in_drawer = bool(visit.request.POST.get("drawer"))
        return answer(visit, now, drawer=in_drawer, problem=problem, said=problem or said)
    return HttpResponseRedirect(visit.face.cart_url)
