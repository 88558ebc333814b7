"""Ways into a cart with many goods at once: a pasted list, a link somebody sent, the way back to a cart left behind."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.goods.catalog.models import Variant
from apps.selling.checkout.lists import LONGEST
from apps.selling.checkout.services import come_back, fill_cart, find_link, follow_link, put_list
from apps.selling.storefront.doors import Visit, limited, store_page, takes_post
from apps.selling.storefront.matrix import read_matrix

from .product import product_page


@require_http_methods(["GET", "HEAD", "POST"])
@store_page
@limited("cart", "POST")
def quick_order(visit: Visit) -> HttpResponse:
    """Paste a list; what went in is in the cart, what did not stays in the field with the reason beside it."""
    context = {"icons": static("img/icons.svg"), "text": "", "answers": [], "longest": LONGEST}
    if visit.request.method != "POST":
        return visit.render("storefront/quick_order.html", context)
    text = visit.request.POST.get("text", "").replace("\x00", "")[:LONGEST]
    done = put_list(visit.actor, cart_token=visit.cart_token, text=text, user_id=visit.user_id)
    wrong = [one for one in done.lines if one.problem]
    pieces = sum(one.put_in for one in done.lines)
    words = ngettext("%(n)s piece is in your cart.", "%(n)s pieces are in your cart.", pieces) % {"n": pieces}
    if pieces and not wrong:
        messages.success(visit.request, words)
        return visit.keep_cart(HttpResponseRedirect(visit.face.cart_url), done.cart)  # type: ignore[arg-type]
    context |= {
        "text": done.left_over or text,
        "answers": wrong,
        "said": words if pieces else "",
        "problem": _("Paste at least one line.") if not done.lines else "",
    }
    response = visit.render("storefront/quick_order.html", context, status=400)
    return visit.keep_cart(response, done.cart) if done.cart else response


@takes_post("cart")
@store_page
@limited("cart", "POST")
def put_matrix(visit: Visit) -> HttpResponse:
    """Sizes × colours of a product into the cart; what cannot be put in is said on the product's page."""
    posted = visit.request.POST
    slug = posted.get("product", "")[:200].replace("\x00", "")
    wanted, is_clear = read_matrix({name: str(value) for name, value in posted.items()})
    if not is_clear or not wanted:
        words = _("Enter whole numbers of pieces in the sizes you want.")
        return product_page(visit, slug, QueryDict(), problem=words, status=400)
    done = fill_cart(visit.actor, cart_token=visit.cart_token, wanted=wanted, user_id=visit.user_id)
    pieces = sum(done.short.get(pk, asked) for pk, asked in wanted.items())
    if done.cart is None:
        words = _("None of these can be bought right now.")
        return product_page(visit, slug, QueryDict(), problem=words, status=400)
    said = ngettext("%(n)s piece is in your cart.", "%(n)s pieces are in your cart.", pieces) % {"n": pieces}
    if done.short:
        missing = sum(asked - done.short.get(pk, asked) for pk, asked in wanted.items())
        said += " " + ngettext(
            "%(n)s piece cannot be had right now: please look.",
            "%(n)s pieces cannot be had right now: please look.",
            missing,
        ) % {"n": missing}
        messages.warning(visit.request, said)
    else:
        messages.success(visit.request, said)
    return visit.keep_cart(HttpResponseRedirect(visit.face.cart_url), done.cart)


@require_http_methods(["GET", "HEAD", "POST"])
@store_page
@limited("cart", "POST")
def buy(visit: Visit, link_token: str) -> HttpResponse:
    """A link to a checkout: what it holds, and the step that puts it into the cart."""
    link = find_link(link_token) if len(link_token) <= 24 else None
    if link is None:
        raise Http404
    if visit.request.method == "POST":
        cart, short = follow_link(
            visit.actor, token=link_token, cart_token=visit.cart_token, user_id=visit.user_id
        )
        if short:
            messages.warning(visit.request, _("Not everything of the link could be put in: please look."))
        place = visit.face.cart_url if short else visit.face.checkout_url
        return visit.keep_cart(HttpResponseRedirect(place), cart)
    wanted = {line["variant_id"]: line["quantity"] for line in link.lines}
    rows = Variant.objects.filter(pk__in=wanted).select_related("product").order_by("pk")
    goods = [(f"{one.product.title} {one.title}".strip(), wanted[str(one.pk)]) for one in rows]
    response = visit.render("storefront/buy.html", {"goods": goods, "codes": link.codes})
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
@store_page
@limited("cart", "GET")
def back(visit: Visit, signed: str) -> HttpResponse:
    """The way back to a cart that was left behind, from the one mail about it."""
    cart = come_back(visit.actor, signed=signed)
    return visit.keep_cart(HttpResponseRedirect(visit.face.cart_url), cart)
