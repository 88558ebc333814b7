"""The offer behind a pay link: look at it, change it where that is allowed, accept it and pay. Nobody signs in."""

from __future__ import annotations

import zoneinfo
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.goods.catalog.sold import as_sold
from apps.goods.catalog.units import UNITS
from apps.kernel.errors import DomainError, InvalidInput, OutOfStock
from apps.kernel.web import sentence
from apps.selling.orders.models import Order
from apps.selling.promotions.words import names_of
from apps.selling.quotes.models import Quote, QuoteState
from apps.selling.quotes.pricing import PricedQuote, price_quote, price_with_carriers
from apps.selling.quotes.selectors import find_quote_by_token, paper_of
from apps.selling.quotes.services import accept_quote, ask_again
from apps.selling.quotes.services.writing import lines_of
from apps.selling.storefront.cards import money
from apps.selling.storefront.doors import Visit, limited, store_page, takes_post
from apps.selling.storefront.forms import CheckoutForm

from .paying import order_url, payment_methods, send_to_pay

LONGEST_NUMBER = 7
SECRET = {"Referrer-Policy": "no-referrer", "Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


def quote_of(token: str) -> Quote:
    """The quote behind a pay link of this store; 404 for anything else."""
    quote = find_quote_by_token(token)
    if quote is None:
        raise Http404
    return quote


@require_http_methods(["GET", "POST"])
@store_page
@limited("checkout", "POST")
def offer(visit: Visit, quote_token: str) -> HttpResponse:
    """The offer with its sums; a post looks at other quantities or another delivery, or accepts."""
    quote = quote_of(quote_token)
    if quote.order is not None:
        return HttpResponseRedirect(order_url(visit, quote.order.public_token))
    if not quote.is_open:
        return _closed(visit, quote)
    if visit.request.method != "POST":
        return _page(visit, quote, CheckoutForm(initial=_initial(visit, quote)))
    form = CheckoutForm(visit.request.POST)
    if "accept" not in visit.request.POST:
        return _page(visit, quote, CheckoutForm(initial=visit.request.POST.dict()))
    if not form.is_valid():
        return _page(visit, quote, form, problem=_("Some details are missing."), status=400)
    try:
        order = _accept(visit, quote, form)
    except OutOfStock as error:
        short = ", ".join(str(line.get("title") or "") for line in error.context.get("lines", []))
        return _page(visit, quote, form, problem=f"{sentence(error)} {short}".strip(), status=409)
    except DomainError as error:
        words = " ".join(str(one) for many in error.fields.values() for one in many) or sentence(error)
        return _page(visit, quote, form, problem=words, status=error.status)
    return send_to_pay(visit, order)


@takes_post("quote", "quote_token")
@store_page
@limited("checkout", "POST")
def ask(visit: Visit, quote_token: str) -> HttpResponse:
    """The buyer wants an offer anew whose time is over."""
    quote = ask_again(visit.actor, quote_id=quote_of(quote_token).pk)
    return _closed(visit, quote)


@require_safe
@store_page
def paper(visit: Visit, quote_token: str) -> HttpResponse:
    """The PDF of the offer as it was sent."""
    quote = quote_of(quote_token)
    content = paper_of(quote)
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type="application/pdf", headers=SECRET)
    response["Content-Disposition"] = f'inline; filename="{quote.number}.pdf"'
    return response


def _accept(visit: Visit, quote: Quote, form: CheckoutForm) -> Order:
    posted = visit.request.POST
    back = visit.request.build_absolute_uri(f"{visit.face.checkout_url}return/{{token}}/")
    return accept_quote(
        visit.actor,
        quote_id=quote.pk,
        expected_total=_amount(posted.get("total", "")),
        contact=form.contact(),
        address=form.address(),
        quantities=_typed_quantities(visit, quote),
        rate_id=form.cleaned_data["rate"],
        po_number=posted.get("po_number", "").replace("\x00", "")[:60],
        provider=posted.get("provider", "")[:32],
        return_url=back.replace("%7Btoken%7D", "{token}"),
    )


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text[:30])
    except InvalidOperation:
        return Decimal(-1)


def _typed_quantities(visit: Visit, quote: Quote) -> dict[UUID, int]:
    """What stands in the fields; what is no number is refused by name."""
    if not quote.may_change:
        return {}
    wanted: dict[UUID, int] = {}
    for line in lines_of(quote):
        text = visit.request.POST.get(f"line_{line.pk}", str(line.quantity)).strip()
        if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
            message = _("Enter a whole number of one or more.")
            raise InvalidInput(message, fields={f"line_{line.pk}": [message]})
        wanted[line.pk] = int(text)
    return wanted


def _initial(visit: Visit, quote: Quote) -> dict[str, Any]:
    names = ("email", "phone", "name", "line1", "line2", "city", "region", "postcode")
    return {
        **{name: getattr(quote, name) for name in names},
        "country": quote.country or visit.business.country,
    }


