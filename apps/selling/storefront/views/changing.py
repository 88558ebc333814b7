"""The buyer changes or cancels what she ordered, asks the shop for a change, or reminds it that she waits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.goods.catalog.units import UNITS
from apps.kernel.errors import DomainError, InvalidInput
from apps.kernel.ids import new_id
from apps.kernel.web import sentence
from apps.selling.checkout.changes_of_orders import lines_to_change, plan_own_change
from apps.selling.checkout.services import change_own_order
from apps.selling.orders.amendments import AmendmentPlan
from apps.selling.orders.buying import can_ask, can_change, can_nudge, can_withdraw, is_buyer
from apps.selling.orders.models import Order, OrderLine
from apps.selling.orders.policies import has_waiting
from apps.selling.orders.services import ask_for_change, nudge_order, withdraw_order
from apps.selling.orders.sold import sold_line
from apps.selling.storefront.cards import money
from apps.selling.storefront.doors import Visit, limited, store_page

from .paying import order_url

LONGEST_NUMBER = 6


def change_url(visit: Visit, token: str) -> str:
    """Where an order is changed."""
    return f"{visit.face.home_url}orders/{token}/change/"


def change_context(visit: Visit, order: Order) -> dict[str, Any]:
    """What the order's page offers of it; no query."""
    return {"change_url": change_url(visit, order.public_token)} if has_waiting(order) else {}


@require_http_methods(["GET", "HEAD", "POST"])
@store_page
@limited("checkout", "POST")
def change_order(visit: Visit, token: str) -> HttpResponse:
    """What can be done with the order as it stands; each button names its act."""
    from .tracking import order_of

    order = order_of(visit, token)
    if not has_waiting(order):
        return HttpResponseRedirect(order_url(visit, order.public_token))
    if not is_buyer(order, visit.signed_in_id):
        return _sign_in(visit, order)
    posted = visit.request.POST
    act = next((name for name in _ACTS if name in posted), "")
    if visit.request.method != "POST" or not act:
        return _page(visit, order, lines_to_change(order), look="look" in posted)
    try:
        said = _ACTS[act](visit, order)
    except DomainError as error:
        words = " ".join(str(one) for many in error.fields.values() for one in many) or sentence(error)
        order.refresh_from_db()
        return _page(
            visit, order, lines_to_change(order), look=act == "agree", problem=words, status=error.status
        )
    messages.success(visit.request, said)
    return HttpResponseRedirect(order_url(visit, order.public_token))


def _agree(visit: Visit, order: Order) -> str:
    try:
        expected = Decimal(visit.request.POST.get("total", "")[:30])
    except InvalidOperation:
        expected = Decimal(-1)
    change_own_order(
        visit.actor,
        order_id=order.pk,
        quantities=_typed(visit, lines_to_change(order)),
        expected_total=expected,
        user_id=visit.signed_in_id,
        key=_key(visit),
    )
    return _("Your order is changed.")


def _withdraw(visit: Visit, order: Order) -> str:
    withdraw_order(
        visit.actor,
        order_id=order.pk,
        reason=visit.request.POST.get("reason", ""),
        user_id=visit.signed_in_id,
        key=_key(visit),
    )
    return _("Your order is cancelled.")


def _ask(visit: Visit, order: Order) -> str:
    ask_for_change(
        visit.actor,
        order_id=order.pk,
        text=visit.request.POST.get("text", ""),
        user_id=visit.signed_in_id,
        key=_key(visit),
    )
    return _("The shop has your wish and answers you.")


def _nudge(visit: Visit, order: Order) -> str:
    nudge_order(visit.actor, order_id=order.pk)
    return _("The shop knows that you wait.")


_ACTS: dict[str, Callable[[Visit, Order], str]] = {
    "agree": _agree,
    "withdraw": _withdraw,
    "ask": _ask,
    "nudge": _nudge,
}


