"""After the order: waiting for the bank's word, and the page behind the secret link."""

from __future__ import annotations

import zoneinfo
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.kernel import clock
from apps.selling.orders.later import waiting_words
from apps.selling.orders.models import Order, WaitingLine
from apps.selling.orders.selectors import TrackingView, find_order_by_token, tracking_view, waiting_part
from apps.selling.orders.sold import sold_line
from apps.selling.orders.states import CAME_TO_NOTHING, UNDERWAY, FulfilmentState, OrderState, PaymentState
from apps.selling.orders.tenders import credit_rows
from apps.selling.payments.selectors import HandTerms
from apps.selling.storefront.again import put_again
from apps.selling.storefront.cards import money, picture_of
from apps.selling.storefront.discounts import delivery_note, discount_rows
from apps.selling.storefront.doors import Visit, limited, store_page, takes_post

from .changing import change_context
from .paying import hand_payment, order_url, pay_url, refresh, send_to_pay
from .returning import returns_context

PAID = {PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REFUNDED, PaymentState.ON_TERMS}
# Reserved money is as good as paid for whoever waits for the word of the bank.
SETTLED = PAID | {PaymentState.AUTHORISED}
PATIENCE = 8  # polls of two seconds before the page says that one may leave


def order_of(visit: Visit, token: str) -> Order:
    """The order behind a secret link of this store; 404 for anything else."""
    order = find_order_by_token(token) if 16 <= len(token) <= 64 and "\x00" not in token else None
    if order is None:
        raise Http404
    return order


@require_safe
@store_page
def returned(visit: Visit, token: str) -> HttpResponse:
    """Where the payment company sends the payer: the order when it is paid, else the wait for the bank."""
    order = order_of(visit, token)
    if order.payment_state in SETTLED or order.has_ended:
        return HttpResponseRedirect(order_url(visit, order.public_token))
    context = _waiting(visit, order, polls=0)
    if not context["still"]:
        return HttpResponseRedirect(order_url(visit, order.public_token))
    return visit.render("storefront/waiting.html", context)


@require_safe
@store_page
def waiting_state(visit: Visit, token: str) -> HttpResponse:
    """The poll: how the payment stands now; htmx is sent on when there is nothing more to wait for."""
    order = order_of(visit, token)
    asked = visit.request.GET.get("n", "0")
    polls = min(int(asked), 1000) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 0
    context = _waiting(visit, order, polls=polls + 1)
    if not context["still"]:
        return HttpResponse(status=204, headers={"HX-Redirect": order_url(visit, order.public_token)})
    context |= {"store": visit.face, "icons": static("img/icons.svg")}
    return render(visit.request, "storefront/_waiting.html", context)


def _waiting(visit: Visit, order: Order, *, polls: int) -> dict[str, Any]:
    """What the waiting page says. The company is asked too, for the case that its message was lost."""
    failed = False
    if order.payment_state not in SETTLED and not order.has_ended:
        failed = refresh(visit, order)
        order.refresh_from_db(fields=["state", "payment_state"])
    still = order.payment_state not in SETTLED and not order.has_ended
    state_url = f"{visit.face.checkout_url}return/{order.public_token}/state/?n={polls}"
    return {
        "still": still,
        "title": _("The payment did not go through") if failed else _("Waiting for your payment"),
        "words": _("Nothing was charged. Your items stay reserved: you can try again with another card.")
        if failed
        else _(
            "Your order is placed. The confirmation of a payment takes a few seconds. If you have not paid yet, you "
            "can do so on the order page."
        ),
        "poll_url": "" if failed else state_url,
        "order_number": order.number,
        "total": money(order.total, order.currency),
        "late": polls >= PATIENCE,
        "pay_url": pay_url(visit, order.public_token) if failed else "",
        "track_url": order_url(visit, order.public_token),
    }