def _price(visit: Visit, quote: Quote, form: CheckoutForm) -> tuple[PricedQuote, str]:
    """What it comes to with what is chosen on the page, else as it was sent; and what was wrong with the choice."""
    posted = visit.request.POST
    country, region, postcode = (str(form[name].value() or "") for name in ("country", "region", "postcode"))
    place = (country[:2], region[:80], postcode[:20])
    rate = _uuid(posted.get("rate", ""))
    lines = lines_of(quote)
    problem, quantities = "", {}
    if posted:
        try:
            quantities = _typed_quantities(visit, quote)
            return _with_rate(visit, quote, lines, quantities, rate, place), ""
        except InvalidInput as error:
            problem = sentence(error)
    return _with_rate(visit, quote, lines, {}, rate, place), problem


def _with_rate(
    visit: Visit,
    quote: Quote,
    lines: Any,
    quantities: dict[UUID, int],
    rate: UUID | None,
    place: tuple[str, str, str],
) -> PricedQuote:
    """Priced with the chosen way of delivery, else the cheapest."""
    now = price_with_carriers(
        quote, lines, seller=visit.business, quantities=quantities, rate_id=rate, place=place
    )
    if now.needs_rate:
        cheapest = min(now.offers, key=lambda one: one.price).rate_id
        now = price_quote(
            quote, lines, seller=visit.business, quantities=quantities, rate_id=cheapest, place=place
        )
    return now


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _page(
    visit: Visit, quote: Quote, form: CheckoutForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    now, wrong = _price(visit, quote, form)
    totals, currency, tax = now.totals, quote.currency, visit.face.tax_name
    charge = totals.shipping_gross if totals.tax_inclusive else totals.shipping_net
    sums = [(_("Subtotal"), money(totals.subtotal, currency), False)]
    names = ", ".join(names_of(now.promotions.promised, delivery=False))
    cheaper = ", ".join(names_of(now.promotions.promised, delivery=True)) if now.rate else ""
    if totals.discount:
        label = f"{_('Discount')} · {names}" if names else _("Discount")
        sums.append((label, f"−{money(totals.discount, currency)}", False))
    way = " · ".join(filter(None, (now.shipping_name or _("Delivery"), cheaper)))
    sums.append((way, money(charge, currency) if charge else _("free"), False))
    if not totals.tax_inclusive:
        sums.append((tax, money(totals.tax, currency), False))
    sums.append((_("Total"), money(totals.total, currency), True))
    if totals.tax_inclusive and totals.tax:
        sums.append((_("of which %(tax)s") % {"tax": tax}, money(totals.tax, currency), False))
    measured = [
        as_sold(item.variant, one.quantity, one.unit_price, currency, packed=item.pack is not None)
        for item, one in zip(now.items, totals.lines, strict=True)
    ]
    context = {
        "quote": quote,
        "until": formats.date_format(_local(visit, quote.valid_until), "DATETIME_FORMAT")
        if quote.valid_until
        else "",
        "form": form,
        "problem": problem or wrong,
        "lines": [
            {
                "id": f"line_{line.pk}",
                "title": " · ".join(filter(None, (item.product_title, item.variant.title))),
                "pack": item.pack.name if item.pack else "",
                "quantity": priced.quantity,
                "sold": sold.words,
                "measured_in": UNITS[item.variant.unit].sign if sold.unit else "",
                "unit_price": sold.price_words(money(sold.price, currency)),
                "subtotal": money(priced.subtotal, currency),
            }
            for line, item, priced, sold in zip(now.lines, now.items, totals.lines, measured, strict=True)
        ],
        "sums": sums,
        "total": f"{totals.total:f}",
        "total_words": money(totals.total, currency),
        "rates": [
            {
                "id": str(one.rate_id),
                "name": one.name,
                "delivery": one.delivery,
                "price": money(one.price, currency) if one.price else _("free"),
                "on": now.rate is not None and one.rate_id == now.rate.rate_id,
            }
            for one in now.offers
        ],
        "providers": payment_methods(visit.request.POST.get("provider", ""), currency),
        "po_number": visit.request.POST.get("po_number", quote.po_number)[:60],
    }
    response = visit.render("storefront/quote.html", context, status=status)
    for name, value in SECRET.items():
        response[name] = value
    return response


def _local(visit: Visit, moment: Any) -> Any:
    return timezone.localtime(moment, zoneinfo.ZoneInfo(visit.business.time_zone))


def _closed(visit: Visit, quote: Quote) -> HttpResponse:
    """An offer that cannot be accepted: being changed, over, or taken back."""
    being_changed = quote.state == QuoteState.DRAFT
    context = {
        "quote": quote,
        "closed": True,
        "asked": quote.asked_again_at is not None,
        "may_ask": not being_changed and quote.asked_again_at is None,
        "headline": _("This offer is being changed") if being_changed else _("This offer is over"),
        "words": _("The shop is working on it and sends you a new link's mail.")
        if being_changed
        else _("Its prices held until the day it named. The shop gladly makes you a new one."),
    }
    response = visit.render("storefront/quote.html", context)
    for name, value in SECRET.items():
        response[name] = value
    return response