def _key(visit: Visit) -> str | None:
    return visit.request.POST.get("key", "")[:64] or None


def _typed(visit: Visit, lines: list[OrderLine]) -> dict[UUID, int]:
    """What stands in the fields, as it was sent: a second click must ask for the same although a line is gone by now.

    What is no number is refused by name.
    """
    titles = {f"line_{line.pk}": line.title for line in lines}
    wanted: dict[UUID, int] = {}
    for name, given in visit.request.POST.items():
        if not name.startswith("line_") or (line_id := _uuid(name.removeprefix("line_"))) is None:
            continue
        text = str(given).strip()
        if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
            message = _("%(title)s: enter a whole number, 0 takes it out.") % {"title": titles.get(name, "")}
            raise InvalidInput(message, fields={name: [message]})
        wanted[line_id] = int(text)
    return wanted


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _priced(line: OrderLine, currency: str) -> dict[str, str]:
    """The price as on the order's page, and the unit that the field beside it counts in where that is not the piece."""
    sold = sold_line(line, currency)
    price = money(sold.price, currency)
    if not sold.unit:
        return {"unit_price": _("%(price)s each") % {"price": price}, "measured_in": ""}
    return {"unit_price": sold.price_words(price), "measured_in": UNITS[line.variant.unit].sign}


def _page(
    visit: Visit, order: Order, lines: list[OrderLine], *, look: bool, problem: str = "", status: int = 200
) -> HttpResponse:
    plan: AmendmentPlan | None = None
    changes = can_change(order)
    if look and changes and not problem:
        try:
            plan = plan_own_change(order, lines, _typed(visit, lines))
        except DomainError as error:
            words = " ".join(str(one) for many in error.fields.values() for one in many)
            problem, status = words or sentence(error), error.status
    typed = visit.request.POST
    context = {
        "order_number": order.number,
        "lines": [
            {
                "id": f"line_{line.pk}",
                "title": line.title,
                "quantity": typed.get(f"line_{line.pk}", str(line.quantity))[:LONGEST_NUMBER],
                **_priced(line, order.currency),
            }
            for line in lines
        ],
        "can_change": changes,
        "can_withdraw": can_withdraw(order),
        "can_ask": can_ask(order),
        "can_nudge": can_nudge(order),
        "is_asked": order.change_asked_at is not None,
        "gives_money_back": order.deposit > 0,
        "total_before": money(order.total, order.currency),
        "plan": plan and _sums(visit, order, plan),
        "total": f"{plan.total:f}" if plan else "",
        "problem": problem,
        "text": typed.get("text", "")[:1000],
        "key": str(new_id()),
        "track_url": order_url(visit, order.public_token),
    }
    return _secret(visit.render("storefront/change.html", context, status=status))


def _sums(visit: Visit, order: Order, plan: AmendmentPlan) -> list[tuple[str, str, bool]]:
    currency, charge = order.currency, plan.shipping.gross if order.tax_inclusive else plan.shipping.net
    rows = [(_("Subtotal"), money(plan.subtotal, currency), False)]
    if plan.discount:
        rows.append((_("Discount"), f"−{money(plan.discount, currency)}", False))
    if order.shipping_name:
        rows.append((order.shipping_name, money(charge, currency) if charge else _("free"), False))
    if not order.tax_inclusive:
        rows.append((visit.face.tax_name, money(plan.tax, currency), False))
    rows.append((_("Total"), money(plan.total, currency), True))
    return rows


def _sign_in(visit: Visit, order: Order) -> HttpResponse:
    here = change_url(visit, order.public_token)
    context = {
        "order_number": order.number,
        "sign_in_url": f"{reverse('account_login')}?{urlencode({'next': here})}",
        "track_url": order_url(visit, order.public_token),
    }
    return _secret(visit.render("storefront/change.html", context, status=403))


def _secret(response: HttpResponse) -> HttpResponse:
    """The address is a key: it must not travel to other sites or lie in shared caches."""
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
