"""Sending something back: from the order's page, by whoever holds its link."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.kernel.errors import DomainError, InvalidInput
from apps.kernel.ids import new_id
from apps.kernel.web import form_error, sentence
from apps.platform.media.stores import StorageUnavailable
from apps.selling.orders.models import Order
from apps.selling.returns.forms import WishForm
from apps.selling.returns.models import GoodsReturn, Wish
from apps.selling.returns.selectors import exchange_choices, get_rules, list_returns_of, returnable_lines
from apps.selling.returns.services import (
    MOST_PHOTOS,
    add_photos,
    look_at_photos,
    request_return,
    withdraw_return,
)
from apps.selling.returns.services.photos import Photo
from apps.selling.returns.states import allows
from apps.selling.returns.verbs import SENT
from apps.selling.storefront.doors import Visit, limited, store_page

from .paying import order_url


@require_http_methods(["GET", "HEAD", "POST"])
@store_page
@limited("checkout", "POST")
def send_back(visit: Visit, token: str) -> HttpResponse:
    """The form, and what comes of it; a return that was asked for can be withdrawn here too."""
    from .tracking import order_of

    order = order_of(visit, token)
    if visit.request.method != "POST":
        return _page(visit, order, _form(order))
    if "withdraw" in visit.request.POST:
        return _withdraw(visit, order)
    form = _form(order, data=visit.request.POST)
    if not form.is_valid():
        return _page(visit, order, form, status=400)
    try:
        photos = look_at_photos(visit.request.FILES.getlist("photos"))
        row = request_return(
            visit.actor,
            order_id=order.pk,
            lines=form.wished(),
            wish=form.cleaned_data["wish"],
            note=form.cleaned_data["note"],
            key=visit.request.POST.get("key", "")[:64] or None,
        )
    except InvalidInput as error:
        if "photos" not in error.fields:
            form_error(form, error)
        return _page(visit, order, form, photo_error=_of_photos(error), status=error.status)
    except DomainError as error:
        form_error(form, error)
        return _page(visit, order, form, status=error.status)
    _keep(visit, row, photos)
    messages.success(visit.request, _("We have it. We write to you as soon as somebody has looked at it."))
    return HttpResponseRedirect(order_url(visit, order.public_token))


def _of_photos(error: InvalidInput) -> str:
    return " ".join(str(words) for words in error.fields.get("photos", ()))


def _keep(visit: Visit, row: GoodsReturn, photos: list[Photo]) -> None:
    """The return stands whatever becomes of its pictures: who cannot send them is told so."""
    key = visit.request.POST.get("key", "")[:64] or None
    try:
        add_photos(visit.actor, return_id=row.pk, photos=photos, key=key)
    except (DomainError, StorageUnavailable):
        words = _("Your pictures could not be kept. Please send them to the shop by e-mail if they matter.")
        messages.warning(visit.request, words)


def _form(order: Order, **sent: Any) -> WishForm:
    rules = get_rules()
    offered = {
        Wish.REFUND: True,
        Wish.STORE_CREDIT: rules.offers_credit,
        Wish.EXCHANGE: rules.offers_exchange,
    }
    known = returnable_lines(order, by_rules=True)
    lines = [one.line for one in known if one.most]
    choices = exchange_choices(lines) if rules.offers_exchange else {}
    form = WishForm(known, choices, [wish for wish, on in offered.items() if on], **sent)
    for field in form.fields.values():
        field.widget.attrs["class"] = "input"
    return form


def _page(
    visit: Visit, order: Order, form: WishForm, *, photo_error: str = "", status: int = 200
) -> HttpResponse:
    given = visit.request.POST.get("key", "")
    context = {
        "form": form,
        "rows": form.rows(),
        "photo_error": photo_error,
        "most_photos": MOST_PHOTOS,
        "can_send": any(one.most for one in form.lines),
        "order_number": order.number,
        "track_url": order_url(visit, order.public_token),
        "key": given if len(given) == 36 else str(new_id()),
    }
    return visit.render("storefront/return.html", context, status=status)


def _withdraw(visit: Visit, order: Order) -> HttpResponse:
    back = HttpResponseRedirect(order_url(visit, order.public_token))
    try:
        wanted = UUID(visit.request.POST["withdraw"])
    except ValueError:
        return back
    row = GoodsReturn.objects.filter(pk=wanted, order=order).first()
    if row is not None:
        try:
            withdraw_return(visit.actor, return_id=row.pk)
        except DomainError as error:
            messages.warning(visit.request, sentence(error))
    return back


def returns_context(visit: Visit, order: Order) -> dict[str, Any]:
    """What the order's page says about returns; nothing is asked before something was sent."""
    if order.fulfilment_state not in (*SENT, "returned"):
        return {}
    url = f"{visit.face.home_url}orders/{order.public_token}/return/"
    rows = [
        {
            "id": str(row.pk),
            "number": row.number,
            "state": row.get_state_display(),
            # How to send it, or why not: over once it has arrived.
            "words": row.words if row.state in ("approved", "part_received", "refused") else "",
            "can_withdraw": allows(row, "withdraw"),
        }
        for row in list_returns_of(order)
    ]
    return {"returns": rows, "return_url": url, "can_return": order.fulfilment_state in SENT}