@require_http_methods(["GET", "POST"])
@store_page
@limited("checkout", "POST")
def pay(visit: Visit, token: str) -> HttpResponse:
    """Start or resume the payment of an order that waits for it: after checkout, from the order's page or a mail.

    Asking twice is harmless: an attempt that is open is taken up again.
    """
    return send_to_pay(visit, order_of(visit, token))


@takes_post("track", "token")
@store_page
def order_again(visit: Visit, token: str) -> HttpResponse:
    """Put the lines of an order into the cart once more, as far as they are still sold.

    Not of one that waits to be paid or approved, where a second order would be a slip."""
    order = order_of(visit, token)
    if order.state == OrderState.PLACED:
        return HttpResponseRedirect(order_url(visit, order.public_token))
    again = put_again(visit.actor, cart_token=visit.cart_token, lines=tracking_view(order).lines)
    if again.gone:
        words = _("No longer available: %(titles)s.") % {"titles": ", ".join(again.gone)}
        messages.warning(visit.request, words)
    if again.fewer:
        titles = ", ".join(f"{title} ({had})" for title, had in again.fewer)
        messages.warning(
            visit.request, _("Fewer are left than you had ordered: %(titles)s.") % {"titles": titles}
        )
    response = HttpResponseRedirect(visit.face.cart_url)
    return visit.keep_cart(response, again.cart) if again.cart is not None else response


@require_safe
@store_page
def track(visit: Visit, token: str) -> HttpResponse:
    """The order's page: what happens next, parcels, timeline, sums, receipt."""
    order = order_of(visit, token)
    view = tracking_view(order, with_goods=True)
    headline, words = _headline(order)
    context = {
        "order": {
            "number": order.number,
            "email": order.email,
            "placed": _day(visit, order.placed_at),
            "version": order.version if order.version > 1 else 0,
            "po_number": order.po_number,
        },
        "headline": headline,
        "next_words": words,
        "steps": _steps(order),
        "parcels": [_parcel(visit, parcel) for parcel in view.parcels],
        "timeline": [
            {"words": step.text, "iso": step.at.isoformat(), "at": _moment(visit, step.at)}
            for step in sorted(view.steps, key=lambda step: step.at, reverse=True)
        ],
        "address": order.ship_lines,
        "lines": _lines(visit, order, view.lines),
        "sums": _sums(visit, order, credit_rows(order.pk) if _was_credit_spent(view) else []),
        "receipt_url": _receipt_url(order),
        **_offers(visit, order),
        **returns_context(visit, order),
        **change_context(visit, order),
    }
    response = visit.render("storefront/track.html", context)
    # The address is a key: it must not travel to other sites or lie in shared caches.
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _headline(order: Order) -> tuple[str, str]:
    if order.state == OrderState.EXPIRED:
        return _("This order has expired"), _(
            "It was not paid in time, so its items are free again. Nothing was charged."
        )
    if order.state == OrderState.REJECTED:
        return _("The shop cannot take this order on"), _("What you paid goes back the way it came.")
    if order.state == OrderState.CANCELLED:
        return _("This order is cancelled"), _("What you paid goes back the way it came.")
    if order.payment_state == PaymentState.REFUNDED:
        return _("This order was refunded"), _("The money is on its way back to you.")
    if order.payment_state == PaymentState.AUTHORISED:
        words = _("Your payment is reserved and taken when the order is sent. It goes to packing next.")
        return _("Thank you for your order"), words
    if order.payment_state == PaymentState.PART_PAID and order.state != OrderState.PLACED:
        return _("Your order was changed"), _("Please pay the difference; then we send what waits.")
    if order.payment_state == PaymentState.ON_TERMS and order.state == OrderState.PLACED:
        return _("We have your order"), _("Its items are reserved for you. The shop takes it on next.")
    if order.payment_state not in PAID:
        return _("We have your order"), _("Its items are reserved for you. It is sent as soon as it is paid.")
    if order.fulfilment_state in (*UNDERWAY, FulfilmentState.PART_FULFILLED):
        return _("Your order is on its way"), _("We sent you an e-mail with the details of the parcel.")
    if order.state == OrderState.CLOSED or order.fulfilment_state == "delivered":
        return _("Your order is delivered"), _("We hope you like it. Keep this page for your records.")
    words = _("It is paid and goes to packing next. We write to %(email)s when it leaves.")
    if order.payment_state == PaymentState.ON_TERMS:
        words = _("It goes to packing next. We write to %(email)s when it leaves; the invoice comes with it.")
    words %= {"email": order.email}
    return _("Thank you for your order"), words


