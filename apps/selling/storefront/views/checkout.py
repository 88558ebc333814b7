"""Checkout: contact, address, delivery and payment on one page; what was typed is never lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.kernel.errors import Conflict, DomainError, InvalidInput, NotFound, OutOfStock, StaleQuote
from apps.kernel.ids import new_id
from apps.platform.businesses.channels import Channel
from apps.selling.checkout.models import Cart, Checkout, Quote
from apps.selling.checkout.pricing import say_postcode_needed
from apps.selling.checkout.selectors import find_cart, find_checkout_of_cart
from apps.selling.checkout.services import (
    ON_ACCOUNT,
    drop_code,
    keep_available,
    put_code,
    quote_with_carriers,
    submit_checkout,
)
from apps.selling.orders.drafts import Address
from apps.selling.storefront.cards import money
from apps.selling.storefront.discounts import delivery_note, discount_rows, goods_discount
from apps.selling.storefront.doors import Visit, item_count, limited, store_page
from apps.selling.storefront.forms import CheckoutForm
from apps.selling.storefront.refusals import left_words, missing_words, put_on_form, refusal_words, tie_errors
from apps.selling.storefront.shelves import guide_words
from apps.selling.storefront.stock import say_cuts

from .cart import cart_context
from .credit import change_credit, credit_context, credit_to_spend
from .paying import account_method, order_url, pay_url, payment_methods
from .typed import initial_of, remember, typed_in, uuid_in

_CODE_VERBS = {"put_code", "drop_code", "put_credit", "drop_card"}
_SHORT = {"sold_out", "too_many", "item_gone"}


@require_http_methods(["GET", "HEAD", "POST"])
@store_page
def checkout(visit: Visit) -> HttpResponse:
    """Show the form, refresh its sums, or submit it."""
    request = visit.request
    joined = visit.join_carts() if request.method != "POST" else None
    if joined is not None:
        return visit.keep_cart(HttpResponseRedirect(visit.face.checkout_url), joined)
    cart = visit.cart
    if cart is None or not item_count(cart):
        return _nothing_to_check_out(visit)
    if visit.business.orders_closed:
        return _closed(visit, cart)
    if request.method != "POST":
        typed = initial_of(visit, cart)
        return _page(visit, cart, CheckoutForm(initial=typed), _quoted(visit, cart, typed))
    try:
        return _answer(visit, cart)
    except NotFound:
        # Her order came about between the reading of the cart and the new quote (two windows, or a sum still on its
        # way when the button was pressed).
        return _nothing_to_check_out(visit)


def _closed(visit: Visit, cart: Cart) -> HttpResponse:
    """No orders right now, in the shop's words; what was typed is kept for when there are again."""
    if visit.request.method == "POST":
        remember(visit, typed_in(visit.request.POST))
    context = {"cart": {"count": item_count(cart)}, "icons": static("img/icons.svg")}
    return visit.render("storefront/closed.html", context, status=503)


def _answer(visit: Visit, cart: Cart) -> HttpResponse:
    request = visit.request
    if request.GET.get("part") == "money":
        return _money_part(visit, cart)
    if "keep_available" in request.POST:
        return _go_on(visit, cart)
    if _CODE_VERBS & request.POST.keys():
        return _change_codes(visit, cart)
    if "refresh" in request.POST:
        typed = typed_in(request.POST)
        remember(visit, typed)
        return _page(visit, cart, CheckoutForm(initial=typed), _quoted(visit, cart, typed))
    return _submit(visit, cart)


@limited("cart", "POST")
def _change_codes(visit: Visit, cart: Cart) -> HttpResponse:
    """A code came in or went out: the sums anew, and everything typed is kept."""
    posted = visit.request.POST
    typed = typed_in(posted)
    remember(visit, typed)
    refusal: DomainError | None = None
    token = visit.cart_token or ""
    try:
        if "drop_code" in posted:
            drop_code(visit.actor, cart_token=token, code=posted["drop_code"])
        elif not change_credit(visit, cart, posted):
            put_code(visit.actor, cart_token=token, code=posted.get("code", ""))
    except InvalidInput as error:
        refusal = error
    now = _quoted(visit, cart, typed)
    kept = find_cart(visit.cart_token) or cart
    return _page(
        visit, kept, CheckoutForm(initial=typed), now, refusal=refusal, title=_("The code was not taken.")
    )


@limited("cart", "POST")
def _go_on(visit: Visit, cart: Cart) -> HttpResponse:
    """The buyer takes what is there: the cart is brought down to it, and the new sum is shown before she agrees."""
    typed = typed_in(visit.request.POST)
    remember(visit, typed)
    cuts = keep_available(visit.actor, cart_token=visit.cart_token or "")
    kept = find_cart(visit.cart_token)
    if kept is None or not item_count(kept):
        return HttpResponseRedirect(visit.face.cart_url)
    changed = say_cuts(cuts)
    return _page(visit, kept, CheckoutForm(initial=typed), _quoted(visit, kept, typed), changed=changed)


