"""Ways into a cart with many goods at once: a pasted list, a link somebody sent, the way back to a cart left behind."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.goods.catalog.models import Variant
from apps.selling.checkout.lists import LONGEST
from apps.selling.checkout.services import come_back, find_link, follow_link, put_list
from apps.selling.storefront.doors import Visit, limited, store_page


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