def _steps(order: Order) -> list[dict[str, Any]]:
    if order.state in CAME_TO_NOTHING:
        return []
    sent = order.fulfilment_state not in (FulfilmentState.UNFULFILLED, "on_hold", "ready")
    delivered = order.fulfilment_state == "delivered" or order.state == OrderState.CLOSED
    marks = (
        (_("Placed"), True),
        (_("Paid"), order.payment_state in PAID and order.payment_state != PaymentState.ON_TERMS),
        (_("Sent"), sent),
        (_("Delivered"), delivered),
    )
    return [{"name": name, "done": done} for name, done in marks]


def _offers(visit: Visit, order: Order) -> dict[str, Any]:
    if order.state == OrderState.PLACED and order.payment_state not in PAID:
        until = _moment(visit, order.expires_at) if order.expires_at else ""
        amount = money(order.outstanding, order.currency)
        if terms := hand_payment(order):
            return _by_hand(terms, order, amount, until)
        words = _("Your items are reserved until %(until)s.") % {"until": until} if until else ""
        return {
            "offer_pay": order.expires_at is None or order.expires_at > clock.now(),
            "offer_title": _("Not paid yet"),
            "offer_words": words,
            "pay_verb": _("Pay %(amount)s") % {"amount": amount},
            "pay_url": pay_url(visit, order.public_token),
            "card_url": f"{visit.face.home_url}orders/{order.public_token}/card/",
        }
    if order.payment_state == PaymentState.PART_PAID and not order.has_ended:
        amount = money(order.outstanding, order.currency)
        return {
            "offer_pay": True,
            "offer_title": _("Something is still to be paid"),
            "offer_words": _(
                "Your order was changed after you paid. What waits is sent when the rest is paid."
            ),
            "pay_verb": _("Pay %(amount)s") % {"amount": amount},
            "pay_url": pay_url(visit, order.public_token),
        }
    if order.state in CAME_TO_NOTHING:
        return {
            "offer_again": True,
            "offer_title": _("Still want it?"),
            "offer_words": _("Put the same items into a new cart, at today's prices, and pay then."),
            "again_url": _again_url(visit, order),
        }
    return {} if order.state == OrderState.PLACED else {"again_url": _again_url(visit, order)}


def _again_url(visit: Visit, order: Order) -> str:
    return f"{visit.face.home_url}orders/{order.public_token}/again/"


def _by_hand(terms: HandTerms, order: Order, amount: str, until: str) -> dict[str, Any]:
    """What the buyer has to do when no company takes the money."""
    return {
        "pay_by_hand": True,
        "offer_title": _("%(amount)s to be paid: %(way)s") % {"amount": amount, "way": terms.name},
        "hand_words": terms.words,
        "hand_reference": order.number,
        "offer_words": _("Your items are reserved until %(until)s.") % {"until": until} if until else "",
    }


def _lines(visit: Visit, order: Order, lines: Any) -> list[dict[str, Any]]:
    return [
        {
            "title": line.product_title,
            "variant": " · ".join(part for part in (line.variant_title, line.pack_name) if part),
            "quantity": sold.words,
            "unit_price": sold.price_words(money(sold.price, order.currency)),
            "subtotal": money(line.subtotal, order.currency),
            "note": _line_note(order, line, waiting_part(line)),
            "picture": picture_of(visit.face, line.variant.product),
        }
        for line, sold in ((line, sold_line(line, order.currency)) for line in lines)
    ]