def _nothing_to_check_out(visit: Visit) -> HttpResponse:
    """A finished cart leads to its order (Back button, second click); an empty one to the cart page.

    Who asked for sums alone gets none: the page that asks is being left, or says so when its button is pressed.
    """
    if visit.request.GET.get("part") == "money":
        return HttpResponse(status=204)
    done = find_checkout_of_cart(visit.cart_token) if visit.cart_token else None
    if done is not None:
        return _after(visit, done)
    return HttpResponseRedirect(visit.face.cart_url)


def _quoted(visit: Visit, cart: Cart, typed: dict[str, Any]) -> Quote:
    """A quote for the country and the delivery chosen so far; a choice that no longer exists is dropped."""
    country = typed.get("country") or visit.business.country
    address = Address(
        name="",
        line1="",
        city="",
        country=country,
        region=typed.get("region", ""),
        postcode=typed.get("postcode", ""),
    )
    rate_id = uuid_in(typed.get("rate", ""))
    email = typed.get("email", "")
    try:
        return quote_with_carriers(
            visit.actor, cart_id=cart.pk, address=address, rate_id=rate_id, user_id=visit.user_id, email=email
        )
    except InvalidInput:
        home = Address(name="", line1="", city="", country=visit.business.country)
        return quote_with_carriers(
            visit.actor, cart_id=cart.pk, address=home, rate_id=None, user_id=visit.user_id
        )


def _money_part(visit: Visit, cart: Cart) -> HttpResponse:
    """Delivery methods and sums after the country or the method changed (htmx)."""
    typed = typed_in(visit.request.POST)
    if typed["country"] != (cart.details.get("country") or visit.business.country):
        typed["rate"] = ""  # another country, other ways: begin with the cheapest again
    remember(visit, typed)
    context = _context(visit, cart, CheckoutForm(initial=typed), _quoted(visit, cart, typed))
    return render(visit.request, "storefront/_checkout_part.html", {**context, "store": visit.face})


@limited("checkout", "POST")
def _submit(visit: Visit, cart: Cart) -> HttpResponse:
    posted = visit.request.POST
    typed = typed_in(posted)
    form = CheckoutForm(posted)
    if not form.is_valid():
        remember(visit, typed)
        return _page(visit, cart, form, _quoted(visit, cart, typed), status=400)
    try:
        done = _place(visit, cart, form, posted)
    except StaleQuote as error:
        now = _quoted(visit, cart, typed)
        return _page(visit, cart, form, now, refusal=error, title=_("Please look once more"), status=409)
    except OutOfStock as error:
        now = _quoted(visit, cart, typed)
        title = _("Somebody was quicker")
        return _page(
            visit, cart, form, now, refusal=error, words=missing_words(error), title=title, status=409
        )
    except (InvalidInput, Conflict) as error:
        put_on_form(form, error)
        now = _quoted(visit, cart, typed)
        refusal = None if error.fields else error
        return _page(visit, cart, form, now, refusal=refusal, status=error.status)
    return _after(visit, done)


def _place(visit: Visit, cart: Cart, form: CheckoutForm, posted: Any) -> Checkout:
    rate_id = form.cleaned_data["rate"]
    shown = uuid_in(posted.get("quote", ""))
    if shown is None:
        raise StaleQuote()
    provider = _provider(visit, form, str(rate_id or ""))
    is_account = provider == ON_ACCOUNT
    credit_ids, agreed = ((), None) if is_account else credit_to_spend(cart, posted)
    return submit_checkout(
        visit.actor,
        cart_id=cart.pk,
        quote_id=shown,
        contact=form.contact(),
        address=form.address(),
        rate_id=rate_id,
        provider=provider,
        on_account_of=visit.request.user.pk if is_account and visit.company else None,
        po_number=form.cleaned_data["po_number"] if visit.company else "",
        credit_ids=credit_ids,
        credit_agreed=agreed,
        return_url=visit.request.build_absolute_uri(f"{visit.face.checkout_url}return/{{token}}/").replace(
            "%7Btoken%7D", "{token}"
        ),
        language=get_language() or "en",
        channel=Channel.STOREFRONT.value,
        user_id=visit.user_id,
        partial=form.cleaned_data["partial"],
        key=posted.get("key", "")[:64] or None,
    )


def _provider(visit: Visit, form: CheckoutForm, rate_id: str) -> str:
    """The way of paying that was chosen, or the only one; a name that is not offered is refused by payments."""
    methods = [*account_method(visit, ""), *payment_methods("", visit.face.currency, rate_id)]
    given: str = form.cleaned_data["provider"]
    if not methods:
        raise Conflict(_("This shop cannot take payments right now."), kept=_("Your cart is kept."))
    return given or methods[0]["code"]


