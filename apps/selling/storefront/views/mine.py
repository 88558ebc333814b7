"""Who has signed in finds her orders of this store, and those of the company for which she buys."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import formats
from django.views.decorators.http import require_safe

from apps.selling.orders.models import Order
from apps.selling.orders.selectors import list_orders_of_buyer
from apps.selling.storefront.cards import money
from apps.selling.storefront.doors import Visit, store_page

from .paying import order_url

PAGE_SIZE = 20
LAST_PAGE = 500


@require_safe
@store_page
def orders(visit: Visit) -> HttpResponse:
    """The newest first, with where each stands; one query for the page."""
    if visit.signed_in_id is None:
        here = f"{visit.face.home_url}orders/"
        return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': here})}")
    asked = visit.request.GET.get("page", "1")
    number = min(int(asked), LAST_PAGE) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 1
    start = (max(number, 1) - 1) * PAGE_SIZE
    company = visit.company
    found = list(list_orders_of_buyer(visit.signed_in_id, company)[start : start + PAGE_SIZE + 1])
    context = {
        "orders": [_row(visit, order) for order in found[:PAGE_SIZE]],
        "company": company,
        "newer": number - 1 if number > 1 else 0,
        "older": number + 1 if len(found) > PAGE_SIZE else 0,
    }
    response = visit.render("storefront/orders.html", context)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _row(visit: Visit, order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "placed": formats.date_format(order.placed_at, "DATE_FORMAT"),
        "iso": order.placed_at.isoformat(),
        "state": order.get_state_display(),
        "sent": order.get_fulfilment_state_display(),
        "total": money(order.total, order.currency),
        "po_number": order.po_number,
        "name": order.ship_name,
        "url": order_url(visit, order.public_token),
    }