def _line_note(order: Order, line: Any, waiting: WaitingLine | None) -> str:
    parts = [waiting_words(waiting)] if waiting else []
    if line.refunded_quantity:
        parts.append(
            _("%(n)s refunded") % {"n": sold_line(line, order.currency, line.refunded_quantity).words}
        )
    if line.cancelled_quantity:
        parts.append(
            _("%(n)s cancelled") % {"n": sold_line(line, order.currency, line.cancelled_quantity).words}
        )
    return ", ".join(parts)


def _was_credit_spent(view: TrackingView) -> bool:
    """The story has been read already: an order without cards asks for none."""
    return any(step.kind == "credit_spent" for step in view.steps)


def _sums(visit: Visit, order: Order, credit: list[tuple[str, Decimal]]) -> list[tuple[str, str, bool]]:
    currency, tax = order.currency, visit.face.tax_name
    rows = [(_("Subtotal"), money(order.subtotal, currency), False)]
    rows += [
        (name, off, False) for name, off in discount_rows(order.promotions, order.discount_total, currency)
    ]
    shipping = order.shipping_total if order.tax_inclusive else order.shipping_net
    way = order.shipping_name or _("Delivery")
    if note := delivery_note(order.promotions):
        way = f"{way} ({note})"
    rows.append((way, money(shipping, currency) if shipping else _("free"), False))
    if not order.tax_inclusive:
        rows.append((tax, money(order.tax_total, currency), False))
    rows.append((_("Total"), money(order.total, currency), True))
    if order.tax_inclusive and order.tax_total:
        rows.append((_("of which %(tax)s") % {"tax": tax}, money(order.tax_total, currency), False))
    rows += [(name, f"−{money(amount, currency)}", False) for name, amount in credit]
    if order.payment_state == PaymentState.PART_PAID and not credit:
        rows.append((_("Paid"), money(order.paid_total, currency), False))
    if order.refunded_total:
        rows.append((_("Refunded"), f"−{money(order.refunded_total, currency)}", False))
    if order.payment_state == PaymentState.PART_PAID and not order.has_ended:
        rows.append((_("Still to pay"), money(order.outstanding, currency), True))
    return rows


def _parcel(visit: Visit, parcel: Any) -> dict[str, str]:
    delivered = getattr(parcel, "delivered_at", None)
    moment = delivered or parcel.shipped_at
    words = _("delivered %(day)s") if delivered else _("sent %(day)s")
    return {
        "carrier": parcel.carrier or _("Parcel %(number)s") % {"number": parcel.number},
        "tracking_number": parcel.tracking_number,
        "url": parcel.tracking_url,
        "words": words % {"day": _day(visit, moment)},
    }


def _receipt_url(order: Order) -> str:
    if order.payment_state not in PAID or order.is_on_account:
        return ""
    try:
        return reverse("invoicing:public_receipt", args=[order.public_token])
    except NoReverseMatch:
        return ""


def _zone(visit: Visit, moment: Any) -> Any:
    try:
        return timezone.localtime(moment, zoneinfo.ZoneInfo(visit.business.time_zone))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return moment


def _day(visit: Visit, moment: Any) -> str:
    """ "14 Nov, 3 days ago": absolute with a hint."""
    local = _zone(visit, moment)
    days = (_zone(visit, clock.now()).date() - local.date()).days
    hint = _("today") if days == 0 else (_("yesterday") if days == 1 else "")
    if days > 1:
        hint = ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}
    return (
        f"{formats.date_format(local, 'DATE_FORMAT')}, {hint}"
        if hint
        else formats.date_format(local, "DATE_FORMAT")
    )


def _moment(visit: Visit, moment: Any) -> str:
    return formats.date_format(_zone(visit, moment), "DATETIME_FORMAT")