def _after(visit: Visit, done: Checkout) -> HttpResponse:
    """On to paying, or to the order's page when nothing is to be paid.

    The payment company is asked by the next request: a company that is slow must not hold up the order.
    """
    if done.left:
        messages.warning(visit.request, left_words(done))
    order = done.order_of(visit.business.pk)
    token = str(order["token"])
    return HttpResponseRedirect(pay_url(visit, token) if order["payment_id"] else order_url(visit, token))


def _page(
    visit: Visit,
    cart: Cart,
    form: CheckoutForm,
    quote: Quote,
    *,
    refusal: DomainError | None = None,
    words: str = "",
    title: str = "",
    changed: str = "",
    status: int = 200,
) -> HttpResponse:
    context = _context(visit, cart, form, quote)
    context["changed"] = changed
    # With less in the store than in the cart no order comes about: what is there is one button away.
    context["is_short"] = any(error.get("code") in _SHORT for error in quote.snapshot.get("errors", ()))
    if refusal is not None:
        context["problem"] = words or refusal_words(visit, refusal)
    context["problem_title"] = title or _(
        "Some details are missing or not right. Everything you typed is kept."
    )
    if form.is_bound:
        context["error_links"] = [
            {"id": form[name].id_for_label, "label": form.fields[name].label, "error": messages[0]}
            for name, messages in form.errors.items()
            if name in form.fields and name not in {"rate", "provider"}
        ]
        tie_errors(form)
    return visit.render("storefront/checkout.html", context, status=status)


def _context(visit: Visit, cart: Cart, form: CheckoutForm, quote: Quote) -> dict[str, Any]:
    face, facts = visit.face, quote.snapshot
    group = facts["groups"][0] if facts.get("groups") else {}
    chosen = (group.get("rate") or {}).get("rate_id", "")
    amount = lambda name: Decimal(facts.get(name) or 0)  # noqa: E731
    shown = cart_context(visit, cart)
    promotions = [one for part in facts.get("groups", ()) for one in part.get("promotions", ())]
    by_promotions = goods_discount(promotions)
    shown |= {
        # As in the cart: what a quantity takes off is in the lines, what promotions take off stands below them.
        "subtotal": money(amount("subtotal") - amount("discount") + by_promotions, face.currency),
        "discounts": discount_rows(promotions, by_promotions, face.currency),
        "delivery_note": delivery_note(promotions),
        "delivery": _price(face.currency, amount("shipping")) if chosen else _("to be chosen"),
        "tax_added": "" if facts["tax_inclusive"] else money(amount("tax"), face.currency),
        "tax_included": money(amount("tax"), face.currency)
        if facts["tax_inclusive"] and amount("tax")
        else "",
        "total": money(amount("total"), face.currency),
        "guide": guide_words(face, amount("total")),
    }
    # Cards of this shop pay its own part alone.
    own = [one["total"] for one in facts.get("groups", ()) if one["business_id"] == str(visit.business.pk)]
    shown |= credit_context(visit, cart, amount("total"), Decimal(own[0] if own else 0))
    minutes = visit.business.unpaid_minutes
    asked = (form.data if form.is_bound else form.initial).get("provider", "")
    return {
        "icons": static("img/icons.svg"),
        "cart": shown,
        "cart_count": shown["count"],
        "form": form,
        "quote_id": str(quote.pk),
        "key": _key(visit),
        "rates": [
            {
                "id": str(offer["rate_id"]),
                "name": offer["name"],
                "delivery": offer.get("delivery", ""),
                "price": _price(face.currency, Decimal(offer["price"])),
                "on": str(offer["rate_id"]) == str(chosen),
            }
            for offer in group.get("offers", ())
        ],
        "no_rates_words": _no_rates(facts),
        "providers": _methods(visit, asked, str(chosen)),
        "company": visit.company,
        "several": len(facts.get("groups", ())) > 1,
        "warnings": [*facts.get("warnings", ()), *(error["message"] for error in facts.get("errors", ()))],
        "hold_words": _("Your items are then reserved for %(minutes)s minutes while you pay.")
        % {"minutes": minutes},
    }


def _no_rates(facts: dict[str, Any]) -> str:
    """Why no way of delivery is there to be chosen."""
    if any(error["code"] == "postcode_needed" for error in facts.get("errors", ())):
        return say_postcode_needed()
    return _("This shop does not deliver to the chosen country. Choose another one, or write to the shop.")


def _methods(visit: Visit, asked: str, rate_id: str) -> list[dict[str, Any]]:
    """The ways to pay, the account of the visitor's company first: it is what she buys here on."""
    account = account_method(visit, asked)
    others = payment_methods(asked, visit.face.currency, rate_id)
    if account and account[0]["on"]:
        others = [{**one, "on": False} for one in others]
    return [*account, *others]


def _price(currency: str, amount: Decimal) -> str:
    return money(amount, currency) if amount else _("free")


def _key(visit: Visit) -> str:
    """The key of this submission: kept over corrections of the form, so that two clicks make one order."""
    given = visit.request.POST.get("key", "")
    return given if uuid_in(given) else str(new_id())
