"""The way to the payment company and the news from it, for the pages that need them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.kernel.errors import DomainError
from apps.kernel.web import sentence
from apps.selling.checkout.services import ON_ACCOUNT
from apps.selling.orders.models import Order
from apps.selling.orders.pages import order_path
from apps.selling.payments.selectors import (
    HandTerms,
    PaymentMethod,
    hand_terms,
    list_methods,
    list_payments_of,
)
from apps.selling.payments.services import refresh_payment, start_attempt
from apps.selling.payments.states import PaymentState
from apps.selling.storefront.doors import Visit

OPEN = (PaymentState.OPEN, PaymentState.FAILED)


def payment_methods(asked: str, currency: str, rate_id: str = "") -> list[dict[str, Any]]:
    """The ways one can pay `currency` here, delivered so; `asked` is chosen when it is one of them."""
    methods = [one for one in list_methods(currency) if one.deliveries is None or rate_id in one.deliveries]
    codes = [method.code for method in methods]
    chosen = asked if asked in codes else (codes[0] if codes else "")
    return [
        {"code": one.code, "name": one.name, "words": _words(one), "on": one.code == chosen}
        for one in methods
    ]


def account_method(visit: Visit, asked: str) -> list[dict[str, Any]]:
    """The account of the company for which the visitor buys, chosen unless she asks for another way; or nothing."""
    company = visit.company
    if company is None or company.terms_days is None:
        return []
    words = ngettext(
        "%(company)s pays the invoice within %(n)s day.",
        "%(company)s pays the invoice within %(n)s days.",
        company.terms_days,
    ) % {"company": company.name, "n": company.terms_days}
    return [{"code": ON_ACCOUNT, "name": _("On account"), "words": words, "on": asked in ("", ON_ACCOUNT)}]


def _words(method: PaymentMethod) -> str:
    """A buyer must not take a shop that tries things out for one that was paid."""
    if method.is_test and method.code != "sandbox":  # whose own words say so
        return _("Test: no money moves.") + " " + method.description
    return method.description


def open_payment_ids(order: Order) -> list[UUID]:
    """Payments of an order that can still be made, newest first."""
    return list(list_payments_of("order", order.pk).filter(state__in=OPEN).values_list("pk", flat=True))


def hand_payment(order: Order) -> HandTerms | None:
    """How an order is to be paid without a company; None when it is not."""
    asked = list_payments_of("order", order.pk).values_list("provider", flat=True)
    return next((terms for code in asked if (terms := hand_terms(code))), None)


def order_url(visit: Visit, token: str) -> str:
    """The order's own page."""
    return order_path(visit.business.slug, token)


def pay_url(visit: Visit, token: str) -> str:
    """The step that leads to the payment company's page."""
    return f"{visit.face.home_url}orders/{token}/pay/"


def send_to_pay(visit: Visit, order: Order) -> HttpResponse:
    """On to the company's page. When there is nothing to pay or nobody answers: to the order's page."""
    payment_ids = open_payment_ids(order)
    if not payment_ids or hand_payment(order):
        return HttpResponseRedirect(order_url(visit, order.public_token))
    try:
        page = start_attempt(visit.actor, payment_id=payment_ids[0])
    except DomainError as error:
        messages.warning(visit.request, sentence(error))
        return HttpResponseRedirect(order_url(visit, order.public_token))
    return HttpResponseRedirect(page.url)


def refresh(visit: Visit, order: Order) -> bool:
    """Ask how the open payment stands; whether its last attempt has failed."""
    ids = open_payment_ids(order)
    if not ids:
        return False
    try:
        return refresh_payment(visit.actor, payment_id=ids[0]).state == PaymentState.FAILED
    except DomainError:
        return False
