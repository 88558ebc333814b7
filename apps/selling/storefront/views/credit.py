"""Gift cards and store credit in the store: what is on a card, and paying with it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import formats
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.goods.inventory.lines import Owner
from apps.kernel.errors import DomainError
from apps.kernel.web import sentence
from apps.platform.accounts.callers import caller_of
from apps.selling.checkout.crediting import OWNER_TYPE, credit_of_cart
from apps.selling.checkout.models import Cart
from apps.selling.credit.card_pdf import render_card
from apps.selling.credit.codes import is_code
from apps.selling.credit.guessing import note_guess
from apps.selling.credit.models import CreditAccount
from apps.selling.credit.selectors import find_by_code, find_store_credit, list_chosen, why_not
from apps.selling.credit.services import choose_credit, drop_credit
from apps.selling.orders.services import pay_by_credit
from apps.selling.promotions.models import PromotionCode
from apps.selling.storefront.cards import money
from apps.selling.storefront.doors import Visit, limited, store_page, takes_post

from .paying import order_url

LONGEST = 60


@require_http_methods(["GET", "HEAD", "POST"])
@store_page
def balance(visit: Visit) -> HttpResponse:
    """What is on a card, for whoever types its code; as a paper to print, too."""
    if visit.request.method != "POST":
        return visit.render("storefront/gift_card.html", {})
    return _look_up(visit)


@limited("gift_card", "POST")
def _look_up(visit: Visit) -> HttpResponse:
    code = _typed(visit)
    note_guess()
    account = find_by_code(code)
    if account is None:
        problem = _("We do not know this gift card. Check the code, letter by letter.")
        return visit.render("storefront/gift_card.html", {"problem": problem}, status=400)
    if "print" in visit.request.POST:
        response = HttpResponse(render_card(account, code, visit.business), content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="gift-card-{account.last4}.pdf"'
        response["Cache-Control"] = "private, no-store"
        return response
    context = {
        "account": account,
        "code": code,
        "left": money(account.balance, account.currency),
        "until": formats.date_format(account.expires_on) if account.expires_on else "",
        "why_not": why_not(account),
    }
    response = visit.render("storefront/gift_card.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def _typed(visit: Visit) -> str:
    return visit.request.POST.get("code", "").replace("\x00", "").strip()[:LONGEST]


@takes_post("track", "token")
@store_page
@limited("gift_card", "POST")
def pay_with_card(visit: Visit, token: str) -> HttpResponse:
    """Pay what an order still owes with a card, from the order's page or a pay link."""
    from .tracking import order_of

    order = order_of(visit, token)
    back = HttpResponseRedirect(order_url(visit, order.public_token))
    is_own = "put_credit" in visit.request.POST
    if not is_own:
        note_guess()
    account = _store_credit(visit) if is_own else find_by_code(_typed(visit))
    if account is None:
        messages.warning(visit.request, _("We do not know this gift card. Check the code, letter by letter."))
        return back
    if problem := why_not(account):
        messages.warning(visit.request, problem)
        return back
    try:
        pay_by_credit(visit.actor, order_id=order.pk, account_id=account.pk)
    except DomainError as error:
        messages.warning(visit.request, sentence(error))
    return back


def change_credit(visit: Visit, cart: Cart, posted: Mapping[str, str]) -> bool:
    """Add or take out a card at checkout; False when what was typed is no card but another code."""
    owner = Owner(OWNER_TYPE, cart.pk)
    if "drop_card" in posted:
        try:
            drop_credit(visit.actor, owner=owner, account_id=UUID(posted["drop_card"]))
        except ValueError:
            return True
        return True
    if "put_credit" in posted:
        account = _store_credit(visit)
        if account is not None:
            choose_credit(visit.actor, owner=owner, account=account)
        return True
    code = posted.get("code", "").replace("\x00", "")[:LONGEST]
    if not is_code(code):
        return False
    note_guess(caller_of(visit.request).network)
    if find_by_code(code) is None and PromotionCode.objects.filter(code=code.strip().upper()).exists():
        return False
    choose_credit(visit.actor, owner=owner, code=code)
    return True


def _store_credit(visit: Visit) -> CreditAccount | None:
    """What who has signed in has as store credit here; strangers have none, and ask nothing."""
    user = visit.request.user
    return find_store_credit(user.pk) if user.is_authenticated else None


def credit_to_spend(cart: Cart, posted: Mapping[str, str]) -> tuple[list[UUID], Decimal | None]:
    """The accounts that were chosen, and the amount that the page said they pay."""
    account_ids = [account.pk for account in list_chosen(OWNER_TYPE, cart.pk)]
    if not account_ids:
        return [], None
    try:
        agreed = Decimal(posted.get("credit", "") or "0")
    except InvalidOperation:
        agreed = Decimal(0)
    return account_ids, agreed if agreed.is_finite() else Decimal(0)


def credit_context(visit: Visit, cart: Cart, total: Decimal, own_total: Decimal) -> dict[str, Any]:
    """What the checkout page says about cards: each that was chosen, and what is left to pay.

    `own_total` is what the goods of this shop come to, which its cards pay; `total` that of all sellers.
    """
    rows = credit_of_cart(cart.pk, own_total)
    paid = sum((row.amount for row in rows), Decimal(0))
    own = _store_credit(visit)
    if own is not None and any(row.account.pk == own.pk for row in rows):
        own = None
    currency = visit.face.currency
    return {
        "credit": str(paid),
        "cards": [
            {
                "id": str(row.account.pk),
                "label": row.label,
                "amount": f"−{money(row.amount, currency)}",
                "problem": why_not(row.account),
            }
            for row in rows
        ],
        "to_pay": money(total - paid, currency),
        "is_paid": bool(rows) and paid == total,
        "own_credit": money(own.balance, own.currency) if own is not None else "",
    }
